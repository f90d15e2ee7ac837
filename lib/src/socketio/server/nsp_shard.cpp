#include "nsp_shard.hpp"

#include "client.hpp"
#include "hub/audience.hpp"
#include "nsp_core.hpp"
#include "socket_core.hpp"

#include <algorithm>
#include <utility>

namespace anywire::socketio {
namespace {

/// Most of a delivery that is ours is waiting for memory: it is asked for ahead of its turn.
template <class Sockets>
void prefetch_after(Sockets const& found, std::size_t i) noexcept {
    constexpr std::size_t far = 8;
    constexpr std::size_t near = 4;
    if (i + far < found.size()) found[i + far]->prefetch();
    if (i + near < found.size()) found[i + near]->prefetch_connection();
}

}  // namespace

nsp_shard::~nsp_shard() = default;

nsp_shard::nsp_shard(nsp_core& nsp, io_shard& at)
    : nsp_(nsp),
      at_(at),
      sockets_(0, id_hash{{at.io().hash_key()}}),
      joining_(0, id_hash{{at.io().hash_key()}}),
      rooms_(at.io().hash_key()) {}

std::size_t nsp_shard::id_hash::operator()(socket_core const* s) const noexcept {
    return (*this)(std::string_view{s->id_text});
}
bool nsp_shard::id_equal::operator()(std::string_view a, socket_core const* b) const noexcept {
    return a == b->id_text;
}

void nsp_shard::add(socket_core& s) {
    // An adapter may restore one session twice: by its id the latest is found.
    if (auto const known = sockets_.find(std::string_view{s.id_text}); known != sockets_.end())
        remove(**known);
    sockets_.insert(&s);
    ++nsp_.sockets();
    nsp_.note_room(at_, room_change::joined, s.id_text, s.id_text);
}

void nsp_shard::remove(socket_core& s) noexcept {
    auto const found = sockets_.find(std::string_view{s.id_text});
    if (found == sockets_.end() || *found != &s) return;
    sockets_.erase(found);
    shrink_sparse(sockets_);
    --nsp_.sockets();
    nsp_.note_room(at_, room_change::left, s.id_text, s.id_text);
}

socket_core* nsp_shard::find(std::string_view id) const noexcept {
    auto const found = sockets_.find(id);
    return found == sockets_.end() ? nullptr : *found;
}

socket_core* nsp_shard::find_reachable(std::string_view id) const noexcept {
    auto* const s = find(id);
    if (s && s->current() == socket_core::state::connected) return s;
    auto const waiting = joining_.find(id);
    auto const joins =
        waiting != joining_.end() && (*waiting)->current() == socket_core::state::joining;
    return joins ? *waiting : nullptr;
}

void nsp_shard::remove_joining(socket_core& s) noexcept {
    if (joining_.empty()) return;
    auto const found = joining_.find(std::string_view{s.id_text});
    if (found != joining_.end() && *found == &s) joining_.erase(found);
    shrink_sparse(joining_);
}

// -- rooms ----------------------------------------------------------------------------------------

bool nsp_shard::is_in(socket_core const& s, std::string_view name) const noexcept {
    return rooms_.is_in(s, name);
}

void nsp_shard::join(socket_core& s, std::string_view name) {
    if (auto const* const r = rooms_.join(s, s.rooms_joined, name))
        nsp_.note_room(at_, room_change::joined, r->name, s.id_text);
}

void nsp_shard::leave(socket_core& s, std::string_view name) noexcept {
    (void)rooms_.leave(s, s.rooms_joined, name, [&](room const& r) {
        nsp_.note_room(at_, room_change::left, r.name, s.id_text);
    });
}

void nsp_shard::leave_all(socket_core& s) noexcept {
    rooms_.leave_all(s, s.rooms_joined, [&](room const& r) {
        nsp_.note_room(at_, room_change::left, r.name, s.id_text);
    });
}

// -- operations -----------------------------------------------------------------------------------

void nsp_shard::run(operation const& op) {
    if (op.fn) return op.fn(*this);
    auto const& packet = *op.packet;
    std::vector<std::shared_ptr<socket_anchor>> telling;
    visit(*op.filter, [&](socket_core& s) {
        if (s.hears_outgoing()) telling.push_back(s.anchor());
        s.send_packet(packet, op.is_volatile);
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

/// Calls `fn` for each connected socket of a filter, once. `fn` must not change rooms or sockets.
template <class Fn>
void nsp_shard::visit(socket_filter const& filter, Fn fn) {
    boost::container::small_vector<socket_core*, 16> found;
    if (filter.rooms.empty()) {
        found.reserve(sockets_.size());
        found.assign(sockets_.begin(), sockets_.end());
    }
    for (auto const& name : filter.rooms) {
        if (auto* const s = find(name)) found.push_back(s);
        if (auto const* r = rooms_.find(name))
            found.insert(found.end(), r->members.begin(), r->members.end());
    }
    hub::exceptions<socket_core> const without(rooms_, filter.except);
    auto const turn = ++turn_;
    for (std::size_t i = 0; i < found.size(); ++i) {
        prefetch_after(found, i);
        auto& s = *found[i];
        // Of several rooms one socket may be found more than once.
        if (!filter.rooms.empty() && std::exchange(s.visited, turn) == turn) continue;
        if (s.current() == socket_core::state::connected && without.let(s, s.id_text)) fn(s);
    }
}

}  // namespace anywire::socketio
