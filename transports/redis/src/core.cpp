#include "core.hpp"

#include <algorithm>
#include <utility>

namespace anywire::redis {
namespace {

constexpr std::size_t command_charge = 64;

error_code error_of(std::string_view text) noexcept {
    if (has_code(text, "CROSSSLOT")) return errc::cross_slot;
    if (text.starts_with("ERR unknown command")) return errc::unsupported;
    return errc::error_reply;
}

}  // namespace

core::core(client_context& on, std::shared_ptr<settings const> how)
    : context_(on),
      floor_(client_access::share_floor(on)),
      how_(std::move(how)),
      counts_(std::make_shared<tallies>(how_->given.limits)) {}

bool core::is_here() const noexcept {
    return context_.is_here();
}

void core::begin() {
    post([](core& self) { self.start(); });
}

void core::start() {
    auto& host = floor_->host();
    servers::events& of_servers = *this;
    channels::events& of_channels = *this;
    servers_ = std::make_unique<servers>(host, how_, counts_, of_servers);
    channels_ = std::make_unique<channels>(host, how_, counts_, *servers_, of_channels);
    servers_->start();
}

std::future<void> core::leave() {
    is_gone_ = true;
    auto dropped = dropped_.get_future();
    // After what was posted before.
    floor_->host().post([self = shared_from_this()] { self->finish(); });
    return dropped;
}

void core::finish() {
    readings_.clear();
    channels_.reset();
    watchers_.clear();
    waiting_.clear();
    auto const longest = how_->given.finish_timeout;
    if (!servers_ || !counts_->has_commands() || longest.count() == 0) return drop();
    floor_->keep(shared_from_this());
    deadline_.emplace(floor_->host().loop(), [this] { drop(); });
    deadline_->set(longest);
}

void core::drop() noexcept {
    auto const self = shared_from_this();
    counts_->state = redis::state::closed;
    deadline_.reset();
    servers_.reset();
    floor_->let_go(this);
    dropped_.set_value();
}

// -- commands -------------------------------------------------------------------------------------

void core::refuse(connection::reply_handler done, errc why) {
    if (!done) return;
    post([done = std::move(done), why](core& self) { self.guarded([&] { done(why, {}); }); });
}

void core::submit(std::string bytes, destination to, connection::reply_handler done) {
    auto const size = bytes.size() + command_charge;
    if (bytes.size() > how_->given.limits.max_command) {
        counts_->dropped.fetch_add(1);
        return refuse(std::move(done), errc::queue_full);
    }
    if (!counts_->take_room(size)) return refuse(std::move(done), errc::queue_full);
    request r{.bytes = std::move(bytes),
              .answers = to.answers,
              .slot = to.slot,
              .done = std::move(done),
              .room = {counts_, size, &tallies::give_room}};
    post([r = std::move(r), at = std::move(to.at)](core& self) mutable {
        self.run(std::move(r), at);
    });
}

void core::run(request r, std::optional<dial_target> const& at) {
    if (!servers_) return on_done(r, errc::closed, {});
    auto const timeout = how_->given.command_timeout;
    if (timeout.count() > 0) r.due = floor_->host().loop().now() + to_ticks(timeout);
    if (at) return servers_->run_at(*at, std::move(r));
    servers_->run(std::move(r));
}

void core::on_done(request& r, error_code ec, reply&& answer) {
    r.room = {};
    if (answer.is_error()) ec = error_of(answer.text);
    if (ec && !answer.is_error() && ec != errc::closed) counts_->dropped.fetch_add(1);
    if (deadline_ && !counts_->has_commands()) deadline_->set_soon();
    if (r.done) guarded([&] { r.done(ec, std::move(answer)); });
}

// -- channels -------------------------------------------------------------------------------------

void core::submit(channel_kind kind, std::string name, std::shared_ptr<subscriber> who) {
    auto const size = channel_charge(name);
    if (!counts_->take_channel_room(size))
        return post([who = std::move(who)](core& self) { self.tell(*who, errc::queue_full); });
    post([kind,
          name = std::move(name),
          who = std::move(who),
          space = room(counts_, size, &tallies::give_channel_room)](core& self) mutable {
        self.subscribe(kind, name, std::move(who), std::move(space));
    });
}

void core::subscribe(channel_kind kind,
                     std::string const& name,
                     std::shared_ptr<subscriber> who,
                     room space) {
    if (!channels_) return tell(*who, errc::closed);
    if (!who->is_gone) channels_->add(kind, name, std::move(who), std::move(space));
}

void core::unsubscribe(channel_kind kind, std::string_view name, subscriber const& who) {
    if (channels_) channels_->remove(kind, name, who);
}

void core::call(subscriber& to, channel_message const& m) {
    if (!to.is_gone && to.on_message) guarded([&] { to.on_message(m); });
}

void core::tell(subscriber& to, error_code ec) {
    if (auto const fn = std::exchange(to.on_subscribed, nullptr); fn && !to.is_gone)
        guarded([&] { fn(ec); });
}

void core::on_place_wrong(std::string_view error, dial_target const& by) {
    if (servers_) servers_->note_redirection(error, by);
}

// -- time -----------------------------------------------------------------------------------------

void timed_call::on_timer(tick) {
    auto const alive = owner_.lock();
    if (!alive || is_gone) return;
    auto const fn = std::move(fn_);
    alive->stop_waiting(*this);  // it may be destroyed
    alive->guarded(fn);
}

void core::wait(std::chrono::milliseconds delay, std::shared_ptr<timed_call> what) {
    if (what->is_gone) return;
    auto& loop = floor_->host().loop();
    auto& node = *what;
    node.place = waiting_.insert(waiting_.end(), std::move(what));
    loop.wheel().arm(node, loop.now() + to_ticks(delay) + 1);
}

void core::stop_waiting(timed_call& what) {
    if (auto const place = std::exchange(what.place, std::nullopt)) waiting_.erase(*place);
}

void core::log(log_level level, std::string_view line) {
    floor_->host().loop().log().write(level, line);
}

// -- streams --------------------------------------------------------------------------------------

void core::read(stream_options what, std::shared_ptr<stream_reader> who) {
    if (who->is_gone) return;
    if (!servers_) {
        if (who->on_reading) guarded([&] { who->on_reading(errc::closed); });
        return;
    }
    stream_line::events& self = *this;
    auto line = std::make_unique<stream_line>(
        floor_->host(), how_, counts_, *servers_, std::move(what), self);
    readings_.push_back({std::move(who), std::move(line)});
    readings_.back().line->start();
}

void core::stop_reading(stream_reader const& who) {
    readings_.remove_if([&](reading const& r) { return r.who.get() == &who; });
}

void core::on_entry(stream_line& s, stream_entry const& e) {
    for (auto const& r : readings_)
        if (r.line.get() == &s && !r.who->is_gone && r.who->on_entry)
            return guarded([&] { r.who->on_entry(e); });
}

void core::on_reading(stream_line& s, error_code ec) {
    auto const found = std::find_if(
        readings_.begin(), readings_.end(), [&](reading const& r) { return r.line.get() == &s; });
    if (found == readings_.end()) return;
    auto const who = found->who;
    if (ec) {
        s.stop();
        post([who](core& self) { self.stop_reading(*who); });
    }
    if (auto const fn = std::exchange(who->on_reading, nullptr); fn && !who->is_gone)
        guarded([&] { fn(ec); });
}

// -- state ----------------------------------------------------------------------------------------

void core::on_slots() {
    if (!channels_) return;
    channels_->relocate();
    for (auto& r : readings_) r.line->relocate();
    evaluate(nullptr);
}

/// Something was reached, or (`why`) lost.
void core::evaluate(failure const* why) {
    if (why) counts_->note_error(why->text);
    if (!servers_ || !channels_) return;
    auto const is_whole = servers_->is_whole() && channels_->is_whole();
    auto const is_ready = last_.now == redis::state::ready;
    if (is_whole && !is_ready) {
        if (last_.now == redis::state::lost) counts_->reconnects.fetch_add(1);
        logged_.clear();
        return change(redis::state::ready, "reached " + servers_->text(), log_level::info);
    }
    if (!why) return;
    if (!is_whole && is_ready) {
        // What is lost is mostly the server: its other sockets have to show that they live, so
        // that it is not ready again in between, and lost once more.
        servers_->doubt();
        channels_->doubt();
        logged_.push_back(why->text);
        return change(redis::state::lost, why->text, log_level::error);
    }
    // An attempt that fails as one before is no news.
    constexpr std::size_t most_logged = 64;
    auto const is_news = logged_.size() < most_logged &&
                         std::find(logged_.begin(), logged_.end(), why->text) == logged_.end();
    if (is_news) logged_.push_back(why->text);
    floor_->host().log().write(is_news ? log_level::error : log_level::debug, "Redis: ", why->text);
}

void core::change(redis::state to, std::string text, log_level level) {
    counts_->state = to;
    floor_->host().log().write(level, "Redis: ", text);
    last_ = {to, std::move(text)};
    for (auto const& w : std::vector(watchers_))
        if (!w->is_gone && w->on_change) guarded([&] { w->on_change(last_); });
}

void core::watch(std::shared_ptr<watcher> who) {
    if (who->is_gone) return;
    watchers_.push_back(who);
    if (who->on_change) guarded([&] { who->on_change(last_); });
}

void core::stop_watching(watcher const& who) {
    std::erase_if(watchers_, [&](auto const& w) { return w.get() == &who; });
}

void core::close() {
    if (!servers_) return;
    auto const readings = std::exchange(readings_, {});
    for (auto const& r : readings)
        if (auto const fn = std::exchange(r.who->on_reading, nullptr); fn && !r.who->is_gone)
            guarded([&] { fn(errc::closed); });
    auto const all = std::exchange(channels_, nullptr);
    all->close();
    auto const where = std::exchange(servers_, nullptr);
    where->close();
    change(redis::state::closed, "the connection was closed", log_level::info);
}

}  // namespace anywire::redis
