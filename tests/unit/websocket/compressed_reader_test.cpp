#include "support/feed.hpp"
#include "unit/websocket/client_frames.hpp"
#include "websocket/reader.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::websocket;
using namespace std::literals;
using test::client_frame;
using test::client_message;

namespace {

struct heard_event {
    event_kind kind = event_kind::none;
    std::string data{};
    std::uint16_t code = 0;
};

/// A reader under permessage-deflate, fed in pieces of any size.
struct listener {
    explicit listener(deflate_params const& agreed = {}, std::size_t max_message = 1'000'000)
        : listener(agreed, reader_options{.max_message = max_message}) {}
    listener(deflate_params const& agreed, reader_options o) : options{o} {
        reader.enable_inflate(agreed);
    }

    void feed(std::string input, std::size_t piece = 1 << 20) {
        for (char* at = input.data(); at != input.data() + input.size();) {
            auto const left = static_cast<std::size_t>(input.data() + input.size() - at);
            char* const end = at + std::min(piece, left);
            for (auto e = reader.next(at, end); e.kind != event_kind::none;
                 e = reader.next(at, end))
                heard.push_back({e.kind, std::string{e.data}, e.code});
            most_bytes = std::max(most_bytes, reader.partial_bytes());
        }
    }

    reader_options options{};
    message_reader reader{options};
    std::vector<heard_event> heard{};
    std::size_t most_bytes = 0;
};

std::string deflated(deflater& d, std::string_view message) {
    std::string out;
    d.compress(message, out);
    return out;
}

std::string deflated(std::string_view message) {
    deflater d{{}};
    return deflated(d, message);
}

std::string json(std::size_t size) {
    std::string out = "[";
    for (int i = 0; out.size() < size; ++i)
        out += "{\"id\":" + std::to_string(i * 7919 % 1000) + ",\"name\":\"n\xc3\xa4me\"},";
    out.resize(size, ']');
    if ((static_cast<unsigned char>(out.back()) & 0x80) != 0) out[size - 1] = out[size - 2] = ' ';
    return out;
}

constexpr unsigned rsv1 = 0x40, fin = 0x80;

/// The one code an input ends in, whole and in single bytes.
int error_of(std::string const& input, std::size_t max_message = 1'000'000) {
    int code = 0;
    for (std::size_t const piece : {1u << 20, 1u}) {
        listener l{{}, max_message};
        l.feed(input, piece);
        REQUIRE(l.heard.size() == 1);
        CHECK(l.heard[0].kind == event_kind::error);
        CHECK(l.reader.partial_bytes() == 0);
        CHECK((code == 0 || code == l.heard[0].code));
        code = l.heard[0].code;
    }
    return code;
}

}  // namespace

TEST_CASE("compressed messages are inflated in every mode and however they are cut") {
    auto const forgets = GENERATE(false, true);
    auto const bits = GENERATE(9, 12, 15);
    auto const fragment = GENERATE(100'000u, 256u, 1u);
    auto const piece = GENERATE(1u << 20, 1000u, 1u);
    CAPTURE(forgets, bits, fragment, piece);
    deflate_params const agreed{.server_no_context_takeover = forgets,
                                .client_no_context_takeover = forgets,
                                .server_max_window_bits = bits,
                                .client_max_window_bits = bits};
    deflater d{agreed};
    listener l{agreed};
    std::vector<std::string> sent;
    for (std::size_t const size : {16u, 64u, 1024u, 4096u, 40'000u}) {
        sent.push_back(json(size));
        l.feed(client_message(opcode::text, deflated(d, sent.back()), fragment, true), piece);
    }
    REQUIRE(l.heard.size() == sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
        CHECK(l.heard[i].kind == event_kind::text);
        CHECK(l.heard[i].data == sent[i]);
    }
    CHECK_FALSE(l.reader.has_partial());
    if (forgets) CHECK(l.reader.partial_bytes() == 0);
    CHECK(l.reader.partial_bytes() < 50'000);
}

TEST_CASE("128 KB in small fragments with pings between them is one message") {
    auto const message = json(131'072);
    auto const payload = deflated(message);
    std::string input;
    unsigned first = rsv1 | 1;
    for (std::size_t at = 0; at < payload.size(); at += 64, first = 0)
        input += client_frame(first, std::string_view{payload}.substr(at, 64)) +
                 client_frame(opcode::ping, "p");
    input += client_frame(fin, "");
    listener l;
    l.feed(input, 777);
    REQUIRE(l.heard.size() > 10);
    CHECK(l.heard.front().kind == event_kind::ping);
    CHECK(l.heard.back().kind == event_kind::text);
    CHECK(l.heard.back().data == message);
}

TEST_CASE("compressed and plain messages mix") {
    deflater d{{}};
    listener l;
    l.feed(client_frame(fin | rsv1 | 1, deflated(d, "Hello")));
    l.feed(client_frame(opcode::text, "plain"));
    l.feed(client_frame(fin | rsv1 | 2, deflated(d, "Hello")));
    l.feed(client_frame(fin | rsv1 | 1, deflated(d, "")));
    REQUIRE(l.heard.size() == 4);
    CHECK(l.heard[0].data == "Hello");
    CHECK(l.heard[1].data == "plain");
    CHECK(l.heard[2].kind == event_kind::binary);
    CHECK(l.heard[2].data == "Hello");
    CHECK(l.heard[3].kind == event_kind::text);
    CHECK(l.heard[3].data.empty());
}

TEST_CASE("only the first frame of a message may be marked as compressed") {
    auto const payload = deflated("Hello");
    CHECK(error_of(client_frame(rsv1 | 1, payload.substr(0, 2)) +
                   client_frame(fin | rsv1, payload.substr(2))) == 1002);
    CHECK(error_of(client_frame(fin | rsv1 | 9, "ping")) == 1002);
    CHECK(error_of(client_frame(fin | 0x20 | 1, "rsv2")) == 1002);
}

TEST_CASE("a message that does not inflate is error 1007") {
    CHECK(error_of(client_frame(fin | rsv1 | 2, "plain text, not compressed")) == 1007);
    CHECK(error_of(client_frame(fin | rsv1 | 2, deflated("Hello").substr(0, 4))) == 1007);
    CHECK(error_of(client_frame(rsv1 | 2, "\xff\xff\xff")) == 1007);
}

TEST_CASE("inflated text must be UTF-8, and is refused before its frame has ended") {
    CHECK(error_of(client_frame(fin | rsv1 | 1, deflated("abc\xed\xa0\x80"))) == 1007);
    CHECK(error_of(client_frame(fin | rsv1 | 1, deflated("abc\xe2\x82"))) == 1007);

    auto text = json(30'000);
    text[0] = '\xff';
    auto const frame = client_frame(fin | rsv1 | 1, deflated(text));
    listener l;
    l.feed(frame.substr(0, frame.size() / 2));
    REQUIRE(l.heard.size() == 1);
    CHECK(l.heard[0].code == 1007);
}

TEST_CASE("a bomb is error 1009 and never held") {
    auto const bomb = deflated(std::string(4'000'000, 'x'));
    CHECK(error_of(client_frame(fin | rsv1 | 2, bomb), 1'000'000) == 1009);
    listener l{{}, 1'000'000};
    auto const frame = client_frame(rsv1 | 2, bomb);
    l.feed(frame, 10);
    REQUIRE(l.heard.size() == 1);
    CHECK(l.heard[0].code == 1009);
    CHECK(l.most_bytes < 1'050'000);
}

TEST_CASE("a message within the limit passes though it grew when compressed") {
    std::string message;
    for (unsigned i = 0, r = 1; i < 100'000; ++i, r = r * 1103515245 + 12345)
        message.push_back(static_cast<char>(r >> 16));
    auto const payload = deflated(message);
    REQUIRE(payload.size() > message.size());
    listener l{{}, message.size()};
    l.feed(client_frame(fin | rsv1 | 2, payload));
    REQUIRE(l.heard.size() == 1);
    CHECK(l.heard[0].data == message);
    CHECK(error_of(test::client_header(fin | rsv1 | 2, 200'000, 8), 100'000) == 1009);
}

TEST_CASE("without the extension a compressed message is error 1002") {
    reader_options const options;
    message_reader reader{options};
    auto input = client_frame(fin | rsv1 | 1, deflated("Hello"));
    char* at = input.data();
    CHECK(reader.next(at, at + input.size()).code == 1002);
}

// -- how much more messages may become than what was sent ---------------------------------------

namespace {

constexpr std::string_view names_the_ratio = "`deflate_options::max_ratio`";

std::string bomb() {
    return std::string(900'000, 'x');
}

/// What was heard before the error, which is about the ratio.
std::size_t bytes_before_refusal(listener const& l) {
    REQUIRE_FALSE(l.heard.empty());
    CHECK(l.heard.back().kind == event_kind::error);
    CHECK(l.heard.back().code == 1009);
    CHECK(l.heard.back().data.find(names_the_ratio) != std::string::npos);
    CHECK(l.reader.partial_bytes() == 0);
    std::size_t bytes = 0;
    for (auto const& e : l.heard)
        if (e.kind != event_kind::error) bytes += e.data.size();
    return bytes;
}

}  // namespace

TEST_CASE("bombs that each are within the limit are error 1009 when they are many") {
    auto const forgets = GENERATE(false, true);
    auto const fragment = GENERATE(100'000u, 100u);
    auto const piece = GENERATE(1u << 20, 777u, 1u);
    CAPTURE(forgets, fragment, piece);
    deflate_params const agreed{.server_no_context_takeover = forgets,
                                .client_no_context_takeover = forgets};
    deflater d{agreed, 9};
    std::string input;
    for (int i = 0; i < 20; ++i)
        input += client_message(opcode::text, deflated(d, bomb()), fragment, true);
    CHECK(input.size() < 22'000);
    listener l{agreed};
    l.feed(input, piece);
    // The burst, and what so few bytes are worth: wherever the input is cut.
    CHECK(bytes_before_refusal(l) == bomb().size());
}

TEST_CASE("a bomb is refused before it is what it could be, where messages may be long") {
    auto const most = std::size_t{64} << 20;
    auto const frame = client_frame(fin | rsv1 | 2, deflated(std::string(most - 1, 'x')));
    listener l{{}, most};
    l.feed(frame, 1000);
    CHECK(bytes_before_refusal(l) == 0);
    CHECK(l.most_bytes < (std::size_t{1} << 20) + frame.size() * 32 + 100'000);
}

TEST_CASE("what is said again and again passes as often as people say it") {
    struct kind {
        char const* name;
        unsigned a_second;
        std::string (*make)(int);
    };
    auto const kinds = {
        kind{"a state that is sent again and again",
             60,
             [](int i) { return "{\"tick\":" + std::to_string(i) + "," + json(16'000); }},
        kind{"the same state", 30, [](int) { return json(30'000); }},
        kind{"short messages",
             10'000,
             [](int i) { return "{\"x\":" + std::to_string(i) + ",\"y\":0}"; }},
        kind{"rows that differ in their number",
             1'000,
             [](int) {
                 std::string rows;
                 for (int n = 0; rows.size() < 900'000; ++n)
                     rows += "{\"id\":" + std::to_string(n) +
                             ",\"type\":\"tile\",\"visible\":true,\"layer\":\"ground\"},";
                 return rows;
             }},
    };
    for (auto const& k : kinds) {
        CAPTURE(k.name);
        deflater d{{}, 9};
        listener l;
        auto const n = k.make(0).size() > 500'000 ? 20 : 400;
        for (int i = 0; i < n; ++i) {
            l.feed(client_message(opcode::text, deflated(d, k.make(i)), 100'000, true));
            l.reader.forgive((1u << 20) / k.a_second);
        }
        CHECK(l.heard.size() == static_cast<std::size_t>(n));
        CHECK(l.heard.back().kind == event_kind::text);
    }
}

TEST_CASE("the first message may repeat itself as it likes") {
    listener l;
    l.feed(client_frame(fin | rsv1 | 2, deflated(std::string(1'000'000, '0'))));
    REQUIRE(l.heard.size() == 1);
    CHECK(l.heard[0].data.size() == 1'000'000);
}

TEST_CASE("what was inflated too much is paid back by what becomes less") {
    deflate_params const agreed{.server_no_context_takeover = true,
                                .client_no_context_takeover = true};
    deflater d{agreed};
    listener l{agreed};
    auto const send = [&](std::string const& m) {
        l.feed(client_message(opcode::text, deflated(d, m), 100'000, true));
    };
    for (int round = 0; round < 5; ++round) {
        CAPTURE(round);
        send(bomb());
        for (int i = 0; i < 80; ++i) send(json(20'000 + static_cast<std::size_t>(i)));
        REQUIRE(l.heard.back().kind == event_kind::text);
    }
    send(bomb());
    send(bomb());
    CHECK(l.heard.back().code == 1009);
}

TEST_CASE("what was inflated too much can be forgiven") {
    auto const frame = client_frame(fin | rsv1 | 2, deflated(bomb()));
    listener l;
    l.feed(frame);
    REQUIRE(l.heard.size() == 1);
    auto const excess = l.reader.excess();
    CHECK(excess == bomb().size() - 32 * frame.size());
    l.reader.forgive(excess / 2);
    CHECK(l.reader.excess() == excess - excess / 2);
    l.reader.forgive(std::uint64_t{1} << 40);
    CHECK(l.reader.excess() == 0);
    l.feed(frame);
    l.feed(frame);
    REQUIRE(l.heard.size() == 3);
    CHECK(l.heard[1].data == bomb());
    CHECK(l.heard[2].code == 1009);
}

TEST_CASE("the ratio and its burst can be chosen, and be none") {
    auto const message = client_frame(fin | rsv1 | 1, deflated(json(10'000)));
    auto const heard = [&](std::uint32_t ratio, std::uint32_t burst) {
        listener l{{}, reader_options{.max_ratio = ratio, .ratio_burst = burst}};
        l.feed(message);
        REQUIRE(l.heard.size() == 1);
        return l.heard[0].kind;
    };
    REQUIRE(10'000 / message.size() < 20);
    REQUIRE(10'000 / message.size() >= 2);
    CHECK(heard(20, 0) == event_kind::text);
    CHECK(heard(1, 0) == event_kind::error);
    CHECK(heard(1, 10'000) == event_kind::text);
    CHECK(heard(0, 0) == event_kind::text);

    listener l{{}, reader_options{.max_ratio = 0}};
    for (int i = 0; i < 30; ++i) l.feed(client_frame(fin | rsv1 | 1, deflated(bomb())));
    CHECK(l.heard.size() == 30);
}
