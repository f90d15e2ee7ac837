#include "hosts/nghttp2_host.hpp"

#include "hosts/hosted_service.hpp"
#include "hosts/http2_client.hpp"
#include "support/certificate.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
namespace net = boost::asio;

namespace {

/// An HTTP/2 server on the loop of the service's first shard.
class http2_server {
public:
    explicit http2_server(unsigned shards = 1, hosts::http2_limits limits = {}) : behind(shards) {
        tls_.use_certificate_chain_file(files_.certificate_file());
        tls_.use_private_key_file(files_.key_file(), net::ssl::context::pem);
        host_.emplace(acceptor_, tls_, *behind.live, behind.all(), limits);
        net::post(behind.first_loop(), [this] { host_->accept(); });
    }
    ~http2_server() {
        finish();
        behind.stop();
    }
    http2_server(http2_server const&) = delete;
    http2_server& operator=(http2_server const&) = delete;

    std::uint16_t port() const { return port_; }
    /// Drains, and ends the connections in order.
    void finish() {
        if (std::exchange(has_finished_, true)) return;
        std::promise<void> through;
        behind.live->drain(1s, [&] {
            net::post(behind.first_loop(), [&] {
                host_->finish();
                through.set_value();
            });
        });
        through.get_future().get();
    }

    hosted_service behind;

private:
    certificate files_{};
    net::ssl::context tls_{net::ssl::context::tls_server};
    hosts::tcp::acceptor acceptor_{behind.first_loop(), {net::ip::address_v4::loopback(), 0}};
    std::uint16_t port_ = acceptor_.local_endpoint().port();
    std::optional<hosts::nghttp2_host> host_{};
    bool has_finished_ = false;
};

std::string path(int i) {
    return "/echo/000/s" + std::to_string(i);
}

}  // namespace

TEST_CASE("nghttp2's host carries polls, streams and EventSource over HTTP/2") {
    http2_server server;
    http2_client client(server.port());
    REQUIRE(client.is_open);
    CHECK(client.fetch("GET", "/echo").body == "Welcome to SockJS!\n");
    CHECK(client.fetch("HEAD", "/echo").body.empty());
    CHECK(client.fetch("GET", "/echo/info").body.find("\"websocket\":false") != std::string::npos);
    CHECK(client.fetch("GET", "/none").status == 404);
    CHECK(client.fetch("OPTIONS", "/echo/000/a/xhr").status == 204);
    CHECK(client.fetch("POST", "/echo/000/a/xhr").body == "o\n");
    CHECK(client.fetch("POST", "/echo/000/a/xhr_send", R"(["hello"])").status == 204);
    CHECK(client.fetch("POST", "/echo/000/a/xhr").body == "a[\"hello\"]\n");
    CHECK(client.fetch("GET", "/engine.io/?EIO=4&transport=polling").body.starts_with("0{\"sid\""));

    auto const stream = client.send("POST", "/echo/000/s/xhr_streaming");
    auto const events = client.send("GET", "/echo/000/e/eventsource");
    client.read_until(stream, "o\n");
    client.read_until(events, "data: o\r\n");
    CHECK(client.at(events).fields.at("content-type") == "text/event-stream");
    for (auto const* text : {"\"one\"", "\"two\""}) {
        auto const body = "[" + std::string(text) + "]";
        CHECK(client.fetch("POST", "/echo/000/s/xhr_send", body).status == 204);
        CHECK(client.fetch("POST", "/echo/000/e/xhr_send", body).status == 204);
        client.read_until(stream, "a" + body + "\n");
        client.read_until(events, "data: a" + body + "\r\n");
    }
    std::string const large(500'000, 'x');
    CHECK(client.fetch("POST", "/echo/000/s/xhr_send", "[\"" + large + "\"]").status == 204);
    client.read_until(stream, large);
}

TEST_CASE("ninety polls wait in one connection of nghttp2's host, and each gets its answer") {
    http2_server server;
    http2_client client(server.port());
    std::vector<std::int32_t> polls;
    for (int i = 0; i < 90; ++i) {
        CHECK(client.fetch("POST", path(i) + "/xhr").body == "o\n");
        polls.push_back(client.send("POST", path(i) + "/xhr"));
    }
    for (int i = 89; i >= 0; --i) {
        auto const text = "[\"" + std::to_string(i) + "\"]";
        CHECK(client.fetch("POST", path(i) + "/xhr_send", text).status == 204);
        CHECK(client.read_response(polls[static_cast<std::size_t>(i)]).body == "a" + text + "\n");
    }
}

TEST_CASE("a stream that the client of nghttp2's host resets ends its session, and no other") {
    http2_server server;
    http2_client client(server.port());
    CHECK(client.fetch("POST", path(1) + "/xhr").body == "o\n");
    auto const poll = client.send("POST", path(1) + "/xhr");
    auto const stream = client.send("POST", path(2) + "/xhr_streaming");
    auto const kept = client.send("POST", path(3) + "/xhr_streaming");
    client.read_until(stream, "o\n");
    client.read_until(kept, "o\n");
    client.reset(poll);
    CHECK(server.behind.seen.wait_for("close transport_lost"));
    client.reset(stream);
    CHECK(server.behind.seen.wait_for("close transport_lost", 2));
    CHECK(client.fetch("POST", path(3) + "/xhr_send", R"(["on"])").status == 204);
    client.read_until(kept, "a[\"on\"]");
    CHECK(server.behind.seen.count("close") == 2);
    // Who waits to be let in may go, too.
    auto const asking = client.send("POST", "/asks/000/a/xhr");
    CHECK(server.behind.seen.wait_for("asked"));
    client.reset(asking);
    auto const other = client.send("POST", "/asks/000/b/xhr");
    CHECK(server.behind.seen.wait_for("asked", 2));
    server.behind.accept_all();
    CHECK(client.read_response(other).body == "o\n");
    CHECK(server.behind.seen.count("open") == 4);
}

TEST_CASE("all sessions of a connection of nghttp2's host end with it") {
    http2_server server;
    for (auto const resets : {false, true}) {
        http2_client client(server.port());
        for (int i = 0; i < 20; ++i) {
            auto const id = client.send("POST", path(i + (resets ? 20 : 0)) + "/xhr_streaming");
            client.read_until(id, "o\n");
        }
        resets ? client.tls.reset() : client.tls.close();
        CHECK(server.behind.seen.wait_for("close transport_lost", resets ? 40 : 20));
    }
}

TEST_CASE("a stream of nghttp2's host that is not read holds up its own session only") {
    http2_server server;
    http2_client client(server.port());
    auto const slow = client.send("POST", path(1) + "/xhr_streaming");
    auto const other = client.send("POST", path(2) + "/xhr_streaming");
    client.read_until(slow, "o\n");
    client.read_until(other, "o\n");
    client.stop_reading(slow);
    CHECK(client.fetch("POST", path(1) + "/xhr_send", R"(["flood"])").status == 204);
    REQUIRE(server.behind.seen.wait_for("took "));
    // The window is 65 535 bytes, what the session keeps 1 MiB: 64 pieces.
    auto taken = 0ul;
    for (auto const& line : server.behind.seen.all())
        if (line.starts_with("took ")) taken = std::stoul(line.substr(5));
    CHECK(taken >= 32);
    CHECK(taken <= 2 * 64);
    for (int i = 0; i < 50; ++i) {
        auto const text = "[\"" + std::to_string(i) + std::string(20'000, 'y') + "\"]";
        CHECK(client.fetch("POST", path(2) + "/xhr_send", text).status == 204);
        client.read_until(other, text);
    }
    CHECK(client.at(slow).body.size() <= 65'535);
    client.read_on(slow);
    for (auto i = 0ul; i < taken; ++i) client.read_until(slow, "\"" + std::to_string(i) + "xxxx");
    CHECK(client.fetch("POST", path(1) + "/xhr_send", R"(["after"])").status == 204);
    client.read_until(slow, "a[\"after\"]");
    CHECK(server.behind.seen.count("close") == 0);
}

TEST_CASE("a stream of nghttp2's host that is not read for too long is reset") {
    http2_server server;
    http2_client client(server.port());
    auto const slow = client.send("POST", "/stall/000/a/xhr_streaming");
    client.read_until(slow, "o\n");
    client.stop_reading(slow);
    CHECK(client.fetch("POST", "/stall/000/a/xhr_send", R"(["flood"])").status == 204);
    client.wait_until([&] { return client.at(slow).is_closed; });
    CHECK(client.at(slow).error == NGHTTP2_CANCEL);
    CHECK(server.behind.seen.wait_for("close slow_consumer"));
    CHECK(client.fetch("GET", "/echo").status == 200);
}

TEST_CASE("nghttp2's host bounds heads, bodies and streams") {
    hosts::http2_limits limits;
    limits.streams = 3;
    http2_server server(1, limits);
    http2_client client(server.port());
    CHECK(client.fetch("GET", "/echo").status == 200);
    CHECK(client.fetch("POST", "/echo/000/a/xhr").body == "o\n");
    CHECK(client.fetch("POST", "/echo/000/a/xhr_send", std::string(1'500'000, 'x')).status == 413);
    auto const large = client.send(
        "GET", "/echo", {}, {{"a", std::string(9'000, 'a')}, {"b", std::string(9'000, 'b')}});
    CHECK(client.read_response(large).status == 0);
    CHECK(client.at(large).error != 0);
    // One that the client's library holds back until another has ended.
    std::vector<std::int32_t> all;
    for (int i = 0; i < 4; ++i) all.push_back(client.send("POST", path(i) + "/xhr_streaming"));
    for (int i = 0; i < 3; ++i) client.read_until(all[static_cast<std::size_t>(i)], "o\n");
    CHECK(client.at(all[3]).status == 0);
    client.reset(all[0]);
    client.read_until(all[3], "o\n");
}

TEST_CASE("nghttp2's host joins the cookies of a request, and takes the authority for its host") {
    http2_server server;
    std::string cookies;
    std::string host;
    server.behind.on_request = [&](request const& r) {
        cookies = r.header("cookie");
        host = r.header("host");
    };
    http2_client client(server.port());
    auto const id =
        client.send("POST", "/asks/000/a/xhr", {}, {{"cookie", "a=1"}, {"cookie", "b=2"}});
    CHECK(server.behind.seen.wait_for("asked"));
    server.behind.accept_all();
    CHECK(client.read_response(id).body == "o\n");
    CHECK(cookies == "a=1; b=2");
    CHECK(host == "localhost");
}

TEST_CASE("what is not HTTP/2 ends a connection of nghttp2's host, and no other") {
    http2_server server;
    http2_client good(server.port());
    auto const stream = good.send("POST", path(1) + "/xhr_streaming");
    good.read_until(stream, "o\n");
    http2_client old(server.port(), "\x08http/1.1");
    CHECK((!old.is_open || old.tls.is_ended_by_peer()));
    tls_client none(server.port());
    CHECK((!none.shake_hands() || none.is_ended_by_peer()));
    raw_client plain(server.port());
    plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    (void)plain.read_to_end();
    std::string const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    auto const frame = [](std::size_t size, char type, char flags, char id) {
        std::string out{0,
                        static_cast<char>(size >> 8),
                        static_cast<char>(size & 0xff),
                        type,
                        flags,
                        0,
                        0,
                        0,
                        id};
        return out.append(size, '\x7f');
    };
    for (auto const& bytes :
         {std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
          preface + frame(5, 4, 0, 0),                        // SETTINGS of 5 bytes
          preface + frame(0, 4, 0, 0) + frame(100, 1, 4, 1),  // bad HPACK
          preface + frame(0, 4, 0, 0) + frame(10, 0, 0, 1),   // DATA of no stream
          preface + frame(0, 4, 0, 0) + frame(4, 8, 0, 9)})   // WINDOW_UPDATE
    {
        tls_client bad(server.port());
        SSL_set_alpn_protos(bad.native(), reinterpret_cast<unsigned char const*>("\x02h2"), 3);
        REQUIRE(bad.shake_hands());
        (void)bad.try_send(bytes);
        (void)bad.read_to_end();
    }
    CHECK(good.fetch("POST", path(1) + "/xhr_send", R"(["on"])").status == 204);
    good.read_until(stream, "a[\"on\"]");
}

TEST_CASE("a drain answers what waits in nghttp2's host, then its connections end") {
    http2_server server;
    http2_client client(server.port());
    CHECK(client.fetch("POST", path(1) + "/xhr").body == "o\n");
    auto const poll = client.send("POST", path(1) + "/xhr");
    auto const stream = client.send("POST", path(2) + "/xhr_streaming");
    client.read_until(stream, "o\n");
    auto const asking = client.send("POST", "/asks/000/b/xhr");
    CHECK(server.behind.seen.wait_for("asked"));
    server.finish();
    CHECK(client.read_response(poll).body.starts_with("c[1001"));
    CHECK(client.read_response(stream).body.find("c[1001") != std::string::npos);
    CHECK(client.read_response(asking).status == 0);
    CHECK(client.is_ended_by_peer());
}

TEST_CASE("one connection of nghttp2's host reaches the sessions of every shard") {
    http2_server server(2);
    http2_client client(server.port());
    std::set<std::string> shards;
    for (int i = 0; i < 24; ++i) {
        std::string first;
        CHECK(client.fetch("POST", path(i) + "/xhr").body == "o\n");
        for (int n = 0; n < 3; ++n) {
            CHECK(client.fetch("POST", path(i) + "/xhr_send", R"(["where"])").status == 204);
            auto const where = client.fetch("POST", path(i) + "/xhr").body;
            if (n == 0) first = where;
            CHECK(where == first);
        }
        shards.insert(first);
    }
    CHECK(shards.size() == 2);
}
