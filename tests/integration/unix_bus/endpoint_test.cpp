// The public face: endpoints of several servers as one.
#include "bus_bench.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <future>
#include <memory>
#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

/// A server with one WebSocket endpoint, whose clients are all in the group "lobby".
struct chat_server {
    explicit chat_server(unix_bus_options const& with)
        : bus(with), running(on_free_port(), [this](server& s) {
              chat = s.mount("/chat", websocket_options{}, handlers{.on_open = [](session& c) {
                                 c.join("lobby");
                                 c.send("joined");
                             }});
              // Longer than any test may take: nobody waits for that.
              chat.use_bus(bus.endpoint_bus({.name = "chat", .requests_timeout = 1h}));
          }) {}

    std::future<std::size_t> ask() {
        auto const answer = std::make_shared<std::promise<std::size_t>>();
        chat.to("lobby").count([answer](error_code, std::size_t n) { answer->set_value(n); });
        return answer->get_future();
    }
    std::size_t count() {
        auto got = ask();
        if (got.wait_for(patience) != std::future_status::ready)
            throw std::runtime_error("nobody counts");
        return got.get();
    }

    unix_bus bus;
    endpoint chat{};
    running_server running;
};

std::unique_ptr<raw_client> join(chat_server const& at) {
    auto out = std::make_unique<raw_client>(at.running.port());
    REQUIRE(out->upgrade("/chat").status == 101);
    REQUIRE(out->read_message() == "joined");
    return out;
}

/// What comes on a socket until it is in it.
void read_until(int from, std::string_view what) {
    std::string all;
    while (all.find(what) == std::string::npos) {
        pollfd entry{.fd = from, .events = POLLIN, .revents = 0};
        std::array<char, 4096> bytes{};
        auto const n =
            ::poll(&entry, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) == 1
                ? ::recv(from, bytes.data(), bytes.size(), 0)
                : -1;
        if (n <= 0) throw std::runtime_error("it does not come");
        all.append(bytes.data(), static_cast<std::size_t>(n));
    }
}

}  // namespace

TEST_CASE("endpoints of several servers have the same groups") {
    bus_place const at;
    chat_server a(at.options());
    auto b = std::make_unique<chat_server>(at.options());
    auto const at_a = join(a);
    auto const at_b = join(*b);
    CHECK(eventually([&] { return a.count() == 2 && b->count() == 2; }));
    a.chat.to("lobby").send("to all of the lobby");
    CHECK(at_a->read_message() == "to all of the lobby");
    CHECK(at_b->read_message() == "to all of the lobby");
    b->chat.broadcast(message_view{"\x01\xff", true});
    CHECK(at_a->read_message() == "\x01\xff");
    CHECK(at_b->read_message() == "\x01\xff");
    CHECK(a.bus.node() != b->bus.node());
    CHECK(a.bus.health().received > 0);
    // Who is left does not wait for who is gone.
    b.reset();
    CHECK(eventually([&] { return a.bus.health().nodes == 0; }));
    CHECK(a.count() == 1);
}

TEST_CASE("a question that is under way when a node dies is answered by the others at once") {
    bus_place const at;
    fake_node dying(at, "9-dying");
    chat_server a(at.options());
    auto const here = join(a);
    // It hears the endpoint, as a node does, and never answers.
    auto const hears = dying.accept();
    auto speaks = std::make_unique<raw_node>(at.temp.file("bus/" + a.bus.node() + ".sock"));
    std::string hello;
    mesh::append_hello(hello, dying.name());
    auto const channel = endpoint_bus_options{}.key + "#chat#";
    mesh::append_subscribe(hello, channel);
    mesh::append_subscribe(hello, channel + "0123456789abcdef#");
    mesh::append_told(hello);
    speaks->send(hello);
    REQUIRE(eventually([&] { return a.bus.health().nodes == 1; }));
    auto answer = a.ask();
    read_until(hears, "lobby");
    speaks.reset();
    ::close(hears);
    REQUIRE(answer.wait_for(patience) == std::future_status::ready);
    CHECK(answer.get() == 1);
}
