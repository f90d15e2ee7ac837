#pragma once

#include <anywire/server.hpp>

#include "demo/flag_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace conformance {

/// What the command line says; the flags override the profile.
struct command_line {
    anywire::server_options server{.port = 0};
    std::string profile = "default";
    anywire::origin_list origins{"*"};
    std::size_t max_payload = 1'000'000;
    std::chrono::milliseconds ping_interval{25'000};
    std::chrono::milliseconds ping_timeout{20'000};
    std::chrono::milliseconds connect_timeout{45'000};
    std::chrono::milliseconds sockjs_heartbeat{25'000};  ///< Of the mount with STOMP.
    std::chrono::milliseconds stomp_connect_timeout{10'000};
    std::chrono::milliseconds stomp_grace{0};
    bool stomp_strict = false;  ///< Clients may send to the application alone, as by default.
    std::size_t max_packets_per_poll = 0;
    std::string static_folder{};
    std::string health{};
    std::string client_files{};
    std::string admin{};           ///< "details", "read-only" or "counts"; empty: no admin page.
    std::uint16_t stomp_port = 0;  ///< Of the listener for STOMP over TCP; 0 picks one.
    unsigned nodes =
        1;  ///< Servers, each on a port of its own, that have their sessions in common.
    std::string folder{};  ///< Where other processes are that have them in common, too.
    bool msgpack = false;
    bool avoid_204 = false;
    bool log = false;
};

extern std::string_view const usage;

/// Nothing when help was asked for. Throws `std::invalid_argument`.
std::optional<command_line> parse(demo::flag_reader flags);

/// Options of an Engine.IO mount as the profile wants them.
anywire::engineio_options engineio_options_of(command_line const& a);

// Each adds the mounts of its dialect.
void mount_sockjs(anywire::server& server, command_line const& a);
void mount_routes(anywire::server& server);
void mount_websocket(anywire::server& server, command_line const& a);
void mount_engineio(anywire::server& server, command_line const& a);
/// And says where its listener is, which it returns.
std::shared_ptr<void> mount_stomp(anywire::server& server, command_line const& a);
void mount_shared(anywire::server& server, command_line const& a);
void mount_socketio(anywire::server& server, command_line const& a);
void mount_socketio_client(anywire::server& server, command_line const& a);
void mount_engineio_client(anywire::server& server, command_line const& a);

anywire::handlers echo();

}  // namespace conformance
