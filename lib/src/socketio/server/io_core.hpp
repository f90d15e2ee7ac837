#pragma once

#include <anywire/handlers.hpp>
#include <anywire/socketio/options.hpp>

#include "core/keyed_hash.hpp"
#include "core/log_text.hpp"
#include "core/log_throttle.hpp"
#include "session/shard_group.hpp"
#include "socketio/packet.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::socketio {

class client;
class io_core;
class nsp;
class nsp_core;
class recovery_sweep;

/// One shard's part of a Socket.IO server: its connections, and what is to be done when the
/// application's function that runs now has returned.
///
/// Thread: the shard's.
class io_shard {
public:
    io_shard(io_core const& io, std::size_t index, session_loop& loop) noexcept;
    ~io_shard();
    io_shard(io_shard const&) = delete;
    io_shard& operator=(io_shard const&) = delete;

    io_core const& io() const noexcept { return io_; }
    std::size_t index() const noexcept { return index_; }
    session_loop& loop() noexcept { return loop_; }

    /// Brackets whatever enters here from outside. What was deferred runs when the outermost ends:
    /// so no handler is re-entered, and nothing is destroyed under one.
    class entry {
    public:
        explicit entry(io_shard& s) noexcept : shard_(s), outer_(std::exchange(innermost_, this)) {
            ++shard_.depth_;
        }
        ~entry() {
            shard_.leave();
            innermost_ = outer_;
        }
        entry(entry const&) = delete;
        entry& operator=(entry const&) = delete;

    private:
        friend class io_shard;
        static thread_local entry* innermost_;
        io_shard& shard_;
        entry* outer_;
    };
    /// The shard of that server which this thread is in; null when it is in none.
    static io_shard* current(io_core const& io) noexcept;

    /// Runs `fn` when the outermost entry ends. Requires: there is one.
    void defer(std::function<void()> fn) { deferred_.push_back(std::move(fn)); }

    /// The connections that are here, for as long as they live.
    void enlist(client& c) { clients_.insert(&c); }
    void delist(client& c) noexcept;
    /// Calls `visit` for every connection.
    void for_each_client(std::function<void(client&)> const& visit);

    /// While an application's listener hears what goes out.
    bool is_telling = false;

private:
    void leave() noexcept;

    io_core const& io_;
    std::size_t index_;
    session_loop& loop_;
    unsigned depth_ = 0;
    std::vector<std::function<void()>> deferred_{};
    boost::unordered_flat_set<client*> clients_{};
};

/// A Socket.IO server: its namespaces, on all shards.
///
/// Thread: any, but for what `handlers_for_mount` gives to the sessions.
class io_core : public std::enable_shared_from_this<io_core> {
public:
    explicit io_core(options o);
    ~io_core();
    io_core(io_core const&) = delete;
    io_core& operator=(io_core const&) = delete;

    /// What is made belongs to the application and to its mount. Namespaces keep it, too, but only
    /// what it is: when both have let go it forgets its namespaces.
    static std::shared_ptr<io_core> make(options o);

    options const& opts() const noexcept { return options_; }
    wire::decode_limits const& decode_limits() const noexcept { return decode_limits_; }
    /// Null where the default one encodes packets.
    packet_parser const* parser() const noexcept { return options_.parser.get(); }

    /// Drawn at the mount: before that only the application chooses names.
    siphash_key const& hash_key() const noexcept { return hash_key_; }
    /// The times of `shard_group`; 0 before the mount.
    std::int64_t time_of_day() const noexcept { return is_attached_ ? group_->time_of_day() : 0; }
    std::int64_t steady_time() const noexcept { return is_attached_ ? group_->steady_time() : 0; }

    // -- the mount --------------------------------------------------------------------------------
    /// Throws `std::logic_error` when it is mounted already.
    /// How many there are in this process that no server has mounted: for a hint to who forgot it.
    static std::size_t unmounted() noexcept { return unmounted_; }
    void check_unmounted() const;
    /// Requires: it is not mounted yet.
    void attach(std::shared_ptr<shard_group> shards, std::string mount_path);
    /// Where it is mounted; empty before.
    std::string const& mount_path() const noexcept { return mount_path_; }
    static handlers handlers_for_mount(std::shared_ptr<io_core> const& io);
    /// No shard runs any more, and none will.
    void on_shards_gone() noexcept;

    /// The shard that this thread is in, or `shard_group::nowhere`.
    std::size_t here() const noexcept;
    std::size_t shard_count() const noexcept;
    /// False when the shards have gone, or are still to come: `fn` is dropped.
    bool post(std::size_t shard, std::function<void()> fn);
    /// False once a shard has ended. Requires: there are shards.
    bool runs(std::size_t shard) const noexcept { return group_->runs(shard); }
    /// Calls what takes an answer of the application's on a shard's thread, never at once: when
    /// there are shards, if there are none yet. When they have gone it is called here, with what
    /// it has; but not from within another one that is called so.
    void tell(std::size_t shard, std::function<void()> fn);
    io_shard& shard(std::size_t index) noexcept { return *shards_[index]; }

    // -- namespaces -------------------------------------------------------------------------------
    std::shared_ptr<nsp_core> const& main() const noexcept { return main_; }
    /// One that a predicate agrees to is its child, and is kept.
    std::shared_ptr<nsp_core> of(std::string_view name);
    std::shared_ptr<nsp_core> of(std::function<bool(std::string_view, json_view)> wanted);
    struct asked_for {
        std::shared_ptr<nsp_core> nsp{};
        bool is_full = false;  ///< There is none because of a limit.
    };
    /// The namespace a client asks for, made if a predicate agrees; null if there is none. Counts
    /// one more user of it, until `release`. `takes_child`: the client may be in one more dynamic
    /// namespace.
    asked_for find_for(std::string_view name, json_view auth, bool takes_child);
    void release(std::shared_ptr<nsp_core> n);
    std::vector<std::shared_ptr<nsp_core>> children_of(nsp_core const& of);
    /// Calls `f` for those, and for each that comes to be.
    void on_namespace(std::function<void(nsp const&)> f);
    /// Those that the application has seen, in the order of their names.
    std::vector<std::shared_ptr<nsp_core>> namespaces();

    void close();
    std::atomic<std::size_t>& connections() noexcept { return connections_; }

    /// What clients can cause to be logged as often as they like: a line a second of each.
    enum class notice : std::uint8_t {
        closed_for,  ///< The connection was closed for what it sent.
        full,        ///< A limit of namespaces.
        rooms,
        arguments,
        answers,
        unsound,
        count
    };
    log_throttle& throttle(notice n) noexcept { return throttles_[static_cast<std::size_t>(n)]; }

    /// Calls a function of the application's; false when it threw, which is logged.
    template <class Fn>
    bool call(Fn fn) const noexcept {
        try {
            fn();
            return true;
        } catch (std::exception const& e) {
            log_thrown(e.what());
        } catch (...) {
            log_thrown("something that is not a std::exception");
        }
        return false;
    }

private:
    struct parent {
        std::function<bool(std::string_view, json_view)> wanted;
        std::shared_ptr<nsp_core> core;
    };

    void log_thrown(char const* what) const noexcept;
    void let_go() noexcept;
    void draw_hash_key();
    std::shared_ptr<nsp_core> add(std::string name, nsp_core const* from);
    std::shared_ptr<nsp_core> use(std::string_view name);
    std::shared_ptr<nsp_core> parent_for(std::string_view name, json_view auth);
    std::shared_ptr<nsp_core> make_child(std::string_view name, nsp_core const& from);
    void show(std::shared_ptr<nsp_core> const& made);
    using core_list = std::vector<std::shared_ptr<nsp_core>>;
    std::shared_ptr<nsp_core> end_child(nsp_core& n);
    void end_unused(core_list& ended);
    bool has_room_for_child(core_list& ended);

    // Here, so that whoever asks for it links nothing.
    static inline std::atomic<std::size_t> unmounted_{0};

    options options_;
    wire::decode_limits decode_limits_;
    siphash_key hash_key_{};
    std::string mount_path_{};
    std::array<log_throttle, static_cast<std::size_t>(notice::count)> throttles_{};
    std::shared_ptr<nsp_core> main_{};
    std::shared_ptr<shard_group> group_{};
    std::vector<std::unique_ptr<io_shard>> shards_{};
    std::unique_ptr<recovery_sweep> sweep_{};  // where there is recovery, while there are shards
    std::atomic<bool> is_attached_{false};
    std::atomic<std::size_t> connections_{0};
    /// Held while a namespace is made: what the application does to it then counts for its first
    /// client. Recursive, for applications that ask for another one meanwhile.
    std::recursive_mutex making_{};
    mutable std::mutex mutex_{};  // for what follows; taken after `making_`
    keyed_map<std::shared_ptr<nsp_core>> namespaces_;
    std::shared_ptr<std::vector<parent> const> parents_;
    using nsp_watchers = std::vector<std::function<void(nsp const&)>>;
    std::shared_ptr<nsp_watchers const> watchers_{};  // null: nobody
    std::list<nsp_core*> idle_{};  // dynamic namespaces that nobody uses, the longest first
    std::size_t children_ = 0;
    std::vector<std::function<void()>> early_{};  // told before there were shards
};

}  // namespace anywire::socketio
