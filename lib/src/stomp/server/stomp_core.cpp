#include "stomp_core.hpp"

#include "core/base64.hpp"
#include "hub/last_word.hpp"
#include "stomp_client.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace anywire::stomp {
namespace {

void require(bool good, std::string const& what) {
    if (!good) throw std::invalid_argument("stomp::options: " + what);
}

/// Whether a destination lies below a prefix: "/topic/x" below "/topic", "/topics" not.
bool is_below(std::string_view destination, std::string_view prefix) noexcept {
    return destination.size() > prefix.size() + 1 && destination.starts_with(prefix) &&
           destination[prefix.size()] == '/';
}
bool is_below_any(std::string_view destination, std::vector<std::string> const& prefixes) noexcept {
    return std::any_of(
        prefixes.begin(), prefixes.end(), [&](auto const& p) { return is_below(destination, p); });
}

/// STOMP as a layer over the sessions of its mounts.
class stomp_layer final : public layer_of<stomp_client> {
public:
    explicit stomp_layer(std::shared_ptr<stomp_core> core) noexcept : core_(std::move(core)) {}

protected:
    std::unique_ptr<stomp_client> make(session_below below) override {
        auto& at = core_->shard(session_loop::shard_of(below->id()));
        return std::make_unique<stomp_client>(*core_, at, below);
    }

private:
    std::shared_ptr<stomp_core> core_;
};

}  // namespace

/// Tells the queues the time, and so has them drop what has become too old, once a second.
class stomp_core::sweep final : public timer_node {
public:
    sweep(stomp_core& core, session_loop& loop) : core_(core), loop_(loop), last_(loop.now()) {
        arm();
    }
    void on_timer(tick now) override {
        core_.expire((now - std::exchange(last_, now)) * tick_length);
        arm();
    }

private:
    void arm() { loop_.wheel().arm(*this, loop_.now() + to_ticks(std::chrono::seconds{1})); }

    stomp_core& core_;
    session_loop& loop_;
    tick last_;
};

// -- setting up -----------------------------------------------------------------------------------

stomp_core::stomp_core(options o)
    : options_(std::move(o)),
      bounds_{.max_bytes = options_.max_destination, .max_segments = options_.max_segments} {
    check_options();
}
stomp_core::~stomp_core() = default;

void stomp_core::check_options() const {
    auto const& o = options_;
    auto all = o.prefixes;
    all.push_back(o.application);
    all.push_back(o.user);
    for (auto const& p : all)
        require(is_valid(p) && !destination_pattern::has_wildcards(p),
                "\"" + p + "\" is not a prefix such as \"/topic\"");
    for (auto const& a : all)
        for (auto const& b : all)
            require(&a == &b || (a != b && !is_below(a, b)),
                    std::string(a).append(" and ").append(b).append(" overlap"));
    for (auto const& q : o.queues)
        require(std::find(o.prefixes.begin(), o.prefixes.end(), q) != o.prefixes.end(),
                "queues: " + q + " is not one of prefixes");
    require(o.separator == '/' || o.separator == '.', "separator must be '/' or '.'");
    require(o.connect_timeout.count() >= 0, "connect_timeout must not be negative");
    require(o.heart_beat.out_min.count() >= 0 && o.heart_beat.in_min.count() >= 0,
            "heart_beat: times must not be negative");
    require(o.heart_beat.tolerance >= 1, "heart_beat.tolerance must be at least 1");
    require(o.max_frame >= 1024 && o.max_frame_before_connect >= 1024,
            "max_frame must be at least 1024");
    require(o.max_subscriptions >= 1 && o.max_unacknowledged >= 1 && o.max_headers >= 8,
            "limits must leave room for a client");
    require(o.queue.max_messages >= 1 && o.queue.max_bytes >= 1 && o.queue.max_deliveries >= 1,
            "queue: limits must leave room for a message");
}

void stomp_core::check_setup() const {
    if (is_attached_) throw std::logic_error("a stomp::server is set up before it is mounted");
}

void stomp_core::use_bus(bus_maker make) {
    check_setup();
    if (!make)
        throw std::invalid_argument("stomp::server::use_bus: the function given to it is empty");
    if (make_bus_) throw std::logic_error("stomp::server::use_bus: it has a bus already");
    make_bus_ = std::move(make);
}

destination_pattern stomp_core::pattern_for(std::string_view text) const {
    auto made = parse(text);
    if (!made)
        throw std::invalid_argument("stomp: \"" + std::string(text) +
                                    "\" is not a pattern such as \"/app/rooms/{room}\"");
    return *std::move(made);
}

frame_limits stomp_core::limits(bool is_connected) const noexcept {
    return {.max_frame = is_connected ? options_.max_frame : options_.max_frame_before_connect,
            .max_header_line = options_.max_header_line,
            .max_headers = options_.max_headers};
}

// -- the mounts -----------------------------------------------------------------------------------

void stomp_core::attach(std::shared_ptr<shard_group> shards) {
    if (is_attached_) {
        if (group_ != shards) throw std::logic_error("a stomp::server belongs to one service");
        return;
    }
    group_ = std::move(shards);
    siphash_key key{};
    std::array<unsigned char, sizeof(siphash_key)> bytes{};
    group_->loop(0).fill_random(bytes);
    std::memcpy(key.data(), bytes.data(), bytes.size());
    shards_.clear();  // of a mount that has failed
    for (std::size_t i = 0; i < group_->count(); ++i)
        shards_.push_back(
            std::make_unique<stomp_shard>(i, group_->loop(i), key, options_.separator));
    inboxes_.resize(shards_.size());
    queues_ = std::make_unique<queue_store>(options_.queue, key);
    if (make_bus_) queues_->share();
    group_->loop(0).fill_random(bytes);
    append_base64(node_id_ = {}, {reinterpret_cast<char const*>(bytes.data()), bytes.size()});
    if (relay_) relay_->attach(group_, options_);
    nodes_ = std::make_unique<node_hub>(*this, make_bus_);
    is_attached_ = true;  // the bus may tell of what others send from now on
    try {
        nodes_->begin();
        if (relay_) relay_->attach(group_, options_);
    } catch (...) {
        is_attached_ = false;
        nodes_.reset();
        throw;
    }
    // The last thing: it waits in a shard's wheel, and goes when shards do.
    if (!options_.queues.empty() && !relay_)
        sweep_ = std::make_unique<sweep>(*this, group_->loop(0));
}

handlers stomp_core::handlers_for_mount() {
    auto h = layer::as_handlers(std::make_shared<stomp_layer>(shared_from_this()));
    h.authorize = options_.authorize;
    return h;
}

void stomp_core::on_shards_gone() noexcept {
    sweep_.reset();
    if (nodes_) nodes_->end();
    if (relay_) relay_->on_shards_gone();
    // Handlers may hold what holds them.
    hooks_ = {};
}

bool stomp_core::post(std::size_t at, std::function<void()> fn) {
    return is_attached_ && group_->post(at, std::move(fn));
}

void stomp_core::on_each_shard(std::function<void(stomp_shard&)> fn) {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        if (group_->is_here(i))
            fn(*shards_[i]);
        else
            (void)post(i, [self = shared_from_this(), i, fn] { fn(*self->shards_[i]); });
    }
}

// -- destinations ---------------------------------------------------------------------------------

place stomp_core::place_of(std::string_view destination) const noexcept {
    if (is_below(destination, options_.application)) return place::application;
    if (is_below(destination, options_.user)) return place::own;
    if (is_below_any(destination, options_.queues)) return place::queue;
    return is_below_any(destination, options_.prefixes) ? place::topic : place::nobodys;
}

// -- sending --------------------------------------------------------------------------------------

published_ptr stomp_core::make_publication(std::string_view destination,
                                           payload what,
                                           header_list more) {
    auto p = std::make_shared<published>();
    p->destination = destination;
    p->what = std::move(what);
    p->more = std::move(more);
    std::erase_if(p->more,
                  [](auto const& h) { return h.first.empty() || is_reserved_header(h.first); });
    return p;
}

result<void> stomp_core::publish(published_ptr p) {
    auto const to = place_of(p->destination);
    if ((to != place::topic && to != place::queue) || !is_valid(p->destination) ||
        is_lost(p->destination))
        return errc::bad_arguments;
    if (!is_attached_ || !group_->runs(0)) return errc::session_closed;
    if (relay_) return relay_->send(std::move(p));
    if (to == place::topic) {
        nodes_->send({.what = bus_packet::kind::topic, .message = std::move(p)});
        return {};
    }
    auto const cost = p->cost();
    auto const& queue = p->destination;
    std::unique_lock held(queues_mutex_);
    if (queues_->is_full(queue, cost)) {
        held.unlock();
        drain_here();
        held.lock();
    }
    if (queues_->send(queue, p, cost, now()) != queue_answer::ok) return errc::send_queue_full;
    dispatch(held);
    return {};
}

void stomp_core::publish_to_user(std::string_view user, published_ptr p) {
    nodes_->send(
        {.what = bus_packet::kind::user, .whom = std::string(user), .message = std::move(p)});
}
void stomp_core::publish_to_client(std::string_view id, published_ptr p) {
    nodes_->send(
        {.what = bus_packet::kind::client, .whom = std::string(id), .message = std::move(p)});
}
void stomp_core::disconnect_user(std::string_view user, std::string_view message) {
    if (!is_attached_) return;
    nodes_->send({.what = bus_packet::kind::disconnect,
                  .whom = std::string(user),
                  .text = std::string(message)});
}

void stomp_core::deliver_here(bus_packet const& p) {
    switch (p.what) {
        case bus_packet::kind::topic:
            return on_each_shard([m = p.message](stomp_shard& at) { at.deliver(*m); });
        case bus_packet::kind::user:
            return on_each_shard([user = p.whom, m = p.message](stomp_shard& at) {
                at.for_each_of(user, [&](stomp_client& c) { at.deliver_own(c, *m); });
            });
        case bus_packet::kind::client: return give_to_client(p);
        case bus_packet::kind::disconnect:
            return on_each_shard([user = p.whom, text = p.text](stomp_shard& at) {
                at.for_each_of(user, [&](stomp_client& c) { c.disconnect(text); });
            });
        case bus_packet::kind::have: return on_have(p);
        case bus_packet::kind::pull: return on_pull(p);
        case bus_packet::kind::give: return on_give(p);
    }
}

/// An id may be of another node's client: those here are looked for, whatever shard it names.
void stomp_core::give_to_client(bus_packet const& p) {
    auto const where = session_loop::shard_of(p.whom);
    if (where >= shards_.size()) return;
    auto give = [this, where, id = p.whom, m = p.message] {
        auto& at = *shards_[where];
        if (auto* const c = at.find(id)) at.deliver_own(*c, *m);
    };
    if (group_->is_here(where)) return give();
    (void)post(where, [self = shared_from_this(), give = std::move(give)] { give(); });
}

void stomp_core::post_to_client(std::string_view id, std::function<void(client&)> fn) {
    auto const where = session_loop::shard_of(id);
    if (where >= shards_.size()) return;
    (void)post(where, [self = shared_from_this(), where, id = std::string(id), fn = std::move(fn)] {
        auto& at = *self->shards_[where];
        if (auto* const c = at.find(id)) self->call(at, [&] { fn(c->handle()); });
    });
}

// -- who is there ---------------------------------------------------------------------------------

void stomp_core::enlist(client_info info) {
    std::scoped_lock const lock(registry_mutex_);
    auto id = info.id;
    registry_.emplace(std::move(id), std::move(info));
}

void stomp_core::delist(std::string_view id) noexcept {
    std::scoped_lock const lock(registry_mutex_);
    if (auto const found = registry_.find(id); found != registry_.end()) registry_.erase(found);
}

void stomp_core::note_subscription(std::string_view id,
                                   std::string_view destination,
                                   bool is_there) {
    std::scoped_lock const lock(registry_mutex_);
    auto const found = registry_.find(id);
    if (found == registry_.end()) return;
    auto& all = found->second.subscriptions;
    if (is_there) return (void)all.emplace_back(destination);
    if (auto const at = std::find(all.begin(), all.end(), destination); at != all.end()) {
        *at = std::move(all.back());
        all.pop_back();
    }
}

std::vector<client_info> stomp_core::list(std::optional<std::string_view> user) const {
    std::vector<client_info> all;
    std::scoped_lock const lock(registry_mutex_);
    for (auto const& [id, info] : registry_)
        if (!user || info.user == *user) all.push_back(info);
    return all;
}

std::function<void(std::function<void()>)> stomp_core::teller() {
    std::size_t to = 0;
    for (std::size_t i = 0; i < shards_.size(); ++i)
        if (group_->is_here(i)) to = i;
    return [self = shared_from_this(), to](std::function<void()> fn) {
        auto const word = std::make_shared<hub::last_word>(std::move(fn));
        (void)self->post(to, [word] { word->say(); });
    };
}

server_numbers stomp_core::numbers() const {
    server_numbers n{.clients = counts_.clients,
                     .subscriptions = counts_.subscriptions,
                     .connects = counts_.connects,
                     .refused_connects = counts_.refused_connects,
                     .errors = counts_.errors,
                     .frames_received = counts_.frames_received,
                     .messages_delivered = counts_.messages_delivered,
                     .refused_sends = counts_.refused_sends,
                     .refused_subscribes = counts_.refused_subscribes,
                     .dead_letters = counts_.dead_letters};
    if (relay_) n.relay = relay_->numbers();
    std::scoped_lock const lock(queues_mutex_);
    if (!queues_) return n;
    auto const q = queues_->count();
    n.queues = q.queues;
    n.queued_messages = q.messages;
    n.queued_bytes = q.bytes;
    n.unacknowledged = q.unsettled;
    n.redeliveries = q.redeliveries;
    return n;
}

}  // namespace anywire::stomp
