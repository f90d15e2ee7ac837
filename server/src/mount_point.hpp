#pragma once

#include <anywire/endpoint.hpp>
#include <anywire/handlers.hpp>
#include <anywire/options.hpp>
#include <anywire/server.hpp>

#include "http_connection.hpp"
#include "origin.hpp"
#include "room.hpp"
#include "router.hpp"
#include "session/endpoint_core.hpp"
#include "websocket_connection.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace anywire {

struct server_core;
namespace socketio {
class server;
}

/// A mount with sessions: what is common to the dialects, and what `endpoint` stands for.
///
/// Thread: constant once the server runs, but for counters; sessions are per shard.
class mount_point : public route_target {
public:
    mount_point(server_core& core,
                std::string prefix,
                std::size_t index,
                session_limits const& limits,
                origin_list const& origins,
                deflate_options const& deflate,
                handlers app,
                bool takes_bodies);

    handlers const& app() const noexcept { return app_; }
    session_limits const& limits() const noexcept { return limits_; }
    endpoint_counters& counters() noexcept { return counters_; }
    std::size_t index() const noexcept { return index_; }
    server_core& core() const noexcept { return core_; }

    // -- what `endpoint` calls, from any thread
    void broadcast(message_view m);
    void send_to_group(std::string const& group, message_view m);
    void on_session(std::string_view id, std::function<void(session&)> fn);

protected:
    endpoint_core& local(shard& here) const noexcept;
    websocket_settings const& wire_settings() const noexcept { return wire_settings_; }
    http::origin_policy const& origins() const noexcept { return origins_; }
    http::origin_request origin_of(incoming const& in) const noexcept;

    /// Whether the request's origin may use this mount; logs if not. `originless` for GETs that
    /// browsers send without Origin.
    bool allows_page(incoming const& in, bool originless) const;
    /// The same; answers 403 if not.
    bool check_origin(incoming const& in, bool originless) const;
    /// Whether another session fits in; answers 503 or 429 if not. To be asked before the
    /// application is, with the request: it counts as a handshake then. And again when the
    /// application has let the client in.
    bool check_room(incoming const& in) const;
    bool check_room(shard& here, exchange& to, std::string_view address) const;
    /// Whether another request may wait for its answer; answers 503 if not.
    bool check_parking(incoming const& in) const;

    /// The words for a request that is no WebSocket handshake, and for a wrong version.
    struct refusals {
        std::string_view no_handshake = "not a WebSocket handshake\n";
        std::string_view wrong_version = "the only supported WebSocket version is 13\n";
    };
    /// An opening handshake that was found good.
    struct handshake {
        std::string head{};  ///< The 101.
        std::string subprotocol{};
        std::optional<websocket::deflate_params> deflate{};
    };
    /// Checks an opening handshake; answers what is none. `fields` go into the 101.
    std::optional<handshake> check_websocket(incoming const& in,
                                             std::span<std::string const> subprotocols,
                                             refusals const& words,
                                             std::string_view fields = {}) const;
    /// Checks an opening handshake and, if it is one, admits it and opens what `make` makes:
    /// `session_base* make(endpoint_core&, session_base::origin)`.
    template <class Make>
    void open_websocket(incoming const& in,
                        std::span<std::string const> subprotocols,
                        std::string_view name,
                        refusals const& words,
                        Make make);

private:
    bool has_room(shard& here, exchange& to, no_room const* why) const;
    template <class Fn>
    void on_every_shard(Fn fn);

    server_core& core_;
    std::size_t index_;
    handlers app_;
    session_limits limits_;
    http::origin_policy origins_;
    websocket_settings wire_settings_;
    endpoint_counters counters_{};
};

/// Plain WebSocket.
std::shared_ptr<mount_point> make_websocket_mount(server_core& core,
                                                  std::string prefix,
                                                  std::size_t index,
                                                  websocket_options options,
                                                  handlers app);
/// SockJS.
std::shared_ptr<mount_point> make_sockjs_mount(
    server_core& core, std::string prefix, std::size_t index, sockjs_options options, handlers app);
/// Engine.IO. `first` may answer a request in its stead, and says whether it did.
std::shared_ptr<mount_point> make_engineio_mount(server_core& core,
                                                 std::string prefix,
                                                 std::size_t index,
                                                 engineio_options options,
                                                 handlers app,
                                                 std::function<bool(incoming const&)> first = {});
/// Socket.IO: Engine.IO with `io` over it.
std::shared_ptr<mount_point> make_socketio_mount(server_core& core,
                                                 std::string prefix,
                                                 std::size_t index,
                                                 socketio::server const& io);
/// Files.
std::shared_ptr<route_target> make_files_mount(std::string prefix,
                                               std::string const& folder,
                                               files_options options);

/// Throws `std::invalid_argument`: "PREFIX: NAME must be at least LEAST".
void require_option(bool good, std::string_view prefix, std::string_view what);

}  // namespace anywire
