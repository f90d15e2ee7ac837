#pragma once

#include <anywire/socketio/adapter.hpp>
#include <anywire/socketio/options.hpp>

#include "core/keyed_hash.hpp"
#include "outgoing_packet.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::socketio {

/// What a namespace keeps for those who were cut off: the events of a while, and their sessions.
/// It is told the time, in milliseconds.
///
/// Thread: guarded by its namespace.
class recovery_log {
public:
    recovery_log(recovery_options const& o, siphash_key const& key)
        : options_(o), sessions_(0, keyed_hash{key}) {}

    /// The position of the latest event; the first has 1.
    std::uint64_t position() const noexcept { return position_; }
    /// Takes the next position, and the text that stands for it as an offset.
    std::string next_offset();
    /// Keeps the event of the latest position.
    void push(std::shared_ptr<outgoing_packet const> packet,
              std::shared_ptr<socket_filter const> filter,
              std::int64_t now);
    /// Forgets the event of a position: who was to get it was not sent it.
    void retract(std::uint64_t position) noexcept;

    /// Forgets the events and sessions that are too old for anybody to come back to.
    void expire(std::int64_t now);

    void store(stored_session s, std::int64_t now);
    /// Takes a session out: nobody else can have it. Without an offset the client has seen nothing.
    restore_error take(std::string_view pid,
                       std::optional<std::string> const& offset,
                       std::int64_t now,
                       restored_session& out);
    /// Whether every event after this position is still here.
    bool reaches(std::uint64_t position) const noexcept {
        return position <= position_ && position_ - position <= events_.size();
    }
    /// Calls `visit(packet, filter)` for each event after a position, oldest first.
    template <class Visit>
    void for_each_after(std::uint64_t position, Visit visit) const {
        for (auto i = events_.size() - (position_ - position); i < events_.size(); ++i)
            if (events_[i].packet) visit(events_[i].packet, *events_[i].filter);
    }

    void drop_sessions() {
        while (!by_age_.empty()) drop_oldest_session();
    }
    /// Sessions that nobody will have any more. To be destroyed when the namespace is not locked:
    /// what the application has put into them may do anything then.
    std::vector<stored_session> take_dropped() noexcept { return std::exchange(dropped_, {}); }

    std::size_t bytes() const noexcept { return bytes_; }
    std::size_t events() const noexcept { return events_.size(); }
    std::size_t sessions() const noexcept { return sessions_.size(); }

private:
    struct entry {
        std::shared_ptr<outgoing_packet const> packet;  // null when it was retracted
        std::shared_ptr<socket_filter const> filter;
        std::int64_t time;
        std::size_t bytes;
    };

public:
    static constexpr std::size_t entry_size = sizeof(entry);

private:
    struct kept {
        stored_session session{};
        std::int64_t time = 0;
        std::uint64_t serial = 0;
    };
    struct age {
        std::int64_t time;
        std::uint64_t serial;
        std::string pid;
    };

    void drop_oldest_event() noexcept;
    void drop_oldest_session();
    void drop_expired(std::int64_t now);

    recovery_options const& options_;
    std::deque<entry> events_{};
    std::size_t bytes_ = 0;
    std::uint64_t position_ = 0;
    keyed_map<std::unique_ptr<kept>> sessions_;  // by secret id
    std::deque<age> by_age_{};                   // oldest first; some are gone
    std::uint64_t serial_ = 0;
    std::vector<stored_session> dropped_{};
};

}  // namespace anywire::socketio
