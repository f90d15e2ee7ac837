#include "hosts/beast_host.hpp"

#include "hosts/hosted_service.hpp"
#include "support/raw_client.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
namespace http = boost::beast::http;
namespace net = boost::asio;

namespace {

/// A server of Boost.Beast beside a service.
class beast_server {
public:
    explicit beast_server(unsigned shards = 1)
        : hosted(shards), host_(acceptor_, *hosted.live, hosted.all(), [](auto const& r) {
              auto const is_own = r.target() == "/own";
              return hosts::beast_host::response(
                  is_own ? http::status::ok : http::status::not_found, 11, "own");
          }) {
        net::post(hosted.first_loop(), [this] { host_.accept(); });
    }
    ~beast_server() {
        end();
        hosted.stop();
    }
    beast_server(beast_server const&) = delete;
    beast_server& operator=(beast_server const&) = delete;

    /// Says goodbye to all sessions, and waits for that.
    void end() {
        std::promise<void> ended;
        hosted.live->drain(1s, [&] {
            net::post(hosted.first_loop(), [&] {
                host_.end();
                ended.set_value();
            });
        });
        ended.get_future().wait();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    hosted_service hosted;

private:
    hosts::beast_host::acceptor acceptor_{hosted.first_loop(),
                                          {net::ip::address_v4::loopback(), 0}};
    hosts::beast_host host_;
};

}  // namespace

TEST_CASE("WebSockets of Beast are sessions, beside its own routes and on every shard") {
    beast_server server(2);
    CHECK(raw_client(server.port()).get("/own").body == "own");
    CHECK(raw_client(server.port()).get("/ws").status == 426);
    CHECK(raw_client(server.port()).upgrade("/none").status == 404);
    std::vector<std::unique_ptr<raw_client>> all;
    for (int i = 0; i < 8; ++i) {
        all.push_back(std::make_unique<raw_client>(server.port()));
        auto& client = *all.back();
        auto const answer = client.upgrade("/ws", "Sec-WebSocket-Protocol: one, three\r\n");
        REQUIRE(answer.status == 101);
        CHECK(answer.header("Sec-WebSocket-Protocol") == "one");
    }
    std::string const long_text(300'000, 'l');
    for (auto& client : all) {
        for (auto const* text : {"one", long_text.c_str(), ""}) {
            client->send_text(text);
            CHECK(client->read_message() == text);
        }
        client->send(client_frame(2, "\xff\x01"));
        auto const f = client->read_frame();
        CHECK(f.opcode == 2);
        CHECK(f.payload == "\xff\x01");
        client->send(client_frame(9, "p"));
        CHECK(client->read_frame().opcode == 10);
    }
    all[0]->send_text("where");
    all[1]->send_text("where");
    CHECK(all[0]->read_message() != all[1]->read_message());
}

TEST_CASE("the end of a WebSocket of Beast is told, whoever ends it") {
    beast_server server;
    raw_client polite(server.port());
    CHECK(polite.upgrade("/ws").status == 101);
    polite.send(client_frame(8,
                             "\x03\xe8"
                             "bye"));
    CHECK(polite.read_close().close_code() == 1000);
    CHECK(server.hosted.seen.wait_for("close client_closed"));
    raw_client rude(server.port());
    CHECK(rude.upgrade("/ws").status == 101);
    CHECK(server.hosted.seen.wait_for("open", 2));
    rude.reset();
    CHECK(server.hosted.seen.wait_for("close transport_lost"));
    raw_client chatty(server.port());
    CHECK(chatty.upgrade("/ws").status == 101);
    // Beast ends it when the header has come, and may read no more.
    chatty.send(client_frame(1, std::string(1'000'001, 'x')).substr(0, 1'000));
    CHECK(chatty.read_close().close_code() == 1009);
    chatty.close();  // Beast waits for that
    CHECK(server.hosted.seen.wait_for("close message_too_big"));
    raw_client broken(server.port());
    CHECK(broken.upgrade("/ws").status == 101);
    broken.send(std::string(14, '\xff'));  // a whole header: Beast judges no less
    CHECK(broken.read_close().close_code() == 1002);
    broken.close();  // the same, and it says no more
    CHECK(server.hosted.seen.wait_until([](auto const& lines) {
        return std::count_if(lines.begin(), lines.end(), [](auto const& l) {
                   return l.starts_with("close ");
               }) == 4;
    }));
    raw_client patient(server.port());
    CHECK(patient.upgrade("/ws").status == 101);
    patient.send_text("hello");
    CHECK(patient.read_message() == "hello");
    server.end();
    CHECK(patient.read_close().close_code() == 1001);
    CHECK(server.hosted.seen.wait_for("close shutting_down"));
}

TEST_CASE("a client may come in to a WebSocket of Beast when it is decided, or is told why not") {
    beast_server server;
    raw_client foreign(server.port());
    auto const refused = foreign.upgrade("/ws", "Origin: http://elsewhere.example\r\n");
    CHECK(refused.status == 403);
    CHECK(refused.header("X-Content-Type-Options") == "nosniff");
    raw_client late(server.port());
    late.send(late.upgrade_bytes("/ws-asks"));
    CHECK(server.hosted.seen.wait_for("asked"));
    server.hosted.accept_all();
    CHECK(late.read_response().status == 101);
    late.send_text("hello");
    CHECK(late.read_message() == "hello");
    // An endless answer is not one for a WebSocket.
    raw_client stream(server.port());
    stream.send(stream.upgrade_bytes("/echo/000/a/eventsource"));
    CHECK(stream.is_ended_by_peer());
}

TEST_CASE("a client that does not read its WebSocket of Beast is held to the queue's bound") {
    beast_server server;
    raw_client slow(server.port(), {.receive_buffer = 4096});
    CHECK(slow.upgrade("/ws").status == 101);
    slow.send_text("flood");
    REQUIRE(server.hosted.seen.wait_for("took "));
    std::size_t taken = 0;
    for (auto const& line : server.hosted.seen.all())
        if (line.starts_with("took ")) taken = std::strtoul(line.c_str() + 5, nullptr, 10);
    CHECK(taken > 10);
    for (std::size_t i = 0; i < taken; ++i)
        CHECK(slow.read_message() == std::to_string(i) + std::string(16'384, 'x'));
    CHECK(server.hosted.seen.wait_for("drain"));
    slow.send_text("still here");
    CHECK(slow.read_message() == "still here");
}
