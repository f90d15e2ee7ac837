#pragma once

#include <anywire/codec.hpp>
#include <anywire/handlers.hpp>
#include <anywire/limits.hpp>

#include "core/keyed_hash.hpp"
#include "core/log_throttle.hpp"
#include "hub/audience.hpp"
#include "hub/rooms.hpp"
#include "session/endpoint_numbers.hpp"
#include "session/session_loop.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire {

class endpoint_hub;
class session_base;

/// Hears of the sessions of all mounts as they come and go.
///
/// Thread: each session's own.
class session_census {
public:
    virtual void on_added(session_base const& s) = 0;
    virtual void on_retired(session_base const& s) noexcept = 0;

protected:
    ~session_census() = default;
};

/// How many sessions there are in one place, over all shards.
struct endpoint_counters {
    std::atomic<std::size_t> sessions{0};
    std::atomic<std::uint64_t> opened{0};
    /// Sessions of all such places together, which are counted along; null where nobody asks.
    std::atomic<std::size_t>* all_sessions = nullptr;
};

/// The sessions of one mount on one shard: found by id, by sid, by group.
///
/// Who still needs it when its mount has been replaced, as it may open a session there, shares it.
/// Thread: the shard's.
class endpoint_core : public std::enable_shared_from_this<endpoint_core> {
public:
    /// `numbers` outlives it; null has it count for itself.
    endpoint_core(session_loop& loop,
                  handlers const& app,
                  session_limits const& limits,
                  endpoint_counters& counters,
                  siphash_key const& key,
                  std::string name = {},
                  endpoint_numbers* numbers = nullptr);
    ~endpoint_core();
    endpoint_core(endpoint_core const&) = delete;
    endpoint_core& operator=(endpoint_core const&) = delete;

    session_loop& loop() noexcept { return loop_; }
    handlers const& app() const noexcept { return app_; }
    session_limits const& limits() const noexcept { return limits_; }
    /// Whether it is limited how fast clients send.
    bool limits_rate() const noexcept { return limits_rate_; }
    endpoint_counters& counters() noexcept { return counters_; }
    endpoint_numbers& numbers() noexcept { return numbers_; }
    endpoint_numbers const& numbers() const noexcept { return numbers_; }
    /// Destroys its sessions, and is of no use after that: it may live on without its loop.
    void close() noexcept;
    /// Whether there is no session, nor any that has only to be destroyed.
    bool is_empty() const noexcept { return by_id_.empty() && by_sid_.empty(); }
    /// Has the sessions here counted, also those that are here now; null: no more.
    void count_in(session_census* with);

    /// The path of its mount, for the log.
    std::string const& name() const noexcept { return name_; }
    /// Of names that peers choose.
    siphash_key const& hash_key() const noexcept { return key_; }
    /// What it is a part of, with other mounts and shards; null where it stands alone.
    endpoint_hub* hub() const noexcept { return hub_; }
    /// Requires: it has no sessions yet. Borrow: the hub outlives them.
    void belong_to(endpoint_hub& all) noexcept { hub_ = &all; }

    /// What clients can cause to be logged as often as they like: a line a second of each.
    enum class notice : std::uint8_t { groups, too_big, too_fast, count };
    /// How many lines were left out since the last one, if there may be another now.
    std::optional<std::uint32_t> admit(notice n) noexcept {
        return throttles_[static_cast<std::size_t>(n)].admit(loop_.now());
    }

    /// True while `session_limits::max_sessions` lets another session in.
    bool has_room() const noexcept {
        return limits_.max_sessions == 0 ||
               counters_.sessions.load(std::memory_order_relaxed) < limits_.max_sessions;
    }

    /// Takes a session over; `retire` and `forget` are its ends.
    void add(session_base* owned);
    /// The application has been told that the session closed: no id, no group finds it any more.
    void retire(session_base& s) noexcept;
    /// Destroys a session.
    void forget(session_base& s) noexcept;

    session_base* find(std::string_view id) const noexcept;
    session_base* find_by_sid(std::string_view sid) const noexcept;

    /// `key` as `session_base::send_shared`.
    void broadcast(shared_message& m, std::uint64_t key = 0);
    void send_to(audience const& who, shared_message& m, std::uint64_t key = 0);
    /// Calls `visit(session_base&)` once for each session of an audience; it must not open or
    /// retire one, nor change groups.
    template <class Visit>
    void for_each_of(audience const& who, Visit visit) const;
    std::size_t count_of(audience const& who) const;
    /// Calls `visit(group const&)` for each group that has members here.
    template <class Visit>
    void for_each_group(Visit visit) const {
        groups_.for_each(visit);
    }
    /// False when the session is in `session_limits::max_groups` already.
    [[nodiscard]] bool join(session_base& s, std::string_view group);
    void leave(session_base& s, std::string_view group) noexcept;
    std::size_t group_size(std::string_view name) const noexcept;

    std::size_t size() const noexcept { return by_id_.size(); }
    /// Calls `visit` for each session, which must not open or retire one.
    template <class Visit>
    void for_each(Visit visit) const {
        for (auto* s : by_id_) visit(*s);
    }
    /// Begins a clean goodbye for at most `count` sessions; false when all have theirs.
    bool shut_down_some(std::size_t count);

    /// Ends every session at once; the next flush tells the application.
    void abandon_all();

private:
    static std::string_view id_of(session_base const& s) noexcept;
    void note_group(room_change what, std::string const& group, session_base& s) noexcept;

    struct by_id_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view id) const noexcept;
        std::size_t operator()(session_base const* s) const noexcept;
    };
    struct by_id_equal {
        using is_transparent = void;
        bool operator()(session_base const* a, session_base const* b) const noexcept {
            return a == b;
        }
        bool operator()(std::string_view a, session_base const* b) const noexcept;
        bool operator()(session_base const* a, std::string_view b) const noexcept {
            return (*this)(b, a);
        }
    };
    struct sid_hash {
        using is_transparent = void;
        siphash_key key;
        std::size_t operator()(std::string_view id) const noexcept { return siphash(key, id); }
        std::size_t operator()(session_base const* s) const noexcept;
    };
    struct sid_equal {
        using is_transparent = void;
        bool operator()(session_base const* a, session_base const* b) const noexcept {
            return a == b;
        }
        bool operator()(std::string_view a, session_base const* b) const noexcept;
        bool operator()(session_base const* a, std::string_view b) const noexcept {
            return (*this)(b, a);
        }
    };

    session_loop& loop_;
    handlers const& app_;
    session_limits const& limits_;
    endpoint_counters& counters_;
    std::unique_ptr<endpoint_numbers> own_numbers_;
    endpoint_numbers& numbers_;
    session_census* census_ = nullptr;
    std::string name_;
    siphash_key key_;
    bool limits_rate_;
    endpoint_hub* hub_ = nullptr;
    bool is_closed_ = false;
    boost::unordered_flat_set<session_base*, by_id_hash, by_id_equal> by_id_{};
    boost::unordered_flat_set<session_base*, sid_hash, sid_equal> by_sid_;
    hub::room_table<session_base> groups_;
    std::array<log_throttle, static_cast<std::size_t>(notice::count)> throttles_{};
};

template <class Visit>
void endpoint_core::for_each_of(audience const& who, Visit visit) const {
    hub::exceptions<session_base> const without(groups_, who.except);
    auto const see = [&](session_base& s) {
        if (without.let(s, id_of(s))) visit(s);
    };
    if (who.rooms.empty()) return for_each(see);
    hub::for_each_in_rooms(
        groups_, who.rooms, [this](std::string_view name) { return find(name); }, see);
}

}  // namespace anywire
