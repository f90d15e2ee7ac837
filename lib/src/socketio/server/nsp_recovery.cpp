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

void nsp_core::log(operation& op, detail::encoded& event) {
    op.packet = std::make_shared<outgoing_packet const>(
        name_, std::nullopt, std::move(event), op.is_compressed, log_->next_offset(), io_.parser());
    log_->push(op.packet, op.filter, io_.steady_time());
}

/// Requires: the order is held.
bool nsp_core::find_missed(socket_core const& s,
                           std::uint64_t position,
                           packet_list& missed) const {
    if (!log_ || !log_->reaches(position)) return false;
    auto bytes = s.queued_bytes();
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
    std::uint64_t position = 0;
    for (;;) {
        std::vector<operation> mine;
        {
            std::scoped_lock const lock(order_);
            if (parts_[shard]->inbox.empty()) {
                log(op, event);
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

restore_error nsp_core::take(std::string const& pid,
                             std::optional<std::string> const& offset,
                             restored_session& out,
                             std::optional<std::size_t>* lives_on) {
    std::vector<stored_session> dropped;
    if (!log_) return restore_error::unknown_session;
    std::scoped_lock const lock(order_);
    auto const error = log_->take(pid, offset, io_.steady_time(), out);
    dropped = log_->take_dropped();
    if (error == restore_error::unknown_session && lives_on && io_.opts().recovery.replace_live)
        if (auto const found = holders_.find(pid); found != holders_.end())
            *lives_on = found->second.shard;
    return error;
}

void nsp_core::restore_session(std::string_view pid,
                               std::optional<std::string> offset,
                               std::function<void(restore_error, restored_session)> then) {
    restored_session out;
    std::optional<std::size_t> lives_on;
    std::string const id(pid);
    auto const error = take(id, offset, out, &lives_on);
    if (lives_on &&
        io_.post(*lives_on, [self = shared_from_this(), at = *lives_on, id, offset, then] {
            self->take_over(at, id, offset, then);
        }))
        return;
    then(error, std::move(out));
}

void nsp_core::take_over(std::size_t shard,
                         std::string const& pid,
                         std::optional<std::string> const& offset,
                         restored_fn const& then) {
    io_shard::entry const here(io_.shard(shard));
    socket_core* old = nullptr;
    {
        std::scoped_lock const lock(order_);
        auto const found = holders_.find(pid);
        if (found != holders_.end() && found->second.shard == shard) old = found->second.socket;
    }
    if (old) old->owner().replace();
    // When the old one's end has been told, and its session stored.
    io_.shard(shard).defer([self = shared_from_this(), pid, offset, then] {
        restored_session out;
        auto const error = self->take(pid, offset, out, nullptr);
        then(error, std::move(out));
    });
}

}  // namespace anywire::socketio
