#include "stomp_client.hpp"

#include <utility>

namespace anywire::stomp {
namespace {

std::optional<ack_mode> ack_mode_of(std::optional<std::string_view> text) noexcept {
    if (!text || *text == "auto") return ack_mode::automatic;
    if (*text == "client") return ack_mode::client;
    if (*text == "client-individual") return ack_mode::individual;
    return std::nullopt;
}

/// What a subscription without an id is found by, which is no id.
std::string name_by_destination(std::string_view destination) {
    return std::string(1, '\0').append(destination);
}

}  // namespace

void stomp_client::on_subscribe(frame_view const& f) {
    auto s = read_subscription(f);
    if (!s) return;
    if (core_.place_of(s->destination) == place::application && core_.is_valid(s->destination))
        return answer_subscriber(*s, f);
    if (!check_subscription(*s, f)) return;
    enter(std::move(s), f);
}

/// Null where it has failed.
std::unique_ptr<subscription> stomp_client::read_subscription(frame_view const& f) {
    auto const to = f.find("destination");
    auto const id = f.find("id");
    auto const mode = ack_mode_of(f.find("ack"));
    auto const refuse = [&](std::string_view why) {
        fail(close_reason::protocol_error, why, f);
        return nullptr;
    };
    if (!to) return refuse("SUBSCRIBE without destination");
    if (!id && version_ != version::v1_0) return refuse("SUBSCRIBE without id");
    if (!mode) return refuse("no such ack mode");
    auto s = std::make_unique<subscription>();
    s->name = id ? std::string(*id) : name_by_destination(*to);
    s->id = id.value_or(std::string_view{});
    s->destination = *to;
    s->of = this;
    s->mode = *mode;
    if (subscriptions_.find(s->name)) return refuse("the subscription's id is in use");
    std::size_t same = 0;
    for_each_subscription([&](subscription const& o) { same += o.destination == *to ? 1 : 0; });
    if (subscriptions_.size() >= core_.opts().max_subscriptions ||
        same >= core_.opts().max_same_subscriptions) {
        fail(close_reason::refused, "too many subscriptions", f);
        return nullptr;
    }
    return s;
}

/// Whether a client may subscribe there; says so where it may not.
bool stomp_client::check_subscription(subscription& s, frame_view const& f) {
    if (core_.is_valid(s.destination) && may_subscribe(s)) return true;
    ++core_.counts().refused_subscribes;
    fail(close_reason::refused, "not allowed to subscribe there", f);
    return false;
}

/// Notes of what kind it is, too.
bool stomp_client::may_subscribe(subscription& s) {
    auto const has_rules = !core_.hooks().may_subscribe.empty();
    auto const is_pattern = destination_pattern::has_wildcards(s.destination);
    switch (core_.place_of(s.destination)) {
        case place::own:
            s.to = subscription::kind::own;
            return !is_pattern && core_.is_valid(core_.below_user(s.destination));
        case place::queue:
            s.to = subscription::kind::queue;
            return !is_pattern && (!has_rules || may(false, s.destination));
        case place::topic:
            s.to = is_pattern ? subscription::kind::pattern : subscription::kind::topic;
            return is_pattern ? may_use_pattern(s.destination)
                              : !has_rules || may(false, s.destination);
        default: return false;
    }
}

bool stomp_client::may_use_pattern(std::string_view text) const {
    auto const& rules = core_.hooks().may_subscribe;
    return core_.opts().patterns && core_.parse(text) &&
           (rules.empty() || rules.find_pattern(text));
}

/// What the application answers, once.
void stomp_client::answer_subscriber(subscription const& s, frame_view const& f) {
    std::vector<std::string_view> variables;
    auto const* const route = core_.hooks().subscribes.find(s.destination, variables);
    if (!route) return no_handler(f, s.destination);
    auto const number = ++last_subscription_;
    auto answer = [id = s.id, number](
                      stomp_core&, stomp_client* to, std::string const& at, payload value) {
        if (!to) return;
        subscription once{.id = id, .destination = at, .number = number};
        published p;
        p.destination = at;
        p.what = std::move(value);
        to->deliver(once, p);
    };
    call_route(*route, variables, message(s.destination, f.headers, f.body), f, std::move(answer));
}

void stomp_client::enter(std::unique_ptr<subscription> made, frame_view const& f) {
    auto& s = subscriptions_.obtain(made->name);
    s = std::move(*made);
    s.number = ++last_subscription_;
    if (s.to == subscription::kind::queue) {
        s.consumer = core_.new_consumer(at_.index());
        if (!core_.consume(s.consumer, s.destination)) {
            subscriptions_.erase(s);
            ++core_.counts().refused_subscribes;
            return fail(close_reason::refused, "too many queues", f);
        }
    }
    numbered_.emplace(s.number, &s);
    ++core_.counts().subscriptions;
    core_.note_subscription(id(), s.destination, true);
    at_.add(s);
    take_snapshot(s);
    done(f);
    auto const& told = core_.hooks().on_subscribed;
    // It may end the subscription, which then takes its name with it.
    if (told) core_.call(at_, [&, to = s.destination] { told(handle_, to); });
}

subscription* stomp_client::find_numbered(std::uint64_t number) const noexcept {
    auto const found = numbered_.find(number);
    return found == numbered_.end() ? nullptr : found->second;
}

void stomp_client::take_snapshot(subscription& s) {
    if (s.to != subscription::kind::topic && s.to != subscription::kind::relayed) return;
    std::vector<std::string_view> variables;
    auto const* const route = core_.hooks().snapshots.find(s.destination, variables);
    if (!route) return;
    auto give = [&s](stomp_core&, stomp_client* to, std::string const& at, payload value) {
        published p;
        p.destination = at;
        p.what = std::move(value);
        if (to) to->deliver(s, p);
    };
    // Its receipt is that of the subscription.
    call_route(*route, variables, message(s.destination, {}, {}), frame_view{}, std::move(give));
}

void stomp_client::on_unsubscribe(frame_view const& f) {
    auto const id = f.find("id");
    auto const to = f.find("destination");
    if (!id && (!to || version_ != version::v1_0))
        return fail(close_reason::protocol_error, "UNSUBSCRIBE without id", f);
    // One that is not there may have ended here meanwhile.
    if (auto* const s = find_subscription(f)) drop(*s);
    done(f);
}

/// By its id; in 1.0 by its destination, too.
subscription* stomp_client::find_subscription(frame_view const& f) {
    if (auto const id = f.find("id")) return subscriptions_.find(*id);
    auto const to = f.find("destination");
    if (!to || version_ != version::v1_0) return nullptr;
    return subscriptions_.find(name_by_destination(*to));
}

void stomp_client::drop(subscription& s) {
    auto const destination = s.destination;
    at_.remove(s);
    if (s.to == subscription::kind::queue) core_.stop_consuming(s.consumer);
    numbered_.erase(s.number);
    shrink_sparse(numbered_);
    subscriptions_.erase(s);
    --core_.counts().subscriptions;
    core_.note_subscription(id(), destination, false);
    auto const& told = core_.hooks().on_unsubscribed;
    if (told) core_.call(at_, [&] { told(handle_, destination); });
}

}  // namespace anywire::stomp
