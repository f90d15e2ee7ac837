// The table of faults: complete, in order, and what the page for users says.
#include "core/fault.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>

using namespace anywire;

namespace {

std::string page() {
    std::ifstream file(ANYWIRE_ERRORS_PAGE);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string number(close_code code) {
    return std::to_string(static_cast<unsigned>(code));
}

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < fault_count; ++i)
        if (static_cast<std::size_t>(fault_answers[i].what) != i) return false;
    for (std::size_t i = 0; i < close_answers.size(); ++i)
        if (static_cast<std::size_t>(close_answers[i].why) != i) return false;
    return true;
}
static_assert(is_in_order());

std::size_t count(std::string const& text, std::string const& what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
    return n;
}

}  // namespace

TEST_CASE("every fault has a name and is answered in one way") {
    for (auto const& row : fault_answers) {
        CAPTURE(row.name);
        CHECK_FALSE(row.name.empty());
        auto const by_http = row.status != 0;
        auto const by_close = row.closes != close_code::no_status;
        CHECK(by_http != by_close);
        if (by_http) CHECK((row.status >= 400 && row.status <= 599));
        if (row.engineio_code != fault_answer::no_code) CHECK(by_http);
    }
}

TEST_CASE("codes of Engine.IO count up from the first of its refusals") {
    auto const first = static_cast<std::size_t>(fault::unknown_transport);
    for (std::size_t code = 0; code < 6; ++code) {
        CHECK(fault_answers[first + code].engineio_code == code);
        CHECK(engineio_status(code) == (code == 4 ? 403 : 400));
    }
}

TEST_CASE("the page on errors has a line for every fault, with its numbers") {
    auto const text = page();
    REQUIRE_FALSE(text.empty());
    for (auto const& row : fault_answers) {
        auto line = "| `" + std::string(row.name) + "` | ";
        if (row.status == 0) {
            line += number(row.closes) + " | ";  // more follows, unlike after a reason
        } else {
            line += std::to_string(row.status) + " |";
            if (row.engineio_code != fault_answer::no_code)
                line += " " + std::to_string(row.engineio_code);
            line += " |";
        }
        CAPTURE(line);
        CHECK(count(text, line) == 1);
    }
    for (auto const& row : close_answers) {
        auto line = "| `" + std::string(to_string(row.why)) + "` | " + number(row.code) + " |\n";
        CAPTURE(line);
        CHECK(count(text, line) == 1);
    }
    // And none for what there is not; the head of the last table looks like a line, too.
    CHECK(count(text, "\n| `") == fault_count + close_answers.size() + 1);
}

TEST_CASE("a reason's code, and the reason of a fault's code, come from the table") {
    for (auto const& row : close_answers) CHECK(to_close_code(row.why) == row.code);
    CHECK(reason_of(close_code_of(fault::message_too_big)) == close_reason::message_too_big);
    CHECK(reason_of(close_code_of(fault::bad_text)) == close_reason::protocol_error);
    CHECK(reason_of(close_code_of(fault::bad_frame)) == close_reason::protocol_error);
}

TEST_CASE("errors of the library are faults of the peer") {
    CHECK(fault_of(errc::bad_utf8) == fault::bad_text);
    CHECK(fault_of(errc::bad_deflate) == fault::bad_text);
    CHECK(fault_of(errc::bad_frame) == fault::bad_frame);
    CHECK(fault_of(errc::message_too_big) == fault::message_too_big);
    CHECK(fault_of(errc::bad_json) == fault::sockjs_bad_messages);
    CHECK(fault_of(errc::payload_expected) == fault::sockjs_bad_messages);
    CHECK(fault_of(errc::bad_handshake) == fault::not_a_websocket);
    CHECK(fault_of(errc::unsupported_version) == fault::wrong_websocket_version);
    CHECK(fault_of(errc::send_queue_full) == fault::session_paused);
    CHECK(fault_of(errc::bad_option) == fault::malformed_request);
}

TEST_CASE("what may pass is 1013 on a WebSocket that is open already, what will not is 1008") {
    CHECK(close_code_of_status(503) == close_code::try_again_later);
    CHECK(close_code_of_status(500) == close_code::try_again_later);
    CHECK(close_code_of_status(499) == close_code::policy_violation);
    CHECK(close_code_of_status(403) == close_code::policy_violation);
}
