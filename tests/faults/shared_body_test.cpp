// A body that many WebSockets get, each after a head of its own: it is written from where it is,
// with the head, wherever the socket stops taking; counted in bytes that are allocated.

#include <anywire/layer.hpp>
#include <anywire/server.hpp>

#include "faults/faults.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

class crowd;

class member final : public layer_session {
public:
    member(session_below b, crowd& of) : below(b), of_(of) {}
    void on_open() override;
    void on_message(message_view m) override;
    void on_close(close_event const&) override;

    session_below below;

private:
    crowd& of_;
};

/// Sends a body to everybody, each after a number of his own, whenever somebody says a fault's
/// place. On one shard.
class crowd final : public layer_of<member> {
public:
    explicit crowd(std::string text) : body(std::move(text)) {}
    std::string const body;
    std::vector<member*> all{};

protected:
    std::unique_ptr<member> make(session_below below) override {
        return std::make_unique<member>(below, *this);
    }
};

void member::on_open() {
    of_.all.push_back(this);
}
void member::on_message(message_view m) {
    shared_message rest(of_.body);
    for (std::size_t i = 0; i < of_.all.size(); ++i)
        CHECK(of_.all[i]->below.send_headed(std::to_string(i) + ":", rest));
    if (m.data != "0") fail_call(std::stoul(std::string(m.data)), fault::one_byte);
}
void member::on_close(close_event const&) {
    std::erase(of_.all, this);
}

struct crowded_server {
    explicit crowded_server(std::string body)
        : over(std::make_shared<crowd>(std::move(body))),
          server(on_free_port(1), [this](anywire::server& at) {
              websocket_options o;
              o.limits.max_queued_bytes = 8'000'000;
              at.mount("/ws", o, layer::as_handlers(over));
              at.every(1ms, [this] {
                  allocated = bytes_allocated();
                  ++turns;
              });
          }) {
        for (std::size_t i = 0; i < 16; ++i) {
            clients.push_back(std::make_unique<raw_client>(server.port()));
            REQUIRE(clients.back()->upgrade("/ws").status == 101);
        }
    }
    /// Bytes that its thread has been given until now.
    std::size_t count() {
        auto const seen = turns.load();
        REQUIRE(eventually([&] { return turns >= seen + 2; }));
        return allocated;
    }
    void check_bodies() {
        for (std::size_t i = 0; i < clients.size(); ++i)
            CHECK(clients[i]->read_message() == std::to_string(i) + ":" + over->body);
    }

    std::atomic<std::size_t> allocated{0};
    std::atomic<std::size_t> turns{0};
    std::shared_ptr<crowd> over;
    running_server server;
    std::vector<std::unique_ptr<raw_client>> clients{};
};

}  // namespace

TEST_CASE("a body that many WebSockets get is not copied for each of them") {
    // More than sockets take at once: what is left is kept, too.
    std::size_t const size = 6'000'000;
    crowded_server s(std::string(size, 'b'));
    auto const before = s.count();
    s.clients[0]->send_text("0");
    REQUIRE(s.clients[0]->read_exactly(1).size() == 1);
    auto const taken = s.count() - before;
    CHECK(taken >= size);     // one frame, and what it was made of
    CHECK(taken < 4 * size);  // not sixteen
}

TEST_CASE("a head and the body after it arrive whole, wherever a write stops between them") {
    crowded_server s(std::string(700, 'x') + "end");
    for (auto const* const at : {"0", "1", "2", "3", "16"}) {
        CAPTURE(at);
        s.clients[0]->send_text(at);
        s.check_bodies();
    }
    crowded_server large(std::string(2'000'000, 'y') + "end");
    large.clients[0]->send_text("2");
    large.check_bodies();
}
