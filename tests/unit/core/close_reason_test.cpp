#include <anywire/close_reason.hpp>

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace anywire;

namespace {

constexpr close_reason all_reasons[] = {close_reason::client_closed,
                                        close_reason::server_closed,
                                        close_reason::transport_lost,
                                        close_reason::heartbeat_timeout,
                                        close_reason::protocol_error,
                                        close_reason::message_too_big,
                                        close_reason::refused,
                                        close_reason::slow_consumer,
                                        close_reason::handler_failed,
                                        close_reason::shutting_down,
                                        close_reason::rate_limited};

}  // namespace

TEST_CASE("every close reason has a name of its own") {
    std::set<std::string> names;
    for (auto const why : all_reasons) {
        std::string const name(to_string(why));
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
        names.insert(name);
    }
    CHECK(names.size() == std::size(all_reasons));
    CHECK(to_string(close_reason::slow_consumer) == "slow_consumer");
    CHECK(to_string(static_cast<close_reason>(200)) == "unknown");
}

TEST_CASE("a reason that nobody chose a code for has the code of RFC 6455") {
    CHECK(to_close_code(close_reason::server_closed) == close_code::normal);
    CHECK(to_close_code(close_reason::shutting_down) == close_code::going_away);
    CHECK(to_close_code(close_reason::message_too_big) == close_code::message_too_big);
    CHECK(to_close_code(close_reason::slow_consumer) == close_code::try_again_later);
    CHECK(to_close_code(close_reason::handler_failed) == close_code::internal_error);
    CHECK(to_close_code(close_reason::refused) == close_code::policy_violation);
    CHECK(to_close_code(close_reason::rate_limited) == close_code::policy_violation);
    CHECK(to_close_code(close_reason::protocol_error) == close_code::protocol_error);
}

TEST_CASE("codes that may not be on the wire stand only for a lost transport") {
    for (auto const why : all_reasons) {
        auto const code = to_close_code(why);
        CHECK(code != close_code::no_status);
        CHECK((code == close_code::abnormal) == (why == close_reason::transport_lost));
    }
}
