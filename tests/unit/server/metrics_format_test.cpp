#include "metrics_text.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using enum metrics_format;

namespace {

metrics_format chosen(std::string_view accept) {
    return choose_metrics_format({}, accept).value();
}

bool has_line(std::string const& text, std::string const& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

service_numbers some() {
    service_numbers n;
    n.connections = 3;
    mount_numbers m;
    m.path = "/a\"b\\c\nd";
    m.opened = 7;
    m.closed = {{close_reason::client_closed, 5}};
    m.refused = {{refusal_cause::origin, 2}};
    m.handler_time.buckets[0] = 2;
    m.handler_time.buckets[1] = 1;
    m.handler_time.buckets.back() = 1;
    m.handler_time.sum = std::chrono::milliseconds(1500);
    m.traffic = {{.dialect = "sockjs", .transport = "xhr-polling", .is_polling = true}};
    m.traffic[0].messages_in = 4;
    n.mounts.push_back(m);
    n.shards.resize(2);
    return n;
}

}  // namespace

TEST_CASE("what a scraper accepts is what it gets") {
    CHECK(chosen("") == prometheus);
    CHECK(chosen("*/*") == prometheus);
    CHECK(chosen("text/html,application/xhtml+xml,*/*;q=0.8") == prometheus);
    // Prometheus, of several versions.
    CHECK(chosen("application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
                 "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == openmetrics);
    CHECK(chosen("text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == prometheus);
    CHECK(chosen("application/json") == json);
    CHECK(chosen("Application/JSON; q=0.9, text/plain; q=0.8") == json);
    CHECK(chosen("application/json;q=0, text/plain") == prometheus);
    CHECK(chosen("application/json, application/openmetrics-text") == openmetrics);
    CHECK(chosen("application/json, */*") == json);
    CHECK(chosen("image/png") == prometheus);
    CHECK(chosen("application/json;q=2") == prometheus);
}

TEST_CASE("the query comes before what is accepted") {
    CHECK(choose_metrics_format("format=json", "text/plain") == json);
    CHECK(choose_metrics_format("a=b&format=openmetrics", "") == openmetrics);
    CHECK(choose_metrics_format("format=prometheus", "application/json") == prometheus);
    CHECK_FALSE(choose_metrics_format("format=xml", "").has_value());
}

TEST_CASE("labels are escaped, and an open text ends with its mark") {
    auto const text = to_text(some(), openmetrics);
    CHECK(text.ends_with("\n# EOF\n"));
    CHECK(has_line(text, R"(anywire_sessions_opened_total{mount="/a\"b\\c\nd"} 7)"));
    CHECK(has_line(text, "# TYPE anywire_sessions_opened counter"));
    CHECK(has_line(text, "# UNIT anywire_message_bytes bytes"));
    CHECK(has_line(text, "anywire_connections 3"));
    CHECK(has_line(
        text, R"(anywire_sessions_closed_total{mount="/a\"b\\c\nd",reason="client_closed"} 5)"));
}

TEST_CASE("the older text names the counter itself and has no unit and no end") {
    auto const text = to_text(some(), prometheus);
    CHECK(has_line(text, "# TYPE anywire_sessions_opened_total counter"));
    CHECK(text.find("# EOF") == std::string::npos);
    CHECK(text.find("# UNIT") == std::string::npos);
}

TEST_CASE("the buckets of a histogram are added up") {
    auto const text = to_text(some(), openmetrics);
    auto const of = std::string(R"({mount="/a\"b\\c\nd",le=")");
    CHECK(has_line(text, "anywire_handler_seconds_bucket" + of + R"(1.024e-06"} 2)"));
    CHECK(has_line(text, "anywire_handler_seconds_bucket" + of + R"(2.048e-06"} 3)"));
    CHECK(has_line(text, "anywire_handler_seconds_bucket" + of + R"(8.589934592"} 3)"));
    CHECK(has_line(text, "anywire_handler_seconds_bucket" + of + R"(+Inf"} 4)"));
    CHECK(has_line(text, R"(anywire_handler_seconds_count{mount="/a\"b\\c\nd"} 4)"));
    CHECK(has_line(text, R"(anywire_handler_seconds_sum{mount="/a\"b\\c\nd"} 1.5)"));
}

TEST_CASE("numbers are JSON") {
    auto const text = to_text(some(), json);
    CHECK(text.starts_with(R"({"connections":3,"accepted":0,)"));
    CHECK(text.find(R"("path":"/a\"b\\c\nd","dialect":"","sessions":0,"opened":7,)"
                    R"("closed":{"client_closed":5})") != std::string::npos);
    CHECK(text.find(R"("handler_time":{"count":4,"sum":1.5,"buckets":[{"le":1.024e-06,"count":2},)"
                    R"({"le":2.048e-06,"count":1},{"count":1}]})") != std::string::npos);
    CHECK(text.ends_with(R"(],"more":{}})"));
}

TEST_CASE("numbers of others stand beside the service's") {
    service_numbers n;
    n.more = {{.name = "chat_rooms",
               .help = "Rooms \"here\"\nand \\there.",
               .samples = {{2, {{"kind", "a\"b"}, {"size", "1"}}}, {3}}},
              {.name = "chat_read_bytes",
               .help = "Bytes.",
               .is = number_family::kind::counter,
               .samples = {{18'446'744'073'709'551'615u}}},
              {.name = "nothing", .help = "None."}};
    auto const open = to_text(n, openmetrics);
    CHECK(has_line(open, R"(# HELP chat_rooms Rooms \"here\"\nand \\there.)"));
    CHECK(has_line(open, "# TYPE chat_rooms gauge"));
    CHECK(has_line(open, R"(chat_rooms{kind="a\"b",size="1"} 2)"));
    CHECK(has_line(open, "chat_rooms 3"));
    CHECK(has_line(open, "# TYPE chat_read_bytes counter"));
    CHECK(has_line(open, "# UNIT chat_read_bytes bytes"));
    CHECK(has_line(open, "chat_read_bytes_total 18446744073709551615"));
    CHECK(open.ends_with("\n# EOF\n"));
    auto const older = to_text(n, prometheus);
    CHECK(has_line(older, R"(# HELP chat_rooms Rooms "here"\nand \\there.)"));
    CHECK(has_line(older, "# TYPE chat_read_bytes_total counter"));
    CHECK(to_text(n, json).ends_with(
        R"("more":{"chat_rooms":[{"kind":"a\"b","size":"1","value":2},{"value":3}],)"
        R"("chat_read_bytes":[{"value":18446744073709551615}],"nothing":[]}})"));
}
