// Clients that are made, used and destroyed on any thread while they are busy; meant for
// ThreadSanitizer.

#include <anywire/client.hpp>
#include <anywire/server.hpp>
#include <anywire/socketio.hpp>
#include <anywire/socketio_client.hpp>
#include <anywire/websocket.hpp>

#include "support/on_threads.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
namespace sio = anywire::socketio;

namespace {

void require(bool good, std::string const& what) {
    if (!good) throw std::runtime_error(what);
}

/// An echo of each dialect.
struct echo_house {
    echo_house()
        : server(on_free_port(2), [&](anywire::server& s) {
              io.on("echo", [](int n, sio::ack<int> done) { done(n); });
              io.of("/other").on("echo", [](int n, sio::ack<int> done) { done(n); });
              s.mount("/ws", websocket_options{}, echo());
              s.mount("/echo", sockjs_options{}, echo());
              s.mount("/engine.io", engineio_options{}, echo());
              s.mount("/socket.io/", io);
          }) {}
    std::string url(std::string_view path) const {
        return "http://127.0.0.1:" + std::to_string(server.port()) + std::string(path);
    }

    sio::server io{};
    running_server server;
};

anywire::client_options options_for(echo_house const& h, int i) {
    anywire::client_options o;
    switch (i % 4) {
        case 0: o.url = h.url("/ws"); break;
        case 1:
            o.url = h.url("/echo");
            o.dialect = client_dialect::sockjs;
            if (i % 8 == 1) o.transports = {"xhr-streaming"};
            break;
        case 2:
            o.url = h.url("/engine.io/");
            o.dialect = client_dialect::engineio;
            break;
        default:
            o.url = "http://127.0.0.1:1/";  // nobody is there
            o.reconnect.delay = 1ms;
    }
    o.network.proxy = "-";
    return o;
}

/// What the handlers of one client write, and others read; it lives as long as either.
struct seen_by_client {
    std::atomic<int> messages{0};
    std::atomic<int> failures{0};
    std::atomic<bool> ended{false};
};

/// A client that is destroyed on another thread is not to be spoken to by its handlers.
client_handlers counting(std::shared_ptr<seen_by_client> const& seen, bool answers) {
    client_handlers h;
    h.on_message = [seen, answers](client& c, message_view m) {
        if (answers) (void)c.send(m);
        ++seen->messages;
    };
    h.on_failure = [seen](client&, client_failure const&) { ++seen->failures; };
    h.on_end = [seen](client&) { seen->ended = true; };
    return h;
}

/// Made here, used here and on another thread, and gone while messages are on their way.
void live(echo_house& house, client_context& context, int i, int round) {
    auto const seen = std::make_shared<seen_by_client>();
    auto const goes_here = round % 2 == 0;
    auto c = std::make_unique<client>(context, options_for(house, i), counting(seen, !goes_here));
    c->connect();
    std::thread other([&] {
        for (int n = 0; n < 20; ++n) (void)c->send("other " + std::to_string(n));
        c->after(1ms, [goes_here](client& self) {
            if (!goes_here) (void)self.send(self.transport());
        });
        c->pause();
        c->resume();
    });
    for (int n = 0; n < 20; ++n) (void)c->send("own " + std::to_string(n));
    auto const is_busy = [&] {
        return i % 4 == 3 ? seen->failures > 1 : seen->messages > (goes_here ? 10 : 50);
    };
    auto const in_time = eventually(is_busy);
    if (round % 3 == 0) c->reconnect();
    if (round % 3 == 1) c->close();
    other.join();
    require(in_time, "no messages: " + std::to_string(i));
    if (round % 3 == 1) require(eventually([&] { return seen->ended.load(); }), "no end");
    if (goes_here) return;
    context.post([gone = std::shared_ptr<client>(std::move(c))] {});
}

}  // namespace

TEST_CASE("clients of one context are made, used and destroyed on many threads while busy") {
    echo_house house;
    client_context context;
    auto const errors = on_threads(8, [&](int i) {
        for (int round = 0; round < 6; ++round) live(house, context, i, round);
    });
    CHECK(errors == std::vector<std::string>{});
}

TEST_CASE("contexts come and go, each after its clients, on many threads") {
    echo_house house;
    auto const errors = on_threads(6, [&](int i) {
        for (int round = 0; round < 20; ++round) {
            client_context context;
            auto const seen = std::make_shared<seen_by_client>();
            client c(context, options_for(house, i), counting(seen, false));
            c.connect();
            (void)c.send("hello");
            if (round % 2 == 0 && i % 4 != 3)
                require(eventually([&] { return seen->messages > 0; }), "no messages");
        }
    });
    CHECK(errors == std::vector<std::string>{});
}

TEST_CASE("WebSockets with the browsers' interface go while their handlers run") {
    echo_house house;
    client_context context;
    auto const errors = on_threads(6, [&](int) {
        for (int round = 0; round < 30; ++round) {
            auto const seen = std::make_shared<std::atomic<int>>(0);
            websocket::handlers h;
            h.on_open = [seen](websocket& w) { w.send("x"), ++*seen; };
            // It says nothing to the WebSocket, which may be gone.
            h.on_message = [seen](websocket&, message_view m) {
                std::string const copy(m.data);
                *seen += static_cast<int>(copy.size());
            };
            h.on_error = [seen](websocket&, client_failure const&) { ++*seen; };
            h.on_close = [seen](websocket&, websocket::close_info const&) { ++*seen; };
            websocket w(context, house.url(round % 3 == 2 ? "/none" : "/ws"), h);
            require(eventually([&] { return *seen > 0; }), "nothing is heard");
            if (w.ready_state() != websocket::state::open) continue;
            for (int n = 0; n < 5; ++n) w.send("hello");
            if (round % 3 == 1) w.close();
        }
    });
    CHECK(errors == std::vector<std::string>{});
}

TEST_CASE("Socket.IO clients are used and destroyed on many threads while busy") {
    echo_house house;
    client_context context;
    auto const errors = on_threads(6, [&](int i) {
        for (int round = 0; round < 8; ++round) {
            auto const seen = std::make_shared<seen_by_client>();
            sio::client_options o;
            o.url = house.url("");
            if (i % 3 == 1) o.engine.transports = {"websocket"};
            o.engine.network.proxy = "-";
            auto io = std::make_unique<sio::client>(context, o);
            auto& s = io->socket();
            s.on_disconnect([seen](sio::client_disconnect_reason) { ++seen->failures; });
            io->connect();
            auto const talk = [&](std::string_view nsp) {
                auto& here = io->socket(nsp);
                here.connect();
                for (int n = 0; n < 30; ++n)
                    here.emit("echo", n, [seen](error_code error, int) {
                        if (!error) ++seen->messages;
                    });
            };
            std::thread other([&] { talk("/other"); });
            talk("/");
            auto const in_time = eventually([&] { return seen->messages > 20; });
            if (round % 3 == 0) s.disconnect();
            if (round % 3 == 1) io->close();
            other.join();
            require(in_time, "no answers");
            if (round % 2 == 0) continue;
            context.post([gone = std::shared_ptr<sio::client>(std::move(io))] {});
        }
    });
    CHECK(errors == std::vector<std::string>{});
}
