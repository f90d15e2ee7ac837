#include <anywire/redis/connection.hpp>

#include "command_keys.hpp"
#include "core.hpp"
#include "slots.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace anywire::redis {
namespace {

std::shared_ptr<settings const> settings_of(client_context& on, options given) {
    std::string wrong;
    auto made = make_settings(std::move(given), wrong);
    if (!made) throw std::invalid_argument(wrong);
    auto const& tls = made->given.tls;
    if (made->url.secure || made->given.sentinel.secure) {
        made->tls = client_access::floor_of(on).tls(tls, wrong);
        if (!made->tls) throw std::invalid_argument("redis::options::tls: " + wrong);
    }
    return made;
}

/// The numbers that PUBSUB NUMSUB has answered for one channel.
std::uint64_t subscribers_in(reply const& r) noexcept {
    if (r.elements.size() != 2 || !r.elements[1].is_integer() || r.elements[1].integer < 0)
        return 0;
    return static_cast<std::uint64_t>(r.elements[1].integer);
}

/// A count over the masters of a cluster.
struct gathering {
    std::function<void(error_code, std::uint64_t)> done{};
    std::size_t missing = 0;
    std::uint64_t sum = 0;
    error_code error{};

    void add(error_code ec, reply const& r) {
        if (ec && !error) error = ec;
        sum += subscribers_in(r);
        if (--missing == 0) done(error, error ? 0 : sum);
    }
};

void count_at_masters(core& c,
                      std::string question,
                      std::function<void(error_code, std::uint64_t)> done) {
    auto const masters = c.where() ? c.where()->masters() : std::vector<dial_target>{};
    if (masters.empty()) {
        // What goes to any master waits until they are known.
        std::string ping;
        append_words(ping, "PING");
        auto const self = c.weak_from_this();
        auto const go_on = [self, question, done](error_code ec, reply const&) {
            auto const alive = self.lock();
            if (ec) return done(ec, 0);
            if (alive) count_at_masters(*alive, question, done);
        };
        return c.submit(std::move(ping), {}, go_on);
    }
    auto const all = std::make_shared<gathering>();
    all->done = std::move(done);
    all->missing = masters.size();
    for (auto const& m : masters)
        c.submit(question, {.at = m}, [all](error_code ec, reply const& r) { all->add(ec, r); });
}

}  // namespace

/// What all handles of one connection share.
class connection::owner {
public:
    owner(std::unique_ptr<client_context> own, client_context& on, options given)
        : own_(std::move(own)),
          core_(std::make_shared<redis::core>(on, settings_of(on, std::move(given)))) {
        core_->begin();
    }
    owner(owner const&) = delete;
    owner& operator=(owner const&) = delete;
    ~owner() { client_access::end(std::move(own_), core_->leave()); }

    redis::core& core() noexcept { return *core_; }
    redis::core const& core() const noexcept { return *core_; }
    /// What ends something that `core` has: `remove(core&, *who)`.
    template <class Who, class Function>
    subscription make_end(std::shared_ptr<Who> who, Function remove) {
        return subscription([weak = std::weak_ptr(core_), who = std::move(who), remove] {
            who->is_gone = true;
            if (auto const alive = weak.lock())
                alive->post([who, remove](redis::core& c) { remove(c, *who); });
        });
    }

private:
    std::unique_ptr<client_context> own_;
    std::shared_ptr<redis::core> core_;
};

connection::connection(options with, log_sink log) {
    auto own = std::make_unique<client_context>(std::move(log));
    auto& on = *own;
    owner_ = std::make_shared<owner>(std::move(own), on, std::move(with));
}

connection::connection(client_context& on, options with)
    : owner_(std::make_shared<owner>(nullptr, on, std::move(with))) {}

void connection::command(std::vector<std::string> args, reply_handler done) {
    auto& core = owner_->core();
    if (args.empty() || is_exclusive(args)) return core.refuse(std::move(done), errc::unsupported);
    std::string bytes;
    append_command(bytes, args);
    std::optional<std::uint16_t> slot;
    if (core.how().is_cluster())
        if (auto const key = first_key(args)) slot = slot_of(*key);
    core.submit(std::move(bytes), {.slot = slot}, std::move(done));
}

void connection::transaction(std::vector<std::vector<std::string>> commands, reply_handler done) {
    auto& core = owner_->core();
    std::string bytes;
    append_words(bytes, "MULTI");
    std::optional<std::uint16_t> slot;
    for (auto const& args : commands) {
        if (args.empty() || is_exclusive(args))
            return core.refuse(std::move(done), errc::unsupported);
        append_command(bytes, args);
        auto const key = core.how().is_cluster() ? first_key(args) : std::nullopt;
        if (!key) continue;
        auto const its = slot_of(*key);
        if (slot && *slot != its) return core.refuse(std::move(done), errc::cross_slot);
        slot = its;
    }
    if (commands.empty()) return core.refuse(std::move(done), errc::unsupported);
    append_words(bytes, "EXEC");
    auto const answers = static_cast<std::uint32_t>(commands.size() + 2);
    core.submit(std::move(bytes), {.answers = answers, .slot = slot}, std::move(done));
}

void connection::publish(std::string channel, std::string payload, reply_handler done) {
    std::string bytes;
    append_words(bytes, "PUBLISH", channel, payload);
    owner_->core().submit(std::move(bytes), {}, std::move(done));
}

void connection::spublish(std::string channel, std::string payload, reply_handler done) {
    auto& core = owner_->core();
    std::string bytes;
    append_words(bytes, "SPUBLISH", channel, payload);
    auto const slot = core.how().is_cluster() ? std::optional(slot_of(channel)) : std::nullopt;
    core.submit(std::move(bytes), {.slot = slot}, std::move(done));
}

subscription connection::subscribe(channel_kind kind,
                                   std::string channel,
                                   message_handler on_message,
                                   std::function<void(error_code)> on_subscribed) {
    auto who = std::make_shared<subscriber>();
    who->on_message = std::move(on_message);
    who->on_subscribed = std::move(on_subscribed);
    owner_->core().submit(kind, channel, who);
    return owner_->make_end(
        who, [kind, channel = std::move(channel)](redis::core& c, subscriber const& gone) {
            c.unsubscribe(kind, channel, gone);
        });
}

void connection::count_subscribers(std::string channel,
                                   channel_kind kind,
                                   std::function<void(error_code, std::uint64_t)> done) {
    auto& core = owner_->core();
    auto const is_sharded = kind == channel_kind::sharded;
    std::string bytes;
    append_words(bytes, "PUBSUB", is_sharded ? "SHARDNUMSUB" : "NUMSUB", channel);
    auto const is_cluster = core.how().is_cluster();
    if (is_cluster && !is_sharded)
        return core.post([bytes, done = std::move(done)](redis::core& c) mutable {
            count_at_masters(c, std::move(bytes), std::move(done));
        });
    auto const slot = is_cluster ? std::optional(slot_of(channel)) : std::nullopt;
    core.submit(
        std::move(bytes), {.slot = slot}, [done = std::move(done)](error_code ec, reply const& r) {
            done(ec, subscribers_in(r));
        });
}

subscription connection::read_stream(stream_options what,
                                     entry_handler on_entry,
                                     std::function<void(error_code)> on_reading) {
    auto who = std::make_shared<stream_reader>();
    who->on_entry = std::move(on_entry);
    who->on_reading = std::move(on_reading);
    owner_->core().post([what = std::move(what), who](redis::core& c) { c.read(what, who); });
    return owner_->make_end(
        who, [](redis::core& c, stream_reader const& gone) { c.stop_reading(gone); });
}

// -- how it fares ---------------------------------------------------------------------------------

subscription connection::watch(std::function<void(state_change const&)> on_change) {
    auto who = std::make_shared<watcher>();
    who->on_change = std::move(on_change);
    owner_->core().post([who](redis::core& c) { c.watch(who); });
    return owner_->make_end(who,
                            [](redis::core& c, watcher const& gone) { c.stop_watching(gone); });
}

state connection::current_state() const noexcept {
    return owner_->core().counts().state.load();
}

redis::health connection::health() const {
    return owner_->core().counts().health();
}

number_source connection::numbers(std::string name) const {
    return owner_->core().numbers(std::move(name));
}

void connection::post(std::function<void()> fn) {
    owner_->core().post([fn = std::move(fn)](redis::core& c) { c.guarded(fn); });
}

subscription connection::after(std::chrono::milliseconds delay, std::function<void()> fn) {
    auto const what = std::make_shared<timed_call>(owner_->core().weak_from_this(), std::move(fn));
    owner_->core().post([delay, what](redis::core& c) { c.wait(delay, what); });
    return owner_->make_end(what, [](redis::core& c, timed_call& gone) { c.stop_waiting(gone); });
}

void connection::log(log_level level, std::string line) {
    owner_->core().post([level, line = std::move(line)](redis::core& c) { c.log(level, line); });
}

bool connection::is_here() const noexcept {
    return owner_->core().is_here();
}

void connection::close() {
    owner_->core().post([](redis::core& c) { c.close(); });
}

}  // namespace anywire::redis
