#include "slots.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace anywire::redis {
namespace {

constexpr auto crc_table = [] {
    constexpr unsigned polynomial = 0x1021;
    std::array<std::uint16_t, 256> out{};
    for (unsigned i = 0; i < 256; ++i) {
        unsigned c = i << 8;
        for (int bit = 0; bit < 8; ++bit) c = (c & 0x8000) != 0 ? (c << 1) ^ polynomial : c << 1;
        out[i] = static_cast<std::uint16_t>(c);
    }
    return out;
}();

template <class Number>
std::optional<Number> number_of(std::string_view text) noexcept {
    Number n{};
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return n;
}

std::optional<std::uint16_t> slot_in(reply const& r) noexcept {
    if (!r.is_integer() || r.integer < 0 || r.integer >= slot_count) return std::nullopt;
    return static_cast<std::uint16_t>(r.integer);
}

/// A node of CLUSTER SLOTS: its host, which may be missing, its port, and more.
std::optional<dial_target> node_in(reply const& r, dial_target const& from) {
    if (!r.is_array() || r.elements.size() < 2 || !r.elements[1].is_integer()) return std::nullopt;
    auto const port = r.elements[1].integer;
    if (port < 1 || port > 65'535) return std::nullopt;
    auto const& host = r.elements[0].text;
    auto const is_unknown = host.empty() || host == "?";
    return dial_target{.host = is_unknown ? from.host : host,
                       .port = static_cast<std::uint16_t>(port)};
}

}  // namespace

std::uint16_t crc16(std::string_view bytes) noexcept {
    unsigned crc = 0;
    for (auto const c : bytes)
        crc = ((crc << 8) & 0xffff) ^ crc_table[((crc >> 8) ^ static_cast<unsigned char>(c)) & 255];
    return static_cast<std::uint16_t>(crc);
}

std::uint16_t slot_of(std::string_view key) noexcept {
    auto const open = key.find('{');
    if (open != std::string_view::npos) {
        auto const close = key.find('}', open + 1);
        if (close != std::string_view::npos && close != open + 1)
            key = key.substr(open + 1, close - open - 1);
    }
    return crc16(key) % slot_count;
}

std::optional<dial_target> parse_address(std::string_view text, std::uint16_t otherwise) {
    dial_target out{.port = otherwise};
    auto rest = text;
    if (text.starts_with('[')) {
        auto const end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        out.host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
        if (!rest.empty() && rest.front() != ':') return std::nullopt;
    } else {
        auto const colon = text.rfind(':');
        out.host = text.substr(0, colon);
        rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    }
    if (!rest.empty()) {
        auto const port = number_of<std::uint16_t>(rest.substr(1));
        if (!port || *port == 0) return std::nullopt;
        out.port = *port;
    }
    return out;
}

std::optional<redirection> parse_redirection(std::string_view error, dial_target const& from) {
    auto const first = error.find(' ');
    auto const second = error.find(' ', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
    auto const word = error.substr(0, first);
    if (word != "MOVED" && word != "ASK") return std::nullopt;
    auto const slot = number_of<std::uint16_t>(error.substr(first + 1, second - first - 1));
    auto to = parse_address(error.substr(second + 1), 0);
    if (!slot || *slot >= slot_count || !to || to->port == 0) return std::nullopt;
    if (to->host.empty() || to->host == "?") to->host = from.host;
    return redirection{*slot, std::move(*to)};
}

std::optional<slot_map> slot_map::read(reply const& answer, dial_target const& from) {
    if (!answer.is_array()) return std::nullopt;
    slot_map out;
    std::size_t covered = 0;
    for (auto const& range : answer.elements) {
        if (!range.is_array() || range.elements.size() < 3) return std::nullopt;
        auto const first = slot_in(range.elements[0]);
        auto const last = slot_in(range.elements[1]);
        auto const master = node_in(range.elements[2], from);
        if (!first || !last || !master) return std::nullopt;
        if (*last < *first || (covered += *last - *first + 1u) > slot_count) return std::nullopt;
        auto const index = out.index_of(*master);
        if (index == 0) return std::nullopt;
        std::fill(out.owners_.begin() + *first, out.owners_.begin() + *last + 1, index);
    }
    if (out.masters_.empty()) return std::nullopt;
    return out;
}

void slot_map::move(redirection const& r) {
    auto const index = index_of(r.to);
    if (index != 0) owners_[r.slot] = index;
}

bool slot_map::is_master(dial_target const& which) const noexcept {
    return std::any_of(masters_.begin(), masters_.end(), [&](dial_target const& m) {
        return m.host == which.host && m.port == which.port;
    });
}

/// 0 where there is no room for it.
std::uint16_t slot_map::index_of(dial_target const& master) {
    auto const found = std::find_if(masters_.begin(), masters_.end(), [&](dial_target const& m) {
        return m.host == master.host && m.port == master.port;
    });
    auto const at = static_cast<std::size_t>(found - masters_.begin());
    if (at == masters_.size()) {
        if (at == most_masters) return 0;
        masters_.push_back(master);
    }
    return static_cast<std::uint16_t>(at + 1);
}

}  // namespace anywire::redis
