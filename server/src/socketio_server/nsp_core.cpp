#include "nsp_core.hpp"

#include "client.hpp"
#include "io_core.hpp"
#include "socket_core.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace anywire::socketio {
namespace {

std::int64_t now_ms() noexcept {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

/// Whether a missed event was meant for a session that was in these rooms.
bool is_meant_for(socket_filter const& filter, std::vector<std::string> const& rooms) noexcept {
    auto const holds = [&](std::vector<std::string> const& names) {
        return std::any_of(names.begin(), names.end(), [&](auto const& n) {
            return std::find(rooms.begin(), rooms.end(), n) != rooms.end();
        });
    };
    return (filter.rooms.empty() || holds(filter.rooms)) && !holds(filter.except);
}

/// Gathers what comes from several shards; calls `then` when the last part is in.
template <class Value>
class gathering {
public:
    using then_fn = std::function<void(error_code, std::vector<Value>)>;
    gathering(io_core& io, std::size_t parts, then_fn then)
        : io_(io), caller_(io.here()), left_(parts), then_(std::move(then)) {}

    void expect(std::size_t more) {
        std::scoped_lock const lock(mutex_);
        left_ += more;
    }
    void add(Value v) {
        std::scoped_lock const lock(mutex_);
        values_.push_back(std::move(v));
    }
    void lost(error_code why) {
        std::scoped_lock const lock(mutex_);
        if (!error_) error_ = why;
    }
    /// One part is in.
    void finish_one() {
        {
            std::scoped_lock const lock(mutex_);
            if (--left_ != 0) return;
        }
        auto const where = caller_ == shard_group::nowhere ? 0 : caller_;
        auto const all = std::make_shared<std::vector<Value>>(std::move(values_));
        (void)io_.post(where, [&io = io_, where, e = error_, all, fn = std::move(then_)] {
            io_shard::entry const here(io.shard(where));
            (void)io.call([&] { fn(e, std::move(*all)); });
        });
    }

private:
    io_core& io_;
    std::size_t caller_;
    std::mutex mutex_{};
    std::size_t left_;
    error_code error_{};
    std::vector<Value> values_{};
    then_fn then_;
};

}  // namespace

nsp_core::nsp_core(io_core& io, std::string name, bool is_parent)
    : io_kept_(io.shared_from_this()),
      io_(io),
      name_(std::move(name)),
      is_parent_(is_parent),
      log_(io.opts().recovery) {}

nsp_core::~nsp_core() {
    // It may still be told of what others send, until it has gone.
    adapter_.reset();
}

void nsp_core::connect() {
    auto const& make = io_.opts().make_adapter;
    if (!is_parent_ && make) adapter_ = make(*this);
    if (!adapter_) adapter_ = std::make_unique<adapter>(*this);
}

bool nsp_core::recovers() const noexcept {
    return io_.opts().recovery.enabled && !is_parent_;
}

void nsp_core::attach(std::size_t shards) {
    if (shards == 0) return;
    while (parts_.size() < shards)
        parts_.push_back(std::make_unique<nsp_shard>(*this, io_.shard(parts_.size())));
    is_attached_ = true;
}

nsp_core::config_ptr nsp_core::config() const {
    std::scoped_lock const lock(config_mutex_);
    return config_;
}

void nsp_core::change_config(std::function<void(nsp_config&)> const& change) {
    config_ptr old;  // what is in it may do anything when it goes
    std::scoped_lock const lock(config_mutex_);
    auto changed = std::make_shared<nsp_config>(*config_);
    change(*changed);
    rooms_watched_ = !changed->rooms.empty();
    old = std::exchange(config_, std::move(changed));
}

void nsp_core::forget_all() {
    change_config([](nsp_config& c) { c = {}; });
    std::vector<stored_session> dropped;
    std::scoped_lock const lock(order_);
    log_.drop_sessions();
    dropped = log_.take_dropped();
}

// ---- the order
// -----------------------------------------------------------------------------------

void nsp_core::log(operation& op, detail::encoded& event) {
    op.packet = std::make_shared<outgoing_packet const>(
        name_, std::nullopt, std::move(event), op.flags.is_compressed, log_.next_offset());
    log_.push(op.packet, op.filter, now_ms());
}

void nsp_core::apply(operation op, detail::encoded* logged) {
    auto const self = weak_from_this().lock();
    if (!self) return;  // the last word of an adapter that goes
    auto const here = io_.here();
    std::vector<operation> mine;
    {
        std::scoped_lock const lock(order_);
        if (logged) log(op, *logged);
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            auto& inbox = parts_[i]->inbox;
            if (i == here) {
                mine.swap(inbox);
                continue;
            }
            inbox.push_back(op);
            if (inbox.size() == 1 && !io_.post(i, [self, i] { self->drain(i); })) inbox.clear();
        }
    }
    if (here == shard_group::nowhere) return;
    mine.push_back(std::move(op));
    run_here(here, mine);
}

void nsp_core::drain(std::size_t shard) {
    std::vector<operation> mine;
    {
        std::scoped_lock const lock(order_);
        mine.swap(parts_[shard]->inbox);
    }
    run_here(shard, mine);
}

void nsp_core::run_here(std::size_t shard, std::vector<operation> const& all) {
    io_shard::entry const here(io_.shard(shard));
    for (auto const& op : all) (void)io_.call([&] { parts_[shard]->run(op); });
}

/// Requires: the order is held.
bool nsp_core::find_missed(socket_core const& s,
                           std::uint64_t position,
                           packet_list& missed) const {
    if (!log_.reaches(position)) return false;
    auto const rooms = s.rooms();
    auto bytes = s.queued_bytes();
    log_.for_each_behind(position, [&](auto const& packet, auto const& filter) {
        if (!is_meant_for(filter, rooms)) return;
        missed.push_back(packet);
        bytes += packet->bytes();
    });
    // More than its queue takes: it would be closed for it, come back, and be closed again.
    auto const& limits = io_.opts().engine.limits;
    return missed.size() <= 1 ||
           bytes <= std::max(limits.max_queued_bytes, limits.max_burst_bytes);
}

bool nsp_core::insert(socket_core& s, nsp_shard& where, std::optional<std::uint64_t> position) {
    packet_list missed;
    for (;;) {
        std::vector<operation> mine;
        {
            std::scoped_lock const lock(order_);
            if (where.inbox.empty()) {
                if (position && !find_missed(s, *position, missed)) return false;
                s.on_inserted(log_.position());
                if (auto const* const pid = s.pid())
                    holders_.insert_or_assign(*pid, holder{where.at().index(), &s});
                break;
            }
            mine.swap(where.inbox);
        }
        run_here(where.at().index(), mine);
    }
    where.add(s);
    ++sockets_;
    for (auto const& packet : missed) s.send_packet(*packet, {});
    return true;
}

void nsp_core::forget_pid(std::string const& pid, socket_core const& s) noexcept {
    std::scoped_lock const lock(order_);
    auto const found = holders_.find(pid);
    if (found != holders_.end() && found->second.socket == &s) holders_.erase(found);
}

void nsp_core::for_each(socket_filter filter, std::function<void(socket_core&)> fn) {
    auto const shared = std::make_shared<socket_filter const>(std::move(filter));
    if (!is_attached_) return;
    apply({.fn = [shared, fn = std::move(fn)](nsp_shard& part) { part.for_each(*shared, fn); }});
}

// ---- local_sockets
// -------------------------------------------------------------------------------

void nsp_core::broadcast(detail::encoded event, socket_filter filter, emit_flags flags) {
    if (is_parent_) {
        for (auto const& child : io_.children_of(*this))
            child->wires().broadcast(event, filter, flags);
        return;
    }
    if (!is_attached_) return;
    operation op{.filter = std::make_shared<socket_filter const>(std::move(filter)),
                 .flags = flags};
    if (recovers() && !flags.is_volatile) return apply(std::move(op), &event);
    op.packet = std::make_shared<outgoing_packet const>(
        name_, std::nullopt, std::move(event), flags.is_compressed);
    apply(std::move(op));
}

void nsp_core::broadcast_with_ack(detail::encoded event,
                                  socket_filter filter,
                                  emit_flags flags,
                                  detail::ack_handler then) {
    using answer = std::pair<std::string, std::vector<std::string>>;
    auto const gathered = std::make_shared<gathering<answer>>(
        io_,
        is_attached_ ? parts_.size() : 0,
        [then = std::move(then)](error_code e, std::vector<answer> const& all) {
            std::vector<arguments> list;
            list.reserve(all.size());
            for (auto const& [json, attachments] : all) list.emplace_back(json, attachments);
            (void)then(e, list);
        });
    if (!is_attached_) {
        gathered->expect(1);
        return gathered->finish_one();
    }
    auto const id = next_ack_id();
    auto const packet =
        std::make_shared<outgoing_packet const>(name_, id, std::move(event), flags.is_compressed);
    auto const one = [gathered](error_code e, std::span<arguments const> args) {
        if (e) gathered->lost(e);
        if (!e && !args.empty()) {
            detail::encoded kept = detail::encode_arguments(args.front());
            gathered->add({"[" + std::move(kept.json) + "]", std::move(kept.attachments)});
        }
        gathered->finish_one();
        return true;
    };
    auto const shared = std::make_shared<socket_filter const>(std::move(filter));
    apply({.fn = [=](nsp_shard& part) {
        part.for_each(*shared, [&](socket_core& s) {
            if (!s.admits(flags, packet->bytes())) return;
            gathered->expect(1);
            s.send_asking(*packet, id, flags, one);
        });
        gathered->finish_one();
    }});
}

void nsp_core::fetch_sockets(socket_filter filter,
                             std::function<void(error_code, std::vector<remote_socket>)> then) {
    auto const n = is_attached_ ? parts_.size() : 1;
    auto const gathered = std::make_shared<gathering<remote_socket>>(io_, n, std::move(then));
    if (!is_attached_) return gathered->finish_one();
    auto const shared = std::make_shared<socket_filter const>(std::move(filter));
    apply({.fn = [gathered, shared, &io = io_](nsp_shard& part) {
        part.for_each(*shared, [&](socket_core& s) {
            socket& as_socket = s;
            // The application's data may not want to be copied.
            if (!io.call([&] {
                    gathered->add({s.id_text, as_socket.handshake(), s.rooms(), s.data()});
                }))
                gathered->lost(make_error_code(errc::bad_arguments));
        });
        gathered->finish_one();
    }});
}

void nsp_core::sockets_join(socket_filter filter, std::string room) {
    if (is_parent_) {
        for (auto const& child : io_.children_of(*this))
            child->wires().sockets_join(filter, {}, room);
        return;
    }
    for_each(std::move(filter), [room = std::move(room)](socket_core& s) { s.join(room); });
}

void nsp_core::sockets_leave(socket_filter filter, std::string room) {
    if (is_parent_) {
        for (auto const& child : io_.children_of(*this))
            child->wires().sockets_leave(filter, {}, room);
        return;
    }
    for_each(std::move(filter), [room = std::move(room)](socket_core& s) { s.leave(room); });
}

void nsp_core::disconnect_sockets(socket_filter filter, bool close) {
    if (is_parent_) {
        for (auto const& child : io_.children_of(*this))
            child->wires().disconnect_sockets(filter, {}, close);
        return;
    }
    for_each(std::move(filter), [close](socket_core& s) { s.disconnect(close); });
}

void nsp_core::hear_server(event const& e) {
    auto const heard_by = config();
    for (auto const& f : heard_by->server_side) (void)io_.call([&] { f(e); });
}

void nsp_core::log_unsound(std::string_view name) const noexcept {
    if (auto* const at = io_shard::current(io()))
        at->loop().log().write(
            log_level::info,
            "socket.io: '",
            name,
            "' was not sent: it repeats an object of a client's that only looks like bytes");
}

void nsp_core::server_side_emit(detail::encoded e, detail::ack_handler a) {
    adapter_->server_side_emit(std::move(e), std::move(a));
}

// ---- recovery
// ------------------------------------------------------------------------------------

void nsp_core::persist_session(stored_session s) {
    std::vector<stored_session> dropped;
    std::scoped_lock const lock(order_);
    log_.store(std::move(s), now_ms());
    dropped = log_.take_dropped();
}

restore_error nsp_core::take(std::string const& pid,
                             std::optional<std::string> const& offset,
                             restored_session& out,
                             std::optional<std::size_t>* lives_on) {
    std::vector<stored_session> dropped;
    std::scoped_lock const lock(order_);
    auto const error = log_.take(pid, offset, now_ms(), out);
    dropped = log_.take_dropped();
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

// ---- rooms of all shards
// -------------------------------------------------------------------------

bool nsp_core::count_room(std::string const& room, bool came) {
    std::scoped_lock const lock(rooms_mutex_);
    auto const found = room_sizes_.try_emplace(room, 0).first;
    auto& n = found->second;
    auto const is_edge = n == (came ? 0u : 1u);
    if (came)
        ++n;
    else if (n != 0)  // else it was joined when nobody listened
        --n;
    if (n == 0) room_sizes_.erase(found);
    return is_edge;
}

void nsp_core::note_room(io_shard& at,
                         room_change change,
                         std::string const& room,
                         std::string const& id) noexcept {
    if (!rooms_watched_.load(std::memory_order_relaxed)) return;
    auto const came = change == room_change::joined;
    auto const is_edge = count_room(room, came);
    io_shard::entry const here(at);
    at.defer([self = shared_from_this(), came, is_edge, room, id] {
        auto const heard_by = self->config();
        auto const tell = [&](room_change what) {
            for (auto const& f : heard_by->rooms) (void)self->io_.call([&] { f(what, room, id); });
        };
        if (came && is_edge) tell(room_change::created);
        tell(came ? room_change::joined : room_change::left);
        if (!came && is_edge) tell(room_change::removed);
    });
}

}  // namespace anywire::socketio
