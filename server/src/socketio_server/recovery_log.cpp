#include "recovery_log.hpp"

#include <charconv>
#include <utility>

namespace anywire::socketio {
namespace {

std::size_t cost_of(outgoing_packet const& packet, socket_filter const& filter) noexcept {
    auto bytes = packet.bytes() + sizeof(socket_filter);
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
    auto const oldest = now - options_.max_disconnection.count();
    while (!events_.empty() && (bytes_ > options_.max_log_bytes ||
                                events_.size() > options_.max_log_events ||
                                events_.front().time < oldest))
        drop_oldest();
}

void recovery_log::drop_oldest() noexcept {
    bytes_ -= events_.front().bytes;
    events_.pop_front();
}

void recovery_log::store(stored_session s, std::int64_t now) {
    sweep(now);
    by_age_.emplace_back(now, s.pid);
    auto pid = s.pid;
    sessions_.insert_or_assign(std::move(pid), kept{std::move(s), now});
}

void recovery_log::sweep(std::int64_t now) {
    auto const oldest = now - options_.max_disconnection.count();
    while (!by_age_.empty() &&
           (by_age_.front().first < oldest || by_age_.size() >= options_.max_sessions)) {
        auto const found = sessions_.find(by_age_.front().second);
        if (found != sessions_.end() && found->second.time == by_age_.front().first)
            sessions_.erase(found);
        by_age_.pop_front();
    }
}

restore_error recovery_log::take(std::string_view pid,
                                 std::optional<std::string> const& offset,
                                 std::int64_t now,
                                 restored_session& out) {
    auto const found = sessions_.find(std::string(pid));
    if (found == sessions_.end()) return restore_error::unknown_session;
    // Once only, whatever comes of it.
    auto const s = std::move(found->second);
    sessions_.erase(found);
    if (s.time + options_.max_disconnection.count() < now) return restore_error::expired;
    auto const position = offset ? parse_offset(*offset) : s.session.since;
    if (!position || *position < s.session.since || !reaches(*position))
        return restore_error::offset_lost;
    out = {s.session, *position};
    return restore_error::none;
}

}  // namespace anywire::socketio
