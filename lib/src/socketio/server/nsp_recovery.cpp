// What a namespace does for those who were cut off.
#include "client.hpp"
#include "io_core.hpp"
#include "nsp_core.hpp"
#include "socket_core.hpp"

#include <algorithm>
#include <utility>

namespace anywire::socketio {
namespace {

/// Whether a missed event was meant for a socket that is in its rooms again.
bool is_meant_for(socket_filter const& filter, socket_core const& s) noexcept {
    auto const holds = [&](std::vector<std::string> const& names) {
        return std::any_of(names.begin(), names.end(), [&](auto const& n) { return s.is_in(n); });
    };
    return (filter.rooms.empty() || holds(filter.rooms)) && !holds(filter.except);
}

}  // namespace

void nsp_core::log(operation& op, logged_event& e) {
    auto const own = log_->next_offset();
    auto const& offset = e.offset.empty() ? own : e.offset;
    op.packet = std::make_shared<outgoing_packet const>(
        name_, std::nullopt, std::move(e.event), op.is_compressed, offset, io_.parser());
    log_->push(op.packet, op.filter, io_.steady_time());
}

/// Requires: the order is held.
bool nsp_core::find_missed(socket_core const& s,
                           std::uint64_t position,
                           packet_list& missed) const {
    if (!log_ || !log_->reaches(position)) return false;
    auto bytes = s.queued_bytes();
    for (auto const& packet : missed) bytes += packet->bytes();
    log_->for_each_after(position, [&](auto const& packet, auto const& filter) {
        if (!is_meant_for(filter, s)) return;
        missed.push_back(packet);
        bytes += packet->bytes();
    });
    // More than its queue takes: it would be closed for it, come back, and be closed again.
    auto const& limits = io_.opts().engine.limits;
    return missed.size() <= 1 || bytes <= std::max(limits.max_queued_bytes, limits.max_burst_bytes);
}

result<void> nsp_core::send_logged(socket_core& s, detail::encoded event, emit_flags const& flags) {
    operation op{.filter = std::make_shared<socket_filter const>(socket_filter{{s.id_text}, {}}),
                 .is_volatile = flags.is_volatile,
                 .is_compressed = flags.is_compressed};
    auto const shard = s.at().index();
    logged_event kept{std::move(event)};
    std::uint64_t position = 0;
    for (;;) {
        std::vector<operation> mine;
        {
            std::scoped_lock const lock(order_);
            if (parts_[shard]->inbox.empty()) {
                log(op, kept);
                position = log_->position();
                break;
            }
            mine.swap(parts_[shard]->inbox);
        }
        run_here(shard, mine);
        if (s.current() != socket_core::state::connected) return errc::session_closed;
    }
    // Nothing of this shard comes between: so the order holds without being held.
    auto const sent = s.send_now(*op.packet);
    // Who is cut off by it, or was, may come back: then no event may be missing in between.
    if (sent.has_value() || sent.error() == errc::session_closed) return sent;
    std::scoped_lock const lock(order_);
    log_->retract(position);
    return sent;
}

void nsp_core::forget_pid(std::string const& pid, socket_core const& s) noexcept {
    std::scoped_lock const lock(order_);
    auto const found = holders_.find(pid);
    if (found == holders_.end() || found->second.socket != &s) return;
    holders_.erase(found);
    shrink_sparse(holders_);
}

void nsp_core::persist_session(stored_session s) {
    std::vector<stored_session> dropped;
    if (!log_ || !is_attached_) return;
    std::scoped_lock const lock(order_);
    log_->store(std::move(s), io_.steady_time());
    dropped = log_->take_dropped();
}

void nsp_core::forget_expired() {
    std::vector<stored_session> dropped;
    if (!log_) return;
    std::scoped_lock const lock(order_);
    log_->expire(io_.steady_time());
    dropped = log_->take_dropped();
}

recovery_options const& nsp_core::recovery() const noexcept {
    return io_.opts().recovery;
}

std::uint64_t nsp_core::log_position() const {
    if (!log_) return 0;
    std::scoped_lock const lock(order_);
    return log_->position();
}

restore_error nsp_core::take(std::string const& pid,
                             std::optional<std::string> const& offset,
                             restored_session& out) {
    std::vector<stored_session> dropped;
    if (!log_) return restore_error::unknown_session;
    std::scoped_lock const lock(order_);
    auto const error = log_->take(pid, offset, io_.steady_time(), out);
    dropped = log_->take_dropped();
    return error;
}

void nsp_core::restore_session(std::string_view pid,
                               std::optional<std::string> offset,
                               std::function<void(restore_error, restored_session)> then) {
    restored_session out;
    std::string id(pid);
    auto const error = take(id, offset, out);
    if (error != restore_error::unknown_session) return then(error, std::move(out));
    end_live(pid, [self = shared_from_this(), id, offset, then = std::move(then)] {
        restored_session found;
        auto const outcome = self->take(id, offset, found);
        then(outcome, std::move(found));
    });
}

std::optional<std::size_t> nsp_core::find_live(std::string const& pid) const {
    if (!log_ || !io_.opts().recovery.replace_live) return std::nullopt;
    std::scoped_lock const lock(order_);
    auto const found = holders_.find(pid);
    if (found == holders_.end()) return std::nullopt;
    return found->second.shard;
}

void nsp_core::end_live(std::string_view pid, std::function<void()> then) {
    std::string const id(pid);
    auto const at = find_live(id);
    if (at && io_.post(*at, [self = shared_from_this(), at = *at, id, then] {
            self->end_live_here(at, id, then);
        }))
        return;
    then();
}

void nsp_core::end_live_here(std::size_t shard,
                             std::string const& pid,
                             std::function<void()> then) {
    io_shard::entry const here(io_.shard(shard));
    socket_core* old = nullptr;
    {
        std::scoped_lock const lock(order_);
        auto const found = holders_.find(pid);
        if (found != holders_.end() && found->second.shard == shard) old = found->second.socket;
    }
    if (old) old->owner().replace();
    // When the old one's end has been told, and its session stored.
    io_.shard(shard).defer(std::move(then));
}

}  // namespace anywire::socketio
