#pragma once

#include <anywire/exchange.hpp>

#include "forwarded.hpp"
#include "http_request.hpp"
#include "http_site.hpp"
#include "route_pattern.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {

class http_connection;
class shard;

/// What a router is asked: who answers a request.
struct asked_for {
    std::string_view target;
    std::string_view path;
    std::string_view query{};
    /// Null where only the target is known.
    http::request_view const* head = nullptr;
    exchange const* to = nullptr;

    static asked_for of_target(std::string_view target) noexcept;
    static asked_for of_request(http::request_view const& head, exchange const& to) noexcept {
        return {head.target, head.path, head.query, &head, &to};
    }
    /// Whether it asks for a WebSocket, or has one that its host has opened already.
    bool is_websocket() const noexcept;
    /// Whether the query has a parameter of that name.
    bool has_parameter(std::string_view name) const noexcept;
};

/// One request on its way to a mount.
///
/// Borrow: all of it is valid during `route_target::serve` only; what answers later keeps `to`.
struct incoming {
    shard& here;
    exchange& to;
    http::request_view const& head;
    http::client_info const& client;
    std::string_view below;    ///< The path below the mount's prefix.
    http_connection* via;      ///< Null when a host of the program's own has brought it.
    bool page_allowed = true;  ///< What the mount's `judge_page` has said.
    /// What the client has presented where it did not come by `via`.
    peer_certificate const* presented = nullptr;

    void respond(unsigned status, std::string_view text, std::string_view fields = {}) const;
    void not_found() const;
    /// Has it served again where its session lives. The connection goes there, and stays: what
    /// comes on it next is most likely for that session, too. A host of the program's own has to
    /// bring it to the right shard: what it brings elsewhere is answered 421.
    void move_to(shard& there) const;
};

/// Something that is mounted on a path.
class route_target {
public:
    explicit route_target(std::string prefix, std::size_t max_body)
        : prefix_(std::move(prefix)), max_body_(max_body) {}
    virtual ~route_target() = default;

    /// Answers, now or later, exactly once.
    virtual void serve(incoming const& in) = 0;

    /// Which requests to its path it answers, in words; empty: all, so that it has its path for
    /// itself. Those that share a path have different words.
    virtual std::string_view claim() const noexcept { return {}; }
    /// Whether a request to a shared path is one of those. `below`: the path below the prefix.
    virtual bool claims(asked_for const& a, std::string_view below) const noexcept {
        (void)a, (void)below;
        return true;
    }

    /// Never ends with '/': "" is the root.
    std::string const& prefix() const noexcept { return prefix_; }
    std::size_t max_body() const noexcept { return max_body_; }
    /// The head of a request has come whose body is on its way. False for one that is to be
    /// answered 400.
    virtual bool watch_body(shard& here,
                            http_connection& from,
                            http::request_view const& head,
                            std::unique_ptr<body_watch>& watch) {
        (void)here, (void)from, (void)head, (void)watch;
        return true;
    }
    /// Judges the page that a request comes from by the Origin it has, if any, before `serve` and
    /// before a refusal of the connection's own. Appends to `fields` what lets the page read the
    /// answer, whatever that will be; nothing for a page that may not. False for a page that may
    /// not use the mount: `serve` has to refuse it.
    virtual bool judge_page(incoming const& in, std::string& fields) const {
        (void)in, (void)fields;
        return true;
    }
    /// The sid of the session that a request for `target` is about, if it says one.
    virtual std::string session_named_by(std::string_view target) const {
        (void)target;
        return {};
    }
    /// Whether it has sessions, which it goes on to serve where it is mounted no more.
    virtual bool keeps_sessions() const noexcept { return false; }
    /// Whether the session of that sid is here, or is about to be.
    virtual bool has_session(shard& here, std::string_view sid) const {
        (void)here, (void)sid;
        return false;
    }
    /// Whether requests name the other one's sessions as they name its own.
    virtual bool names_as(route_target const& other) const noexcept {
        (void)other;
        return false;
    }
    /// Why it cannot be taken from its path; empty: it can.
    virtual std::string_view why_fixed() const noexcept { return {}; }
    /// Whether it answers under any name, also one that `service_options::hosts` does not list.
    virtual bool serves_any_host() const noexcept { return false; }
    /// The text that goes with 413.
    virtual std::string_view too_long() const noexcept { return "the body is too long\n"; }

protected:
    void set_max_body(std::size_t bytes) noexcept { max_body_ = bytes; }

private:
    std::string prefix_;
    std::size_t max_body_;
};

/// What answers for the paths of a pattern. There is one kind, `route`; the router does not know
/// it, so that a program without routes links none of it.
class pattern_target : public route_target {
public:
    explicit pattern_target(http::route_pattern pattern)
        : route_target({}, 0), pattern_(std::move(pattern)) {}
    http::route_pattern const& pattern() const noexcept { return pattern_; }

private:
    http::route_pattern pattern_;
};

/// Those that were mounted at a prefix, one after the other, and still have sessions.
struct retired_mounts {
    std::string prefix;
    bool had_its_path;  ///< The path was not shared.
    std::vector<std::shared_ptr<route_target>> all{};

    /// The sid that a request names, if it may be that of one of their sessions.
    std::string sid_in(asked_for const& a) const;
};

/// Finds who answers a request: a route of the application's, else the mount with the longest
/// prefix of the path, in whole segments, else the fallback. Where several mounts share the prefix
/// it is the one that claims the request.
///
/// Thread: constant once shards have it: a change is another one.
class router {
public:
    using targets = std::vector<std::shared_ptr<route_target>>;

    /// Null when it was added; else who takes the same requests already.
    route_target const* add(std::shared_ptr<route_target> target);
    /// Whether it is what a prefix leads to.
    bool serves(route_target const& target) const noexcept;
    /// Those at a prefix.
    targets at(std::string_view prefix) const;
    /// Takes one from its prefix. One with sessions is retired.
    void remove(route_target const& target);
    /// A retired one has no session any more.
    void forget(route_target const& target) noexcept;
    std::vector<retired_mounts> const& retired() const noexcept { return retired_; }

    /// Null where there is none for that pattern.
    pattern_target const* find_route(http::route_pattern const& pattern) const noexcept;
    /// Takes the place of one with a pattern like its own.
    void put_route(std::shared_ptr<pattern_target> target);
    /// False when there is one.
    bool set_fallback(std::shared_ptr<route_target> target);
    /// A route takes longer bodies than before.
    void take_bodies(std::size_t longest) noexcept {
        largest_body_ = longest > largest_body_ ? longest : largest_body_;
    }
    route_target* find(asked_for const& a) const noexcept;
    /// The longest body that is taken where a target leads; with a shared path, by any of those
    /// there.
    std::size_t max_body(asked_for const& a) const noexcept;
    bool is_empty() const noexcept { return places_.empty() && routes_.empty() && !fallback_; }
    /// The longest body that any mount takes.
    std::size_t largest_body() const noexcept { return largest_body_; }

private:
    /// A prefix, and those that share it.
    struct place {
        std::string prefix;
        router::targets targets{};  // who takes the rest last
    };

    pattern_target* find_route(std::string_view path) const noexcept;
    place const* find_place(std::string_view path) const noexcept;
    place const* place_at(std::string_view prefix) const noexcept;
    place& place_of(std::string const& prefix);
    static route_target* choose(place const& among, asked_for const& a) noexcept;

    void retire(std::shared_ptr<route_target> target, bool had_its_path);

    std::vector<std::shared_ptr<pattern_target>> routes_{};  // the one to be asked first first
    std::vector<place> places_{};                            // longest prefix first
    std::vector<retired_mounts> retired_{};
    std::shared_ptr<route_target> fallback_{};
    std::size_t largest_body_ = 0;
};

}  // namespace anywire
