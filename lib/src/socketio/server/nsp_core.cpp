#include "nsp_core.hpp"

#include "client.hpp"
#include "core/outbox.hpp"
#include "io_core.hpp"
#include "socket_core.hpp"

#include <utility>

namespace anywire::socketio {
nsp_core::nsp_core(io_core& io, std::string name, bool is_parent)
    : io_kept_(io.shared_from_this()),
      io_(io),
      name_(std::move(name)),
      is_parent_(is_parent),
      log_(recovers() ? std::make_unique<recovery_log>(io.opts().recovery, io.hash_key())
                      : nullptr),
      holders_(0, keyed_hash{io.hash_key()}),
      census_(io.hash_key()) {}

nsp_core::~nsp_core() {
    // It may still be told of what others send, until it has gone.
    close_adapter();
    adapter_.reset();
}

void nsp_core::connect() {
    auto const& make = io_.opts().make_adapter;
    if (!is_parent_ && make) adapter_ = make(*this);
    if (!adapter_) adapter_ = std::make_unique<socketio::adapter>(*this);
    // Asked before `init`, after which others are heard.
    numbers_events_ = adapter_->numbers_events();
    adapter_->init();
    if (adapter_->watches_rooms()) rooms_watched_ = true;
}

void nsp_core::close_adapter() noexcept {
    if (adapter_ && !is_adapter_closed_.exchange(true)) (void)io_.call([&] { adapter_->close(); });
}

bool nsp_core::recovers() const noexcept {
    return io_.opts().recovery.enabled && !is_parent_;
}

void nsp_core::attach(std::size_t shards) {
    if (shards == 0) return;
    holders_ = keyed_map<holder>(0, keyed_hash{io_.hash_key()});
    census_.set_key(io_.hash_key());
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
    rooms_watched_ = !changed->rooms.empty() || (adapter_ && adapter_->watches_rooms());
    old = std::exchange(config_, std::move(changed));
}

void nsp_core::forget_all() {
    close_adapter();
    change_config([](nsp_config& c) { c = {}; });
    std::vector<stored_session> dropped;
    std::vector<std::vector<operation>> lost;
    std::scoped_lock const lock(order_);
    for (auto const& part : parts_) lost.push_back(std::exchange(part->inbox, {}));
    if (!log_) return;
    log_->drop_sessions();
    dropped = log_->take_dropped();
}

bool nsp_core::holds_sessions() const {
    std::scoped_lock const lock(order_);
    return log_ && (io_.opts().make_adapter || log_->sessions() != 0);
}

void nsp_core::begin_as(nsp_core const& from) {
    config_ = from.config();
    rooms_watched_ = !config_->rooms.empty();
    parent = &from;
}

// -- the order ------------------------------------------------------------------------------------

void nsp_core::apply(operation op, logged_event* logged) {
    auto const self = weak_from_this().lock();
    if (!self) return;  // the last word of an adapter that goes
    auto const here = io_.here();
    std::vector<operation> mine;
    // What is in them may do anything when it goes: not while the order is held.
    std::vector<std::vector<operation>> lost;
    {
        std::scoped_lock const lock(order_);
        if (logged) log(op, *logged);
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            auto& inbox = parts_[i]->inbox;
            if (i == here) {
                mine.swap(inbox);
                continue;
            }
            // The shards end before the server does, and the application may outlive both.
            auto const runs = io_.runs(i);
            if (runs) inbox.push_back(op);
            if (!runs || (inbox.size() == 1 && !io_.post(i, [self, i] { self->drain(i); })))
                lost.push_back(std::exchange(inbox, {}));
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

bool nsp_core::insert(socket_core& s, nsp_shard& where, std::optional<std::uint64_t> position) {
    auto missed = s.take_missed();
    for (;;) {
        std::vector<operation> mine;
        {
            std::scoped_lock const lock(order_);
            if (where.inbox.empty()) {
                if (position && !find_missed(s, *position, missed)) return false;
                s.on_inserted(log_ ? log_->position() : 0);
                if (auto const* const pid = s.pid())
                    holders_.insert_or_assign(*pid, holder{where.at().index(), &s});
                break;
            }
            mine.swap(where.inbox);
        }
        run_here(where.at().index(), mine);
    }
    where.add(s);
    for (auto const& packet : missed) s.send_packet(*packet);
    return true;
}

void nsp_core::for_each(socket_filter filter, std::function<void(socket_core&)> fn) {
    auto const shared = std::make_shared<socket_filter const>(std::move(filter));
    if (!is_attached_) return;
    apply({.fn = [shared, fn = std::move(fn)](nsp_shard& part) { part.for_each(*shared, fn); }});
}

// -- local_sockets --------------------------------------------------------------------------------

void nsp_core::broadcast(detail::encoded event, socket_filter filter, emit_flags flags) {
    if (is_parent_) {
        for (auto const& child : io_.children_of(*this))
            child->adapter().broadcast(event, filter, flags);
        return;
    }
    if (!is_attached_) return;
    operation op{.filter = std::make_shared<socket_filter const>(std::move(filter)),
                 .is_volatile = flags.is_volatile,
                 .is_compressed = flags.is_compressed};
    // An offset of this log would mean nothing where the adapter gives them.
    if (!recovers() || !is_kept(flags) || numbers_events_)
        return send_unlogged(std::move(op), std::move(event), flags);
    logged_event kept{std::move(event)};
    apply(std::move(op), &kept);
}

void nsp_core::broadcast_at(std::string_view offset,
                            encoded event,
                            socket_filter filter,
                            emit_flags flags) {
    if (!is_attached_) return;
    operation op{.filter = std::make_shared<socket_filter const>(std::move(filter)),
                 .is_volatile = flags.is_volatile,
                 .is_compressed = flags.is_compressed};
    if (!recovers() || !is_kept(flags))
        return send_unlogged(std::move(op), std::move(event), flags);
    logged_event kept{std::move(event), std::string(offset)};
    apply(std::move(op), &kept);
}

void nsp_core::send_unlogged(operation op, encoded event, emit_flags const& flags) {
    auto packet = std::make_shared<outgoing_packet>(name_,
                                                    std::nullopt,
                                                    std::move(event),
                                                    flags.is_compressed,
                                                    std::string_view{},
                                                    io_.parser());
    if (!flags.is_volatile) packet->set_key(frame_key(flags.key));
    op.packet = std::move(packet);
    apply(std::move(op));
}

void nsp_core::sockets_join(socket_filter filter, std::vector<std::string> rooms) {
    if (is_parent_) {
        for (auto const& child : io_.children_of(*this))
            child->adapter().sockets_join(filter, {}, rooms);
        return;
    }
    for_each(std::move(filter), [rooms = std::move(rooms)](socket_core& s) {
        for (auto const& room : rooms) s.join(room);
    });
}

void nsp_core::sockets_leave(socket_filter filter, std::vector<std::string> rooms) {
    if (is_parent_) {
        for (auto const& child : io_.children_of(*this))
            child->adapter().sockets_leave(filter, {}, rooms);
        return;
    }
    for_each(std::move(filter), [rooms = std::move(rooms)](socket_core& s) {
        for (auto const& room : rooms) s.leave(room);
    });
}

void nsp_core::disconnect_sockets(socket_filter filter, bool close) {
    if (is_parent_) {
        for (auto const& child : io_.children_of(*this))
            child->adapter().disconnect_sockets(filter, {}, close);
        return;
    }
    for_each(std::move(filter), [close](socket_core& s) { s.disconnect(close); });
}

std::function<void(std::function<void()>)> nsp_core::teller() {
    auto const from = io_.here();
    return [io = io_.shared_from_this(), to = from == shard_group::nowhere ? 0 : from](
               std::function<void()> fn) { io->tell(to, std::move(fn)); };
}

bool nsp_core::has_room(std::string_view room) const {
    return !adapter_->watches_rooms() || census_.has(room);
}

void nsp_core::hear_server(event const& e) {
    auto const heard_by = config();
    for (auto const& f : heard_by->server_side) (void)io_.call([&] { f(e); });
}

std::uint64_t nsp_core::frame_key(std::string_view key) const {
    if (key.empty()) return 0;
    std::string whole(name_);
    whole.append(1, '\0').append(key);
    return outbox::key_of(io_.hash_key(), whole);
}

void nsp_core::log_unsent(std::string_view name, std::string_view why) const noexcept {
    auto* const at = io_shard::current(io());
    if (!at) return;
    auto const left_out = io().throttle(io_core::notice::unsound).admit(at->loop().now());
    if (!left_out) return;
    at->loop().log().write(log_level::info,
                           "socket.io: '",
                           shown(name),
                           "' was not sent: ",
                           why,
                           " (",
                           io().mount_path(),
                           " '",
                           shown(name_),
                           "')",
                           more_like_it(*left_out));
}

void nsp_core::server_side_emit(detail::encoded e, detail::ack_handler a) {
    adapter_->server_side_emit(std::move(e), std::move(a));
}

// -- rooms of all shards --------------------------------------------------------------------------

void nsp_core::note_room(io_shard& at,
                         room_change change,
                         std::string const& room,
                         std::string const& id) noexcept {
    if (!rooms_watched_.load(std::memory_order_relaxed)) return;
    auto const came = change == room_change::joined;
    auto const is_edge = census_.count(room, came);
    io_shard::entry const here(at);
    at.defer([self = shared_from_this(), came, is_edge, room, id] {
        auto const heard_by = self->config();
        auto const tell = [&](room_change what) {
            if (self->adapter_->watches_rooms())
                (void)self->io_.call([&] { self->adapter_->on_room(what, room, id); });
            for (auto const& f : heard_by->rooms) (void)self->io_.call([&] { f(what, room, id); });
        };
        if (came && is_edge) tell(room_change::created);
        tell(came ? room_change::joined : room_change::left);
        if (!came && is_edge) tell(room_change::removed);
    });
}

}  // namespace anywire::socketio
