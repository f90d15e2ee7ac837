// Socket.IO with another parser than the default one.
#include "integration/socketio_client.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

/// Packets as text of four lines: kind, namespace, id or nothing, JSON or nothing. Without bytes.
class lines_parser final : public sio::packet_parser {
public:
    std::string_view name() const noexcept override { return "lines"; }
    bool is_binary() const noexcept override { return false; }
    void encode(std::string& out, sio::packet_view const& p) const override {
        out.append(std::to_string(static_cast<int>(p.kind))).append("\n").append(p.nsp);
        out.append("\n").append(p.id ? std::to_string(*p.id) : "");
        out.append("\n").append(p.payload);
    }
    std::string_view decode(std::string_view message,
                            sio::parser_limits const& limits,
                            sio::decoded_packet& out) const override {
        auto const take = [&message] {
            auto const end = std::min(message.find('\n'), message.size());
            auto const line = message.substr(0, end);
            message.remove_prefix(std::min(end + 1, message.size()));
            return line;
        };
        auto const kind = take();
        if (kind.size() != 1 || kind[0] < '0' || kind[0] > '4') return "no kind";
        out.kind = static_cast<sio::packet_kind>(kind[0] - '0');
        out.nsp = take();
        if (auto const id = take(); !id.empty()) out.id = std::stoull(std::string(id));
        out.payload = message;
        json_limits const most{.max_bytes = limits.max_packet_bytes, .max_depth = limits.max_depth};
        if (!message.empty() && parse_json(message, most).has_error()) return "no JSON";
        return {};
    }
};

void set_up(sio::server const& io, notes&) {
    io.on("echo", [](sio::arguments all, sio::ack<sio::arguments> done) { done(all); });
    io.on("all", [&io](std::string text) { io.emit("told", {{"text", text}}); });
    io.of("/n").use([](sio::socket&, sio::next go_on) {
        go_on({.message = "no", .data = sio::to_json({{"code", 4}})});
    });
}

sio::options with(std::shared_ptr<sio::packet_parser const> parser) {
    sio::options o;
    o.parser = std::move(parser);
    return o;
}

std::string packed(sio::packet_view const& p) {
    std::string out;
    sio::msgpack_parser()->encode(out, p);
    return out;
}

struct read_packet : sio::decoded_packet {
    explicit read_packet(std::string const& bytes)
        : wrong(sio::msgpack_parser()->decode(bytes, {}, *this)) {}
    std::string_view wrong;
};

std::string line_with(notes& log, std::string_view part) {
    std::string found;
    (void)log.wait_until([&](std::vector<std::string> const& all) {
        for (auto const& line : all)
            if (line.find(part) != line.npos) found = line;
        return !found.empty();
    });
    return found;
}

}  // namespace

TEST_CASE("a parser of the application's encodes and decodes every packet") {
    socketio_test_server tested(1, set_up, with(std::make_shared<lines_parser const>()));
    sio_client c(tested.port());
    c.packet("0\n/\n\n{\"token\":1}");
    CHECK(c.next().starts_with("0\n/\n\n{\"sid\":\""));
    c.packet("2\n/\n12\n[\"echo\",{\"a\":[1]}]");
    CHECK(c.next() == "3\n/\n12\n[{\"a\":[1]}]");
    c.packet("2\n/\n\n[\"all\",\"x\"]");
    CHECK(c.next() == "2\n/\n\n[\"told\",{\"text\":\"x\"}]");
    c.packet("0\n/n\n\n");
    CHECK(c.next() == R"(4
/n

{"message":"no","data":{"code":4}})");
    c.packet("1\n/\n\n");
    CHECK(tested.seen.wait_for("disconnect / client namespace disconnect"));
}

TEST_CASE("packets that a parser lets pass are still asked whether they make sense") {
    auto const bad = GENERATE(as<std::string>{},
                              "9\n/\n\n",               // the parser's own word
                              "2\n/\n\n{}",             // no array
                              "2\n/\n\n[]",             // no name
                              "2\n/\n\n[\"connect\"]",  // a reserved one
                              "1\n/\n\n[]",             // with a payload
                              "3\n/\n1\n{}",            // no array
                              "4\n/\n\n\"no\"",         // what only servers say
                              "0\nchat\n\n",            // no namespace
                              "0\n/a,b\n\n",            // one that has no name elsewhere
                              "0\n/\xff\n\n");
    CAPTURE(bad);
    socketio_test_server tested(1, set_up, with(std::make_shared<lines_parser const>()));
    sio_client c(tested.port());
    c.packet("0\n/\n\n");
    CHECK(c.next().starts_with("0\n/\n"));
    c.packet(bad);
    CHECK(c.is_closed());
    CHECK(tested.is_empty());
}

TEST_CASE("bytes stand in the packets of msgpack, both ways") {
    socketio_test_server tested(1, set_up, with(sio::msgpack_parser()));
    sio_client c(tested.port());
    c.attachment(packed({.kind = sio::packet_kind::connect}));
    CHECK(read_packet(c.next()).kind == sio::packet_kind::connect);
    std::vector<std::string> const bytes{std::string("\0\xff", 2)};
    c.attachment(packed({.kind = sio::packet_kind::event,
                         .id = 5,
                         .payload = R"(["echo",{"b":{"_placeholder":true,"num":0}}])",
                         .attachments = bytes}));
    read_packet const answer(c.next());
    CHECK(answer.wrong.empty());
    CHECK(answer.kind == sio::packet_kind::ack);
    CHECK(answer.id == 5);
    CHECK(answer.payload == R"([{"b":{"_placeholder":true,"num":0}}])");
    CHECK(answer.attachments == bytes);
}

TEST_CASE("an object that only looks like bytes beside real ones ends the connection") {
    socketio_test_server tested(1, set_up, with(sio::msgpack_parser()));
    sio_client c(tested.port());
    c.attachment(packed({.kind = sio::packet_kind::connect}));
    (void)c.next();
    auto const message = packed({.kind = sio::packet_kind::event,
                                 .payload = R"(["echo",{"_placeholder":true,"num":7},"xy"])"});
    auto const text = std::string("\xa2xy");
    auto bad = message;
    bad.replace(bad.find(text), text.size(), "\xc4\x01z");
    c.attachment(bad);
    CHECK(c.is_closed());
}

TEST_CASE("a client with another parser is closed, and operators are told which one is spoken") {
    socketio_test_server tested(1, set_up, with(sio::msgpack_parser()));
    sio_client c(tested.port());
    c.packet("0");
    CHECK(c.is_closed());
    auto const line = line_with(tested.log, "a message of another parser");
    CHECK(line.find("Spoken here is socket.io-msgpack-parser") != line.npos);
    CHECK(line.find("(/socket.io") != line.npos);
}

TEST_CASE("a parser and clients of Engine.IO 3 exclude each other") {
    auto o = with(sio::msgpack_parser());
    o.engine.eio3 = true;
    CHECK_THROWS_AS(sio::server(o), std::invalid_argument);
}
