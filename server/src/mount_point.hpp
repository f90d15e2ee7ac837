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

/// What mounts of every dialect are told by their options.
struct common_options {
    template <class Options>
    explicit common_options(Options const& o, bool first_offered = false)
        : limits(o.limits),
          origins(o.origins),
          deflate(o.deflate),
          allow_origin(o.allow_origin),
          subprotocols(o.subprotocols),
          choose_subprotocol(o.choose_subprotocol),
          initial_headers(o.initial_headers),
          headers(o.headers),
          takes_first_offered(first_offered && o.subprotocols.empty()) {}

    session_limits limits;
    origin_list origins;
    deflate_options deflate;
    origin_decider allow_origin;
    std::vector<std::string> subprotocols;
    subprotocol_chooser choose_subprotocol;
    header_hook initial_headers;
    header_hook headers;
    bool takes_first_offered;  ///< Without `subprotocols` the client's first one is chosen.
};

/// A mount with sessions: what is common to the dialects, and what `endpoint` stands for.
///
/// Thread: constant once the server runs, but for counters; sessions are per shard.
class mount_point : public route_target {
public:
    mount_point(server_core& core,
                std::string prefix,
                std::size_t index,
                common_options options,
                handlers app,
                bool takes_bodies);

    handlers const& app() const noexcept { return app_; }
    session_limits const& limits() const noexcept { return options_.limits; }
    endpoint_counters& counters() noexcept { return counters_; }
    std::size_t index() const noexcept { return index_; }
    server_core& core() const noexcept { return core_; }

    bool judge_page(incoming const& in, std::string& fields) const final;

    // -- what `endpoint` calls, from any thread
    result<void> broadcast(message_view m);
    result<void> send_to_group(std::string const& group, message_view m);
    void on_session(std::string_view id, std::function<void(session&)> fn);

protected:
    /// Whether the dialect has messages that are bytes, not text.
    virtual bool carries_binary() const noexcept { return true; }
    endpoint_core& local(shard& here) const noexcept;
    websocket_settings const& wire_settings() const noexcept { return wire_settings_; }
    http::origin_policy const& origins() const noexcept { return origins_; }
    http::origin_request origin_of(incoming const& in) const noexcept;

    /// Appends the fields that let the page of a request read the answer: every answer, also one of
    /// the connection's own.
    /// Requires: the page is allowed.
    virtual void append_cors(std::string& out, http::request_view const& head) const;

    /// Whether the page a request comes from may use this mount; logs if not. `originless` for GETs
    /// that browsers send without Origin.
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

    /// Whether the application adds fields to an answer.
    bool has_hooks(bool is_first) const noexcept {
        return options_.headers || (is_first && options_.initial_headers);
    }
    /// Appends those. Requires: `authorize` has let the client in.
    void append_hooked(std::string& out, shard& here, request const& of, bool is_first) const;
    /// The same for a request that is at hand.
    void append_hooked(std::string& out, incoming const& in, bool is_first) const;

    /// The words for a request that is no WebSocket handshake, and for a wrong version.
    struct refusals {
        std::string_view no_handshake = "not a WebSocket handshake\n";
        std::string_view wrong_version = "the only supported WebSocket version is 13\n";
    };
    /// An opening handshake that was found good.
    struct handshake {
        std::string fields{};  ///< Of the 101: all but the subprotocol and what hooks add.
        std::optional<websocket::deflate_params> deflate{};
    };
    /// Checks an opening handshake; answers what is none. `fields` go into the 101.
    std::optional<handshake> check_websocket(incoming const& in,
                                             refusals const& words,
                                             std::string_view fields = {}) const;
    /// The subprotocol of a WebSocket whose client offers what `of` says.
    std::string choose_subprotocol(shard& here, request const& of) const;
    /// The 101. Requires: `authorize` has let the client in.
    std::string switching(shard& here,
                          handshake const& agreed,
                          request const& of,
                          std::string_view subprotocol,
                          bool is_first) const;
    /// Checks an opening handshake and, if it is one, admits it and opens what `make` makes:
    /// `session_base* make(endpoint_core&, session_base::origin)`.
    template <class Make>
    void open_websocket(incoming const& in,
                        std::string_view name,
                        refusals const& words,
                        Make make);

private:
    bool asks_to_allow(incoming const& in, http::origin_request const& from, bool originless) const;

    bool has_room(shard& here, exchange& to, no_room const* why) const;
    template <class Fn>
    void on_every_shard(Fn fn);
    bool can_send(message_view m) const noexcept;

    server_core& core_;
    std::size_t index_;
    handlers app_;
    common_options options_;
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
/// Socket.IO: Engine.IO with `io` over it, which has to be attached once the mount is in place: one
/// that is refused leaves `io` as it was. Throws `std::logic_error` if `io` is mounted already.
std::shared_ptr<mount_point> make_socketio_mount(server_core& core,
                                                 std::string prefix,
                                                 std::size_t index,
                                                 socketio::server const& io);
void attach_socketio(server_core& core, mount_point const& mount, socketio::server const& io);
/// Files.
std::shared_ptr<route_target> make_files_mount(std::string prefix,
                                               std::string const& folder,
                                               files_options options);

/// Throws `std::invalid_argument`: "PREFIX: NAME must be at least LEAST".
void require_option(bool good, std::string_view prefix, std::string_view what);

}  // namespace anywire
