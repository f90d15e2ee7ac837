#pragma once

#include <anywire/handlers.hpp>
#include <anywire/session.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {

class mount_point;

/// The sessions of one mount, over all shards. A handle: copies name the same mount.
///
/// Thread: any, for every function. What reaches other shards arrives there soon, in the order
///         of each calling thread; on the calling shard `broadcast` and `group::send` queue at
///         once.
/// Borrow: of use as long as its server.
class endpoint {
public:
    /// The members of a group.
    class group {
    public:
        /// Sends to every member; encoded once. Returns and errors as `endpoint::broadcast`.
        result<void> send(message_view m) const;

    private:
        friend class endpoint;
        group(std::shared_ptr<mount_point> mount, std::string name)
            : mount_(std::move(mount)), name_(std::move(name)) {}
        std::shared_ptr<mount_point> mount_;
        std::string name_;
    };

    endpoint() noexcept = default;
    explicit endpoint(std::shared_ptr<mount_point> mount) noexcept : mount_(std::move(mount)) {}

    /// Sends to every open session; encoded once for all of them. Each session's overflow policy
    /// decides for itself.
    ///
    /// Errors: `errc::bad_utf8` for a text message that is not valid UTF-8, and for a binary one
    ///         that is not where the mount speaks SockJS, which carries text only; nobody was sent
    ///         anything. What a session's policy refuses is counted in its `dropped()`, and its
    ///         `on_drain` is called when there is room again.
    result<void> broadcast(message_view m) const;

    /// Makes a session a member of a group, or ends that. Unknown ids are ignored.
    void join(std::string_view session_id, std::string_view group_name) const;
    void leave(std::string_view session_id, std::string_view group_name) const;
    group to(std::string_view group_name) const { return {mount_, std::string(group_name)}; }

    /// Runs `fn` on the session's shard, never at once; not at all if the session has gone by
    /// then.
    ///
    /// Throws: `std::invalid_argument` for an empty function.
    void post(std::string_view session_id, handler<void(session&)> fn) const;

    /// Open sessions now, and all that ever opened.
    std::size_t session_count() const noexcept;
    std::uint64_t opened_count() const noexcept;

private:
    std::shared_ptr<mount_point> mount_{};
};

}  // namespace anywire
