#include "websocket/deflate.hpp"

#include <catch2/catch.hpp>

#include <array>
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

/// Writes bits as DEFLATE has them, the first lowest.
class bit_writer {
public:
    bit_writer& put(unsigned value, unsigned bits) {
        for (unsigned i = 0; i < bits; ++i, ++used_) {
            if (used_ % 8 == 0) out_.push_back('\0');
            auto const byte = static_cast<unsigned char>(out_.back());
            out_.back() = static_cast<char>(byte | (value >> i & 1) << used_ % 8);
        }
        return *this;
    }
    /// A Huffman code, whose first bit is its highest.
    bit_writer& code(unsigned value, unsigned bits) {
        for (; bits > 0; --bits) put(value >> (bits - 1) & 1, 1);
        return *this;
    }
    /// The head of a block with a code of its own.
    bit_writer& dynamic(unsigned literals, unsigned distances, std::vector<unsigned> lengths) {
        lengths.resize(19);
        put(0b100, 3).put(literals, 5).put(distances, 5).put(15, 4);
        for (auto const n : lengths) put(n, 3);
        return *this;
    }
    std::string const& bytes() const { return out_; }

private:
    std::string out_{};
    std::size_t used_ = 0;
};

/// A stored block.
std::string stored(std::string_view text) {
    bit_writer w;
    auto const size = static_cast<unsigned>(text.size());
    w.put(0, 8).put(size, 16).put(~size & 0xffff, 16);
    return w.bytes() + std::string(text);
}

/// A block of the fixed code that repeats three bytes from so far back, and an empty stored one:
/// without its last four bytes, so that it may end a message, unless something follows.
std::string reference(std::size_t distance) {
    constexpr std::array<std::size_t, 31> base{1,    2,    3,    4,     5,     7,     9,    13,
                                               17,   25,   33,   49,    65,    97,    129,  193,
                                               257,  385,  513,  769,   1025,  1537,  2049, 3073,
                                               4097, 6145, 8193, 12289, 16385, 24577, 32769};
    unsigned symbol = 0;
    while (base[symbol + 1] <= distance && symbol < 29) ++symbol;
    auto const extra = symbol < 2 ? 0 : symbol / 2 - 1;
    bit_writer w;
    w.put(0b010, 3).code(1, 7).code(symbol, 5);
    w.put(static_cast<unsigned>(distance - base[symbol]), extra).code(0, 7).put(0, 3);
    return w.bytes();
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
        // Without the empty block after it, as a sloppy client has it.
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

TEST_CASE("a message of exactly the limit passes, with its end after it") {
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
    inflater i{{.client_max_window_bits = 9}};
    CHECK(inflated(i, a) == start);
    CHECK(inflated(i, b) == "<bad>");
}

TEST_CASE("a reference within the agreed window passes, one byte beyond it does not") {
    for (int bits = 9; bits <= 15; ++bits) {
        auto const window = std::size_t{1} << bits;
        for (std::size_t const distance : {window, window + 1}) {
            if (distance > 32768) continue;  // DEFLATE has none
            for (auto const in_one_message : {true, false}) {
                CAPTURE(bits, distance, in_one_message);
                inflater i{{.client_max_window_bits = bits}};
                auto const start = some_text(distance, 7);
                std::string const message = stored(start);
                std::string const repeat = reference(distance);
                auto const expected = distance == window ? start.substr(0, 3) : "<bad>"s;
                if (in_one_message) {
                    CHECK(inflated(i, message + repeat) ==
                          (distance == window ? start + expected : expected));
                } else {
                    CHECK(inflated(i, message + '\0') == start);
                    CHECK(inflated(i, repeat) == expected);
                }
            }
        }
    }
}

// What was found by a search: the bits held were all 64 when the room had ended, and few were left.
TEST_CASE("room may end at any bit") {
    constexpr unsigned room = 65536;
    for (unsigned n = 0; n < 8 * 20; ++n) {
        auto const shift = n % 8;
        auto const extra = n / 8;
        CAPTURE(shift, extra);
        bit_writer w;
        std::string message;
        w.put(0b010, 3);
        // Codes of nine bits move those of eight that follow.
        for (unsigned i = 0; i < shift; ++i, message.push_back('\x90')) w.code(0b110010000, 9);
        for (unsigned i = shift; i < room + extra; ++i) {
            auto const c = 'a' + i % 26;
            w.code(0x30 + c, 8);
            message.push_back(static_cast<char>(c));
        }
        w.code(0, 7).put(0, 3);
        CHECK((inflated_afresh(w.bytes()) == message));
    }
}

TEST_CASE("a window that keeps nothing holds nothing") {
    inflater i{{.client_no_context_takeover = true}};
    CHECK(inflated(i, "\xf2\x48\xcd\xc9\xc9\x07\x00"sv) == "Hello");
    CHECK(i.footprint() < 512);
    CHECK(inflated(i, "\xf2\x00\x11\x00\x00"sv) == "<bad>");
}

TEST_CASE("Huffman codes that are none are refused") {
    bit_writer overfull, incomplete, no_end, repeats_nothing, too_many, endless_repeat;
    // Three codes of one bit; one code of two; no end of block; a repeat first; 287 literals.
    overfull.dynamic(0, 0, {1, 1, 1});
    incomplete.dynamic(0, 0, {2});
    no_end.dynamic(0, 0, {0, 0, 1, 1});
    no_end.put(1, 1).put(127, 7).put(1, 1).put(109, 7).put(0, 20);
    repeats_nothing.dynamic(0, 0, {1, 0, 0, 1});
    repeats_nothing.put(0b11, 2).put(0, 20);
    too_many.dynamic(30, 0, {1, 1});
    endless_repeat.dynamic(0, 0, {0, 0, 1, 1});
    for (int n = 0; n < 3; ++n) endless_repeat.put(0b11111111, 8);
    for (auto const* const w :
         {&overfull, &incomplete, &no_end, &repeats_nothing, &too_many, &endless_repeat})
        for (std::size_t const size : {1u, 100u})
            CHECK(inflated_afresh(w->bytes(), size) == "<bad>");
}

TEST_CASE("every length and distance is copied as it says, however cut") {
    std::string message;
    std::string payload;
    auto const start = some_text(32768, 11);
    for (std::size_t at = 0; at < start.size(); at += 16384)
        payload += stored(start.substr(at, 16384));
    message = start;
    for (std::size_t distance = 1; distance <= 32768; distance = distance * 3 / 2 + 1) {
        payload += reference(std::min<std::size_t>(distance, 32768)) + "\0\0\xff\xff"s;
        auto const from = message.size() - std::min<std::size_t>(distance, 32768);
        for (std::size_t i = 0; i < 3; ++i) message.push_back(message[from + i]);
    }
    payload += '\0';
    for (std::size_t const size : {1u, 7u, 100'000u}) {
        CAPTURE(size);
        CHECK(inflated_afresh(payload, size) == message);
    }
}

TEST_CASE("history goes on after a final block") {
    for (std::size_t const size : {1u, 100u}) {
        CAPTURE(size);
        inflater i{{}};
        CHECK(inflated(i, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv, size) == "Hello");
        CHECK(inflated(i, "\xf2\x00\x11\x00\x00"sv, size) == "Hello");
        // Within a message, too.
        inflater j{{}};
        CHECK(inflated(j, "\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00"sv, size) ==
              "HelloHello");
    }
}
