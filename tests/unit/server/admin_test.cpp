#include "admin_sessions.hpp"
#include "admin_view.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace anywire;
using namespace anywire::socketio;
using namespace std::chrono_literals;

TEST_CASE("pages come back with what they were given, until its time is over") {
    admin_sessions pages(1min);
    admin_sessions::time_point const start{};
    auto const id = pages.add(start);
    CHECK(id.size() == 32);
    CHECK(id.find_first_not_of("0123456789abcdef") == id.npos);
    CHECK(pages.knows(id, start + 59s));
    CHECK_FALSE(pages.knows(id, start + 60s));
    CHECK_FALSE(pages.knows("", start));
    CHECK_FALSE(pages.knows(id.substr(1), start));
    (void)pages.add(start + 2min);
    CHECK_FALSE(pages.knows(id, start));  // let go
}

TEST_CASE("of too many pages the one that would end first has to give its password again") {
    admin_sessions pages(1h);
    admin_sessions::time_point now{};
    auto const first = pages.add(now);
    std::set<std::string> others;
    while (others.size() < admin_sessions::most - 1) others.insert(pages.add(now += 1ms));
    CHECK(pages.knows(first, now));
    others.insert(pages.add(now += 1ms));
    CHECK_FALSE(pages.knows(first, now));
    for (auto const& id : others) CHECK(pages.knows(id, now));
}

TEST_CASE("what has happened is what two readings differ by, and nothing is not told") {
    mount_numbers n{.opened = 3};
    n.closed = {{close_reason::client_closed, 1}, {close_reason::transport_lost, 0}};
    n.traffic.push_back({.transport = "websocket", .sessions = 2, .messages_in = 4, .bytes_in = 9});
    n.traffic.push_back({.transport = "xhr", .is_polling = true, .sessions = 5, .bytes_out = 1});
    CHECK(admin_view::polling_sessions(n) == 5);

    admin_view::event_counts counts;
    auto const told = [&] {
        std::string all;
        for (auto const& each : counts.since_last(n)) {
            CHECK(each.timestamp % 1000 == 0);
            all += each.type + each.subType.value_or("") + " " + std::to_string(each.count) + ";";
        }
        return all;
    };
    CHECK(told() ==
          "rawConnection 3;rawDisconnectionclient_closed 1;packetsIn 4;bytesIn 9;bytesOut 1;");
    CHECK(told().empty());
    n.opened = 4;
    n.closed[1].second = 2;
    n.traffic[0].messages_out = 6;
    CHECK(told() == "rawConnection 1;rawDisconnectiontransport_lost 2;packetsOut 6;");
}

TEST_CASE("the time of day is as JavaScript writes it") {
    auto const now = admin_view::time_now();
    REQUIRE(now.size() == std::string_view("2026-01-31T12:00:00.000Z").size());
    CHECK(now[10] == 'T');
    CHECK(now[19] == '.');
    CHECK(now.back() == 'Z');
}
