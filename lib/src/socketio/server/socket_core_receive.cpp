#include "client.hpp"
#include "socket_core.hpp"
#include "verdict.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

/// What the client of a socket sends: events, and answers to those of the application.
namespace anywire::socketio {

/// The answer to one event of the client's.
class socket_core::event_ack final : public detail::ack_channel {
public:
    event_ack(std::shared_ptr<socket_anchor> to, std::uint64_t id) : to_(std::move(to)), id_(id) {}

    void answer(std::string json, std::vector<std::string> attachments) override {
        if (done_.exchange(true)) return;
        detail::encoded e{"[" + std::move(json) + "]", std::move(attachments)};
        auto& io = *to_->io;
        if (io.here() == to_->shard) return deliver(*to_, id_, e);
        (void)io.post(to_->shard, [to = to_, id = id_, e = std::move(e)] { deliver(*to, id, e); });
    }

private:
    static void deliver(socket_anchor const& a, std::uint64_t id, detail::encoded const& e) {
        if (a.to) a.to->send_ack(id, e);
    }

    std::shared_ptr<socket_anchor> to_;
    std::uint64_t id_;
    std::atomic<bool> done_{false};
};

// -- events of the client -------------------------------------------------------------------------

void socket_core::on_event(wire::packet const& p, std::span<std::string const> attachments) {
    std::shared_ptr<detail::ack_channel> channel;
    if (p.id) channel = std::make_shared<event_ack>(anchor(), *p.id);
    arguments const args(p.payload, attachments, true);
    event const e(p.event, args, std::move(channel));
    if (!rare_ || rare_->middlewares.empty()) return dispatch(e);
    auto kept = std::make_unique<kept_event>(kept_event{
        p.event, std::string(p.payload), {attachments.begin(), attachments.end()}, e.channel()});
    filter_event(e, 0, std::move(kept));
}

void socket_core::filter_event(event const& e,
                               std::size_t first,
                               std::unique_ptr<kept_event> kept) {
    for (auto i = first; i < rare_->middlewares.size(); ++i) {
        auto const fn = rare_->middlewares[i];
        auto const v = std::make_shared<verdict>(
            anchor()->io,
            at().index(),
            [a = anchor()](std::optional<connect_error> why, std::any data) {
                if (!a->to) return;
                a->to->set_data(std::move(data));
                a->to->filter_decided(std::move(why));
            });
        auto good = false;
        auto at_once = v->ask([&] { good = client_.call([&] { (*fn)(e, v->make_next()); }); });
        if (!good) return client_.break_off(close_reason::handler_failed, "handler failed");
        if (!at_once) {
            // It has left: nobody waits for a decision any more, whoever keeps it.
            if (state_ != state::connected) return;
            // The order of events has to hold: nothing more is read until this one is through.
            kept->next = i + 1;
            rare_->waiting = std::move(kept);
            return conn_->pause();
        }
        set_data(std::move(at_once->data));
        if (at_once->why) return tell_error(*at_once->why);
    }
    if (state_ == state::connected) dispatch(e);
}

void socket_core::filter_decided(std::optional<connect_error> why) {
    auto kept = std::move(rare_->waiting);
    if (!kept) return;
    conn_->resume();
    if (why) return tell_error(*why);
    auto const payload = kept->payload;
    auto const attachments = kept->attachments;
    arguments const args(payload, attachments, true);
    auto const name = kept->name;
    event const e(name, args, kept->channel);
    auto const first = kept->next;
    filter_event(e, first, std::move(kept));
}

void socket_core::tell_error(connect_error const& why) {
    if (!rare_) return;
    auto const listeners = rare_->error;
    for (auto const& f : listeners)
        if (!client_.call([&] { f(why); }))
            return client_.break_off(close_reason::handler_failed, "handler failed");
}

void socket_core::on_violation(std::string_view what) {
    if (state_ == state::connected) tell_error({std::string(what), std::nullopt});
}

void socket_core::dispatch(event const& e) {
    if (rare_ && !rare_->any.empty()) {
        auto const listeners = rare_->any;
        for (auto const& l : listeners)
            if (!client_.call([&] { l->second(e); }))
                return client_.break_off(close_reason::handler_failed, "handler failed");
    }
    if (client_.is_closing()) return;
    ++calling_;
    call_listeners(e);
    if (--calling_ != 0 || !has_dead_listeners_) return;
    has_dead_listeners_ = false;
    std::erase_if(listeners_, [](auto const& l) { return l->dead; });
}

void socket_core::call_listeners(event const& e) {
    auto const goes_on = [this] { return state_ == state::connected && !client_.is_closing(); };
    for (std::size_t i = 0, n = listeners_.size(); i < n && goes_on(); ++i) {
        auto& l = *listeners_[i];
        if (l.dead || l.name != e.name()) continue;
        if (l.once) l.dead = has_dead_listeners_ = true;
        call_listener(l.fn, e);
    }
    for (auto const& l : config_->listeners) {
        if (!goes_on()) return;
        if (l.name == e.name()) call_listener(l.fn, e);
    }
}

void socket_core::call_listener(detail::event_handler const& fn, event const& e) {
    std::optional<argument_error> wrong;
    if (!client_.call([&] { wrong = fn(*this, e); }))
        return client_.break_off(close_reason::handler_failed, "handler failed");
    if (wrong) bad_arguments(e, *wrong);
}

void socket_core::bad_arguments(event const& e, argument_error const& wrong) {
    auto const text = to_message(wrong);
    client_.note(io_core::notice::arguments, nsp_->name(), "event '", shown(e.name()), "': ", text);
    if (auto const& hook = client_.io().opts().on_bad_arguments) {
        if (!client_.call([&] { hook(*this, e, wrong); }))
            client_.break_off(close_reason::handler_failed, "handler failed");
        return;
    }
    e.answer(std::map<std::string, std::string>{{"error", text}});
}

// -- acknowledgements -----------------------------------------------------------------------------

void socket_core::on_ack(wire::packet const& p, std::span<std::string const> attachments) {
    if (!p.id) return;
    auto const found = std::lower_bound(
        acks_.begin(), acks_.end(), *p.id, [](pending_ack const& a, std::uint64_t id) {
            return a.id < id;
        });
    if (found == acks_.end() || found->id != *p.id) return;
    auto const fn = std::move(found->fn);
    if (static_cast<std::size_t>(found - acks_.begin()) < hurried_acks_) --hurried_acks_;
    acks_.erase(found);
    arguments const args(p.payload, attachments);
    bool fits = true;
    if (!client_.call([&] { fits = fn({}, {&args, 1}); }))
        return client_.break_off(close_reason::handler_failed, "handler failed");
    if (!fits)
        client_.note(io_core::notice::answers,
                     nsp_->name(),
                     "the arguments of an acknowledgement do not fit its handler");
}

void socket_core::wait_for_ack(std::uint64_t id, detail::ack_handler a, emit_flags const& flags) {
    std::optional<tick> until;
    if (flags.timeout) {
        until = at().loop().now() + to_ticks(*flags.timeout) + 1;
        client_.arm(*until);
    }
    // By id. A broadcast takes its id where it is called, and may be late here.
    auto place = acks_.end();
    while (place != acks_.begin() && std::prev(place)->id > id) --place;
    acks_.insert(place, {id, std::move(a), until});
    // At the next tick, not now: an application that asks again at once would never get out.
    while (acks_.size() - hurried_acks_ > client_.io().opts().max_pending_acks) {
        acks_[hurried_acks_++].until = at().loop().now();
        client_.arm(at().loop().now() + 1);
    }
}

std::optional<tick> socket_core::soonest_ack() const noexcept {
    std::optional<tick> soonest;
    for (auto const& a : acks_)
        if (a.until && (!soonest || not_after(*a.until, *soonest))) soonest = a.until;
    return soonest;
}

std::optional<tick> socket_core::expire_acks(tick now) {
    std::vector<detail::ack_handler> late;
    auto const is_late = [&](pending_ack const& a) { return a.until && not_after(*a.until, now); };
    for (auto& a : acks_)
        if (is_late(a)) late.push_back(std::move(a.fn));
    if (!late.empty()) {
        std::erase_if(acks_, is_late);
        hurried_acks_ = 0;
    }
    for (auto const& fn : late)
        if (!client_.call([&] { (void)fn(errc::ack_timeout, {}); })) {
            client_.break_off(close_reason::handler_failed, "handler failed");
            return std::nullopt;
        }
    return soonest_ack();
}

void socket_core::give_up_acks() {
    has_given_up_acks_ = true;
    auto const all = std::exchange(acks_, {});
    for (auto const& a : all) (void)client_.call([&] { (void)a.fn(errc::session_closed, {}); });
}

}  // namespace anywire::socketio
