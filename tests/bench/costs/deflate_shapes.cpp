// permessage-deflate: streams made by hand, for what no compressor writes.
#include "intrusion.hpp"

#include <boost/beast/zlib/deflate_stream.hpp>

#include <array>

namespace bench::costs {
namespace {

constexpr unsigned deflated_text = 0xC1;
constexpr std::size_t longest = 1'000'000;  // of a message, once inflated

/// Writes bits as RFC 1951 packs them.
class bit_writer {
public:
    /// Lowest bit first, as everything but Huffman codes is written.
    void put(unsigned value, unsigned bits) {
        for (unsigned i = 0; i < bits; ++i) put_bit(value >> i & 1u);
    }
    /// A Huffman code: highest bit first.
    void put_code(unsigned code, unsigned bits) {
        for (unsigned i = bits; i > 0; --i) put_bit(code >> (i - 1) & 1u);
    }
    /// Ends with an empty stored block whose length bytes are left out, as the extension wants it.
    std::string finish() {
        put(0, 3);
        while (at_ != 0) put_bit(0);
        return std::move(out_);
    }
    std::size_t size() const noexcept { return out_.size(); }

private:
    void put_bit(unsigned bit) {
        if (at_ == 0) out_.push_back('\0');
        if (bit)
            out_.back() = static_cast<char>(static_cast<unsigned char>(out_.back()) | 1u << at_);
        at_ = (at_ + 1) % 8;
    }

    std::string out_{};
    unsigned at_ = 0;
};

std::string deflated(std::string_view text, int level = 9) {
    namespace zlib = boost::beast::zlib;
    zlib::deflate_stream stream;
    stream.reset(level, 15, 8, zlib::Strategy::normal);
    std::string out(stream.upper_bound(text.size()) + 16, '\0');
    zlib::z_params params{};
    params.next_in = text.data();
    params.avail_in = text.size();
    params.next_out = out.data();
    params.avail_out = out.size();
    boost::beast::error_code ec;
    stream.write(params, zlib::Flush::sync, ec);
    out.resize(out.size() - params.avail_out - 4);
    return out;
}

/// Messages that inflate to the longest there may be.
std::string bombs(std::string_view text, std::size_t bytes) {
    return fill(frame(deflated_text, deflated(fill(text, bytes < 100'000 ? 50'000 : longest))),
                bytes);
}

/// The same with as much in them that does not compress as keeps them below the bound of what
/// messages may become: 32 bytes for one.
std::string bombs_below_the_ratio(std::string_view text, std::size_t bytes) {
    std::string message;
    auto const size = bytes < 100'000 ? std::size_t{50'000} : longest;
    for (std::uint32_t i = 0, r = 1; i < size / 26; ++i, r = r * 1103515245 + 12345)
        message.push_back(static_cast<char>('0' + (r >> 20) % 64));
    return fill(frame(deflated_text, deflated(message += fill(text, size - message.size()))),
                bytes);
}

/// What is hard to compress, and has been for as short as it can be.
std::string hard_text(std::string_view text, std::size_t bytes) {
    return fill(frame(deflated_text, deflated(text, 6)), bytes);
}

/// A few words of few letters in random order: whoever does not search for long finds parts of
/// other ones everywhere.
std::string few_words(std::size_t bytes) {
    constexpr std::size_t words = 64;
    constexpr std::size_t length = 32;
    auto const all = few_letters(3, words * length);
    std::string out;
    for (std::uint32_t random = 1; out.size() < bytes;) {
        random = random * 1'664'525u + 1'013'904'223u;
        out.append(all, (random >> 16) % words * length, length);
    }
    return out;
}

/// Messages as long as they may be, or short for a glance.
std::size_t message_of(std::size_t bytes) {
    return bytes < 100'000 ? 20'000 : longest;
}

/// One bomb of each connection.
void bomb_and_go(intrusion& on, door d) {
    auto const one =
        frame(deflated_text, deflated(fill("a", on.bytes() < 100'000 ? 50'000 : longest)));
    on.start();
    for (std::size_t i = 0; i < on.requests() / 8; ++i) {
        auto& v = on.enter(d);
        v.send(one);
        on.turn_until([&] { return v.is_idle(); });
        on.let_it_read();
        on.leave(v);
    }
}

/// Blocks with the fixed codes and nothing in them: 10 bits each.
std::string empty_blocks(std::size_t bytes) {
    bit_writer out;
    while (out.size() < bytes) out.put(0b010, 3), out.put_code(0, 7);
    return frame(deflated_text, out.finish());
}

/// Stored blocks of no bytes.
std::string empty_stored_blocks(std::size_t bytes) {
    return frame(deflated_text, fill(std::string_view("\x00\x00\x00\xff\xff", 5), bytes) + '\0');
}

std::string stored_bytes(std::size_t bytes) {
    return frame(deflated_text,
                 fill(std::string_view("\x00\x01\x00\xfe\xff"
                                       "a",
                                       6),
                      bytes) +
                     '\0');
}

/// A block that brings codes of its own for all 286 symbols, and uses none but the end: each makes
/// the inflater build its tables.
void put_block_of_codes(bit_writer& out) {
    constexpr std::array<unsigned, 19> order{
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    out.put(0b100, 3);
    out.put(286 - 257, 5);
    out.put(30 - 1, 5);
    out.put(order.size() - 4, 4);
    // Codes for 4, 5 and 8 of two bits, for 9 and 16 of three: 00, 01, 10, 110 and 111.
    for (auto const symbol : order)
        out.put(symbol == 4 || symbol == 5 || symbol == 8 ? 2u
                : symbol == 9 || symbol == 16             ? 3u
                                                          : 0u,
                3);
    auto const lengths = [&](unsigned code, unsigned bits, unsigned n) {
        out.put_code(code, bits);
        for (--n; n > 0;) {
            auto const run = n > 8 ? 6u : n > 6 ? 3u : n;
            if (run < 3) {
                out.put_code(code, bits);
                --n;
                continue;
            }
            out.put_code(7, 3);
            out.put(run - 3, 2);
            n -= run;
        }
    };
    lengths(2, 2, 226);  // of eight bits
    lengths(6, 3, 60);   // of nine: 226 / 256 + 60 / 512 = 1, the end of the block among them
    lengths(0, 2, 2);    // of four: two distances,
    lengths(1, 2, 28);   // and 28 of five
}

std::string blocks_of_codes(std::size_t bytes) {
    bit_writer out;
    while (out.size() < bytes) {
        put_block_of_codes(out);
        // Symbols of nine bits are 226 to 285 and their codes begin at 226 * 2.
        out.put_code(226 * 2 + (256 - 226), 9);
    }
    return frame(deflated_text, out.finish());
}

std::string tiny_messages(std::size_t bytes) {
    return fill(frame(deflated_text, deflated("a")), bytes);
}

/// Three bytes from as far back as there is, over and over: each misses the cache.
std::string far_references(std::size_t bytes) {
    bit_writer out;
    out.put(0b010, 3);
    for (unsigned i = 0; i < 32'768; ++i) out.put_code(0x30 + 'a' + i * 7 % 26, 8);
    std::size_t made = 32'768;
    while (out.size() < bytes && made + 3 < longest) {
        out.put_code(1, 7);   // length 3
        out.put_code(29, 5);  // distance 24 577 and
        out.put(8'191, 13);   // 8 191 more
        made += 3;
    }
    out.put_code(0, 7);
    return frame(deflated_text, out.finish());
}

shape of(std::string_view name,
         std::string_view attacks,
         std::function<std::string(std::size_t)> make,
         habit does = habit::reads) {
    return {.name = name,
            .attacks = attacks,
            .doors = {door::ws_deflated},
            .how = way::wire,
            .make = std::move(make),
            .does = does};
}

/// With an application that echoes, and with one that says nothing.
shape on_both(std::string_view name, std::function<std::string(std::size_t)> make) {
    auto s = of(name, "inflation", std::move(make));
    s.doors.push_back(door::ws_inflating);
    return s;
}

}  // namespace

std::vector<shape> deflate_shapes() {
    auto const zeros = [](std::size_t n) { return bombs(std::string(1'024, 'a'), n); };
    return {
        of("bombs of the longest message", "inflation", zeros),
        of("bombs of four-byte characters",
           "inflation and UTF-8",
           [](std::size_t n) { return bombs("\xf0\x9f\x98\x80", n); }),
        on_both("bombs below the ratio",
                [](std::size_t n) { return bombs_below_the_ratio("a", n); }),
        on_both("bombs of emoji below the ratio",
                [](std::size_t n) { return bombs_below_the_ratio("\xf0\x9f\x98\x80", n); }),
        on_both("bombs of mixed letters below the ratio",
                [](std::size_t n) { return bombs_below_the_ratio("a\xc3\xa9", n); }),
        on_both("letters of two",
                [](std::size_t n) { return hard_text(few_letters(2, message_of(n)), n); }),
        on_both("letters of four",
                [](std::size_t n) { return hard_text(few_letters(4, message_of(n)), n); }),
        on_both("a few words",
                [](std::size_t n) { return hard_text(few_words(message_of(n)), n); }),
        of("letters of two, as they are",
           "the compressor",
           [](std::size_t n) { return frame(0x81, few_letters(2, n)); }),
        of("letters of four, as they are",
           "the compressor",
           [](std::size_t n) { return frame(0x81, few_letters(4, n)); }),
        {.name = "one bomb a connection",
         .attacks = "inflation",
         .doors = {door::ws_deflated, door::ws_inflating},
         .how = way::script,
         .script = bomb_and_go},
        of("bombs, unread", "inflation and the queue", zeros, habit::never_reads),
        of("one bomb beyond the longest",
           "inflation",
           [](std::size_t n) { return frame(deflated_text, deflated(std::string(n * 200, 'a'))); }),
        of("empty blocks", "the inflater's blocks", empty_blocks),
        of("empty stored blocks", "the inflater's blocks", empty_stored_blocks),
        of("stored blocks of one byte", "the inflater's blocks", stored_bytes),
        of("blocks with codes of their own", "the inflater's tables", blocks_of_codes),
        of("deflated messages of one byte", "work a message", tiny_messages),
        of("references to far back", "the inflater's window", far_references),
    };
}

}  // namespace bench::costs
