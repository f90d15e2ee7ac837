#include "websocket/inflate_tables.hpp"

#include <algorithm>
#include <array>
#include <span>

/// The head of a block that brings codes of its own.
/// Spec: RFC 1951, section 3.2.7.
namespace anywire::websocket {

inflate_stream::outcome inflate_stream::take_counts() noexcept {
    if (!has(14)) return outcome::starved;
    if (!tables_) tables_ = std::make_unique_for_overwrite<tables>();
    auto& t = *tables_;
    t.literal_count = 257 + peek(5);
    drop(5);
    t.distance_count = 1 + peek(5);
    drop(5);
    t.code_length_count = 4 + peek(4);
    drop(4);
    if (t.literal_count > 286 || t.distance_count > 30) return outcome::bad;
    std::fill_n(t.lengths.begin(), code_length_symbols, std::uint8_t{0});
    t.known = 0;
    step_ = step::code_lengths;
    return outcome::done;
}

inflate_stream::outcome inflate_stream::take_code_length() {
    constexpr std::array<std::uint8_t, code_length_symbols> order{
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    auto& t = *tables_;
    for (; t.known < t.code_length_count; ++t.known) {
        if (!has(3)) return outcome::starved;
        t.lengths[order[t.known]] = static_cast<std::uint8_t>(peek(3));
        drop(3);
        if (!has(3)) {
            ++t.known;
            return outcome::done;
        }
    }
    std::span const lengths(t.lengths.data(), order.size());
    // Lengths of lengths have to be a whole code: one bit of them is none.
    auto const sum = [&lengths] {
        unsigned all = 0;
        for (auto const n : lengths) all += n == 0 ? 0 : 128u >> n;
        return all;
    };
    if (sum() != 128 || !t.code_lengths.build(lengths)) return outcome::bad;
    t.known = 0;
    step_ = step::lengths;
    return outcome::done;
}

inflate_stream::outcome inflate_stream::take_lengths(std::string_view& in) noexcept {
    auto& t = *tables_;
    auto const all = t.literal_count + t.distance_count;
    while (t.known < all) {
        take_input(in);
        if (auto const what = take_length(all); what != outcome::done) return what;
    }
    return build_codes() ? outcome::done : outcome::bad;
}

inflate_stream::outcome inflate_stream::take_length(unsigned all) noexcept {
    auto& t = *tables_;
    auto const entry = t.code_lengths.decode(hold_, bits_);
    if (entry == t.code_lengths.more) return outcome::starved;
    if (entry == t.code_lengths.wrong) return outcome::bad;
    unsigned const symbol = entry >> 4;
    unsigned const used = entry & 15;
    if (symbol < 16) {
        drop(used);
        t.lengths[t.known++] = static_cast<std::uint8_t>(symbol);
    } else {
        // 16 repeats the last one, 17 and 18 zero.
        constexpr std::array<std::uint8_t, 3> extra_bits{2, 3, 7};
        constexpr std::array<std::uint8_t, 3> least_times{3, 3, 11};
        auto const extra = extra_bits[symbol - 16];
        if (!has(used + extra)) return outcome::starved;
        drop(used);
        auto const times = least_times[symbol - 16] + peek(extra);
        drop(extra);
        if ((symbol == 16 && t.known == 0) || t.known + times > all) return outcome::bad;
        auto const value = symbol == 16 ? t.lengths[t.known - 1] : std::uint8_t{0};
        std::fill_n(t.lengths.begin() + t.known, times, value);
        t.known += times;
    }
    return outcome::done;
}

bool inflate_stream::build_codes() noexcept {
    auto& t = *tables_;
    std::span const all(t.lengths);
    if (t.lengths[end_of_block] == 0) return false;
    if (!t.literals.build(all.first(t.literal_count))) return false;
    if (!t.distances.build(all.subspan(t.literal_count, t.distance_count))) return false;
    literals_ = &t.literals;
    distances_ = &t.distances;
    step_ = step::codes;
    return true;
}

}  // namespace anywire::websocket
