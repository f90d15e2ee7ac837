#pragma once

#include <anywire/dress.hpp>
#include <anywire/exchange.hpp>
#include <anywire/handlers.hpp>
#include <anywire/layer.hpp>
#include <anywire/limits.hpp>
#include <anywire/options.hpp>
#include <anywire/service.hpp>
#include <anywire/session_protocol.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// For who writes a dialect: a wire protocol on a mount of its own, over the carriers and sessions
/// that the library has. `docs/dialects.md` shows one.
namespace anywire {

struct dialect_context;

/// One request below a dialect's mount, and what a dialect can do with it. Exactly one of the
/// functions that answer has to be called, unless `exchange` is used to answer, now or later.
///
/// Thread: that of the shard that has the request.
/// Borrow: valid during `dialect::serve` only; so is all that it returns but `to()`.
class dialect_request {
public:
    explicit dialect_request(dialect_context const& c) noexcept : context_(c) {}
    dialect_request(dialect_request const&) = delete;
    dialect_request& operator=(dialect_request const&) = delete;

    // -- what was asked
    std::string_view method() const noexcept;
    /// The path below the mount's, not decoded: "" or "/events/abc".
    std::string_view below() const noexcept;
    /// What follows the target's first '?', not decoded.
    std::string_view query() const noexcept;
    /// The first field of that name, in any case; empty when there is none.
    std::string_view header(std::string_view name) const noexcept;
    /// All fields in their order, as sent.
    std::span<http_field const> fields() const noexcept;
    /// Host and port that the client asked for, as `request::host`.
    std::string host() const;
    std::string_view body() const noexcept;  ///< At most `session_limits::max_message` bytes.
    /// The client's address: the peer's, or what a trusted proxy forwarded.
    std::string_view remote_address() const noexcept;
    bool is_secure() const noexcept;
    /// The request asks for a WebSocket, or has one that its host has opened already
    /// (`service::open`).
    bool asks_for_duplex() const noexcept;

    // -- answers without a session
    /// The answer, for who gives it without the functions here. It outlives this call.
    exchange& to() const noexcept;
    /// Answers in plain text. `fields`: each "Name: value\r\n".
    void respond(unsigned status, std::string_view text, std::string_view fields = {}) const;
    /// Answers a browser that asks before it sends a request from another origin. `methods`: "GET,
    /// POST".
    void respond_to_preflight(std::string_view methods) const;
    /// Answers 405.
    void respond_method_not_allowed(std::string_view methods) const;

    // -- the session that it is about
    /// Whether the page that it comes from may use the mount; answers 403 if not. Only for what is
    /// answered without the functions below, which see to it. `originless`: for a GET that browsers
    /// send without Origin, and that runs as script or shows as a page.
    [[nodiscard]] bool check_origin(bool originless = false) const;
    /// Brings the request to the shard of the session of that sid, its name on the wire. False when
    /// it was on another: it is served again there, and is not to be touched any more here.
    [[nodiscard]] bool go_to(std::string_view sid) const;
    /// The session of that sid; nothing where there is none. Requires: `go_to` has said true.
    std::optional<session_below> find(std::string_view sid) const;
    /// A new sid that belongs to this shard: 20 characters of `A-Za-z0-9-_`, drawn from a CSPRNG.
    /// Whoever knows it can read and write its session.
    std::string draw_sid() const;

    /// Has the request wait for what the session of that sid has to say, in one answer
    /// (`by_poll`) or in one without an end (`by_stream`), which ends after `limit` bytes, to be
    /// asked for anew. A session that is not there yet is opened, unless `opens` is false (404),
    /// after origin, room and `handlers::authorize` were asked.
    void poll(session_protocol const& speaks,
              std::string_view sid,
              std::unique_ptr<poll_dress> by,
              bool opens = true) const;
    void stream(session_protocol const& speaks,
                std::string_view sid,
                std::unique_ptr<stream_dress> by,
                std::size_t limit = 131'072,
                bool opens = true) const;
    /// Hands the messages of a body to the session of that sid, all or none, as its protocol reads
    /// them. Answers `taken` then (while the session is paused, when it reads again); 404 without
    /// such a session, 400 for a body that the protocol does not read, 503 with no room for it.
    void receive(std::string_view sid, answer const& taken = {.status = 204}) const;
    /// Opens a session over the WebSocket that the request becomes. `name`: what
    /// `session::transport()` says, a literal.
    void open_duplex(session_protocol const& speaks, std::string_view name = "websocket") const;

private:
    dialect_context const& context_;
};

/// A wire protocol on a mount: its routes. What it says on sessions is a `session_protocol`.
///
/// Thread: one object for all shards, which call it at once: constant.
class dialect {
public:
    dialect() noexcept = default;
    dialect(dialect const&) = delete;
    dialect& operator=(dialect const&) = delete;
    virtual ~dialect() = default;

    /// Answers a request below the mount's path, now or later, exactly once. What it throws costs
    /// the request its connection.
    virtual void serve(dialect_request const& r) const = 0;

    /// The sid of the session that a request is about, where the target says it; so a
    /// host brings it to the right shard at once. `below` and `query` are as in `dialect_request`.
    virtual std::string session_named_by(std::string_view below, std::string_view query) const {
        (void)below, (void)query;
        return {};
    }
    /// Whether messages can be bytes that are not text. The default is yes.
    virtual bool carries_binary() const noexcept { return true; }

    /// What metrics call it where several share a path: a literal. The default is "custom".
    virtual std::string_view name() const noexcept { return "custom"; }
    /// Which of the requests to its path are its own, in words for an error message: "requests with
    /// feed= in their query", or `claims_the_rest`. Other mounts whose words are others may share
    /// the path then, and `claims` tells their requests apart. Empty, the default: all of them, and
    /// it has its path for itself.
    virtual std::string_view claim() const noexcept { return {}; }
    /// Whether a request is one of those; asked only where the path is shared. Where only the
    /// target is known, as for `service::shard_of`, `asks_for_duplex` is false. The default is yes.
    virtual bool claims(std::string_view below,
                        std::string_view query,
                        bool asks_for_duplex) const noexcept {
        (void)below, (void)query, (void)asks_for_duplex;
        return true;
    }
};

/// What every mount has to be told, of whatever dialect. A dialect's options may hold it, or the
/// parts of it that concern its users.
struct dialect_options {
    session_limits limits{};
    origin_list origins{};
    /// Lets in pages that `origins` does not. Default none.
    origin_decider allow_origin{};
    /// Add fields to the first answer of a session, and to every answer of its receivers and 101.
    header_hook initial_headers{};
    header_hook headers{};

    /// Over HTTP, between two `session_protocol::heartbeat_frame`. Default 25 s.
    std::chrono::milliseconds heartbeat{25'000};
    /// Over HTTP, how long a session outlives its last request. Default 5 s.
    std::chrono::milliseconds disconnect_delay{5'000};
    /// On a WebSocket, between two pings. Default 25 s; 0 sends none, and none of
    /// `heartbeat_frame`.
    std::chrono::milliseconds ping_interval{25'000};
    /// Silence after a ping that ends the session as `heartbeat_timeout`. Default 20 s.
    std::chrono::milliseconds ping_timeout{20'000};

    /// WebSocket subprotocols known here; of those the client offers its first one is chosen.
    std::vector<std::string> subprotocols{};
    /// Chooses among all the client offers, in place of `subprotocols`. Default none.
    subprotocol_chooser choose_subprotocol{};
    deflate_options deflate{};
};

/// Puts a dialect on a path: what a dialect's own `make_mount(mount_place const&, OPTIONS,
/// handlers)` returns. `service::mount` finds that one beside the options' type.
///
/// Throws: `std::invalid_argument` for options out of range.
std::shared_ptr<mount_point> make_dialect_mount(mount_place const& at,
                                                dialect_options options,
                                                std::unique_ptr<dialect const> speaks,
                                                handlers app);

}  // namespace anywire
