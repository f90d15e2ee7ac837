#include "bus_core.hpp"

#include "core/log_text.hpp"
#include "random_pool.hpp"

#include <algorithm>
#include <utility>

namespace anywire::mesh {
namespace {

/// How long the end of the last handle waits for nodes that are slow to read.
constexpr std::chrono::milliseconds most_unsent_time{1'000};

}  // namespace

bus_core::bus_core(client_context& on, unix_bus_options with, std::shared_ptr<node_folder> at)
    : floor_(client_access::share_floor(on)),
      options_(std::move(with)),
      folder_(std::move(at)),
      channels_(0, keyed_hash{draw_hash_key()}) {}

void bus_core::begin() {
    post([](bus_core& self) {
        node_mesh::events& to = self;
        self.mesh_ = std::make_unique<node_mesh>(
            self.floor_->host(), self.options_, self.folder_, self.counts_, to);
        self.mesh_->start();
    });
}

std::future<void> bus_core::leave() {
    is_gone_ = true;
    auto dropped = dropped_.get_future();
    // After what was posted before.
    floor_->host().post([self = shared_from_this()] { self->finish(); });
    return dropped;
}

void bus_core::finish() {
    channels_.clear();
    questions_.clear();
    watchers_.clear();
    waiting_.clear();
    auto& loop = floor_->host().loop();
    floor_->keep(shared_from_this());
    longest_ = loop.now() + to_ticks(most_unsent_time);
    next_.emplace(loop, [this] { drop_if_written(); });
    drop_if_written();
}

void bus_core::drop_if_written() {
    if (!mesh_ || !mesh_->has_unsent() || not_after(longest_, floor_->host().loop().now()))
        return drop();
    next_->set_soon();
}

void bus_core::drop() noexcept {
    auto const self = shared_from_this();
    next_.reset();
    mesh_.reset();
    folder_.reset();
    floor_->let_go(this);
    dropped_.set_value();
}

// -- messages -------------------------------------------------------------------------------------

namespace {

/// What one message is charged with until it is on its way to the nodes.
class charge {
public:
    /// Requires: so many bytes were reserved.
    charge(std::shared_ptr<bus_tallies> at, std::size_t bytes) noexcept
        : at_(std::move(at)), bytes_(bytes) {}
    charge(charge&&) noexcept = default;
    charge& operator=(charge&&) = delete;
    ~charge() {
        if (at_) at_->queued_bytes -= bytes_;
    }

private:
    std::shared_ptr<bus_tallies> at_;
    std::size_t bytes_;
};

}  // namespace

void bus_core::publish(std::string_view channel, std::string_view payload, tick now) {
    auto const size = channel.size() + payload.size();
    auto const charged = size + anywire::frame::overhead;
    auto const is_too_long =
        size > options_.max_message_bytes || channel.size() > most_channel_bytes;
    if (is_too_long || !counts_->reserve(charged, options_.max_queued_bytes)) {
        counts_->dropped.fetch_add(1);
        auto const left_out = too_much_.admit(now);
        if (!left_out) return;
        return post([is_too_long, left_out](bus_core& self) {
            self.log(log_level::error,
                     (is_too_long
                          ? "unix_bus: a message longer than max_message_bytes was dropped"
                          : "unix_bus: a message was dropped, as max_queued_bytes wait already") +
                         more_like_it(*left_out));
        });
    }
    charge reserved(counts_, charged);
    auto message = make_message(channel, payload);
    message->mark_shared();
    post([message = std::move(message),
          channel_size = channel.size(),
          room = std::make_shared<charge>(std::move(reserved))](bus_core& self) {
        auto const bytes = message->text().substr(message_overhead);
        auto const to = bytes.substr(0, channel_size);
        if (self.mesh_) self.mesh_->send(to, *message);
        self.on_message(to, bytes.substr(channel_size));
    });
}

void bus_core::on_message(std::string_view channel, std::string_view payload) {
    auto const found = channels_.find(channel);
    if (found == channels_.end()) return;
    for (auto const& who : subscribers(found->second))
        if (!who->is_gone)
            guarded([&] { who->on_message({.channel = channel, .payload = payload}); });
}

void bus_core::subscribe(std::string const& channel, std::shared_ptr<bus_subscriber> who) {
    if (who->is_gone) return;
    auto& all = channels_[channel];
    all.push_back(std::move(who));
    if (all.size() == 1 && mesh_) mesh_->subscribe(channel);
}

void bus_core::unsubscribe(std::string const& channel, bus_subscriber const& who) {
    auto const found = channels_.find(channel);
    if (found == channels_.end()) return;
    std::erase_if(found->second, [&](auto const& s) { return s.get() == &who; });
    if (!found->second.empty()) return;
    channels_.erase(found);
    shrink_sparse(channels_);
    if (mesh_) mesh_->unsubscribe(channel);
    on_channel_end(channel);
}

// -- questions ------------------------------------------------------------------------------------

void bus_core::ask(std::function<void()> question) {
    questions_.push_back(std::move(question));
    on_nodes_changed();
}

void bus_core::count(std::string channel, redis::port::count_fn done) {
    ask([this, channel = std::move(channel), done = std::move(done)] {
        auto const here = channels_.find(channel);
        auto const n = mesh_->count(channel) + (here == channels_.end() ? 0 : here->second.size());
        done({}, n);
    });
}

void bus_core::list(std::string prefix, std::function<void(std::vector<std::string>)> done) {
    ask([this, prefix = std::move(prefix), done = std::move(done)] {
        std::vector<std::string> all;
        mesh_->append_channels(prefix, all);
        for (auto const& [channel, who] : channels_)
            if (channel.starts_with(prefix)) all.push_back(channel);
        done(std::move(all));
    });
}

void bus_core::on_nodes_changed() {
    if (!mesh_ || !mesh_->is_settled()) return;
    for (auto const& q : std::exchange(questions_, {})) guarded(q);
}

void bus_core::watch(std::shared_ptr<end_watcher> who) {
    if (!who->is_gone) watchers_.push_back(std::move(who));
}

void bus_core::stop_watching(end_watcher const& who) {
    std::erase_if(watchers_, [&](auto const& w) { return w.get() == &who; });
}

void bus_core::on_channel_end(std::string_view channel) {
    for (auto const& w : std::vector(watchers_))
        if (!w->is_gone && channel.starts_with(w->prefix)) guarded([&] { w->on_end(channel); });
}

// -- time and the log -----------------------------------------------------------------------------

void bus_timer::on_timer(tick) {
    auto const alive = owner_.lock();
    if (!alive || is_gone) return;
    auto const fn = std::move(fn_);
    alive->stop_waiting(*this);  // it may be destroyed
    alive->guarded(fn);
}

void bus_core::wait(std::chrono::milliseconds delay, std::shared_ptr<bus_timer> what) {
    if (what->is_gone) return;
    auto& loop = floor_->host().loop();
    auto& node = *what;
    node.place = waiting_.insert(waiting_.end(), std::move(what));
    loop.wheel().arm(node, loop.now() + to_ticks(delay) + 1);
}

void bus_core::stop_waiting(bus_timer& what) {
    if (auto const place = std::exchange(what.place, std::nullopt)) waiting_.erase(*place);
}

void bus_core::log(log_level level, std::string_view line) {
    floor_->host().log().write(level, line);
}

}  // namespace anywire::mesh
