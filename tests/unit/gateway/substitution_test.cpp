#include "substitution.hpp"

#include "settings_in_test.hpp"

#include <catch2/catch.hpp>

using namespace anywire::gateway;

namespace {

struct outcome {
    bool is_good = false;
    std::string text{};
    std::string error{};
    std::string remedy{};
};

outcome substituted(std::string_view text) {
    outcome out;
    out.is_good = substitute(text,
                             source_with({{"A", "one"}, {"B_2", "two"}, {"EMPTY", ""}}),
                             out.text,
                             out.error,
                             out.remedy);
    return out;
}

}  // namespace

TEST_CASE("variables of the environment stand in texts") {
    CHECK(substituted("").text.empty());
    CHECK(substituted("plain $A $ {} $}").text == "plain $A $ {} $}");
    CHECK(substituted("${A}").text == "one");
    CHECK(substituted("x${A}${B_2}y").text == "xonetwoy");
    CHECK(substituted("${EMPTY}").is_good);
    CHECK(substituted("$${A}").text == "${A}");
    CHECK(substituted("$$${A}").text == "$${A}");
    CHECK(substituted("$ ${A}").text == "$ one");
    // What a variable holds is not looked at again.
    std::string text;
    std::string error;
    std::string remedy;
    CHECK(substitute("${X}", source_with({{"X", "${A}"}}), text, error, remedy));
    CHECK(text == "${A}");
}

TEST_CASE("a variable that is not there, or has no name, is an error") {
    auto const unset = substituted("${NOT_THERE}");
    CHECK_FALSE(unset.is_good);
    CHECK(unset.error == "the environment has no variable NOT_THERE");
    CHECK_FALSE(unset.remedy.empty());
    for (auto const* const bad : {"${", "${}", "${A", "${1}", "${A B}", "${A-B}", "${${A}}"}) {
        auto const r = substituted(bad);
        CHECK_FALSE(r.is_good);
        CHECK_FALSE(r.error.empty());
        CHECK_FALSE(r.remedy.empty());
    }
    std::string text;
    std::string error;
    std::string remedy;
    CHECK_FALSE(substitute("${A}", {}, text, error, remedy));
}
