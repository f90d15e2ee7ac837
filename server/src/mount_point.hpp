#pragma once

#include <anywire/endpoint.hpp>
#include <anywire/handlers.hpp>
#include <anywire/options.hpp>
#include <anywire/service.hpp>

#include "http_connection.hpp"
#include "origin.hpp"
#include "other_nodes.hpp"
#include "room.hpp"
#include "router.hpp"
#include "service_core.hpp"
#include "session/endpoint_core.hpp"
#include "session/http_carriers.hpp"
#include "session/http_session.hpp"
#include "websocket_connection.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anywire {

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

/// How a request over HTTP waits for what its session has to say.
struct receiver {
    session_protocol const& speaks;  ///< For a session that is to be opened.
    http_timing const& timing;
    /// One of the two.
    std::unique_ptr<poll_dress> poll{};
    std::unique_ptr<stream_dress> stream{};
    std::size_t limit = 0;  ///< Bytes after which a stream ends.
    bool opens = true;      ///< Opens a session that is not there; else 404.

    receiver_dress& dress() const noexcept;
};

/// A mount with sessions: what is common to the dialects.
///
/// It is there until no shard serves it and none has sessions of it.
/// Thread: constant once the server runs, but for where its parts are; sessions are per shard.
class mount_point : public route_target, public std::enable_shared_from_this<mount_point> {
public:
    mount_point(mount_place const& at, common_options options, handlers app, bool takes_bodies);

    handlers const& app() const noexcept { return *app_; }
    std::shared_ptr<handlers const> const& shared_app() const noexcept { return app_; }
    session_limits const& limits() const noexcept { return options_.limits; }
    service_core& core() const noexcept { return core_; }

    /// The endpoint that it has sessions for, while there is one.
    std::weak_ptr<endpoint_hub> hub{};
    /// Says that it stays where it is, and why. Borrow: a literal.
    void fix(std::string_view why) noexcept { why_fixed_ = why; }
    std::string_view why_fixed() const noexcept final { return why_fixed_; }

    /// The sessions of one shard begin and end here. Thread: the shard's.
    void open_part(shard& here, endpoint_core& part) noexcept;
    /// True for the last of all shards.
    bool close_part(shard& here) noexcept;

    bool keeps_sessions() const noexcept final { return true; }
    bool has_session(shard& here, std::string_view sid) const final;
    bool names_as(route_target const& other) const noexcept override;
    bool judge_page(incoming const& in, std::string& fields) const final;

    /// What metrics call the dialect.
    virtual std::string_view dialect_name() const noexcept = 0;
    /// Whether the dialect has messages that are bytes, not text.
    virtual bool carries_binary() const noexcept { return true; }

protected:
    /// Requires: it is mounted here, or has sessions.
    endpoint_core& local(shard& here) const noexcept { return *part(here); }
    /// Null where it has none any more, or none yet.
    endpoint_core* part(shard& here) const noexcept;
    void count_refused(shard& here, refusal_cause why) const noexcept;
    /// How long a write to a client may make no progress.
    std::chrono::milliseconds write_stall() const noexcept { return options_.limits.write_stall; }
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
    /// The same for a request that is at hand, of a session that is there.
    void append_hooked(std::string& out, incoming const& in) const;
    /// The fields of the first answer of a session that is to be opened.
    void append_first(std::string& out, shard& here, session_base::origin const& from) const;

    /// The words for a request that is no WebSocket handshake, and for a wrong version.
    struct refusals {
        std::string_view no_handshake = "not a WebSocket handshake\n";
        std::string_view wrong_version = "the only supported WebSocket version is 13\n";
    };
    /// Checks an opening handshake: how it is to be answered. Answers what is not one, and returns
    /// null.
    std::shared_ptr<websocket_terms const> check_websocket(incoming const& in,
                                                           refusals const& words) const;
    /// What a WebSocket becomes whose handshake was found good, but for its session. `fields` go
    /// into the 101. Requires: `authorize` has let the client in.
    websocket_upgrade make_upgrade(shard& here,
                                   std::shared_ptr<websocket_terms const> terms,
                                   session_base::origin const& of,
                                   std::string fields,
                                   bool is_first) const;
    /// Checks an opening handshake and, if it is one, admits it and opens what `make` makes:
    /// `session_base* make(endpoint_core&, session_base::origin)`.
    template <class Make>
    void open_websocket(incoming const& in,
                        std::string_view name,
                        refusals const& words,
                        Make make);
    /// Gives the session of that sid a request that waits for what it has to say. A
    /// session that is not there is opened first. Requires: the page may use the mount.
    void serve_receiver(incoming const& in, std::string_view sid, receiver by);
    /// Has a request whose session is not here answered by another node, or by `unless`.
    /// Requires: there are other nodes.
    void carry(incoming const& in, other_nodes::wanted const& what, other_nodes::unless_fn unless);
    /// Gives a new session the WebSocket that `to` becomes. `make(unattached_session&)` makes it
    /// and has it held.
    template <class Make>
    static void become(exchange& to, websocket_upgrade upgrade, Make make);

private:
    void receive_here(incoming const& in,
                      std::string_view sid,
                      receiver by,
                      other_nodes::claim held);
    void receive_elsewhere(incoming const& in, std::string_view sid, receiver by);
    void open_receiving(incoming const& in,
                        std::string_view sid,
                        receiver by,
                        other_nodes::claim held);
    void attach(exchange& to, http_session& session, receiver by) const;
    bool asks_to_allow(incoming const& in, http::origin_request const& from, bool originless) const;

    bool has_room(shard& here, exchange& to, no_room const* why) const;
    std::string choose_subprotocol(shard& here, session_base::origin const& from) const;
    /// What was chosen, if the client offers it; else logs, and chooses none.
    std::string check_chosen(shard& here,
                             std::string_view by,
                             std::string chosen,
                             std::span<std::string_view const> offered) const;

    /// As the shard's `opening` has it.
    std::string opening_key(std::string_view sid) const;

    service_core& core_;
    std::size_t index_;
    std::shared_ptr<handlers const> app_;
    common_options options_;
    http::origin_policy origins_;
    websocket_settings_ptr websockets_;
    std::string_view why_fixed_{};
    std::vector<endpoint_core*> parts_;  // by shard, each that shard's
    std::atomic<std::size_t> open_parts_;
};

/// What a protocol above Engine.IO changes about its mount.
struct engineio_upper {
    /// May answer a request in the mount's stead, and says whether it did.
    std::function<bool(incoming const&)> first{};
    /// Messages in text are Socket.IO packets: not ASCII in strings of JSON at most, and in the
    /// names of namespaces.
    bool has_json = false;
};

std::shared_ptr<mount_point> make_engineio_mount(mount_place const& at,
                                                 engineio_options options,
                                                 handlers app,
                                                 engineio_upper upper = {});

/// Throws `std::invalid_argument`: "PREFIX: NAME must be at least LEAST".
void require_option(bool good, std::string_view prefix, std::string_view what);

}  // namespace anywire
