// A STOMP server on four threads, used from many at once; meant for ThreadSanitizer.
#include <anywire/stomp.hpp>

#include "support/on_threads.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

std::string frame_of(std::string_view head, std::string_view body = {}) {
    return std::string(head).append("\n\n").append(body).append(1, '\0');
}

/// A client over a real WebSocket that reads whole frames, one a message.
class wire_client {
public:
    explicit wire_client(std::uint16_t port, std::string const& user) : wire_(port) {
        if (wire_.upgrade("/stomp").status != 101) throw std::runtime_error("no WebSocket");
        send(frame_of("CONNECT\naccept-version:1.2\nlogin:" + user));
        if (!read().starts_with("CONNECTED\n")) throw std::runtime_error("not connected");
    }
    void send(std::string const& text) { wire_.send_text(text); }
    std::string read() { return wire_.read_message(); }
    /// Waits for everything before it to be done.
    void settle() {
        send(frame_of("SEND\ndestination:/app/nothing\nreceipt:done"));
        while (!read().starts_with("RECEIPT\n")) {
        }
    }

private:
    raw_client wire_;
};

std::string body_of(std::string const& frame) {
    auto const from = frame.find("\n\n") + 2;
    return frame.substr(from, frame.size() - from - 1);
}
std::string ack_of(std::string const& frame) {
    auto const from = frame.find("\nack:") + 5;
    return frame.substr(from, frame.find('\n', from) - from);
}

struct busy_broker {
    busy_broker() : server(on_free_port(4), [this](anywire::server& at) { set_up(at); }) {}

    void set_up(anywire::server& at) {
        broker.on_connect([](stomp::connect const& c, stomp::admission in) {
            // Half of them from another thread.
            auto const user = std::string(c.login());
            if (user.back() % 2 == 0) return in.accept({.user = user});
            std::thread([in, user] { in.accept({.user = user}); }).detach();
        });
        broker.on_message("/app/nothing", [] {});
        broker.on_message("/app/all", [](std::string text) { return text; });
        broker.on_disconnect([this](stomp::client&, close_event const&) { ++gone; });
        broker.allow_send("/queue/**");
        broker.allow_send("/topic/**");
        at.mount("/stomp", websocket_options{}, broker);
    }

    stomp::server broker{{.queue = {.max_deliveries = 1000}}};
    std::atomic<int> gone{0};
    running_server server;
};

}  // namespace

TEST_CASE("STOMP on several threads: what is sent on any of them reaches all, each in its order") {
    busy_broker tested;
    constexpr int clients = 8;
    constexpr int each = 50;
    auto const errors = on_threads(clients, [&](int me) {
        wire_client client(tested.server.port(), "user" + std::to_string(me));
        client.send(frame_of("SUBSCRIBE\nid:t\ndestination:/topic/all"));
        client.send(frame_of("SUBSCRIBE\nid:u\ndestination:/user/queue/own"));
        client.settle();
        for (int i = 0; i < each; ++i) {
            client.send(frame_of("SEND\ndestination:/app/all",
                                 std::to_string(me) + " " + std::to_string(i)));
            (void)tested.broker.send_to_user("user" + std::to_string(me), "/queue/own", i);
        }
        int of_mine = 0;
        int own = 0;
        while (of_mine < each || own < each) {
            auto const frame = client.read();
            auto const body = body_of(frame);
            if (frame.find("\ndestination:/user/") != frame.npos) {
                if (body != std::to_string(own)) throw std::runtime_error("own: " + body);
                ++own;
            } else if (body.starts_with(std::to_string(me) + " ")) {
                if (body != std::to_string(me) + " " + std::to_string(of_mine))
                    throw std::runtime_error("mine: " + body);
                ++of_mine;
            }
        }
        (void)tested.broker.clients();
        (void)tested.broker.numbers();
    });
    CHECK(errors == std::vector<std::string>{});
}

TEST_CASE("a queue whose subscribers come and go on several threads loses nothing") {
    busy_broker tested;
    constexpr int messages = 400;
    std::mutex mutex;
    std::set<std::string> done;
    std::atomic<int> count{0};
    auto const errors = on_threads(5, [&](int me) {
        if (me == 0) {
            for (int i = 0; i < messages; ++i)
                while (!tested.broker.send("/queue/jobs", i)) std::this_thread::yield();
            return;
        }
        // Each takes some, acknowledges half of what it has, and goes.
        while (count < messages) {
            wire_client client(tested.server.port(), "worker" + std::to_string(me));
            client.send(
                frame_of("SUBSCRIBE\nid:q\ndestination:/queue/jobs\nack:client-individual"));
            for (int i = 0; i < 20 && count < messages; ++i) {
                client.send(frame_of("SEND\ndestination:/app/nothing\nreceipt:done"));
                for (auto frame = client.read(); !frame.starts_with("RECEIPT\n");
                     frame = client.read()) {
                    if (i % 2 == 1) continue;
                    {
                        std::scoped_lock const lock(mutex);
                        if (done.insert(body_of(frame)).second) ++count;
                    }
                    client.send(frame_of("ACK\nid:" + ack_of(frame)));
                }
            }
        }
    });
    CHECK(errors == std::vector<std::string>{});
    CHECK(done.size() == messages);
}
