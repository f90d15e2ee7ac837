#include "engineio/client.hpp"

#include "core/ascii.hpp"
#include "core/json_check.hpp"
#include "core/json_text.hpp"
#include "engineio/utf16.hpp"

#include <algorithm>

namespace anywire::engineio {
namespace {

using namespace std::literals;

constexpr unsigned max_depth = 8;

/// The members of `json` one by one, raw; false when it is not an object.
template <class Take>
bool for_each_member(std::string_view json, Take take) {
    auto const object = detail::trimmed(json);
    if (!object.starts_with('{') || check_json(object, max_depth)) return false;
    for (auto rest = detail::inside(object); !rest.empty();) {
        auto const key = detail::take_key(rest);
        take(key, detail::take_value(rest));
    }
    return true;
}

bool lists_websocket(std::string_view value) noexcept {
    if (!value.starts_with('[')) return false;
    for (auto rest = detail::inside(value); !rest.empty();)
        if (detail::decodes_to(detail::take_value(rest), "websocket")) return true;
    return false;
}

std::optional<std::uint64_t> to_number(std::string_view value) noexcept {
    return detail::is_number(value) ? detail::to_uint64(value) : std::nullopt;
}

/// The members of an open packet, before they are judged.
struct open_members {
    std::string_view sid{};
    std::string_view interval{};
    std::string_view timeout{};
    std::string_view max_payload{};
    bool upgrades = false;

    void take(std::string_view key, std::string_view value) noexcept {
        if (detail::decodes_to(key, "sid"))
            sid = value;
        else if (detail::decodes_to(key, "upgrades"))
            upgrades = lists_websocket(value);
        else if (detail::decodes_to(key, "pingInterval"))
            interval = value;
        else if (detail::decodes_to(key, "pingTimeout"))
            timeout = value;
        else if (detail::decodes_to(key, "maxPayload"))
            max_payload = value;
    }
};

std::optional<std::chrono::milliseconds> to_time(std::string_view value,
                                                 open_limits const& limits) noexcept {
    auto const number = to_number(value);
    if (!number || *number == 0) return std::nullopt;
    if (*number > static_cast<std::uint64_t>(limits.max_ping.count())) return std::nullopt;
    return std::chrono::milliseconds{static_cast<std::chrono::milliseconds::rep>(*number)};
}

std::size_t base64_size(std::size_t bytes) noexcept {
    return (bytes + 2) / 3 * 4;
}

std::size_t digits_of(std::size_t number) noexcept {
    std::size_t digits = 1;
    for (; number >= 10; number /= 10) ++digits;
    return digits;
}

/// Bytes of a packet in a payload, its length or mark included, the separator not.
std::size_t size_in(revision r, bool counted_bytes, outgoing const& p) noexcept {
    if (r == revision::v4) return p.binary ? 1 + base64_size(p.data.size()) : p.data.size();
    if (counted_bytes) return 2 + digits_of(p.data.size()) + p.data.size();
    return 1 + digits_of(utf16_length(p.data)) + p.data.size();
}

void append_encoded(std::string& out, std::string_view text) {
    constexpr auto hex = "0123456789ABCDEF";
    for (auto const c : text) {
        if (is_alpha(c) || is_digit(c) || "-._~*"sv.find(c) != ""sv.npos) {
            out.push_back(c);
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(hex[byte >> 4]);
        out.push_back(hex[byte & 15]);
    }
}

}  // namespace

decoded_open decode_open(std::string_view data, open_limits const& limits) {
    if (data.size() > limits.max_packet) return {{}, "an open packet over the limit"};
    open_members found;
    if (!for_each_member(data, [&](auto key, auto value) { found.take(key, value); }))
        return {{}, "an open packet that is not an object"};

    open_data open;
    if (!found.sid.starts_with('"')) return {{}, "an open packet without a sid"};
    detail::append_decoded(open.sid, found.sid);
    if (open.sid.empty()) return {{}, "an open packet without a sid"};
    if (open.sid.size() > limits.max_sid) return {{}, "a sid over the limit"};
    auto const interval = to_time(found.interval, limits);
    auto const timeout = to_time(found.timeout, limits);
    if (!interval || !timeout)
        return {{}, "an open packet without a pingInterval and pingTimeout in range"};
    open.ping_interval = *interval;
    open.ping_timeout = *timeout;
    open.upgrades_to_websocket = found.upgrades;
    if (!found.max_payload.empty()) {
        auto const bytes = to_number(found.max_payload);
        if (!bytes) return {{}, "a maxPayload that is not a number of bytes"};
        open.max_payload = *bytes;
    }
    return {std::move(open), {}};
}

std::optional<refusal_data> decode_refusal(std::string_view body) {
    constexpr std::size_t max_body = 4096;
    constexpr std::size_t max_message = 256;
    if (body.size() > max_body) return std::nullopt;
    std::string_view code;
    std::string_view message;
    auto const is_object = for_each_member(body, [&](auto key, auto value) {
        if (detail::decodes_to(key, "code")) code = value;
        if (detail::decodes_to(key, "message")) message = value;
    });
    auto const number = is_object ? to_number(code) : std::nullopt;
    if (!number || *number > static_cast<unsigned>(refusal::unsupported_version) ||
        !message.starts_with('"'))
        return std::nullopt;
    refusal_data out{.why = static_cast<refusal>(*number)};
    detail::append_decoded(out.message, message);
    if (out.message.size() > max_message) {
        auto size = max_message;
        while (size > 0 && (static_cast<unsigned char>(out.message[size]) & 0xc0u) == 0x80u) --size;
        out.message.resize(size);
    }
    return out;
}

void append_query(std::string& out, client_query const& query) {
    out.append(query.application);
    if (!query.application.empty() && !query.application.ends_with('&')) out.push_back('&');
    out.append(query.protocol == revision::v4 ? "EIO=4" : "EIO=3").append("&transport=");
    append_encoded(out, query.transport);
    if (query.b64) out.append("&b64=1");
    if (!query.cache_buster.empty()) {
        out.append("&t=");
        append_encoded(out, query.cache_buster);
    }
    if (!query.sid.empty()) {
        out.append("&sid=");
        append_encoded(out, query.sid);
    }
}

bool is_binary_content(std::string_view content_type) noexcept {
    return iequals(take_element(content_type, ';'), "application/octet-stream");
}

std::size_t count_fitting(revision r,
                          std::span<outgoing const> packets,
                          std::uint64_t max_payload) noexcept {
    if (max_payload == 0) return packets.size();
    // One packet of bytes changes how all are written, and never makes them shorter.
    bool const counted_bytes = needs_binary_payload(r, packets);
    std::uint64_t total = 0;
    for (std::size_t n = 0; n < packets.size(); ++n) {
        total += size_in(r, counted_bytes, packets[n]);
        if (r == revision::v4 && n != 0) ++total;
        if (n != 0 && total > max_payload) return n;
    }
    return packets.size();
}

}  // namespace anywire::engineio
