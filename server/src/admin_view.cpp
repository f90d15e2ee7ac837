#include "admin_view.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

namespace anywire::socketio::admin_view {
namespace {

/// As many characters of a connection's id as the page shows.
constexpr std::size_t client_id_size = 12;

bool is_secret(std::string_view header) noexcept {
    return header == "cookie" || header == "authorization" || header == "proxy-authorization" ||
           header == "sec-websocket-protocol";  // where clients put tokens
}

shown_handshake shown(handshake const& h) {
    shown_handshake out{.address = h.address,
                        .headers = {},
                        .query = {h.query.begin(), h.query.end()},
                        .issued = h.issued,
                        .secure = h.secure,
                        .time = h.time,
                        .url = h.url,
                        .xdomain = h.xdomain};
    for (auto const& [name, value] : h.headers)
        out.headers.emplace(name, is_secret(name) ? "(not shown)" : value);
    return out;
}

std::int64_t ms_now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

struct sums {
    std::uint64_t packets_in = 0, packets_out = 0, bytes_in = 0, bytes_out = 0;
};
sums sums_of(mount_numbers const& n) noexcept {
    sums all;
    for (auto const& t : n.traffic) {
        all.packets_in += t.messages_in;
        all.packets_out += t.messages_out;
        all.bytes_in += t.bytes_in;
        all.bytes_out += t.bytes_out;
    }
    return all;
}

}  // namespace

shown_socket shown(remote_socket const& s, std::string_view nsp, json_value data) {
    return {.id = s.id,
            .clientId = s.connection_id.substr(0, client_id_size),
            .transport = s.transport,
            .nsp = std::string(nsp),
            .data = std::move(data),
            .handshake = shown(s.handshake),
            .rooms = s.rooms};
}

shown_socket shown(socket& s, json_value data) {
    return {.id = s.id(),
            .clientId = std::string(s.connection_id().substr(0, client_id_size)),
            .transport = std::string(s.transport()),
            .nsp = s.nsp_name(),
            .data = std::move(data),
            .handshake = shown(s.handshake()),
            .rooms = s.rooms()};
}

void to_json(json_writer& out, whole_event const& e) {
    out.begin_array();
    out.string(e.of.name());
    for (auto const argument : e.of.args()) out.raw(argument);
    out.end_array();
}

std::string time_now() {
    auto const ms = ms_now();
    auto const seconds = static_cast<std::time_t>(ms / 1000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 32> day{};
    std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%s.%03dZ", day.data(), static_cast<int>(ms % 1000));
    return text.data();
}

std::vector<counted> event_counts::since_last(mount_numbers now) {
    std::vector<counted> all;
    auto const second = ms_now() / 1000 * 1000;
    auto const add = [&](char const* type, std::uint64_t count, std::optional<std::string> sub) {
        if (count != 0) all.push_back({second, type, std::move(sub), count});
    };
    add("rawConnection", now.opened - before_.opened, {});
    for (std::size_t i = 0; i < now.closed.size(); ++i) {
        auto const& [why, count] = now.closed[i];
        auto const then = i < before_.closed.size() ? before_.closed[i].second : 0;
        add("rawDisconnection", count - then, std::string(to_string(why)));
    }
    auto const is = sums_of(now);
    auto const was = sums_of(before_);
    add("packetsIn", is.packets_in - was.packets_in, {});
    add("packetsOut", is.packets_out - was.packets_out, {});
    add("bytesIn", is.bytes_in - was.bytes_in, {});
    add("bytesOut", is.bytes_out - was.bytes_out, {});
    before_ = std::move(now);
    return all;
}

std::uint64_t polling_sessions(mount_numbers const& n) noexcept {
    std::uint64_t all = 0;
    for (auto const& t : n.traffic)
        if (t.is_polling) all += t.sessions;
    return all;
}

}  // namespace anywire::socketio::admin_view
