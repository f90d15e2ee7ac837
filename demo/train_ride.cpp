// A device on a train: it measures, and has every reading arrive once, whatever the network does.
// The server and the network are in here, too; the network is a proxy that breaks things.
//
//     build/bin/anywire-train-ride
#include <anywire/client_coro.hpp>
#include <anywire/fault_proxy.hpp>
#include <anywire/server.hpp>

#include "flag_reader.hpp"

#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

// -- the server: takes readings in their order, and says how many it has --------------------------

struct logbook {
    int next = 0;      // the number that has not come yet
    int repeated = 0;  // seen before, and not taken again
    int missing = 0;   // stepped over: must stay 0

    void take(anywire::session& from, anywire::message_view m) {
        auto const number = std::stoi(std::string(m.data));
        if (number < next) ++repeated;
        if (number > next) missing += number - next;
        next = std::max(next, number + 1);
        from.send(std::to_string(next));
    }
};

// -- the device -----------------------------------------------------------------------------------

/// Keeps each reading until the server has it. Whenever there is a new session, it goes on with
/// what the server says it wants next.
struct device {
    int total;
    int measured = 0;
    int confirmed = 0;
    bool is_on_line = false;  // the server has said what it wants
    int sessions = 0;
    int failures = 0;
    std::map<std::string, int> transports{};

    void send(anywire::client& c, int number) {
        if (!c.send(std::to_string(number) + " 21.5 degrees")) is_on_line = false;
    }

    anywire::task<> measure(anywire::client& c) {
        for (; measured < total; ++measured) {
            co_await c.async_wait(25ms);
            if (is_on_line) send(c, measured);
        }
    }

    anywire::task<> report(anywire::client& c) {
        while (confirmed < total) {
            auto const open = co_await c.async_connect();
            if (!open) {
                ++failures;
                std::printf("  no connection: %s\n", open.error().text.c_str());
                continue;  // it tries again after a while
            }
            co_await live_through(c);
        }
        co_await c.async_close();
    }

    /// One session.
    anywire::task<> live_through(anywire::client& c) {
        auto const by = std::string(c.transport());
        std::printf("  connected over %s, %d readings waiting\n", by.c_str(), measured - confirmed);
        ++sessions;
        ++transports[by];
        while (auto const m = co_await c.async_receive()) {
            confirmed = std::stoi(m->data);
            if (confirmed == total) break;
            if (is_on_line) continue;
            is_on_line = true;
            for (auto n = confirmed; is_on_line && n < measured; ++n) send(c, n);
        }
        is_on_line = false;
    }
};

// -- the ride -------------------------------------------------------------------------------------

struct stretch {
    char const* where;
    std::chrono::milliseconds takes;
    anywire::testing::fault_settings network{};
};

std::vector<stretch> the_line() {
    std::vector<stretch> line{
        {"the station", 1s},
        {"a forest: every byte takes its time", 1s},
        {"a tunnel: everything dies without a word", 2s},
        {"the train's own network: no WebSockets here", 1500ms},
        {"hills: cut, and cut again", 2s},
        {"out of reach: the server is gone", 1s},
        {"home", 0s},
    };
    line[1].network = {.delay = 60ms, .jitter = 60ms};
    line[2].network = {.drop = true};
    line[3].network = {.refuse_upgrades = 502};
    line[4].network = {.cut_every = 400ms};
    line[5].network = {.outage = true};
    return line;
}

int ride(int total) {
    logbook log;
    anywire::server server({.address = "127.0.0.1", .port = 0});
    anywire::handlers h;
    h.on_open = [&](anywire::session& s) { s.send(std::to_string(log.next)); };
    h.on_message = [&](anywire::session& s, anywire::message_view m) { log.take(s, m); };
    // Heartbeats, by which both ends find out about a connection that is dead without a word.
    server.mount(
        "/readings/", anywire::engineio_options{.ping_interval = 300ms, .ping_timeout = 300ms}, h);
    std::jthread const serving([&] { server.run(); });

    anywire::testing::fault_proxy network(
        {.choose = anywire::testing::by_prefix({{"/", server.port(), true}})});
    anywire::client_options options;
    options.url = "http://127.0.0.1:" + std::to_string(network.port()) + "/readings/";
    options.dialect = anywire::client_dialect::engineio;
    options.transports = {"websocket", "polling"};  // the second where the first is refused
    options.connect_timeout = 1s;
    options.reconnect = {.delay = 100ms, .delay_max = 500ms};
    options.offline = anywire::while_disconnected::refuse;  // readings are kept here, not there
    anywire::client_context context;
    device thermometer{.total = total};
    anywire::client client(context, options);
    auto const measuring = client.start([&](auto& c) { return thermometer.measure(c); });
    auto const reporting = client.start([&](auto& c) { return thermometer.report(c); });

    for (auto const& part : the_line()) {
        std::printf("%s\n", part.where);
        network.set(part.network);
        std::this_thread::sleep_for(part.takes);
    }
    reporting.wait();
    server.stop();

    auto const& t = thermometer;
    std::printf("%d readings: %d arrived, %d lost, %d came twice and were taken once\n",
                t.total,
                log.next - log.missing,
                log.missing,
                log.repeated);
    std::printf("%d sessions, %d attempts that failed", t.sessions, t.failures);
    for (auto const& [by, times] : t.transports) std::printf(", %s %d", by.c_str(), times);
    std::printf("\n");
    return log.missing == 0 && log.next == t.total ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::setvbuf(stdout, nullptr, _IOLBF, 0);  // also where it is no terminal
        int total = 300;
        for (demo::flag_reader flags(argc, argv); flags.next();)
            if (flags.is("--readings"))
                total = flags.number<int>();
            else
                flags.refuse();
        return ride(total);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
        return 2;
    }
}
