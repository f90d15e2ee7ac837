#include "relay_core.hpp"

#include "client_link.hpp"

#include <stdexcept>
#include <utility>

namespace anywire::stomp {

std::shared_ptr<broker_relay> relay(relay_options o) {
    return std::make_shared<relay_core>(make_relay_settings(std::move(o)));
}

relay_core::relay_core(std::shared_ptr<relay_settings> how)
    : how_(std::move(how)), counts_(std::make_shared<relay_tally>(how_->given.max_held)) {}

void relay_core::attach(std::shared_ptr<shard_group> shards, options const& of) {
    if (shards_ == shards) return;
    if (shards_) throw std::logic_error("a stomp::relay belongs to one stomp::server");
    for (std::size_t i = 0; i < shards->count(); ++i) {
        auto* const host = dynamic_cast<io_host*>(&shards->host(i));
        if (!host) throw std::logic_error("a stomp::relay needs a server with sockets");
        hosts_.push_back(host);
    }
    shards_ = std::move(shards);
    how_->prefixes = of.prefixes;
    (void)shards_->post(0, [self = shared_from_this()] {
        self->system_ = std::make_unique<system_link>(*self->hosts_[0], self->how_, self->counts_);
        self->system_->start();
        self->drain();
    });
}

void relay_core::on_shards_gone() noexcept {
    system_.reset();
}

std::unique_ptr<relay_link> relay_core::open(std::size_t shard,
                                             relay_request what,
                                             relay_link::events& to) {
    auto made = std::make_unique<client_link>(*hosts_[shard], how_, std::move(what), logs_, to);
    if (counts_->is_away())
        made->start_in_vain();
    else
        made->start();
    return made;
}

/// Messages go through the inbox, so that those of one thread stay in their order.
result<void> relay_core::send(published_ptr p) {
    if (!broker_destination(*how_, p->destination)) return errc::bad_arguments;
    if (counts_->is_over()) return errc::session_closed;
    auto const cost = p->cost();
    if (!counts_->take_room(cost)) return errc::send_queue_full;
    {
        std::scoped_lock const lock(mutex_);
        inbox_.push_back(std::move(p));
        if (inbox_.size() > 1) return {};
    }
    if (shards_->post(0, [self = shared_from_this()] { self->drain(); })) return {};
    std::scoped_lock const lock(mutex_);
    inbox_.clear();
    return errc::session_closed;
}

void relay_core::drain() {
    if (!system_) return;  // it begins with what is there
    std::vector<published_ptr> all;
    {
        std::scoped_lock const lock(mutex_);
        all.swap(inbox_);
    }
    system_->send(all);
}

}  // namespace anywire::stomp
