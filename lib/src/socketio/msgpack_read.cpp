// MessagePack to JSON.
#include <anywire/json/writer.hpp>

#include "socketio/msgpack.hpp"

#include <boost/container/small_vector.hpp>

#include <array>
#include <bit>
#include <cstdio>
#include <cstring>

namespace anywire::socketio::msgpack {
namespace {

using std::string_view;
using type = item::type;

// Reads big-endian numbers and runs of bytes; remembers that something was missing.
class source {
public:
    explicit source(string_view& rest) noexcept : rest_(rest) {}

    std::uint64_t take_number(std::size_t size) noexcept {
        std::uint64_t value = 0;
        for (auto const c : take_bytes(size)) value = (value << 8) | static_cast<unsigned char>(c);
        return value;
    }
    template <class Signed>
    std::int64_t take_signed() noexcept {
        return static_cast<Signed>(take_number(sizeof(Signed)));
    }
    string_view take_bytes(std::uint64_t size) noexcept {
        if (size > rest_.size()) {
            is_short_ = true;
            rest_ = {};
            return {};
        }
        auto const taken = rest_.substr(0, static_cast<std::size_t>(size));
        rest_.remove_prefix(taken.size());
        return taken;
    }
    std::size_t left() const noexcept { return rest_.size(); }
    bool is_short() const noexcept { return is_short_; }

private:
    string_view& rest_;
    bool is_short_ = false;
};

item unsigned_integer(std::uint64_t value) noexcept {
    return {.is = type::unsigned_integer, .number = value};
}
item integer(std::int64_t value) noexcept {
    if (value >= 0) return unsigned_integer(static_cast<std::uint64_t>(value));
    return {.is = type::negative_integer, .negative = value};
}
item run(type is, source& in, std::uint64_t size) noexcept {
    return {.is = is, .bytes = in.take_bytes(size)};
}
item container(type is, std::uint64_t count) noexcept {
    return {.is = is, .number = count};
}

// notepack.io has two of its own for what JSON does not know, and one for buffers.
item extension(source& in, std::uint64_t size, bool is_fixed) noexcept {
    auto const kind = static_cast<std::int8_t>(in.take_number(1));
    auto const bytes = in.take_bytes(size);
    if (kind == 0 && is_fixed && size == 1) return {.is = type::undefined};
    if (kind == 0 && is_fixed && size == 8) {
        auto rest = bytes;
        return {.is = type::date, .negative = source(rest).take_signed<std::int64_t>()};
    }
    if (kind == 0 && !is_fixed) return {.is = type::binary, .bytes = bytes};
    return {.is = type::extension, .extension = kind, .bytes = bytes};
}

item long_item(unsigned char head, source& in) noexcept {
    // The sizes of lengths and numbers are powers of two, in the order of their heads.
    auto const size = [head](unsigned first) { return std::size_t{1} << (head - first); };
    switch (head) {
        case 0xc0: return {};
        case 0xc2: return {.is = type::boolean};
        case 0xc3: return {.is = type::boolean, .truth = true};
        case 0xc4:
        case 0xc5:
        case 0xc6: return run(type::binary, in, in.take_number(size(0xc4)));
        case 0xc7:
        case 0xc8:
        case 0xc9: return extension(in, in.take_number(size(0xc7)), false);
        case 0xca:
            return {.is = type::real,
                    .real = std::bit_cast<float>(static_cast<std::uint32_t>(in.take_number(4)))};
        case 0xcb: return {.is = type::real, .real = std::bit_cast<double>(in.take_number(8))};
        case 0xcc:
        case 0xcd:
        case 0xce:
        case 0xcf: return unsigned_integer(in.take_number(size(0xcc)));
        case 0xd0: return integer(in.take_signed<std::int8_t>());
        case 0xd1: return integer(in.take_signed<std::int16_t>());
        case 0xd2: return integer(in.take_signed<std::int32_t>());
        case 0xd3: return integer(in.take_signed<std::int64_t>());
        case 0xd4:
        case 0xd5:
        case 0xd6:
        case 0xd7:
        case 0xd8: return extension(in, size(0xd4), true);
        case 0xd9:
        case 0xda:
        case 0xdb: return run(type::string, in, in.take_number(size(0xd9)));
        case 0xdc: return container(type::array, in.take_number(2));
        case 0xdd: return container(type::array, in.take_number(4));
        case 0xde: return container(type::map, in.take_number(2));
        default: return container(type::map, in.take_number(4));
    }
}

item any_item(source& in) noexcept {
    auto const head = static_cast<unsigned char>(in.take_number(1));
    if (head < 0x80) return unsigned_integer(head);
    if (head < 0x90) return container(type::map, head & 0x0fu);
    if (head < 0xa0) return container(type::array, head & 0x0fu);
    if (head < 0xc0) return run(type::string, in, head & 0x1fu);
    if (head >= 0xe0) return integer(static_cast<std::int8_t>(head));
    return long_item(head, in);
}

bool is_container(item const& i) noexcept {
    return i.is == type::array || i.is == type::map;
}

// As `Date.prototype.toISOString`; nothing beyond its range.
std::string iso_date(std::int64_t ms) {
    constexpr std::int64_t day = 86'400'000;
    constexpr std::int64_t range = 100'000'000 * day;
    if (ms < -range || ms > range) return {};
    auto days = ms / day;
    auto const time = ((ms % day) + day) % day;
    if (ms % day < 0) --days;
    // Days since 0000-03-01 of the proleptic Gregorian calendar, which repeats every 400 years.
    auto const since = days + 719'468;
    auto const era = (since >= 0 ? since : since - 146'096) / 146'097;
    auto const of_era = since - era * 146'097;
    auto const year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
    auto const of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    auto const shifted = (5 * of_year + 2) / 153;
    auto const month = shifted < 10 ? shifted + 3 : shifted - 9;
    auto const year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    std::array<char, 64> text{};
    auto const* const form = year < 0      ? "-%06lld-%02lld-%02lldT%02lld:%02lld:%02lld.%03lldZ"
                             : year > 9999 ? "+%06lld-%02lld-%02lldT%02lld:%02lld:%02lld.%03lldZ"
                                           : "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld.%03lldZ";
    auto const wide = [](std::int64_t n) { return static_cast<long long>(n); };
    auto const size = std::snprintf(text.data(),
                                    text.size(),
                                    form,
                                    wide(year < 0 ? -year : year),
                                    wide(month),
                                    wide(of_year - (153 * shifted + 2) / 5 + 1),
                                    wide(time / 3'600'000),
                                    wide(time / 60'000 % 60),
                                    wide(time / 1'000 % 60),
                                    wide(time % 1'000));
    return {text.data(), static_cast<std::size_t>(size)};
}

class transcoder {
public:
    transcoder(string_view bytes, limits const& most, std::string& json)
        : rest_(bytes), most_(most), json_(json), out_(json) {}

    string_view run(std::vector<std::string>& attachments) {
        auto wrong = take_value({});
        while (wrong.empty() && !open_.empty()) wrong = take_next();
        if (wrong.empty() && !rest_.empty()) wrong = "bytes after the value";
        attachments = out_.take_attachments();
        return wrong;
    }

private:
    static constexpr string_view too_deep = "a payload that is nested too deep";

    struct level {
        bool is_map;
        std::uint64_t left;
    };

    // The next element of the innermost container, or its end.
    string_view take_next() {
        auto& inner = open_.back();
        if (inner.left == 0) {
            inner.is_map ? out_.end_object() : out_.end_array();
            open_.pop_back();
            return {};
        }
        --inner.left;
        if (!inner.is_map) return take_value({});
        auto const key = take_item(rest_);
        if (!key || key->is != type::string) return "a map with a key that is no string";
        return take_value(key->bytes);
    }

    // In a map `key` leads; elsewhere it is not looked at.
    string_view take_value(string_view key) {
        auto const next = take_item(rest_);
        if (!next) return "bytes that are no MessagePack";
        auto const in_map = !open_.empty() && open_.back().is_map;
        if (in_map && next->is == type::undefined) return {};
        if (in_map) out_.key(key);
        if (is_container(*next)) return enter(*next);
        if (auto const wrong = write(*next); !wrong.empty()) return wrong;
        return json_.size() + beside_ > most_.max_bytes ? "a packet that is too big"
                                                        : string_view{};
    }

    string_view enter(item const& i) {
        if (open_.size() >= most_.max_depth) return too_deep;
        i.is == type::map ? out_.begin_object() : out_.begin_array();
        open_.push_back({i.is == type::map, i.number});
        return {};
    }

    // They are an object in the JSON, within so many arrays that are none in the bytes.
    string_view write_bytes(string_view bytes, std::size_t arrays = 0) {
        if (open_.size() + arrays >= most_.max_depth) return too_deep;
        if (out_.attachments().size() >= most_.max_attachments)
            return "more attachments than allowed";
        beside_ += bytes.size();
        out_.bytes(std::as_bytes(std::span(bytes)));
        return {};
    }

    string_view write(item const& i) {
        switch (i.is) {
            case type::boolean: out_.boolean(i.truth); return {};
            case type::unsigned_integer: out_.number(i.number); return {};
            case type::negative_integer: out_.number(i.negative); return {};
            case type::real: out_.number(i.real); return {};
            case type::string: out_.string(i.bytes); return {};
            case type::binary: return write_bytes(i.bytes);
            case type::date: write_date(i.negative); return {};
            case type::extension: return write_extension(i);
            default: out_.null(); return {};
        }
    }

    void write_date(std::int64_t ms) {
        auto const text = iso_date(ms);
        text.empty() ? out_.null() : out_.string(text);
    }

    // As notepack.io reads one that it does not know: its type and its bytes.
    string_view write_extension(item const& i) {
        out_.begin_array();
        out_.number(i.extension);
        auto const wrong = write_bytes(i.bytes, 1);
        out_.end_array();
        return wrong;
    }

    string_view rest_;
    limits const& most_;
    std::string& json_;
    json_writer out_;
    std::size_t beside_ = 0;
    boost::container::small_vector<level, 16> open_{};
};

}  // namespace

std::optional<item> take_item(string_view& rest) noexcept {
    source in(rest);
    if (!rest.empty() && static_cast<unsigned char>(rest.front()) == 0xc1) return std::nullopt;
    auto const taken = any_item(in);
    if (in.is_short()) return std::nullopt;
    // Each element takes a byte at least, a member two: more are not there.
    auto const least = taken.is == type::map ? in.left() / 2 : in.left();
    if (is_container(taken) && taken.number > least) return std::nullopt;
    return taken;
}

bool skip_value(string_view& rest) noexcept {
    for (std::uint64_t left = 1; left != 0; --left) {
        auto const next = take_item(rest);
        if (!next || left > rest.size() + 1) return false;
        if (next->is == type::array) left += next->number;
        if (next->is == type::map) left += 2 * next->number;
    }
    return true;
}

string_view to_json(string_view bytes,
                    limits const& most,
                    std::string& json,
                    std::vector<std::string>& attachments) {
    return transcoder(bytes, most, json).run(attachments);
}

}  // namespace anywire::socketio::msgpack
