#include "cluster_core.hpp"

#include "client/url.hpp"
#include "core/ascii.hpp"
#include "core/log_text.hpp"
#include "membership.hpp"
#include "numbers.hpp"
#include "random_pool.hpp"
#include "relay_field.hpp"
#include "relay_intake.hpp"
#include "relay_shard.hpp"
#include "service_shards.hpp"
#include "shard.hpp"

#include <stdexcept>
#include <utility>

namespace anywire::relay {
namespace {

void require(bool good, char const* what) {
    if (!good) throw std::invalid_argument(std::string("cluster_options: ") + what);
}

cluster_options checked(cluster_options o) {
    require(o.registry != nullptr, "registry must be given");
    require(o.listen.path.empty(), "listen must be an address, not a Unix domain socket");
    require(o.listen.proxy_protocol == proxy_protocol::off,
            "listen.proxy_protocol must be off: nodes say for whom they come");
    require(o.max_relayed >= 1, "max_relayed must be at least 1");
    require(o.heartbeat.count() >= 10, "heartbeat must be at least 10 ms");
    require(o.lives >= 2 * o.heartbeat, "lives must be at least twice heartbeat");
    require(o.patience.count() > 0, "patience must be positive");
    require(o.session_lives.count() >= 1000, "session_lives must be at least 1 s");
    return o;
}

std::string address_of(cluster_options const& o, listening_sockets const& bound) {
    auto const& l = o.advertise;
    auto const is_v6 = bound.address.find(':') != std::string::npos;
    auto out = !l.empty() ? l
                          : (is_v6 ? "[" + bound.address + "]" : bound.address) + ":" +
                                std::to_string(bound.port);
    auto const url = parse_url("http://" + out + "/");
    require(url && url->path == "/" && url->query.empty() && url->user.empty(),
            "advertise must be \"host:port\"");
    require(url->host != "0.0.0.0" && url->host != "::",
            "advertise must say where other nodes reach listen, which is a wildcard");
    return out;
}

std::shared_ptr<network_terms const> terms_of(cluster_options const& o) {
    client_options out;
    out.network.tls = o.tls;
    out.network.proxy = "-";  // the environment's are for others
    out.network.cookies = false;
    out.network.keep_alive = std::chrono::seconds(15);
    std::string wrong;
    auto made = make_network_terms(out, nullptr, wrong);
    require(made != nullptr, ("tls: " + wrong).c_str());
    return made;
}

node_number draw_number() {
    std::uint32_t n = 0;
    random_pool random;
    random({reinterpret_cast<unsigned char*>(&n), sizeof n});
    return n % most_nodes;
}

}  // namespace

cluster_core::cluster_core(service_core& service, cluster_options options)
    : options_(checked(std::move(options))),
      secret_(options_.secret),
      mark_(secret_.mark_key()),
      self_(draw_number()),
      shards_(service.group_of_shards()),
      terms_(terms_of(options_)),
      tls_(is_secure() ? std::make_unique<tls_source>(options_.listen.tls) : nullptr),
      sockets_(listen_for(options_.listen, service.shards.size())),
      address_(address_of(options_, sockets_)),
      parts_(service.shards.size()) {}

cluster_core::~cluster_core() = default;

void cluster_core::begin(service_core& service) {
    for (auto const& s : service.shards)
        s->post([self = shared_from_this(), &here = *s] { self->begin_on(here); });
    service.call_at_end([self = weak_from_this()] {
        if (auto const core = self.lock()) core->registry().withdraw(node_id_of(core->self()));
    });
}

void cluster_core::begin_on(shard& here) {
    auto const index = here.index();
    parts_[index] = std::make_shared<relay_shard>(here, *this);
    here.errands().keep(parts_[index]);
    auto source = std::make_unique<acceptor>(
        here,
        std::move(sockets_.each[index]),
        listener_traits{.tls = tls_.get(), .intake = this, .is_for_clients = false});
    source->start();
    here.add_source(std::move(source));
    if (index != 0) return;
    members_ = std::make_shared<membership>(here, *this);
    here.errands().keep(members_);
    members_->begin();
}

void cluster_core::publish(node_table all) {
    tallies_.nodes = all.size();
    auto const shared = std::make_shared<node_table const>(std::move(all));
    for (std::size_t i = 0; i < parts_.size(); ++i)
        (void)shards_->post(i, [self = shared_from_this(), i, shared] {
            if (self->parts_[i]) self->parts_[i]->set_nodes(*shared);
        });
}

void cluster_core::refresh_nodes() {
    (void)shards_->post(0, [self = shared_from_this()] {
        if (self->members_) self->members_->refresh();
    });
}

session_registry::owned cluster_core::answer_to(unsigned shard,
                                                std::uint64_t lookup,
                                                std::string key) {
    return [self = shared_from_this(), shard, lookup, key = std::move(key)](error_code ec,
                                                                            std::string node) {
        (void)self->shards_->post(shard, [self, shard, lookup, key, ec, node = std::move(node)] {
            self->parts_[shard]->on_owner(lookup, key, ec, node);
        });
    };
}

std::optional<request_peer> cluster_core::peer_of(http::request_view const& head) const noexcept {
    if (head.fields.empty() || !iequals(head.fields.front().name, relay_field)) return std::nullopt;
    return read_relay_value(head.fields.front().value);
}

void cluster_core::carry(incoming const& in, wanted const& what, unless_fn unless) {
    auto const& part = parts_[in.here.index()];
    // Before the shard has begun, or on a host without sockets.
    if (!part || !in.here.site()) return unless(in, nullptr);
    part->carry(in, what, std::move(unless));
}

void cluster_core::take(shard& here, newcomer n) {
    relay_intake::open(here, std::move(n), *this);
}

void cluster_core::note_refused(shard& here, std::string_view address, std::string_view why) {
    ++tallies_.refused;
    note(here,
         "a connection to the internal listener was closed",
         std::string(why) + ", " + std::string(address));
}

void cluster_core::note(shard& here, std::string_view what, std::string_view why) {
    auto const left_out = throttle_.admit(here.loop().now());
    if (!left_out) return;
    here.log().write(log_level::info, what, ": ", why, more_like_it(*left_out));
}

}  // namespace anywire::relay

namespace anywire {

cluster_node::cluster_node(service& of, cluster_options options) {
    auto& core = of.core();
    if (core.nodes) throw std::logic_error("cluster_node: the service is one of a cluster already");
    if (core.shards.empty() || !core.shards.front()->site())
        throw std::logic_error("cluster_node: a testing::host has no sockets");
    core_ = std::make_shared<relay::cluster_core>(core, std::move(options));
    core.nodes = core_;
    core_->begin(core);
    of.add_numbers([weak = std::weak_ptr(core_)](number_families& to) {
        if (auto const alive = weak.lock()) relay::append_numbers(to, alive->numbers());
    });
}

cluster_node::~cluster_node() = default;

std::string cluster_node::id() const {
    return node_id_of(core_->self());
}

std::string const& cluster_node::address() const noexcept {
    return core_->address();
}

cluster_numbers cluster_node::numbers() const {
    return core_->numbers();
}

}  // namespace anywire
