#include "nsp_shard.hpp"

#include "client.hpp"
#include "nsp_core.hpp"
#include "socket_core.hpp"

#include <algorithm>
#include <utility>

namespace anywire::socketio {

nsp_shard::~nsp_shard() = default;

void nsp_shard::add(socket_core& s) {
    sockets_.insert_or_assign(std::string_view{s.id_text}, &s);
    nsp_.note_room(at_, room_change::joined, s.id_text, s.id_text);
}

void nsp_shard::remove(socket_core& s) noexcept {
    auto const found = sockets_.find(std::string_view{s.id_text});
    if (found == sockets_.end() || found->second != &s) return;
    sockets_.erase(found);
    --nsp_.sockets();
    nsp_.note_room(at_, room_change::left, s.id_text, s.id_text);
}

socket_core* nsp_shard::find(std::string_view id) const noexcept {
    auto const found = sockets_.find(id);
    return found == sockets_.end() ? nullptr : found->second;
}

// ---- rooms
// ---------------------------------------------------------------------------------------

nsp_shard::room* nsp_shard::join(socket_core& s, std::string_view name) {
    auto& r = rooms_[std::string(name)];
    if (!r) r = std::make_unique<room>(room{std::string(name)});
    r->members.insert(&s);
    nsp_.note_room(at_, room_change::joined, r->name, s.id_text);
    return r.get();
}

void nsp_shard::leave(socket_core& s, room& r) noexcept {
    std::erase(s.rooms_joined, &r);
    r.members.erase(&s);
    nsp_.note_room(at_, room_change::left, r.name, s.id_text);
    if (r.members.empty()) rooms_.erase(std::string(r.name));
}

nsp_shard::room const* nsp_shard::find_room(std::string_view name) const noexcept {
    auto const found = rooms_.find(std::string(name));
    return found == rooms_.end() ? nullptr : found->second.get();
}

// ---- operations
// ----------------------------------------------------------------------------------

void nsp_shard::run(operation const& op) {
    if (op.fn) return op.fn(*this);
    auto const& packet = *op.packet;
    std::vector<std::shared_ptr<socket_anchor>> telling;
    visit(*op.filter, [&](socket_core& s) {
        if (s.hears_outgoing()) telling.push_back(s.anchor());
        s.send_packet(packet, op.flags);
    });
    if (telling.empty()) return;
    at_.defer([all = std::move(telling), kept = op.packet] {
        for (auto const& a : all)
            if (a->to) a->to->tell_outgoing(kept->payload(), kept->attachments());
    });
}

void nsp_shard::for_each(socket_filter const& filter, std::function<void(socket_core&)> const& fn) {
    std::vector<socket_core*> found;
    visit(filter, [&](socket_core& s) { found.push_back(&s); });
    for (auto* s : found) fn(*s);
}

/// Says who is let through by a filter's exceptions.
class nsp_shard::exceptions {
public:
    exceptions(nsp_shard const& part, socket_filter const& filter) : names_(filter.except) {
        for (auto const& name : names_)
            if (auto const* r = part.find_room(name)) rooms_.push_back(r);
    }
    bool let(socket_core& s) const {
        return s.current() == socket_core::state::connected &&
               std::none_of(rooms_.begin(),
                            rooms_.end(),
                            [&](auto const* r) { return r->members.contains(&s); }) &&
               std::find(names_.begin(), names_.end(), s.id_text) == names_.end();
    }

private:
    std::vector<std::string> const& names_;
    boost::container::small_vector<room const*, 4> rooms_{};
};

/// Calls `fn` for each connected socket of a filter, once. `fn` must not change rooms or sockets.
template <class Fn>
void nsp_shard::visit(socket_filter const& filter, Fn fn) {
    boost::container::small_vector<socket_core*, 16> found;
    if (filter.rooms.empty()) {
        found.reserve(sockets_.size());
        for (auto const& [id, s] : sockets_) found.push_back(s);
    }
    for (auto const& name : filter.rooms) {
        if (auto* const s = find(name)) found.push_back(s);
        if (auto const* r = find_room(name))
            found.insert(found.end(), r->members.begin(), r->members.end());
    }
    // Most of a delivery that is ours is waiting for memory: it is asked for ahead of its turn.
    constexpr std::size_t far = 8;
    constexpr std::size_t near = 4;
    exceptions const without(*this, filter);
    auto const turn = ++turn_;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (i + far < found.size()) found[i + far]->prefetch();
        if (i + near < found.size()) found[i + near]->prefetch_connection();
        auto& s = *found[i];
        // Of several rooms one socket may be found more than once.
        if (!filter.rooms.empty() && std::exchange(s.visited, turn) == turn) continue;
        if (without.let(s)) fn(s);
    }
}

}  // namespace anywire::socketio
