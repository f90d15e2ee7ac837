#include "websocket/deflate.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::websocket;
using namespace std::literals;

namespace {

constexpr std::size_t plenty = 1 << 20;

/// Inflates one message in pieces of `size` bytes; what went wrong comes in angle brackets.
std::string inflated(inflater& i,
                     std::string_view payload,
                     std::size_t size = 1 << 20,
                     std::size_t max_out = plenty) {
    std::string out;
    for (; !payload.empty(); payload.remove_prefix(std::min(size, payload.size())))
        if (auto const ec = i.inflate(payload.substr(0, size), out, max_out))
            return ec == errc::message_too_big ? "<too big>" : "<bad>";
    if (auto const ec = i.finish(out, max_out))
        return ec == errc::message_too_big ? "<too big>" : "<bad>";
    return out;
}

std::string inflated_afresh(std::string_view payload, std::size_t size = 1 << 20) {
    inflater i{{}};
    return inflated(i, payload, size);
}

std::string deflated(deflater& d, std::string_view message) {
    std::string out;
    d.compress(message, out);
    return out;
}

/// Bytes that compress somewhat: a random walk through few letters.
std::string some_text(std::size_t size, unsigned seed) {
    std::minstd_rand random{seed};
    std::string out;
    while (out.size() < size) {
        auto const r = random();
        if (r % 4 == 0 && out.size() > 50)
            out += std::string_view{std::string{out}}.substr(r % (out.size() - 20), 3 + r % 17);
        else
            out.push_back(static_cast<char>('a' + r % 23));
    }
    out.resize(size);
    return out;
}

}  // namespace

TEST_CASE("the examples of RFC 7692 inflate, whole and byte by byte") {
    for (std::size_t const size : {1u, 2u, 3u, 100u}) {
        CAPTURE(size);
        CHECK(inflated_afresh("\xf2\x48\xcd\xc9\xc9\x07\x00"sv, size) == "Hello");
        CHECK(inflated_afresh("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"sv, size) == "Hello");
        CHECK(inflated_afresh("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv, size) == "Hello");
        CHECK(inflated_afresh("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"sv, size) ==
              "Hello");
        CHECK(inflated_afresh("\x00"sv, size).empty());

        inflater i{{}};
        CHECK(inflated(i, "\xf2\x48\xcd\xc9\xc9\x07\x00"sv, size) == "Hello");
        CHECK(inflated(i, "\xf2\x00\x11\x00\x00"sv, size) == "Hello");
    }
}

TEST_CASE("a final block ends neither the message nor the connection") {
    auto const final_hello = "\xf3\x48\xcd\xc9\xc9\x07\x00"sv;
    auto const hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"sv;
    for (std::size_t const size : {1u, 2u, 5u, 100u}) {
        CAPTURE(size);
        inflater i{{}};
        // Without the empty block behind it, as a sloppy client has it.
        CHECK(inflated(i, final_hello, size) == "Hello");
        CHECK(inflated(i, std::string{final_hello} + '\0', size) == "Hello");
        CHECK(inflated(i, std::string{final_hello}.append(hello), size) == "HelloHello");
        CHECK(inflated(i, std::string{final_hello}.append(final_hello).append(final_hello), size) ==
              "HelloHelloHello");
        CHECK(inflated(i, hello, size) == "Hello");
    }
}

TEST_CASE("a message that is cut off or garbage does not inflate") {
    for (std::size_t const size : {1u, 100u}) {
        CAPTURE(size);
        CHECK(inflated_afresh("\xf2\x48\xcd\xc9\xc9"sv, size) == "<bad>");
        CHECK(inflated_afresh("\x00\x05\x00\xfa\xff\x48\x65"sv, size) == "<bad>");
        CHECK(inflated_afresh("\x00\x05\x00\xfa\xfe\x48\x65\x6c\x6c\x6f\x00"sv, size) == "<bad>");
        CHECK(inflated_afresh("\xff\xff\xff\xff"sv, size) == "<bad>");
        CHECK(inflated_afresh("plain text, not compressed"sv, size) == "<bad>");
        // A reference to before the beginning.
        CHECK(inflated_afresh("\xf2\x00\x11\x00\x00"sv, size) == "<bad>");
    }
}

namespace {

void check_round_trips(int bits, bool forgets, int level) {
    CAPTURE(bits, forgets, level);
    deflate_params const agreed{.server_no_context_takeover = forgets,
                                .client_no_context_takeover = forgets,
                                .server_max_window_bits = bits,
                                .client_max_window_bits = bits};
    deflater d{agreed, level, 8};
    inflater i{agreed};
    for (std::size_t const size : {0u, 1u, 2u, 100u, 5000u, 70'000u, 0u, 0u, 3u, 200'000u}) {
        CAPTURE(size);
        auto const message = some_text(size, static_cast<unsigned>(size));
        auto const payload = deflated(d, message);
        CHECK(inflated(i, payload, size < 1000 ? 1 : 4093) == message);
    }
}

}  // namespace

// Three, so that each has time enough under a sanitizer.
TEST_CASE("what is deflated inflates to what it was, in small windows and however cut") {
    check_round_trips(GENERATE(9, 10, 11), GENERATE(false, true), GENERATE(0, 1, 6, 9));
}

TEST_CASE("what is deflated inflates to what it was, in middling windows and however cut") {
    check_round_trips(GENERATE(12, 13), GENERATE(false, true), GENERATE(0, 1, 6, 9));
}

TEST_CASE("what is deflated inflates to what it was, in large windows and however cut") {
    check_round_trips(GENERATE(14, 15), GENERATE(false, true), GENERATE(0, 1, 6, 9));
}

TEST_CASE("the deflater fulfils its purpose, and its window pays") {
    deflater remembers{{}};
    deflater forgets{{.server_no_context_takeover = true}};
    auto const message = some_text(2000, 1);
    CHECK(deflated(remembers, message).size() < message.size() * 3 / 4);
    CHECK(deflated(remembers, message).size() < 50);
    auto const first = deflated(forgets, message);
    CHECK(deflated(forgets, message) == first);
}

TEST_CASE("what cannot be compressed hardly grows") {
    std::minstd_rand random{7};
    std::string message;
    for (int i = 0; i < 200'000; ++i) message.push_back(static_cast<char>(random() >> 8));
    deflater d{{}};
    auto const payload = deflated(d, message);
    CHECK(payload.size() < message.size() + message.size() / 100);
    inflater i{{}};
    CHECK(inflated(i, payload) == message);
}

TEST_CASE("the deflater appends") {
    deflater d{{}};
    std::string out = "header";
    d.compress("Hello", out);
    CHECK(out == "header\xf2\x48\xcd\xc9\xc9\x07\x00"s);
}

TEST_CASE("a bomb stops at the limit, with at most one byte over it stored") {
    deflater d{{}};
    auto const bomb = deflated(d, std::string(3'000'000, '\0'));
    CHECK(bomb.size() < 10'000);
    auto const limit = GENERATE(0u, 1u, 1000u, 65536u, 1'000'000u);
    inflater i{{}};
    std::string out;
    CHECK(i.inflate(bomb, out, limit) == errc::message_too_big);
    CHECK(out.size() == limit + 1);
    CHECK(out.capacity() <= std::max<std::size_t>(limit + 1, 30));
}

TEST_CASE("a message of exactly the limit passes, with its end behind it") {
    deflater d{{}};
    auto const message = some_text(1000, 3);
    auto const payload = deflated(d, message);
    for (std::size_t const size : {1u, 1000u}) {
        inflater i{{}};
        CHECK(inflated(i, payload, size, 1000) == message);
        inflater j{{}};
        CHECK(inflated(j, payload, size, 999) == "<too big>");
    }
}

TEST_CASE("a reference further back than a message's own bytes and the window is refused") {
    // Deflated with a window of 15 bits, of which the inflater was promised 9.
    deflater d{{}};
    auto const start = some_text(400, 1);
    auto const between = some_text(8000, 2);
    auto const a = deflated(d, start);
    auto const b = deflated(d, between);
    auto const c = deflated(d, start);
    inflater i{{.client_max_window_bits = 9}};
    CHECK(inflated(i, a) == start);
    inflated(i, b);
    CHECK(inflated(i, c) == "<bad>");
}

TEST_CASE("history ends with a final block: a reference to before it is refused") {
    inflater i{{}};
    CHECK(inflated(i, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv) == "Hello");
    CHECK(inflated(i, "\xf2\x00\x11\x00\x00"sv) == "<bad>");
}
