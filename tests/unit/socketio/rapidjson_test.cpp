#include <anywire/json/rapidjson.hpp>
#include <anywire/socketio/json.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <tuple>

using namespace anywire::socketio;

namespace {

template <class T>
std::string written(T const& value) {
    std::string out;
    json_writer writer(out);
    write_arguments(writer, value);
    return out;
}

}  // namespace

TEST_CASE("a document is read as an argument and written as one") {
    std::tuple<int, rapidjson::Document> out;
    REQUIRE_FALSE(decode_arguments(arguments(R"([1,{"a":[0.1,"b",null]}])"), out));
    auto const& document = std::get<1>(out);
    REQUIRE(document.IsObject());
    CHECK(document["a"][0].GetDouble() == 0.1);
    CHECK(written(document) == R"({"a":[0.1,"b",null]})");
    CHECK(written(document["a"]) == R"([0.1,"b",null])");
}

TEST_CASE("strings with lone surrogates are read into a document") {
    rapidjson::Document out;
    REQUIRE(read_value(json_view(R"({"k\udc00":["\ud800",1,true,{}]})"), out));
    CHECK(out["k\xef\xbf\xbd"][0].GetString() == std::string("\xef\xbf\xbd"));
    CHECK(out["k\xef\xbf\xbd"].Size() == 4);
}

TEST_CASE("a document takes every number that a double takes") {
    rapidjson::Document out;
    REQUIRE(read_value(
        json_view("[0e999,1" + std::string(400, '0') + "e-400,18446744073709551615]"), out));
    CHECK(out[0].GetDouble() == 0);
    CHECK(out[1].GetDouble() == 1);
    CHECK(out[2].GetUint64() == 18446744073709551615u);
    CHECK_FALSE(read_value(json_view("[1e309]"), out));
    CHECK_FALSE(read_value(json_view(std::string(617, '7')), out));
}

TEST_CASE("a document with a number that JSON does not know is written as null") {
    rapidjson::Document out;
    out.SetDouble(std::numeric_limits<double>::infinity());
    CHECK(written(out) == "null");
}
