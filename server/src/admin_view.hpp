#pragma once

#include <anywire/metrics.hpp>
#include <anywire/socketio/admin.hpp>
#include <anywire/socketio/server.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the admin page is told, in the words of its protocol.
namespace anywire::socketio::admin_view {

struct shown_handshake {
    std::string address{};
    std::map<std::string, std::string> headers{};
    std::map<std::string, std::string> query{};
    std::int64_t issued = 0;
    bool secure = false;
    std::string time{};
    std::string url{};
    bool xdomain = false;
};
ANYWIRE_JSON(shown_handshake, address, headers, query, issued, secure, time, url, xdomain)

struct shown_socket {
    std::string id{};
    std::string clientId{};  // NOLINT(readability-identifier-naming): the page's word
    std::string transport{};
    std::string nsp{};
    json_value data{};
    shown_handshake handshake{};
    std::vector<std::string> rooms{};
};
ANYWIRE_JSON(shown_socket, id, clientId, transport, nsp, data, handshake, rooms)

/// `data` is what the application shows of the socket's.
[[nodiscard]] shown_socket shown(remote_socket const& s, std::string_view nsp, json_value data);
[[nodiscard]] shown_socket shown(socket& s, json_value data);

/// An event as one array, its name first.
struct whole_event {
    event const& of;
};
void to_json(json_writer& out, whole_event const& e);

/// The time of day as `Date` of JavaScript writes it: "2026-01-31T12:00:00.000Z".
[[nodiscard]] std::string time_now();

struct counted {
    std::int64_t timestamp = 0;  ///< In ms since 1970, whole seconds.
    std::string type{};
    std::optional<std::string> subType{};  // NOLINT(readability-identifier-naming): the page's word
    std::uint64_t count = 0;
};
ANYWIRE_JSON(counted, timestamp, type, subType, count)

/// What has happened on the mount between two readings, which it keeps.
class event_counts {
public:
    [[nodiscard]] std::vector<counted> since_last(mount_numbers now);

private:
    mount_numbers before_{};
};

/// The sessions that poll now.
[[nodiscard]] std::uint64_t polling_sessions(mount_numbers const& n) noexcept;

}  // namespace anywire::socketio::admin_view
