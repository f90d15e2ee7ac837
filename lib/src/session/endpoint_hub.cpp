#include "session/endpoint_hub.hpp"

#include "core/utf8.hpp"
#include "hub/gathering.hpp"
#include "hub/last_word.hpp"
#include "session/session_base.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace anywire {
namespace {

std::size_t find_here(shard_group const& shards, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i)
        if (shards.is_here(i)) return i;
    return shard_group::nowhere;
}

}  // namespace

endpoint_hub::endpoint_hub(std::shared_ptr<shard_group> shards, siphash_key const& key)
    : shards_(std::move(shards)),
      count_(shards_->count()),
      key_(key),
      parts_(std::make_unique<std::atomic<part_link*>[]>(count_)),
      census_(key) {}

endpoint_hub::~endpoint_hub() {
    end();
    bus_.reset();  // it may still be told of what others send, until it has gone
    for (std::size_t i = 0; i < count_; ++i)
        for (auto* l = parts_[i].load(); l;) delete std::exchange(l, l->next.load());
}

// -- the mounts -----------------------------------------------------------------------------------

void endpoint_hub::announce(bool carries_binary) noexcept {
    if (!carries_binary) text_parts_.fetch_add(count_, std::memory_order_relaxed);
}

void endpoint_hub::add_part(std::size_t shard, endpoint_core& part) {
    auto* const made = new part_link(part);
    part.belong_to(*this);
    auto* at = &parts_[shard];
    while (auto* const link = at->load(std::memory_order_relaxed)) at = &link->next;
    at->store(made, std::memory_order_release);
}

void endpoint_hub::drop_part(std::size_t shard,
                             endpoint_core const& part,
                             bool carries_binary) noexcept {
    for (auto* at = &parts_[shard];;) {
        auto* const link = at->load(std::memory_order_relaxed);
        if (!link) return;
        if (&link->part == &part) {
            at->store(link->next.load(std::memory_order_relaxed), std::memory_order_relaxed);
            delete link;
            break;
        }
        at = &link->next;
    }
    if (!carries_binary) text_parts_.fetch_sub(1, std::memory_order_relaxed);
}

void endpoint_hub::add(bool carries_binary, std::vector<endpoint_core*> const& by_shard) {
    announce(carries_binary);
    for (std::size_t i = 0; i < by_shard.size(); ++i) add_part(i, *by_shard[i]);
}

void endpoint_hub::serve_by(std::shared_ptr<handlers const> const& app) {
    std::erase_if(apps_, [](auto const& a) { return a.expired(); });
    apps_.push_back(app);
}

std::shared_ptr<handlers const> endpoint_hub::app() const noexcept {
    for (auto const& a : apps_)
        if (auto found = a.lock()) return found;
    return nullptr;
}

// -- the bus --------------------------------------------------------------------------------------

void endpoint_hub::use_bus(bus_maker const& make) {
    if (!make) throw std::invalid_argument("endpoint::use_bus: the function given to it is empty");
    if (bus_) throw std::logic_error("endpoint::use_bus: the endpoint has a bus already");
    if (shards_->has_begun())
        throw std::logic_error("endpoint::use_bus after run: it has to be set up before");
    auto made = make(*this);
    if (!made) throw std::invalid_argument("endpoint::use_bus: the function has made no bus");
    bus_ = std::move(made);
    bus_->init();
    watches_rooms_ = bus_->watches_rooms();
}

void endpoint_hub::end() noexcept {
    if (has_ended_.exchange(true) || !bus_) return;
    try {
        bus_->close();
    } catch (...) {  // NOLINT(bugprone-empty-catch): what a bus cannot end has nobody to be told
    }
}

// -- the shards -----------------------------------------------------------------------------------

template <class Fn>
void endpoint_hub::for_each_part(std::size_t shard, Fn fn) const {
    for (auto const* l = parts_[shard].load(std::memory_order_acquire); l;
         l = l->next.load(std::memory_order_acquire))
        fn(l->part);
}

/// Calls `fn(shard)` on each: at once on the calling one, and soon on the others.
template <class Fn>
void endpoint_hub::on_every_shard(Fn fn) {
    auto const self = weak_from_this().lock();
    if (!self) return;  // the last word of a bus that goes
    for (std::size_t i = 0; i < count_; ++i)
        if (shards_->is_here(i))
            fn(i);
        else
            (void)shards_->post(i, [self, fn, i] { fn(i); });
}

// -- sending --------------------------------------------------------------------------------------

bool endpoint_hub::can_send(message_view m) const noexcept {
    auto const needs_text = !m.binary || text_parts_.load(std::memory_order_relaxed) != 0;
    return !needs_text || is_utf8(m.data);
}

/// Null where what is asked or sent stays in this process.
endpoint_bus* endpoint_hub::bus_for(bool local) const noexcept {
    return local || has_ended_.load(std::memory_order_relaxed) ? nullptr : bus_.get();
}

result<void> endpoint_hub::send(message_view m, audience to, send_flags flags) {
    if (!can_send(m)) return errc::bad_utf8;
    auto packet = std::make_shared<shared_message>(m);
    if (auto* const bus = bus_for(flags.is_local))
        bus->broadcast(std::move(packet), std::move(to), std::move(flags));
    else
        broadcast(std::move(packet), std::move(to), std::move(flags));
    return {};
}

void endpoint_hub::broadcast(message_ptr packet, audience to, send_flags flags) {
    auto const key = flags.key.empty() ? 0 : outbox::key_of(key_, flags.key);
    if (to.rooms.empty() && to.except.empty())
        return on_every_shard([this, packet = std::move(packet), key](std::size_t shard) {
            for_each_part(shard, [&](endpoint_core& part) { part.broadcast(*packet, key); });
        });
    auto const all = std::make_shared<audience const>(std::move(to));
    on_every_shard([this, packet = std::move(packet), all, key](std::size_t shard) {
        for_each_part(shard, [&](endpoint_core& part) { part.send_to(*all, *packet, key); });
    });
}

void endpoint_hub::on_session(std::string_view id, std::function<void(session&)> fn) {
    auto const shard = session_loop::shard_of(id);
    if (shard >= count_) return;
    (void)shards_->post(
        shard, [self = shared_from_this(), shard, id = std::string(id), fn = std::move(fn)] {
            session_base* found = nullptr;
            self->for_each_part(
                shard, [&](endpoint_core& part) { found = found ? found : part.find(id); });
            if (found) found->call_posted(fn);
        });
}

std::size_t endpoint_hub::sessions() const noexcept {
    return counters_.sessions.load(std::memory_order_relaxed);
}

std::uint64_t endpoint_hub::opened() const noexcept {
    return counters_.opened.load(std::memory_order_relaxed);
}

// -- listing --------------------------------------------------------------------------------------

void endpoint_hub::ask_rooms(names_fn then) {
    if (auto* const bus = bus_for(false)) return bus->all_rooms(std::move(then));
    all_rooms(std::move(then));
}
void endpoint_hub::ask_members(audience of, bool local, names_fn then) {
    if (auto* const bus = bus_for(local)) return bus->members_of(std::move(of), std::move(then));
    members_of(std::move(of), std::move(then));
}
void endpoint_hub::ask_count(audience of, bool local, count_fn then) {
    if (auto* const bus = bus_for(local)) return bus->count_of(std::move(of), std::move(then));
    count_of(std::move(of), std::move(then));
}
void endpoint_hub::ask_rooms_of(std::string_view member, names_fn then) {
    if (auto* const bus = bus_for(false)) return bus->rooms_of(member, std::move(then));
    rooms_of(member, std::move(then));
}

/// Has what takes an answer called on the shard that asks, or on the first; when that has gone, by
/// whoever finds out.
std::function<void(std::function<void()>)> endpoint_hub::teller() {
    auto const from = find_here(*shards_, count_);
    return
        [shards = shards_, to = from == shard_group::nowhere ? 0 : from](std::function<void()> fn) {
            (void)shards->post(
                to, [word = std::make_shared<hub::last_word>(std::move(fn))] { word->say(); });
        };
}

void endpoint_hub::gather_names(std::function<void(endpoint_core&, name_sink const&)> find,
                                names_fn then) {
    auto const gathered = std::make_shared<hub::gathering<std::string>>(
        teller(), count_, [then = std::move(then)](error_code e, std::vector<std::string> names) {
            // A group may have members on several shards and mounts.
            std::sort(names.begin(), names.end());
            names.erase(std::unique(names.begin(), names.end()), names.end());
            then(e, std::move(names));
        });
    on_every_shard([this, gathered, find = std::move(find)](std::size_t shard) {
        name_sink const add = [&](std::string name) { gathered->add(std::move(name)); };
        for_each_part(shard, [&](endpoint_core& part) { find(part, add); });
        gathered->finish_one();
    });
}

void endpoint_hub::all_rooms(names_fn then) {
    gather_names(
        [](endpoint_core& part, name_sink const& add) {
            part.for_each_group([&](auto const& g) { add(g.name); });
        },
        std::move(then));
}

void endpoint_hub::members_of(audience of, names_fn then) {
    gather_names(
        [of = std::move(of)](endpoint_core& part, name_sink const& add) {
            part.for_each_of(of, [&](session_base& s) { add(std::string(s.id())); });
        },
        std::move(then));
}

void endpoint_hub::count_of(audience of, count_fn then) {
    auto const gathered = std::make_shared<hub::gathering<std::size_t>>(
        teller(),
        count_,
        [then = std::move(then)](error_code e, std::vector<std::size_t> const& n) {
            then(e, std::accumulate(n.begin(), n.end(), std::size_t{0}));
        });
    on_every_shard([this, gathered, of = std::move(of)](std::size_t shard) {
        std::size_t n = 0;
        for_each_part(shard, [&](endpoint_core& part) { n += part.count_of(of); });
        gathered->add(n);
        gathered->finish_one();
    });
}

void endpoint_hub::rooms_of(std::string_view member, names_fn then) {
    gather_names(
        [id = std::string(member)](endpoint_core& part, name_sink const& add) {
            auto* const s = part.find(id);
            if (!s || !s->groups()) return;
            for (auto const* g : *s->groups()) add(g->name);
        },
        std::move(then));
}

// -- what a bus hears of rooms --------------------------------------------------------------------

void endpoint_hub::note_room(unsigned shard,
                             room_change what,
                             std::string const& room,
                             std::string_view member) {
    auto const came = what == room_change::joined;
    auto const is_edge = census_.count(room, came);
    (void)shards_->post(
        shard, [self = shared_from_this(), what, came, is_edge, room, id = std::string(member)] {
            auto* const bus = self->bus_for(false);
            if (!bus) return;
            if (came && is_edge) bus->on_room(room_change::created, room, id);
            bus->on_room(what, room, id);
            if (!came && is_edge) bus->on_room(room_change::removed, room, id);
        });
}

}  // namespace anywire
