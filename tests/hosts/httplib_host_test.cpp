#include "hosts/httplib_host.hpp"

#include "hosts/hosted_service.hpp"
#include "support/raw_client.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <set>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// A server of cpp-httplib beside a service; its threads end with it.
class blocking_server {
public:
    explicit blocking_server(unsigned shards = 1)
        : behind(shards), host(*behind.live, behind.all()) {
        host.new_task_queue = [] { return new httplib::ThreadPool(32); };
        host.set_keep_alive_max_count(1'000'000);
        for (auto const* path : {"/echo", "/stall", "/asks", "/engine.io"}) host.serve_below(path);
        host.Get("/own",
                 [](auto const&, auto& answer) { answer.set_content("own", "text/plain"); });
        port_ = host.bind_to_any_port("127.0.0.1");
        thread_ = std::thread([this] { host.listen_after_bind(); });
    }
    ~blocking_server() {
        behind.live->drain(1s, [this] { host.end(); });
        thread_.join();
    }
    blocking_server(blocking_server const&) = delete;
    blocking_server& operator=(blocking_server const&) = delete;

    std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }

    hosted_service behind;
    hosts::httplib_host host;

private:
    int port_ = 0;
    std::thread thread_{};
};

/// Reads a stream up to its first frame, "o".
void open_stream(raw_client& client, std::string const& session) {
    client.send(client.request_bytes("POST", session + "/xhr_streaming"));
    CHECK(client.read_head().header("Transfer-Encoding") == "chunked");
    (void)client.read_until("o\n");
}

}  // namespace

TEST_CASE("a server of cpp-httplib hosts polls and streams beside routes of its own") {
    blocking_server server;
    raw_client client(server.port());
    CHECK(client.get("/own").body == "own");
    CHECK(client.get("/echo").body == "Welcome to SockJS!\n");
    CHECK(client.get("/echo/info").body.find("\"websocket\":false") != std::string::npos);
    CHECK(client.get("/echo/no/such").status == 404);
    CHECK(client.post("/echo/000/a/xhr").body == "o\n");
    CHECK(client.post("/echo/000/a/xhr_send", R"(["hello"])").status == 204);
    CHECK(client.post("/echo/000/a/xhr").body == "a[\"hello\"]\n");
    CHECK(client.get("/own").body == "own");
    CHECK(client.get("/engine.io/?EIO=4&transport=polling").body.starts_with("0{\"sid\""));
    client.send(client.request_bytes("OPTIONS", "/echo/000/a/xhr"));
    CHECK(client.read_head().status == 204);
    CHECK(client.get("/echo/websocket").status >= 400);

    raw_client stream(server.port());
    open_stream(stream, "/echo/000/s");
    for (auto const* text : {"one", "two"}) {
        CHECK(client.post("/echo/000/s/xhr_send", "[\"" + std::string(text) + "\"]").status == 204);
        CHECK(stream.read_until("]\n").ends_with("a[\"" + std::string(text) + "\"]\n"));
    }
    raw_client events(server.port());
    events.send(events.request_bytes("GET", "/echo/000/e/eventsource"));
    CHECK(events.read_head().header("Content-Type") == "text/event-stream");
    events.read_until("data: o\r\n\r\n");
}

TEST_CASE("cpp-httplib's host notices a client that goes while its poll waits") {
    blocking_server server;
    for (auto const resets : {false, true}) {
        raw_client poll(server.port());
        auto const path = resets ? "/echo/000/r" : "/echo/000/c";
        CHECK(poll.post(path + std::string("/xhr")).body == "o\n");
        poll.send(poll.request_bytes("POST", path + std::string("/xhr")));
        // What comes meanwhile goes out first, so the poll waits by the time the client goes.
        raw_client other(server.port());
        CHECK(other.post(path + std::string("/xhr_send"), R"(["hello"])").status == 204);
        CHECK(poll.read_response().body == "a[\"hello\"]\n");
        poll.send(poll.request_bytes("POST", path + std::string("/xhr")));
        resets ? poll.reset() : poll.close();
        CHECK(server.behind.seen.wait_for("close transport_lost", resets ? 2 : 1));
    }
}

TEST_CASE("cpp-httplib's host notices a client that goes while its stream waits") {
    blocking_server server;
    raw_client stream(server.port());
    open_stream(stream, "/echo/000/a");
    stream.close();
    CHECK(server.behind.seen.wait_for("close transport_lost"));
    raw_client broken(server.port());
    open_stream(broken, "/echo/000/b");
    broken.reset();
    CHECK(server.behind.seen.wait_for("close transport_lost", 2));
}

TEST_CASE("a client of cpp-httplib's host that goes and comes again is no second one") {
    blocking_server server;
    for (int i = 0; i < 100; ++i) {
        auto const path = "/echo/000/s" + std::to_string(i);
        raw_client again(server.port());
        CHECK(again.get("/own").body == "own");
        raw_client stream(server.port());
        open_stream(stream, path);
        stream.close();
        // Its session is over with it. 2010 would say that another client has it still.
        again.send(again.request_bytes("POST", path + "/xhr", {}, "Connection: close\r\n"));
        CHECK(again.read_to_end().find("2010") == std::string::npos);
    }
}

TEST_CASE("a client of cpp-httplib's host that has ended its half still gets a short answer") {
    blocking_server server;
    raw_client client(server.port());
    client.send(client.request_bytes("GET", "/echo"));
    client.end_sending();
    CHECK(client.read_response().body == "Welcome to SockJS!\n");

    raw_client asking(server.port());
    asking.send(asking.request_bytes("POST", "/asks/000/a/xhr"));
    CHECK(server.behind.seen.wait_for("asked"));
    asking.close();
    // It went before it was let in: there is no session.
    raw_client other(server.port());
    other.send(other.request_bytes("POST", "/asks/000/b/xhr"));
    CHECK(server.behind.seen.wait_for("asked", 2));
    server.behind.accept_all();
    CHECK(other.read_response().body == "o\n");
}

TEST_CASE("cpp-httplib's host keeps little for a reader that is slow, and loses nothing") {
    blocking_server server;
    raw_client stream(server.port(), {.receive_buffer = 4096});
    open_stream(stream, "/echo/000/a");
    raw_client sender(server.port());
    CHECK(sender.post("/echo/000/a/xhr_send", R"(["flood"])").status == 204);
    REQUIRE(server.behind.seen.wait_for("took "));
    auto const count = [&] {
        for (auto const& line : server.behind.seen.all())
            if (line.starts_with("took ")) return std::stoul(line.substr(5));
        return 0ul;
    }();
    CHECK(count >= 32);
    CHECK(count <= 2 * 64);  // max_queued_bytes are 64 pieces
    for (std::size_t i = 0; i < count; ++i) {
        auto const mark = "\"" + std::to_string(i) + "xxxx";
        (void)stream.read_until(mark);
    }
    CHECK(sender.post("/echo/000/a/xhr_send", R"(["after"])").status == 204);
    CHECK(stream.read_until("a[\"after\"]\n").find("took") == std::string::npos);
}

TEST_CASE("cpp-httplib's host gives a reader up that has stopped") {
    blocking_server server;
    raw_client stream(server.port(), {.receive_buffer = 4096});
    open_stream(stream, "/stall/000/a");
    // Until the kernel takes no more, and for as long after it as is allowed.
    auto const until = std::chrono::steady_clock::now() + patience;
    while (server.behind.seen.count("close slow_consumer") == 0) {
        REQUIRE(std::chrono::steady_clock::now() < until);
        // The framework lets a connection serve so many requests and no more.
        (void)raw_client(server.port()).post("/stall/000/a/xhr_send", R"(["flood"])");
    }
    CHECK(server.behind.seen.count("close") == 1);
}

TEST_CASE("cpp-httplib's host passes on requests as they are, and nothing that they are not") {
    blocking_server server;
    raw_client client(server.port());
    // cpp-httplib decodes escapes in fields: what would be a line end does not reach an answer.
    auto const info = client.get("/echo/info", "Origin: http://a%0d%0aSet-Cookie:%20evil=1\r\n");
    CHECK(info.head.find("evil") == std::string::npos);
    // Neither ranges nor compression are the framework's affair.
    auto const part = client.get("/echo", "Range: bytes=0-3\r\nAccept-Encoding: gzip, br\r\n");
    CHECK(part.status == 200);
    CHECK(part.body == "Welcome to SockJS!\n");
    raw_client stream(server.port());
    stream.send(
        stream.request_bytes("POST", "/echo/000/z/xhr_streaming", {}, "Accept-Encoding: gzip\r\n"));
    stream.read_until("o\n");
    // A form is a body like any other.
    CHECK(client
              .post("/echo/000/z/xhr_send",
                    R"(["form"])",
                    "Content-Type: multipart/form-data; boundary=x\r\n")
              .status == 204);
    stream.read_until("a[\"form\"]\n");
    CHECK(client
              .post("/echo/000/z/xhr_send",
                    R"(["form"])",
                    "Content-Type: application/x-www-form-urlencoded\r\n")
              .body == "Payload expected.");
    client.send(
        "POST /echo/000/z/xhr_send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\n[\"c\r\n3\r\nh\"]\r\n0\r\n\r\n");
    CHECK(client.read_response().status == 204);
    stream.read_until("a[\"ch\"]\n");
    // Without a length there is no body.
    client.send("POST /echo/000/z/xhr_send HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read_response().status >= 400);
}

TEST_CASE("cpp-httplib's host does not take the body of a GET for a request") {
    blocking_server server;
    raw_client client(server.port());
    client.send(
        "GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n"
        "GET /echo/info HTTP/1.1\r\nHost: smuggled\r\n\r\n");
    CHECK(client.read_response().body == "Welcome to SockJS!\n");
    CHECK(client.read_to_end().find("HTTP/1.1") == std::string::npos);
}

TEST_CASE("a body that is too long is refused by the service, and not read by cpp-httplib's host") {
    blocking_server server;
    server.host.most_body = 1000;
    raw_client client(server.port());
    client.send(
        "POST /echo/000/a/xhr_send HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000000\r\n\r\n");
    client.send(std::string(100'000, 'x'));
    auto const refused = client.read_head();
    CHECK(refused.status >= 400);
    // One that stops in its middle is not served.
    raw_client half(server.port());
    CHECK(half.post("/echo/000/h/xhr").body == "o\n");
    half.send(
        "POST /echo/000/h/xhr_send HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n[\"x\"]");
    half.end_sending();
    CHECK(half.read_to_end().empty());
    raw_client poll(server.port());
    CHECK(poll.post("/echo/000/h/xhr_send", R"(["y"])").status == 204);
    CHECK(poll.post("/echo/000/h/xhr").body == "a[\"y\"]\n");
}

TEST_CASE("what is not HTTP ends a connection of cpp-httplib's host, and no other") {
    blocking_server server;
    for (auto const& bytes : {std::string("\0\1\2\3\r\n\r\n", 8),
                              std::string("GET\r\n\r\n"),
                              std::string("GET /echo HTTP/9.9\r\n\r\n"),
                              "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n",
                              "GET /echo HTTP/1.1\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n",
                              std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)}) {
        raw_client client(server.port());
        (void)client.try_send(bytes);
        client.end_sending();
        auto const answer = client.read_to_end();
        CHECK((answer.empty() || answer.starts_with("HTTP/1.1 4")));
    }
    raw_client client(server.port());
    CHECK(client.get("/echo").status == 200);
}

TEST_CASE("a drain answers what waits in cpp-httplib's host, and its threads end") {
    std::optional<blocking_server> server(std::in_place);
    raw_client poll(server->port());
    raw_client stream(server->port());
    raw_client idle(server->port());
    raw_client asking(server->port());
    CHECK(idle.get("/own").status == 200);
    CHECK(poll.post("/echo/000/a/xhr").body == "o\n");
    poll.send(poll.request_bytes("POST", "/echo/000/a/xhr"));
    open_stream(stream, "/echo/000/s");
    asking.send(asking.request_bytes("POST", "/asks/000/b/xhr"));
    CHECK(server->behind.seen.wait_for("asked"));
    std::thread ending([&] { server.reset(); });
    CHECK(poll.read_response().body.starts_with("c[1001"));
    stream.read_until("c[1001");
    CHECK(idle.is_ended_by_peer());
    ending.join();
}

TEST_CASE("each session of cpp-httplib's host has its shard, whatever connection a request takes") {
    blocking_server server(2);
    std::set<std::string> shards;
    for (int i = 0; i < 24; ++i) {
        auto const path = "/echo/000/s" + std::to_string(i);
        std::string first;
        for (int n = 0; n < 3; ++n) {
            raw_client client(server.port());
            if (n == 0) CHECK(client.post(path + "/xhr").body == "o\n");
            CHECK(client.post(path + "/xhr_send", R"(["where"])").status == 204);
            auto const where = client.post(path + "/xhr").body;
            if (n == 0) first = where;
            CHECK(where == first);
        }
        shards.insert(first);
    }
    CHECK(shards.size() == 2);
}
