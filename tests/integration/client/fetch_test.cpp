// A client's HTTP requests on real connections.

#include <anywire/server.hpp>

#include "support/client_bench.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using wire_bench = anywire::test::client_bench;

namespace {

struct ours {
    ours()
        : server(on_free_port(), [](anywire::server& s) {
              s.route("GET", "/hello/:name", [](route_request const& r) {
                  return http_answer{.body = "hello " + r.param("name")};
              });
              s.route("POST", "/echo", [](route_request const& r) {
                  return http_answer{.body = std::string(r.body())};
              });
          }) {}
    std::string url(std::string_view path) const {
        return "http://127.0.0.1:" + std::to_string(server.port()) + std::string(path);
    }
    running_server server;
};

std::string ok_answer(std::string_view body, std::string_view fields = {}) {
    std::string out("HTTP/1.1 200 OK\r\nContent-Length: ");
    out.append(std::to_string(body.size())).append("\r\n").append(fields).append("\r\n");
    return out.append(body);
}

}  // namespace

TEST_CASE("requests are answered, a body comes whole, and the connection is used again") {
    ours server;
    wire_bench client;
    client.fetch(server.url("/hello/ann"));
    REQUIRE(client.seen.wait_for("end"));
    CHECK(client.seen.all()[1] == "body hello ann");
    client.run([&] { CHECK(client.network().links().size() == 1); });
    client.fetch(server.url("/echo"), {.method = "POST", .body = "some text"});
    REQUIRE(client.seen.wait_for("end", 2));
    CHECK(client.seen.all()[3].starts_with("head 200"));
    CHECK(client.seen.all()[4] == "body some text");
    client.fetch(server.url("/nothing"));
    REQUIRE(client.seen.wait_for("head 404"));
    REQUIRE(client.seen.wait_for("end", 3));
    client.run([&] { CHECK(client.network().links().size() == 1); });
}

TEST_CASE("a request says what it was given, and nothing that it was not") {
    scripted_server server;
    wire_bench client;
    client.fetch(server.url("/a%20b?c=d"),
                 {.method = "POST",
                  .body = "12345",
                  .content_type = "text/plain",
                  .fields = {{"X-Mine", "yes"}, {"Cookie", "a=b"}}});
    auto peer = server.accept();
    auto const head = peer.read_head();
    CHECK(head == "POST /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nAccept-Encoding: identity\r\nAccept: */*\r\nX-Mine: yes\r\n"
                      "Cookie: a=b\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
    CHECK(peer.read_exactly(5) == "12345");
    peer.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(client.seen.wait_for("end"));
}

TEST_CASE("user and password of a URL are sent") {
    scripted_server server;
    wire_bench client;
    client.fetch("http://ann:s%3Acret@127.0.0.1:" + std::to_string(server.port()) + "/");
    auto peer = server.accept();
    CHECK(peer.read_head().find("Authorization: Basic YW5uOnM6Y3JldA==\r\n") != std::string::npos);
}

TEST_CASE("fields that would change a request are refused") {
    scripted_server server;
    wire_bench client;
    auto const field = GENERATE(websocket::request_field{"Content-Length", "5"},
                                websocket::request_field{"X", "a\r\nY: b"},
                                websocket::request_field{"Bad Name", "x"});
    client.fetch(server.url(), {.fields = {field}});
    CHECK(client.seen.wait_for("failed setup 0: "));
}

TEST_CASE("answers end as their framing says") {
    struct framed {
        std::string bytes;
        char const* body;
        bool ends;
    };
    auto const f = GENERATE(
        framed{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "body abc", false},
        framed{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
               "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
               "body abc",
               false},
        framed{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n2\r\nbc\r\n0\r\n"
               "T: v\r\n\r\n",
               "body abc",
               false},
        framed{"HTTP/1.1 200 OK\r\n\r\nabc", "body abc", true},
        framed{"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nabc", "body abc", true},
        framed{"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", "", false});
    auto const cut = GENERATE(std::size_t{1}, std::size_t{1000});
    scripted_server server;
    wire_bench client;
    client.fetch(server.url());
    auto peer = server.accept();
    (void)peer.read_head();
    for (std::size_t at = 0; at < f.bytes.size(); at += cut) peer.send(f.bytes.substr(at, cut));
    if (f.ends) peer.close();
    REQUIRE(client.seen.wait_for("end"));
    CHECK(client.seen.count("body") == (*f.body ? 1 : 0));
    if (*f.body) CHECK(client.seen.count(f.body) == 1);
    client.run([&] { CHECK(client.network().links().size() == (f.ends ? 0u : 1u)); });
}

TEST_CASE("a streamed body comes in pieces, and waits while it is paused") {
    scripted_server server;
    wire_bench client;
    auto& events = client.fetch(server.url(), {.streamed = true});
    events.then_body = [&] {
        if (events.bytes == 1) client.call().pause(true);
    };
    auto peer = server.accept();
    (void)peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n");
    REQUIRE(client.seen.wait_for("body a"));
    // Far more than the kernel holds: it is felt that nobody reads.
    std::string const piece("10000\r\n" + std::string(65536, 'x') + "\r\n");
    std::size_t sent = 0;
    while (::send(peer.descriptor(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
           static_cast<ssize_t>(piece.size()))
        ++sent;
    CHECK(events.bytes == 1);
    CHECK(sent < 1000);
    client.run([&] { client.call().pause(false); });
    CHECK(client.seen.wait_for("body b"));
    CHECK(eventually([&] { return events.bytes >= 2 + sent * 65536; }));
}

TEST_CASE("a paused answer that is complete ends when it is resumed") {
    scripted_server server;
    wire_bench client;
    auto& events = client.fetch(server.url(), {.streamed = true});
    events.then = [&] { client.call().pause(true); };
    auto peer = server.accept();
    (void)peer.read_head();
    peer.send(ok_answer(""));
    REQUIRE(client.seen.wait_for("head 200"));
    client.run([] {});
    CHECK(client.seen.count("end") == 0);
    client.run([&] { client.call().pause(false); });
    CHECK(client.seen.wait_for("end"));
}

TEST_CASE("a request that is destroyed in any of its events says nothing more") {
    scripted_server server;
    wire_bench client;
    auto const streamed = GENERATE(false, true);
    auto& events = client.fetch(server.url(), {.streamed = streamed});
    auto const drop = [&] { client.drop_calls(); };
    auto const at = GENERATE(0, 1, 2);
    if (at == 0) events.then = drop;
    if (at == 1) events.then_body = drop;
    if (at == 2) events.then_end = drop;
    auto peer = server.accept();
    (void)peer.read_head();
    peer.send(ok_answer("abc"));
    if (at != 2 && !(at == 1 && !streamed)) {
        (void)peer.read_to_end();  // the connection is not used again
        CHECK(client.seen.count("end") == 0);
    }
    CHECK(eventually([&] {
        return client.seen.count(at == 0 ? "head" : at == 1 ? "body" : "end") == 1;
    }));
    client.run([] {});
    CHECK(client.seen.count("end") == (at == 2 ? 1u : 0u));
}

TEST_CASE("a connection that was kept and breaks is replaced for a GET, once") {
    scripted_server server;
    wire_bench client;
    client.fetch(server.url("/1"));
    auto first = server.accept();
    (void)first.read_head();
    first.send(ok_answer("one"));
    REQUIRE(client.seen.wait_for("end"));
    SECTION("a GET is asked again") {
        client.fetch(server.url("/2"));
        CHECK(first.read_head().starts_with("GET /2 "));
        first.close();
        auto second = server.accept();
        CHECK(second.read_head().starts_with("GET /2 "));
        second.send(ok_answer("two"));
        CHECK(client.seen.wait_for("body two"));
    }
    SECTION("and fails when that breaks, too") {
        client.fetch(server.url("/2"));
        (void)first.read_head();
        first.close();
        auto second = server.accept();
        (void)second.read_head();
        second.close();
        CHECK(client.seen.wait_for("failed request 0: "));
    }
    SECTION("the answer to a poll may have got lost") {
        client.fetch(server.url("/2"), {.is_once = true});
        (void)first.read_head();
        first.close();
        CHECK(client.seen.wait_for("failed request 0: "));
        CHECK_FALSE(server.has_newcomer());
    }
    SECTION("a POST may have been done already") {
        client.fetch(server.url("/2"), {.method = "POST", .body = "x"});
        (void)first.read_head();
        first.close();
        CHECK(client.seen.wait_for("failed request 0: "));
        CHECK_FALSE(server.has_newcomer());
    }
    SECTION("one that has ended while it waited is not used") {
        first.close();
        CHECK(eventually([&] {
            std::size_t left = 1;
            client.run([&] { left = client.network().links().size(); });
            return left == 0;
        }));
        client.fetch(server.url("/2"), {.method = "POST", .body = "x"});
        auto second = server.accept();
        CHECK(second.read_head().starts_with("POST /2 "));
    }
    SECTION("one that says something while it waits is not used") {
        first.send("HTTP/1.1 200 OK\r\n\r\n");
        (void)first.read_to_end();
    }
}

TEST_CASE("at most six connections of one origin are kept") {
    scripted_server server;
    wire_bench client;
    std::vector<raw_peer> peers;
    for (int i = 0; i < 8; ++i) client.fetch(server.url());
    for (int i = 0; i < 8; ++i) peers.push_back(server.accept());
    for (auto& p : peers) {
        (void)p.read_head();
        p.send(ok_answer("x"));
    }
    REQUIRE(client.seen.wait_for("end", 8));
    client.run([&] { CHECK(client.network().links().size() == link_pool::most_of_one); });
}

TEST_CASE("an answer that comes before the request is written is heard") {
    scripted_server server;
    wire_bench client;
    client.fetch(server.url(), {.method = "POST", .body = std::string(16u << 20, 'x')});
    auto peer = server.accept();
    peer.send("HTTP/1.1 413 Too Long\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
    CHECK(client.seen.wait_for("head 413"));
    CHECK(client.seen.wait_for("end"));
}

TEST_CASE("nobody listens, no address, no answer") {
    wire_bench client;
    SECTION("a port that is closed") {
        std::string url;
        {
            scripted_server gone;
            url = gone.url();
        }
        client.fetch(url);
        CHECK(client.seen.wait_for("failed connect 0: cannot connect to 127.0.0.1:"));
    }
    SECTION("a name that there is not") {
        client.fetch("http://nowhere.invalid/");
        CHECK(client.seen.wait_for("failed resolve 0: the name 'nowhere.invalid' has no address"));
    }
    SECTION("silence") {
        scripted_server server;
        client.fetch(server.url(), {.timeout = 1s});
        auto peer = server.accept();
        CHECK(client.seen.wait_for("failed request 0: "));
        (void)peer.read_to_end();
    }
    SECTION("silence within a body") {
        scripted_server server;
        client.fetch(server.url(), {.timeout = 1s});
        auto peer = server.accept();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
        CHECK(client.seen.wait_for("failed body 200: "));
    }
}
