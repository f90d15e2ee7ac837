// A client's WebSockets on real connections: against our own server, and against servers that say
// what no server should.

#include <anywire/server.hpp>

#include "support/client_bench.hpp"
#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using wire_bench = anywire::test::client_bench;

namespace {

struct ours {
    explicit ours(websocket_options o = {}, server_options at = on_free_port())
        : server(std::move(at), [&](anywire::server& s) {
              auto app = noting_echo(seen);
              app.on_message = [](session& to, message_view m) {
                  if (m.data == "close") return to.close(static_cast<close_code>(3000), "enough");
                  if (m.data == "who") return (void)to.send(to.request().target());
                  (void)to.send(m);
              };
              s.mount("/ws", o, app);
          }) {}
    std::string url(std::string_view rest = {}) const {
        return "ws://127.0.0.1:" + std::to_string(server.port()) + "/ws" + std::string(rest);
    }

    notes seen{};
    running_server server;
};

/// A WebSocket that a scripted server has let in.
struct let_in {
    explicit let_in(bench_handshake const& how = {}, std::string_view fields = {}) {
        client.open(server.url("/", "ws"), how);
        peer.emplace(server.accept());
        peer->accept_websocket({}, fields);
        REQUIRE(client.seen.wait_for("open"));
    }
    scripted_server server{};
    wire_bench client{};
    std::optional<raw_peer> peer{};
};

}  // namespace

TEST_CASE("a WebSocket opens, sends both kinds of messages, and ends as it is told") {
    ours server;
    wire_bench client;
    client.open(server.url());
    REQUIRE(client.seen.wait_for("open "));
    client.send("hello");
    REQUIRE(client.seen.wait_for("message hello"));
    client.send(std::string("\0\xff", 2), true);
    REQUIRE(client.seen.wait_for("binary "));
    client.run([&] { client.socket().close(close_code::normal, "bye"); });
    REQUIRE(client.seen.wait_for("closed 1000 client_closed clean"));
    CHECK(server.seen.wait_for("close client_closed 1000"));
}

TEST_CASE("a server's goodbye is answered, and its code and text are told") {
    ours server;
    wire_bench client;
    client.open(server.url());
    REQUIRE(client.seen.wait_for("open "));
    client.send("close");
    REQUIRE(client.seen.wait_for("closed 3000 server_closed clean enough"));
    CHECK(server.seen.wait_for("close server_closed 3000"));
    client.run([&] { CHECK(client.socket().unsent_bytes() == 0); });
}

TEST_CASE("a server's goodbye is echoed, its reason with its code") {
    let_in f;
    auto const said = GENERATE(as<std::string>{}, "\x0b\xb8 go away", "\x03\xe8", "");
    f.peer->send(server_frame(8, said));
    auto const echoed = f.peer->read_frame();
    CHECK(echoed.opcode == 8);
    CHECK(echoed.payload == said);
}

TEST_CASE("query and subprotocols reach the server, and what it chose the client") {
    ours server({.subprotocols = {"b"}});
    wire_bench client;
    client.open(server.url("?x=1"), {.protocols = {"a", "b"}});
    REQUIRE(client.seen.wait_for("open b"));
    client.send("who");
    CHECK(client.seen.wait_for("message /ws?x=1"));
}

TEST_CASE("what one event sends leaves in one write, before its goodbye") {
    scripted_server server;
    wire_bench client;
    auto& events = client.open(server.url("/", "ws"));
    events.then_open = [&] {
        for (int i = 0; i < 100; ++i) client.socket().send(std::to_string(i), true);
        CHECK(client.socket().unsent_bytes() > 100);
        client.socket().close(close_code::normal, {});
        client.socket().send("too late", true);
    };
    auto peer = server.accept();
    peer.accept_websocket();
    for (int i = 0; i < 100; ++i) REQUIRE(peer.read_frame().payload == std::to_string(i));
    CHECK(peer.read_frame().close_code() == 1000);
    peer.send(server_frame(1, "not heard") + server_frame(8, "\x03\xe8"));
    REQUIRE(client.seen.wait_for("closed 1000 client_closed clean"));
    CHECK(client.seen.count("message") == 0);
    peer.end_sending();  // as a server is to do first
    CHECK(peer.read_to_end().empty());
}

TEST_CASE("frames in the segment of the 101 are not lost") {
    scripted_server server;
    wire_bench client;
    client.open(server.url("/", "ws"));
    auto peer = server.accept();
    peer.accept_websocket(server_frame(1, "first") + server_frame(9, "are you?") +
                          server_frame(1, "second").substr(0, 3));
    REQUIRE(client.seen.wait_for("message first"));
    CHECK(client.seen.count("open") == 1);
    auto const pong = peer.read_frame();
    CHECK(pong.opcode == 10);
    CHECK(pong.payload == "are you?");
    peer.send(server_frame(1, "second").substr(3));
    CHECK(client.seen.wait_for("message second"));
    CHECK(client.seen.wait_for("alive"));
}

TEST_CASE("long messages go both ways, compressed and not") {
    auto const compress = GENERATE(false, true);
    websocket_options o{.limits = {.max_message = 8u << 20}};
    o.deflate.enabled = compress;
    ours server(o);
    wire_bench client;
    websocket::deflate_options const deflate{.enabled = compress};
    auto& events = client.open(server.url(), {.deflate = deflate, .max_message = 8u << 20});
    REQUIRE(client.seen.wait_for("open "));
    std::string text;
    while (text.size() < (1u << 20)) text += "line " + std::to_string(text.size() * 7919) + "\n";
    client.send(text);
    REQUIRE(client.seen.wait_for("message line 0"));
    CHECK(events.bytes == text.size());
    CHECK(client.seen.wait_for("sent"));
}

TEST_CASE("a message that shall not be compressed goes as it is") {
    let_in f({.deflate = {.enabled = true}}, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    std::string const text(5'000, 'a');
    f.client.send(text);
    f.client.send(text, false, false);
    auto const first = f.peer->read_frame();
    CHECK(first.is_compressed);
    CHECK(first.payload.size() < text.size());
    auto const second = f.peer->read_frame();
    CHECK_FALSE(second.is_compressed);
    CHECK(second.payload == text);
}

TEST_CASE("a message may come in as many frames as its longest length has 64 bytes") {
    scripted_server server;
    wire_bench client;
    auto const frames = [](int count) {
        std::string all = server_frame(1, "x", false);
        for (int i = 2; i < count; ++i) all += server_frame(0, "x", false);
        return all + server_frame(0, "x");
    };
    client.open(server.url("/", "ws"), {.max_message = 4u << 20});
    auto patient = server.accept();
    patient.accept_websocket();
    patient.send(frames(65'536));
    CHECK(client.seen.wait_for("message xxx"));
    client.open(server.url("/", "ws"), {.max_message = 64});
    auto other = server.accept();
    other.accept_websocket();
    other.send(server_frame(1, "", false));
    for (int i = 0; i < 16'384; ++i) other.send(server_frame(0, "", false));
    CHECK(other.read_frame().close_code() == 1009);
    CHECK(client.seen.wait_for("closed 1006 message_too_big"));
}

TEST_CASE("a server that breaks a rule is told, and the end is not clean") {
    struct rule {
        std::string bytes;
        unsigned code;
        char const* told;
    };
    auto const r = GENERATE(
        rule{client_frame(1, "masked"), 1002, "closed 1006 protocol_error unclean"},
        rule{server_frame(1, "\xff"), 1007, "closed 1006 protocol_error unclean"},
        rule{server_frame(3, ""), 1002, "closed 1006 protocol_error unclean"},
        rule{server_frame(8, "\x03\xed"), 1002, "closed 1006 protocol_error unclean"},
        rule{server_frame(2, std::string(1001, 'x')), 1009, "closed 1006 message_too_big unclean"});
    scripted_server server;
    wire_bench client;
    client.open(server.url("/", "ws"), {.max_message = 1000});
    auto peer = server.accept();
    peer.accept_websocket(r.bytes);
    CHECK(peer.read_frame().close_code() == r.code);
    CHECK(client.seen.wait_for(r.told));
}

TEST_CASE("a connection that breaks ends a WebSocket with 1006") {
    let_in f;
    SECTION("by an end") {
        f.peer->close();
    }
    SECTION("by a reset") {
        f.peer->reset();
    }
    CHECK(f.client.seen.wait_for("closed 1006 transport_lost unclean"));
}

TEST_CASE("a goodbye that is not answered ends at its deadline") {
    let_in f({.close_handshake = 50ms});
    f.client.run([&] { f.client.socket().close(static_cast<close_code>(3001), "tired"); });
    CHECK(f.peer->read_frame().close_code() == 3001);
    CHECK(f.client.seen.wait_for("closed 1006 client_closed unclean"));
}

TEST_CASE("a WebSocket that is destroyed in any of its events says nothing more") {
    scripted_server server;
    wire_bench client;
    auto& events = client.open(server.url("/", "ws"));
    auto const drop = [&] { client.drop_sockets(); };
    SECTION("when it opens") {
        events.then_open = drop;
    }
    SECTION("at a message") {
        events.then_message = drop;
    }
    SECTION("at its end") {
        events.then_closed = drop;
    }
    auto peer = server.accept();
    peer.accept_websocket(server_frame(1, "a") + server_frame(1, "b") + server_frame(8, ""));
    peer.end_sending();
    (void)peer.read_to_end();
    client.run([] {});
    CHECK(client.seen.count("message") <= (events.then_closed ? 2u : 1u));
    CHECK(client.seen.count("closed") == (events.then_closed ? 1u : 0u));
}

TEST_CASE("a paused WebSocket does not read, and goes on with what was read") {
    scripted_server server;
    wire_bench client;
    auto& events = client.open(server.url("/", "ws"));
    events.then_message = [&] {
        if (events.bytes == 1) client.socket().pause(true);
    };
    auto peer = server.accept();
    peer.accept_websocket(server_frame(1, "a") + server_frame(1, "b"));
    REQUIRE(client.seen.wait_for("message a"));
    peer.send(server_frame(1, "c"));
    client.run([] {});
    CHECK(client.seen.count("message") == 1);
    client.run([&] { client.socket().pause(false); });
    REQUIRE(client.seen.wait_for("message c"));
    CHECK(client.seen.count("message") == 3);
}

TEST_CASE("handshakes that do not lead to a WebSocket fail with what was seen") {
    scripted_server server;
    wire_bench client;
    client.open(server.url("/", "ws"));
    auto peer = server.accept();
    auto const head = peer.read_head();
    CHECK(head.find("Sec-WebSocket-Version: 13\r\n") != std::string::npos);
    SECTION("another status") {
        peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nno go");
        CHECK(client.seen.wait_for("failed handshake 403: " + server.url("") +
                                   " answered the WebSocket handshake with status 403 | no go"));
    }
    SECTION("an endless refusal") {
        peer.send("HTTP/1.1 500 Oh\r\n\r\n");
        peer.send_endlessly(std::string(4096, 'x'), 1u << 20);
        CHECK(client.seen.wait_for("failed handshake 500: "));
    }
    SECTION("a refusal that breaks off") {
        peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 50\r\n\r\nnothing");
        peer.reset();
        CHECK(client.seen.wait_for("failed handshake 404: "));
    }
    SECTION("another key's accept") {
        peer.send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
        CHECK(client.seen.wait_for("failed handshake 101: " + server.url("") +
                                   ": Sec-WebSocket-Accept does not answer the key"));
    }
    SECTION("no HTTP") {
        peer.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
        CHECK(client.seen.wait_for("failed response 0: "));
    }
    SECTION("an end") {
        peer.close();
        CHECK(client.seen.wait_for("failed request 0: "));
    }
    SECTION("a reset") {
        peer.reset();
        CHECK(client.seen.wait_for("failed request 0: "));
    }
}

TEST_CASE("a WebSocket that does not open in time fails as timed out") {
    scripted_server server;
    wire_bench client;
    client.open(server.url("/", "ws"), {.timeout = 1s});
    auto peer = server.accept();
    (void)peer.read_head();
    SECTION("without an answer") {
        CHECK(client.seen.wait_for("failed request 0: " + server.url("") +
                                   " did not answer within 1000 ms"));
    }
    SECTION("within a refusal") {
        peer.send("HTTP/1.1 503 Busy\r\nContent-Length: 50\r\n\r\nwait");
        CHECK(client.seen.wait_for("failed handshake 503: "));
    }
    (void)peer.read_to_end();
}

TEST_CASE("a WebSocket opens over a Unix domain socket, whatever its URL's host") {
    temp_folder folder;
    auto at = on_free_port();
    at.listeners = {{.path = folder.file("s")}};
    ours server({}, at);
    anywire::client_options o;
    o.network.unix_socket = folder.file("s");
    wire_bench client(o);
    client.open("ws://nowhere.invalid/ws");
    REQUIRE(client.seen.wait_for("open "));
    client.send("through a file");
    CHECK(client.seen.wait_for("message through a file"));
}

TEST_CASE("what a server does not take waits, and is told of when it is out") {
    let_in f;
    std::string const piece(1u << 20, 'x');
    for (int i = 0; i < 16; ++i) f.client.send(piece, true);
    f.client.run([&] { CHECK(f.client.socket().unsent_bytes() > piece.size()); });
    auto const before = f.client.seen.count("sent");  // the kernel may have room for the first
    for (int i = 0; i < 16; ++i) CHECK(f.peer->read_frame().payload == piece);
    CHECK(f.client.seen.wait_for("sent", before + 1));
    f.client.run([&] { CHECK(f.client.socket().unsent_bytes() == 0); });
}
