#pragma once

#include <anywire/error.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {

/// Which members of a hub are meant: those in any of `rooms` (all, where that is empty), but for
/// those in any of `except`. The id of a member counts as a room in which it is alone.
struct audience {
    std::vector<std::string> rooms{};
    std::vector<std::string> except{};
};

/// What happens to rooms, of all shards together.
enum class room_change : std::uint8_t { created, joined, left, removed };

/// The members of one hub in this process, on all its shards: what a bus acts on. `Packet` is what
/// members are sent, and `Flags` says how.
///
/// Thread: any, for every function. Answers come on a shard's thread, once each.
template <class Packet, class Flags>
class local_hub {
public:
    using names_fn = std::function<void(error_code, std::vector<std::string>)>;
    using count_fn = std::function<void(error_code, std::size_t)>;

    virtual void broadcast(Packet packet, audience to, Flags flags) = 0;
    /// Gives the names of all rooms that have members, in no order.
    virtual void all_rooms(names_fn then) = 0;
    /// Gives the ids of the members that are meant, in no order.
    virtual void members_of(audience of, names_fn then) = 0;
    /// Gives the number of those members, which is cheaper.
    virtual void count_of(audience of, count_fn then) = 0;
    /// Gives the rooms that a member is in; none where it is not here.
    virtual void rooms_of(std::string_view member, names_fn then) = 0;

    /// A handle of the members: a bus that hears from other processes on a thread of its own locks
    /// it, and calls these functions while it holds what it has got. Empty once they are going.
    virtual std::weak_ptr<void const> handle() noexcept = 0;
    /// What calls a function once, never at once: on the thread of the shard that asks for it, or
    /// of the first if another thread does; when the shards have gone, on the thread that finds
    /// out. For the answers that a bus has gathered.
    virtual std::function<void(std::function<void()>)> teller() = 0;

protected:
    ~local_hub() = default;
};

/// What connects the members of a hub with those in other processes. This one does not: it is what
/// is there by default, and what others derive from. They do here what it does, and tell the other
/// processes.
///
/// Thread: any, for every function.
template <class Packet, class Flags>
class hub_bus {
public:
    using names_fn = typename local_hub<Packet, Flags>::names_fn;
    using count_fn = typename local_hub<Packet, Flags>::count_fn;

    explicit hub_bus(local_hub<Packet, Flags>& members) noexcept : members_(members) {}
    virtual ~hub_bus() = default;
    hub_bus(hub_bus const&) = delete;
    hub_bus& operator=(hub_bus const&) = delete;

    /// The hub has its bus, and what others send may be given to it from now on. Called once.
    virtual void init() {}
    /// The hub has ended: no member will come any more. Called once, some time before the
    /// destructor; what another thread has begun to send or to ask may still come meanwhile.
    virtual void close() {}

    /// Whether `on_room` shall be called. Asked after `init`; rooms are counted only if somebody
    /// wants it.
    virtual bool watches_rooms() const noexcept { return false; }
    /// A room of this process has come to be (`created`, before its first `joined`), has got or
    /// lost a member, or is gone (`removed`, after its last `left`). Called when what changed it
    /// has returned; of different shards at once and in any order.
    virtual void on_room(room_change what, std::string const& room, std::string const& member) {
        (void)what, (void)room, (void)member;
    }

    virtual void broadcast(Packet packet, audience to, Flags flags) {
        members_.broadcast(std::move(packet), std::move(to), flags);
    }
    virtual void all_rooms(names_fn then) { members_.all_rooms(std::move(then)); }
    virtual void members_of(audience of, names_fn then) {
        members_.members_of(std::move(of), std::move(then));
    }
    virtual void count_of(audience of, count_fn then) {
        members_.count_of(std::move(of), std::move(then));
    }
    virtual void rooms_of(std::string_view member, names_fn then) {
        members_.rooms_of(member, std::move(then));
    }

private:
    local_hub<Packet, Flags>& members_;
};

}  // namespace anywire
