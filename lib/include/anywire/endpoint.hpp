#pragma once

#include <anywire/endpoint_bus.hpp>
#include <anywire/handlers.hpp>
#include <anywire/session.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {

class endpoint_hub;

/// The sessions of one mount, or of several that share it (`service::mount` with an endpoint), over
/// all shards. A handle: copies name the same endpoint.
///
/// Thread: any, for every function but `use_bus`. What reaches other shards arrives there soon, in
///         the order of each calling thread; on the calling shard `broadcast` and `group::send`
///         queue at once.
/// Borrow: when its server has gone, nothing is sent any more, and questions are answered at once,
///         on the calling thread, by `errc::session_closed`.
class endpoint {
public:
    /// Some of its sessions: those in any of the groups, but for those that are excepted. A value:
    /// each call makes another one. Where the name of a group is asked for, the id of a session
    /// stands for that session alone.
    class group {
    public:
        /// Adds the members of another group.
        [[nodiscard]] group to(std::string_view group_name) const;
        /// Leaves out the members of a group, or one session: the one whose message it is, say.
        [[nodiscard]] group except(std::string_view group_name) const;
        [[nodiscard]] group except(session const& s) const;
        /// This process's sessions only, where a bus connects several.
        [[nodiscard]] group local() const;
        /// Has a message replace one of the same key that still waits; see `session::send_latest`.
        [[nodiscard]] group latest(std::string_view key) const;

        /// Sends to each of them once; encoded once. Returns and errors as `endpoint::broadcast`.
        result<void> send(message_view m) const;

        /// Asks for their ids, in order, or only for their number, which is cheaper. The answer
        /// comes once, on the shard that asks, or on the first one if another thread does.
        ///
        /// Throws: `std::invalid_argument` for an empty function.
        void members(handler<void(error_code, std::vector<std::string>)> then) const;
        void count(handler<void(error_code, std::size_t)> then) const;

    private:
        friend class endpoint;
        explicit group(std::shared_ptr<endpoint_hub> hub) noexcept : hub_(std::move(hub)) {}
        std::shared_ptr<endpoint_hub> hub_;
        audience who_{};
        send_flags flags_{};
    };

    endpoint() noexcept = default;
    explicit endpoint(std::shared_ptr<endpoint_hub> hub) noexcept : hub_(std::move(hub)) {}

    /// Sends to every open session; encoded once for all of them. Each session's overflow policy
    /// decides for itself.
    ///
    /// Errors: `errc::bad_utf8` for a text message that is not valid UTF-8, and for a binary one
    ///         that is not where a mount speaks SockJS, which carries text only; nobody was sent
    ///         anything. What a session's policy refuses is counted in its `dropped()`, and its
    ///         `on_drain` is called when there is room again.
    result<void> broadcast(message_view m) const;

    /// Makes a session of this process a member of a group, or ends that. Unknown ids are ignored.
    void join(std::string_view session_id, std::string_view group_name) const;
    void leave(std::string_view session_id, std::string_view group_name) const;

    [[nodiscard]] group everybody() const { return group(hub_); }
    [[nodiscard]] group to(std::string_view group_name) const { return everybody().to(group_name); }
    [[nodiscard]] group except(std::string_view group_name) const {
        return everybody().except(group_name);
    }
    [[nodiscard]] group except(session const& s) const { return everybody().except(s); }

    /// Asks for the names of all groups that have members, or of those that a session is in, in
    /// order; the answer comes as that of `group::members`.
    ///
    /// Throws: `std::invalid_argument` for an empty function.
    void groups(handler<void(error_code, std::vector<std::string>)> then) const;
    void groups_of(std::string_view session_id,
                   handler<void(error_code, std::vector<std::string>)> then) const;

    /// Runs `fn` on the session's shard, never at once; not at all if the session has gone by
    /// then, or is in another process.
    ///
    /// Throws: `std::invalid_argument` for an empty function.
    void post(std::string_view session_id, handler<void(session&)> fn) const;

    /// Connects the sessions with those of other processes: what is sent to all or to groups, and
    /// what is asked of groups, goes through the bus from now on.
    ///
    /// Throws: `std::logic_error` once requests are served, where there is a bus already, and for
    ///         an endpoint that is mounted nowhere; `std::invalid_argument` for a function that is
    ///         empty or makes nothing.
    /// Thread: the one that sets up, as `service::mount`.
    void use_bus(bus_maker const& make) const;

    /// Sessions of this process open now, and all that ever opened.
    std::size_t session_count() const noexcept;
    std::uint64_t opened_count() const noexcept;

    /// Whether both name the same endpoint.
    bool operator==(endpoint const& other) const noexcept = default;

private:
    friend class service;
    std::shared_ptr<endpoint_hub> hub_{};
};

}  // namespace anywire
