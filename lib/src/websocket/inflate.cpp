#include "websocket/inflate.hpp"

#include "websocket/inflate_tables.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace anywire::websocket {
namespace {

constexpr std::size_t longest_reference = 258;
constexpr std::size_t wide = 16;

// Spec: RFC 1951, section 3.2.5.
constexpr std::array<std::uint16_t, 29> length_base{3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                    15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                    67, 83, 99, 115, 131, 163, 195, 227, 258};
constexpr std::array<std::uint8_t, 29> length_extra{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                    2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
constexpr std::array<std::uint16_t, 30> distance_base{
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
constexpr std::array<std::uint8_t, 30> distance_extra{0, 0, 0,  0,  1,  1,  2,  2,  3,  3,
                                                      4, 4, 5,  5,  6,  6,  7,  7,  8,  8,
                                                      9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

/// Copies in steps of 16 bytes: up to 15 more than asked for.
void copy_wide(char* to, char const* from, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; i += wide) std::memcpy(to + i, from + i, wide);
}

/// Goes on with what the last `distance` bytes repeat, up to 15 bytes more than asked for: a byte
/// at a time, which waits for the last one's store, is what makes a bomb dear.
///
/// Requires: `distance` is less than 16.
void repeat_wide(char* to, std::size_t distance, std::size_t n) noexcept {
    std::array<char, wide> pattern{};
    for (std::size_t i = 0, j = 0; i < wide; ++i) {
        pattern[i] = to[static_cast<std::ptrdiff_t>(j) - static_cast<std::ptrdiff_t>(distance)];
        if (++j == distance) j = 0;
    }
    auto const step = wide - wide % distance;
    for (std::size_t i = 0; i < n; i += step) std::memcpy(to + i, pattern.data(), wide);
}

}  // namespace

// -- the stream -----------------------------------------------------------------------------------

inflate_stream::inflate_stream(int window_bits) noexcept
    : window_size_(std::size_t{1} << window_bits) {}
inflate_stream::~inflate_stream() = default;

std::size_t inflate_stream::footprint() const noexcept {
    return (window_ ? window_size_ : 0) + (tables_ ? sizeof(tables) : 0);
}

inflate_stream::status inflate_stream::write(std::string_view& in, text& out) {
    for (;;) {
        switch (advance(in, out)) {
            case outcome::done: break;
            case outcome::starved: return status::need_input;
            case outcome::full: return status::need_room;
            case outcome::bad: return status::bad;
        }
    }
}

inflate_stream::outcome inflate_stream::advance(std::string_view& in, text& out) {
    if (copy_left_ != 0) {
        copy(out);
        if (copy_left_ != 0) return outcome::full;
    }
    if (step_ == step::codes) {
        if (take_fast(in, out) == outcome::bad) return outcome::bad;
        if (copy_left_ != 0 || step_ != step::codes) return outcome::done;
    }
    take_input(in);
    switch (step_) {
        case step::header: return take_header();
        case step::stored_length: return take_stored_length();
        case step::stored: return take_stored(in, out);
        case step::counts: return take_counts();
        case step::code_lengths: return take_code_length();
        case step::lengths: return take_lengths(in);
        case step::codes: return take_symbols(in, out);
    }
    return outcome::bad;
}

// Fewer than 64 bits at any time, so that they can be shifted.
void inflate_stream::take_input(std::string_view& in) noexcept {
    while (bits_ < 56 && !in.empty()) {
        hold_ |= std::uint64_t{static_cast<unsigned char>(in.front())} << bits_;
        bits_ += 8;
        in.remove_prefix(1);
    }
}

inflate_stream::outcome inflate_stream::take_header() {
    if (!has(3)) return outcome::starved;
    is_final_ = peek(1) != 0;
    auto const type = peek(3) >> 1;
    drop(3);
    has_begun_ = true;
    switch (type) {
        case 0: step_ = step::stored_length; return outcome::done;
        case 1: {
            static fixed_codes<literal_code, distance_code> const fixed;
            literals_ = &fixed.literals;
            distances_ = &fixed.distances;
            step_ = step::codes;
            return outcome::done;
        }
        case 2: step_ = step::counts; return outcome::done;
        default: return outcome::bad;
    }
}

inflate_stream::outcome inflate_stream::take_stored_length() noexcept {
    auto const padding = bits_ & 7;
    if (!has(padding + 32)) return outcome::starved;
    drop(padding);
    auto const length = peek(16);
    drop(16);
    auto const check = peek(16);
    drop(16);
    if ((length ^ check) != 0xffff) return outcome::bad;
    stored_left_ = length;
    step_ = step::stored;
    return outcome::done;
}

inflate_stream::outcome inflate_stream::take_stored(std::string_view& in, text& out) noexcept {
    // Whole bytes: what `hold_` has of them comes first.
    for (; stored_left_ != 0 && bits_ != 0; --stored_left_) {
        if (out.at == out.end) return outcome::full;
        *out.at++ = static_cast<char>(peek(8));
        drop(8);
    }
    auto const room = static_cast<std::size_t>(out.end - out.at);
    auto const n = std::min({std::size_t{stored_left_}, in.size(), room});
    std::memcpy(out.at, in.data(), n);
    out.at += n;
    in.remove_prefix(n);
    stored_left_ -= static_cast<std::uint32_t>(n);
    if (stored_left_ != 0) return n == room ? outcome::full : outcome::starved;
    end_block();
    return outcome::done;
}

// Up to a reference or the end of the block, with any input and room.
inflate_stream::outcome inflate_stream::take_symbols(std::string_view& in, text& out) noexcept {
    for (;;) {
        take_input(in);
        auto const what = take_symbol(out);
        if (what != outcome::done || step_ != step::codes || copy_left_ != 0) return what;
    }
}

inflate_stream::outcome inflate_stream::take_symbol(text& out) noexcept {
    if (out.at == out.end) return outcome::full;
    auto const entry = literals_->decode(hold_, bits_);
    if (entry == literals_->more) return outcome::starved;
    if (entry == literals_->wrong) return outcome::bad;
    unsigned const symbol = entry >> 4;
    unsigned const used = entry & 15;
    if (symbol > end_of_block) return take_reference(symbol - end_of_block - 1, used, out);
    drop(used);
    if (symbol == end_of_block)
        end_block();
    else
        *out.at++ = static_cast<char>(symbol);
    return outcome::done;
}

// Takes all of a reference, 48 bits at most, or nothing.
inflate_stream::outcome inflate_stream::take_reference(unsigned length,
                                                       unsigned used,
                                                       text const& out) noexcept {
    if (length >= length_base.size()) return outcome::bad;
    auto hold = hold_ >> used;
    auto bits = bits_ - used;
    auto const take = [&hold, &bits](unsigned n) {
        auto const value = static_cast<unsigned>(hold & ((1u << n) - 1));
        hold >>= n;
        bits -= n;
        return value;
    };
    if (bits < length_extra[length]) return outcome::starved;
    auto const size = length_base[length] + take(length_extra[length]);

    auto const entry = distances_->decode(hold, bits);
    if (entry == distances_->more) return outcome::starved;
    unsigned const symbol = entry >> 4;
    if (entry == distances_->wrong || symbol >= distance_base.size()) return outcome::bad;
    take(entry & 15);
    if (bits < distance_extra[symbol]) return outcome::starved;
    auto const distance = distance_base[symbol] + take(distance_extra[symbol]);

    auto const known = static_cast<std::size_t>(out.at - out.begin) + window_used_;
    if (distance > window_size_ || distance > known) return outcome::bad;
    hold_ = hold;
    bits_ = bits;
    copy_left_ = size;
    copy_distance_ = distance;
    return outcome::done;
}

// Most references lie in one piece: false for others.
//
// Requires: room for the longest reference, and `wide` bytes more.
bool inflate_stream::copy_at_once(text& out) noexcept {
    auto const own = static_cast<std::size_t>(out.at - out.begin);
    char const* from = out.at - copy_distance_;
    if (copy_distance_ > own) {
        auto const back = copy_distance_ - own;
        auto const at = (window_end_ - back) & (window_size_ - 1);
        if (copy_left_ > back || copy_left_ > window_size_ - at) return false;
        from = window_.get() + at;
    }
    if (copy_distance_ < wide && copy_distance_ <= own)
        repeat_wide(out.at, copy_distance_, copy_left_);
    else
        copy_wide(out.at, from, copy_left_);
    out.at += copy_left_;
    copy_left_ = 0;
    return true;
}

// As much of the reference as there is room for.
void inflate_stream::copy(text& out) noexcept {
    while (copy_left_ != 0 && out.at != out.end) {
        auto const own = static_cast<std::size_t>(out.at - out.begin);
        auto const room = static_cast<std::size_t>(out.end - out.at);
        auto n = std::min<std::size_t>(copy_left_, room);
        if (copy_distance_ > own) {
            auto const back = copy_distance_ - own;
            auto const from = (window_end_ - back) & (window_size_ - 1);
            n = std::min({n, back, window_size_ - from});
            std::memcpy(out.at, window_.get() + from, n);
        } else if (copy_distance_ >= n) {
            std::memcpy(out.at, out.at - copy_distance_, n);
        } else if (copy_distance_ == 1) {
            std::memset(out.at, out.at[-1], n);
        } else {
            auto const* from = out.at - copy_distance_;
            for (std::size_t i = 0; i < n; ++i) out.at[i] = from[i];
        }
        out.at += n;
        copy_left_ -= static_cast<std::uint32_t>(n);
    }
}

// Symbols as long as neither input nor room can run out within one.
inflate_stream::outcome inflate_stream::take_fast(std::string_view& in, text& out) noexcept {
    if constexpr (std::endian::native != std::endian::little) return outcome::done;
    constexpr unsigned longest_symbol = 48;
    auto result = outcome::done;
    while (in.size() >= 8 &&
           static_cast<std::size_t>(out.end - out.at) >= longest_reference + wide) {
        if (bits_ < longest_symbol) {
            std::uint64_t next = 0;
            std::memcpy(&next, in.data(), sizeof next);
            hold_ |= next << bits_;
            in.remove_prefix((63 - bits_) >> 3);
            bits_ |= 56;
        }
        auto const entry = literals_->decode(hold_, bits_);
        if (entry != literals_->wrong && entry < end_of_block << 4) {
            drop(entry & 15u);
            *out.at++ = static_cast<char>(entry >> 4);
            continue;
        }
        // The bits above those counted are of bytes that count as not taken.
        result = take_symbol(out);
        if (result != outcome::done || step_ != step::codes) break;
        if (copy_left_ != 0 && !copy_at_once(out)) copy(out);
    }
    hold_ &= (std::uint64_t{1} << bits_) - 1;
    return result;
}

void inflate_stream::end_block() noexcept {
    step_ = step::header;
    if (!is_final_) return;
    drop(bits_ & 7);
    has_begun_ = false;
}

void inflate_stream::end_message(std::string_view message, bool keep) {
    tables_.reset();
    has_begun_ = false;
    if (!keep) {
        window_used_ = 0;
        return;
    }
    if (message.empty()) return;
    if (!window_) window_ = std::make_unique_for_overwrite<char[]>(window_size_ + wide);
    auto rest = message.substr(message.size() - std::min(message.size(), window_size_));
    window_used_ = std::min(window_used_ + rest.size(), window_size_);
    while (!rest.empty()) {
        auto const n = std::min(rest.size(), window_size_ - window_end_);
        std::memcpy(window_.get() + window_end_, rest.data(), n);
        window_end_ = (window_end_ + n) & (window_size_ - 1);
        rest.remove_prefix(n);
    }
}

}  // namespace anywire::websocket
