#include "unit/client_server/numbers.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

struct way {
    char const* name;
    client_options options;
};

std::vector<way> all_ways() {
    using strings = std::vector<std::string>;
    std::vector<way> out{{"websocket", counting_options(client_dialect::websocket, {})}};
    auto const add = [&](client_dialect d, strings transports) {
        auto const* const name = transports.empty() ? "all" : transports.front().c_str();
        out.push_back(
            {d == client_dialect::sockjs ? "sockjs" : "engineio", counting_options(d, transports)});
        UNSCOPED_INFO(name);
    };
    for (auto const* const t : {"websocket", "xhr-streaming", "eventsource", "xhr-polling"})
        add(client_dialect::sockjs, {t});
    add(client_dialect::sockjs, {});
    for (auto const revision : {4u, 3u}) {
        for (auto const& transports : {strings{"polling"},
                                       strings{"polling", "websocket"},
                                       strings{"websocket"},
                                       strings{"websocket", "polling"}}) {
            add(client_dialect::engineio, transports);
            out.back().options.revision = revision;
        }
    }
    auto racing = out[5];
    racing.options.race_after = 50ms;
    out.push_back(racing);
    racing = out[7];
    racing.options.race_after = 50ms;
    out.push_back(racing);
    return out;
}

std::string shown(way const& w) {
    std::string text = w.name;
    text += ' ' + std::to_string(w.options.revision);
    for (auto const& t : w.options.transports) text += ' ' + t;
    return w.options.race_after.count() > 0 ? text + " racing" : text;
}

/// Lets all that is under way arrive.
void settle(memory_wire& wire, counting_client& client) {
    for (int i = 0; i < 20'000 && !client.is_even(); ++i) wire.step();
}

}  // namespace

TEST_CASE("over each transport all numbers come, once and in order") {
    for (auto const& w : all_ways()) {
        for (unsigned seed = 1; seed <= 10; ++seed) {
            INFO(shown(w) << ", seed " << seed);
            counting_server server;
            counting_client client(w.options, seed);
            memory_wire wire(client.net, server.host, seed);
            for (int i = 0; i < 3'000; ++i) {
                if (client.machine.is_open() && client.net.random() % 10 == 0) client.send_one();
                wire.step();
            }
            settle(wire, client);
            INFO(client.last_failure);
            CHECK(client.is_even());
            CHECK(client.sessions == 1);
            CHECK(client.sent > 100);
            auto const& t = w.options.transports;
            auto const upgrades = t.size() == 2 && t.front() == "polling";
            if (w.options.race_after.count() == 0) CHECK(client.upgrades == (upgrades ? 1 : 0));
            client.machine.close(close_code::normal, {});
            wire.run(2'000);
            CHECK(client.machine.is_idle());
            CHECK(server.ends[close_reason::protocol_error] == 0);
        }
    }
}

TEST_CASE("connections that are cut at any step cost a session, and no number twice") {
    for (auto const& w : all_ways()) {
        int sessions = 0;
        int total = 0;
        for (unsigned seed = 1; seed <= 20; ++seed) {
            INFO(shown(w) << ", seed " << seed);
            counting_server server;
            counting_client client(w.options, seed);
            memory_wire wire(client.net, server.host, seed);
            wire.cuts_one_in = 20 + seed * 20;
            for (int i = 0; i < 3'000; ++i) {
                if (client.machine.is_open() && client.net.random() % 10 == 0) client.send_one();
                wire.step();
            }
            wire.cuts_one_in = 0;
            wire.pass_time(6s);
            settle(wire, client);
            INFO(client.last_failure);
            CHECK(client.is_even());
            sessions += client.sessions;
            total += client.total;
            CHECK(server.ends[close_reason::protocol_error] == 0);
        }
        INFO(shown(w));
        CHECK(sessions > 40);
        CHECK(total > 500);
    }
}

TEST_CASE("a network that swallows WebSockets or streams is got through by another transport") {
    for (auto const dialect : {client_dialect::sockjs, client_dialect::engineio}) {
        for (auto const race : {0ms, 100ms}) {
            for (auto const streams : {false, true}) {
                auto o = counting_options(dialect, {});
                if (dialect == client_dialect::engineio) o.transports = {"websocket", "polling"};
                o.race_after = race;
                counting_server server;
                counting_client client(o, 1);
                memory_wire wire(client.net, server.host, 1);
                wire.swallows_websockets = true;
                wire.swallows_streams = streams;
                for (int i = 0; i < 20'000 && client.back.size() < 100; ++i) {
                    if (client.is_even()) client.send_one();
                    wire.step();
                }
                CHECK(client.back.size() >= 100);
                CHECK(client.sessions == 1);
                CHECK(client.failures == 0);
                auto const by = std::string(client.machine.transport());
                auto const is_stream = by == "xhr-streaming" || by == "eventsource";
                if (dialect == client_dialect::engineio)
                    CHECK(by == "polling");
                else
                    CHECK((streams ? by == "xhr-polling" : is_stream));
            }
        }
    }
}

TEST_CASE("clients stay open over an idle hour, and notice a server that has gone") {
    for (auto const& w : all_ways()) {
        INFO(shown(w));
        counting_server server;
        counting_client client(w.options, 1);
        memory_wire wire(client.net, server.host, 1);
        settle(wire, client);
        REQUIRE(client.is_even());
        for (int i = 0; i < 3'600; ++i) {
            wire.pass_time(1s);
            wire.run(20);
        }
        CHECK(client.ends.empty());
        // Nothing comes through any more, in either direction.
        client.net.advance(60s);
        CHECK(client.ends[close_reason::heartbeat_timeout] == 1);
    }
}
