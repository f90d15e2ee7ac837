#include "core/form.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;

TEST_CASE("a field of a form is found and decoded") {
    CHECK(form_field("d=%5B%22x%22%5D", "d") == R"(["x"])");
    CHECK(form_field("a=1&d=%5b%5d&b=2", "d") == "[]");
    CHECK(form_field("d=a+b%2Bc", "d") == "a b+c");
    CHECK(form_field("d=", "d") == "");
    CHECK(form_field("d", "d") == "");
    CHECK(form_field("d=a=b", "d") == "a=b");
    CHECK(form_field("%64=x", "d") == "x");
    CHECK(form_field("a+b=x", "a b") == "x");
    CHECK(form_field("a%2Bb=x", "a+b") == "x");
    CHECK(form_field("d=1&d=2", "d") == "1");
    CHECK(form_field("%d=x", "%d") == "x");
    CHECK(form_field("100%=x", "100%") == "x");
    CHECK(form_field("d=%00%ff", "d") == std::string("\0\xff", 2));
}

TEST_CASE("a field that is not in the form is absent") {
    for (auto const* body : {"", "p=p", "dd=x", "D=x", "=d", "&", "x=d&y", "%65=d"}) {
        CAPTURE(body);
        CHECK_FALSE(form_field(body, "d"));
    }
}

TEST_CASE("a broken percent escape stays as it is") {
    CHECK(form_decoded("%") == "%");
    CHECK(form_decoded("%4") == "%4");
    CHECK(form_decoded("%zz%41") == "%zzA");
    CHECK(form_decoded("%%41") == "%A");
    CHECK(form_decoded("100%+") == "100% ");
    CHECK(form_decoded("%4%41") == "%4A");
}

TEST_CASE("the pairs of a query are handed out as they stand") {
    form_reader pairs("t=123&&x=%41+b&y");
    std::string seen;
    while (auto const pair = pairs.next())
        seen.append(pair->name).append("|").append(pair->value).append(";");
    CHECK(seen == "t|123;x|%41+b;y|;");
}

TEST_CASE("what is not encoded is not copied") {
    std::string room;
    std::string_view const plain = "polling";
    CHECK(form_decoded(plain, room).data() == plain.data());
    CHECK(form_decoded("%70olling+", room) == "polling ");
    CHECK(form_decoded("", room).empty());
}

TEST_CASE("a name is compared as it decodes") {
    CHECK(is_form_name("%64", "d"));
    CHECK(is_form_name("d", "d"));
    CHECK(is_form_name("%2564", "%64"));
    CHECK_FALSE(is_form_name("%64", "%64"));
    CHECK_FALSE(is_form_name("+", "+"));
    CHECK_FALSE(is_form_name("", "d"));
    CHECK(is_form_name("", ""));
    CHECK_FALSE(is_form_name("d", ""));
    // What is no escape stands for itself.
    CHECK(is_form_name("%", "%"));
    CHECK(is_form_name("a%2", "a%2"));
    CHECK(is_form_name(std::string("]%2\0\0", 5), std::string("]%2\0\0", 5)));
    CHECK(is_form_name("%+", "% "));
    CHECK_FALSE(is_form_name("%25", "%25"));
}
