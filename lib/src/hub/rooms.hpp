#pragma once

#include "core/keyed_hash.hpp"
#include "core/pointer_list.hpp"
#include "core/siphash.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace anywire::hub {

/// A named set of members: a group of sessions, a room of sockets.
template <class Member>
struct room {
    std::string name{};
    boost::unordered_flat_set<Member*> members{};
};

/// The rooms that one member is in, oldest first as long as they are few. Each member keeps its
/// own, since it has to be gone through when the member goes.
template <class Member>
using room_list = pointer_list<room<Member>>;

/// The rooms of one shard. They come to be with their first member and go with their last; their
/// names are chosen by peers, so they are found by a keyed hash.
///
/// Thread: the shard's.
/// Borrow: neither members nor their lists are owned. A member leaves all rooms before it goes.
template <class Member>
class room_table {
public:
    using room_type = room<Member>;
    using list_type = room_list<Member>;

    explicit room_table(siphash_key const& key) : rooms_(key) {}

    /// Null where nobody is in a room of that name.
    room_type const* find(std::string_view name) const noexcept { return rooms_.find(name); }
    std::size_t size() const noexcept { return rooms_.size(); }
    std::size_t members(std::string_view name) const noexcept {
        auto const* const r = find(name);
        return r ? r->members.size() : 0;
    }
    bool is_in(Member const& m, std::string_view name) const noexcept {
        auto const* const r = find(name);
        return r && r->members.contains(const_cast<Member*>(&m));
    }
    /// Calls `visit(room_type const&)` for each room, which must not change them.
    template <class Visit>
    void for_each(Visit visit) const {
        rooms_.for_each(visit);
    }

    /// Makes `m` a member, with `mine` its list. Null if it is one already.
    room_type* join(Member& m, list_type& mine, std::string_view name) {
        auto& r = rooms_.obtain(name);
        try {
            if (!r.members.insert(&m).second) return nullptr;
            mine.add(r);
        } catch (...) {
            lose(r, m);
            throw;
        }
        return &r;
    }

    /// Ends a membership and tells `left(room_type const&)` before the room may go. False if there
    /// is none.
    template <class Told>
    bool leave(Member& m, list_type& mine, std::string_view name, Told left) noexcept {
        auto* const r = rooms_.find(name);
        if (!r || !r->members.contains(&m)) return false;
        mine.remove(*r);
        left(*r);
        lose(*r, m);
        return true;
    }
    bool leave(Member& m, list_type& mine, std::string_view name) noexcept {
        return leave(m, mine, name, [](room_type const&) {});
    }
    /// Ends all memberships of a member, the youngest first.
    template <class Told>
    void leave_all(Member& m, list_type& mine, Told left) noexcept {
        while (!mine.empty()) {
            auto& r = mine.back();
            mine.remove(r);
            left(r);
            lose(r, m);
        }
    }
    void leave_all(Member& m, list_type& mine) noexcept {
        leave_all(m, mine, [](room_type const&) {});
    }

private:
    void lose(room_type& r, Member& m) noexcept {
        r.members.erase(&m);
        if (r.members.empty())
            rooms_.erase(r);
        else
            shrink_sparse(r.members);
    }

    named_set<room_type> rooms_;
};

}  // namespace anywire::hub
