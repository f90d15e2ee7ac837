#pragma once

#include <anywire/hub.hpp>

#include "hub/rooms.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::hub {

/// Says who is let through by the exceptions of an audience.
///
/// Borrow: the names and the rooms, which must not change meanwhile.
template <class Member>
class exceptions {
public:
    exceptions(room_table<Member> const& rooms, std::vector<std::string> const& names)
        : names_(names) {
        for (auto const& name : names_)
            if (auto const* r = rooms.find(name)) rooms_.push_back(r);
    }
    bool let(Member& m, std::string_view id) const {
        return std::none_of(rooms_.begin(),
                            rooms_.end(),
                            [&](auto const* r) { return r->members.contains(&m); }) &&
               std::find(names_.begin(), names_.end(), id) == names_.end();
    }

private:
    std::vector<std::string> const& names_;
    boost::container::small_vector<room<Member> const*, 4> rooms_{};
};

/// Calls `visit(Member&)` once for each member that is in any of the rooms of an audience, whoever
/// is excepted. `find(name)` is the member of that id, or null.
template <class Member, class Find, class Visit>
void for_each_in_rooms(room_table<Member> const& rooms,
                       std::vector<std::string> const& names,
                       Find find,
                       Visit visit) {
    boost::unordered_flat_set<Member*> visited;
    auto const see = [&](Member* m) {
        // Of several rooms one member may be found more than once.
        if (names.size() == 1 || visited.insert(m).second) visit(*m);
    };
    for (auto const& name : names) {
        auto* const one = find(name);
        if (one) see(one);
        if (auto const* r = rooms.find(name))
            for (auto* m : r->members)
                if (m != one) see(m);
    }
}

}  // namespace anywire::hub
