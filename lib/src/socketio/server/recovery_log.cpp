#include "recovery_log.hpp"

#include <charconv>
#include <utility>

namespace anywire::socketio {
namespace {

std::size_t cost_of(outgoing_packet const& packet, socket_filter const& filter) noexcept {
    // What an event of nothing takes: two counted objects, and the entry.
    constexpr std::size_t counts = 32;
    auto bytes = packet.bytes() + sizeof(outgoing_packet) + sizeof(socket_filter) + 2 * counts +
                 recovery_log::entry_size;
    for (auto const* names : {&filter.rooms, &filter.except})
        for (auto const& n : *names) bytes += n.size() + sizeof(std::string);
    return bytes;
}

std::optional<std::uint64_t> parse_offset(std::string_view text) noexcept {
    std::uint64_t n = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n, 36);
    if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return n;
}

}  // namespace

std::string recovery_log::next_offset() {
    char digits[16];
    auto const end = std::to_chars(digits, digits + sizeof digits, ++position_, 36).ptr;
    return {digits, end};
}

void recovery_log::push(std::shared_ptr<outgoing_packet const> packet,
                        std::shared_ptr<socket_filter const> filter,
                        std::int64_t now) {
    auto const bytes = cost_of(*packet, *filter);
    bytes_ += bytes;
    events_.push_back({std::move(packet), std::move(filter), now, bytes});
    while (!events_.empty() &&
           (bytes_ > options_.max_log_bytes || events_.size() > options_.max_log_events))
        drop_oldest_event();
    expire(now);
}

void recovery_log::expire(std::int64_t now) {
    auto const oldest = now - options_.max_disconnection.count();
    while (!events_.empty() && events_.front().time < oldest) drop_oldest_event();
    drop_expired(now);
}

void recovery_log::retract(std::uint64_t position) noexcept {
    auto const later = position_ - position;
    if (later >= events_.size()) return;
    auto& e = events_[events_.size() - 1 - later];
    bytes_ -= std::exchange(e.bytes, 0);
    e.packet.reset();
}

void recovery_log::drop_oldest_event() noexcept {
    bytes_ -= events_.front().bytes;
    events_.pop_front();
}

void recovery_log::store(stored_session s, std::int64_t now) {
    drop_expired(now);
    auto const most = options_.max_sessions;
    // Of those who come back at once and leave again only their ages stay.
    while (!by_age_.empty() && (sessions_.size() >= most || by_age_.size() / 2 >= most))
        drop_oldest_session();
    by_age_.push_back({now, ++serial_, s.pid});
    auto& place = sessions_[s.pid];
    if (place) dropped_.push_back(std::move(place->session));
    place = std::make_unique<kept>(kept{std::move(s), now, serial_});
}

void recovery_log::drop_oldest_session() {
    auto const found = sessions_.find(by_age_.front().pid);
    if (found != sessions_.end() && found->second->serial == by_age_.front().serial) {
        dropped_.push_back(std::move(found->second->session));
        sessions_.erase(found);
        shrink_sparse(sessions_);
    }
    by_age_.pop_front();
}

void recovery_log::drop_expired(std::int64_t now) {
    auto const oldest = now - options_.max_disconnection.count();
    while (!by_age_.empty() && by_age_.front().time < oldest) drop_oldest_session();
}

restore_error recovery_log::take(std::string_view pid,
                                 std::optional<std::string> const& offset,
                                 std::int64_t now,
                                 restored_session& out) {
    auto const found = sessions_.find(pid);
    if (found == sessions_.end()) return restore_error::unknown_session;
    // Once only, whatever comes of it.
    auto const time = found->second->time;
    auto s = std::move(found->second->session);
    sessions_.erase(found);
    shrink_sparse(sessions_);
    auto const position = offset ? parse_offset(*offset) : s.since;
    auto error = restore_error::none;
    if (time + options_.max_disconnection.count() < now)
        error = restore_error::expired;
    else if (!position || *position < s.since || !reaches(*position))
        error = restore_error::offset_lost;
    if (error == restore_error::none)
        out = {std::move(s), *position};
    else
        dropped_.push_back(std::move(s));
    return error;
}

}  // namespace anywire::socketio
