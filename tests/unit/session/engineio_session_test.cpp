// Engine.IO sessions on one carrier: the handshake and packets.
#include "support/engineio_fixture.hpp"

#include <string>

using namespace anywire;
using namespace anywire::test;

namespace {

strings const opened{"open"};

strings opened_and(std::string_view line) {
    return {"open", std::string(line)};
}

}  // namespace

// -- the handshake --------------------------------------------------------------------------------

TEST_CASE("an Engine.IO session opens with its open packet and what follows it") {
    engineio_world w;
    auto setup = w.setup_of(revision::v4, false);
    message_view const first("hello");
    setup.initial = &first;
    auto& poll = w.new_poll();
    w.on_open = [](session& s) { CHECK(s.send("from on_open")); };
    auto& s = w.open(std::move(setup), &poll);
    CHECK(poll.written == strings{"0{}", "4hello", "4from on_open"});
    CHECK(poll.writes == 1);
    CHECK(s.transport() == "polling");
    CHECK(w.heard == opened);
}

TEST_CASE("an Engine.IO session on a WebSocket says so, and sends its open packet first") {
    engineio_world w;
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket);
    CHECK(s.transport() == "websocket");
    CHECK(w.send(s, "x"));
    CHECK(socket.take() == strings{"4x"});
}

TEST_CASE("binary is encoded as the client can take it") {
    struct form {
        revision version;
        bool base64;
        std::string transport;
    };
    auto const bytes = std::string("\1\2\3\xff", 4);
    auto const f = GENERATE_COPY(form{revision::v4, false, bytes},
                                 form{revision::v4, true, "bAQID/w=="},
                                 form{revision::v3, false, "\4" + bytes},
                                 form{revision::v3, true, "b4AQID/w=="});
    engineio_world w;
    auto setup = w.setup_of(f.version, true);
    setup.base64 = f.base64;
    auto& socket = w.transport();
    auto& s = w.open(std::move(setup), &socket);
    CHECK(s.takes_binary() != f.base64);
    (void)socket.take();
    CHECK(w.send(s, {bytes, true}));
    CHECK(socket.take() == strings{f.transport});
}

TEST_CASE("binary from the client is binary, whatever carried it") {
    engineio_world w;
    auto const version = GENERATE(revision::v4, revision::v3);
    bool binary = false;
    w.on_message = [&](session&, message_view m) { binary = m.binary; };
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket, version);
    w.receive(s, socket, version == revision::v4 ? "bYWJj" : "b4YWJj");
    CHECK(w.heard.back() == "message abc");
    CHECK(std::exchange(binary, false));
    w.receive(s, socket, version == revision::v4 ? "raw" : "\4raw", true);
    CHECK(w.heard.back() == "message raw");
    CHECK(std::exchange(binary, false));
    w.receive(s, socket, "4text");
    CHECK_FALSE(binary);
}

// -- packets --------------------------------------------------------------------------------------

TEST_CASE("the packets of a POST arrive in order, up to one that is none") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& parked = w.poll(s);
    w.post(s,
           "4a\x1e"
           "4b");
    CHECK(w.take() == strings{"open", "message a", "message b"});
    w.post(s,
           "4c\x1e?\x1e"
           "4d");
    CHECK(w.heard == strings{"message c", "close protocol_error 1005 parse error"});
    CHECK(parked.written == strings{"1"});
    CHECK(w.is_destroyed());
}

TEST_CASE("an empty body, a wrong type or too many packets end the session") {
    auto const body = GENERATE(std::string(), std::string("7x"), std::string("4a\x1e"), [] {
        std::string all("6");
        for (int i = 0; i < 1'000'000; ++i)
            all.append(
                "\x1e"
                "6");
        return all;
    }());
    engineio_world w;
    auto& s = w.on_polling();
    w.post(s, body);
    CHECK(w.heard.back() == "close protocol_error 1005 parse error");
    CHECK(w.is_destroyed());
}

TEST_CASE("fifty thousand packets in one body are taken") {
    engineio_world w;
    std::string all("4");
    for (int i = 1; i < 50'000; ++i)
        all.append(
            "\x1e"
            "4");
    auto& s = w.on_polling();
    w.post(s, all);
    CHECK(w.heard.size() == 50'001);
    CHECK(s.is_open());
}

TEST_CASE("text that is not UTF-8 is repaired in a POST, and echoed so") {
    engineio_world w;
    auto& s = w.on_polling();
    w.post(s,
           "4a\xff"
           "b");
    CHECK(w.heard.back() ==
          "message a\xef\xbf\xbd"
          "b");
}

// A byte that is not UTF-8 becomes three.
TEST_CASE("repaired text counts as what it has become") {
    engineio_world w;
    auto const most = w.endpoint.limits().max_message;
    auto& s = w.on_polling();
    CHECK_FALSE(w.post(s, "4" + std::string(most / 3 + 1, '\xff')));
    CHECK(w.heard == opened);
    CHECK(s.is_open());
    CHECK(w.post(s, "4" + std::string((most - 1) / 3, '\xff')));
    CHECK(w.heard.size() == 2);
    CHECK(w.post(s, "4" + std::string(most - 1, 'x')));
    CHECK(w.heard.size() == 3);

    s.pause();
    auto const queue = w.endpoint.limits().max_queued_bytes;
    CHECK(w.post(s, "4a"));
    CHECK_FALSE(w.post(s, "4" + std::string(queue / 3 + 1, '\xff')));
    CHECK(w.post(s, "4" + std::string(queue / 6, '\xff')));
    CHECK(s.is_open());
}

TEST_CASE("the strings of an octet-stream count as what they have become") {
    engineio_world w;
    auto const most = w.endpoint.limits().max_message;
    auto const packet = [](std::string const& digits, std::size_t size) {
        std::string p(1, '\0');
        for (auto const c : digits) p.push_back(static_cast<char>(c - '0'));
        return p
            .append(
                "\xff"
                "4")
            .append(size - 1, '\xfe');
    };
    auto const one = packet("200000", 200'000);  // 600 KB of text
    REQUIRE(most < 1'200'000);
    auto& s = w.on_polling(engineio::revision::v3);
    CHECK(w.post(s, one, true));
    CHECK(w.heard.size() == 2);
    CHECK(s.is_open());
    CHECK(w.post(s, one + one, true));
    CHECK(w.heard.size() == 4);  // the one that fits, and the end
    CHECK(w.closes == 1);
}

TEST_CASE("open, upgrade and noop from a client are ignored") {
    engineio_world w;
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket);
    for (auto const* const packet : {"0", "5", "6", "0{}", "5x"}) w.receive(s, socket, packet);
    CHECK(w.heard == opened);
    CHECK(s.is_open());
    CHECK(socket.written.empty());
}

TEST_CASE("a close packet ends the session and what stands after it in a POST is dropped") {
    engineio_world w;
    auto& s = w.on_polling();
    auto& parked = w.poll(s);
    w.post(s,
           "4a\x1e"
           "1\x1e"
           "4b");
    CHECK(w.heard == strings{"open", "message a", "close client_closed 1005 transport close"});
    CHECK(parked.written == strings{"6"});
    CHECK(w.is_destroyed());
}

TEST_CASE("a close packet on a WebSocket ends the session at once, without a code") {
    engineio_world w;
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket);
    w.receive(s, socket, "1");
    CHECK(w.heard == opened_and("close client_closed 1005 transport close"));
    CHECK(socket.goodbye == "1005 ");
    CHECK(w.is_destroyed());
}

TEST_CASE("garbage on a WebSocket ends the session") {
    engineio_world w;
    auto& socket = w.transport();
    auto& s = w.on_websocket(socket);
    w.receive(s, socket, GENERATE("", "7", "x", "b!", "b4!"));
    CHECK(w.heard == opened_and("close protocol_error 1005 parse error"));
    CHECK(socket.goodbye == "1005 ");
}
