#include "core/percent.hpp"
#include "stomp_client.hpp"

#include <charconv>
#include <utility>

namespace anywire::stomp {
namespace {

/// A message's id: the number of the subscription and its own, as `head_of` writes it.
struct message_id {
    std::uint64_t of = 0;
    std::uint64_t number = 0;
};

std::optional<message_id> message_id_of(frame_view const& f) noexcept {
    auto const own = f.find("id");
    auto const text = own ? *own : f.find("message-id").value_or(std::string_view{});
    message_id id;
    auto const* const end = text.data() + text.size();
    auto const first = std::from_chars(text.data(), end, id.of);
    if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') return std::nullopt;
    auto const second = std::from_chars(first.ptr + 1, end, id.number);
    if (second.ec != std::errc{} || second.ptr != end || id.of == 0 || id.number == 0)
        return std::nullopt;
    return id;
}

/// A destination of another's below the user prefix: "/ann/queue/x".
struct owned {
    std::string owner;
    std::string_view below;
};

std::optional<owned> owner_of(std::string_view below_user) {
    auto const below = below_user.substr(1);
    auto const end = below.find('/');
    auto name = percent_decoded(below.substr(0, end));
    if (end == below.npos || name.empty()) return std::nullopt;
    return owned{std::move(name), below.substr(end)};
}

}  // namespace

/// What is done when a handler of the application's has come to its end.
class stomp_client::handler_work final : public detail::work {
public:
    handler_work(stomp_client& of,
                 std::optional<receipts::place> receipt,
                 std::string_view destination,
                 value_taker with_value)
        : core_(of.core_.shared_from_this()),
          of_(of.self_),
          receipt_(receipt),
          destination_(destination),
          with_value_(std::move(with_value)) {}

    void done(std::optional<payload> value) override {
        if (std::exchange(is_done_, true)) return;
        if (value && with_value_) with_value_(*core_, *of_, destination_, std::move(*value));
        if (*of_) (*of_)->finish(receipt_);
    }
    void failed(std::exception_ptr why) override {
        if (std::exchange(is_done_, true)) return;
        if (*of_) (*of_)->fail_handler(receipt_, destination_, why);
    }

private:
    std::shared_ptr<stomp_core> core_;
    std::shared_ptr<stomp_client*> of_;
    std::optional<receipts::place> receipt_;
    std::string destination_;
    value_taker with_value_;
    bool is_done_ = false;
};

void stomp_client::call_route(detail::route_call const& route,
                              std::vector<std::string_view> const& variables,
                              message const& m,
                              frame_view const& f,
                              value_taker with_value) {
    std::optional<receipts::place> receipt;
    if (auto const id = f.find("receipt")) receipt = receipts_.add(std::string(*id));
    ++working_;
    auto const work =
        std::make_shared<handler_work>(*this, receipt, m.destination(), std::move(with_value));
    try {
        route.call(handle_, {variables, &m}, work);
    } catch (...) {
        work->failed(std::current_exception());
    }
}

void stomp_client::no_handler(frame_view const& f, std::string_view destination) {
    tell_error(failure::kind::no_handler, destination, "nothing handles this destination");
    if (f.find("receipt")) fail(close_reason::refused, "nothing handles this destination", f);
}

// -- SEND -----------------------------------------------------------------------------------------

void stomp_client::on_send(frame_view const& f) {
    if (!check_send(f)) return;
    auto const id = f.find("transaction");
    if (!id) return execute(f);
    // What can be judged before COMMIT is, so that no transaction is done by half.
    auto const to = *f.find("destination");
    std::vector<std::string_view> variables;
    if (core_.place_of(to) == place::application && !core_.hooks().messages.find(to, variables))
        return no_handler(f, to);
    (void)store(f, *id);
}

bool stomp_client::check_send(frame_view const& f) {
    auto const to = f.find("destination");
    if (!to) return fail(close_reason::protocol_error, "SEND without destination", f), false;
    auto const is_good = core_.is_valid(*to) && !core_.is_lost(*to);
    auto const place = is_good ? core_.place_of(*to) : place::nobodys;
    if (place == place::application) return true;
    auto const is_whole = place != place::own || owner_of(core_.below_user(*to)).has_value();
    if (place != place::nobodys && is_whole && may(true, *to)) return true;
    ++core_.counts().refused_sends;
    return fail(close_reason::refused, "not allowed to send there", f), false;
}

bool stomp_client::may(bool is_send, std::string_view destination) {
    auto const& rules = is_send ? core_.hooks().may_send : core_.hooks().may_subscribe;
    std::vector<std::string_view> variables;
    auto const* const rule = rules.find(destination, variables);
    if (!rule) return false;
    if (!rule->call) return true;
    auto is_allowed = false;
    core_.call(at_, [&] { is_allowed = rule->call(handle_, variables); });
    return is_allowed;
}

void stomp_client::execute(frame_view const& f) {
    if (f.what != command::send) return settle(f);
    auto const to = *f.find("destination");
    switch (core_.place_of(to)) {
        case place::application: return send_to_application(f);
        case place::own: return send_to_others(f);
        default: return send_to_broker(f);
    }
}

published_ptr stomp_client::publication_of(frame_view const& f) {
    auto p = std::make_shared<published>();
    p->destination = f.find("destination").value_or(std::string_view{});
    p->what.content_type = f.find("content-type").value_or(std::string_view{});
    p->what.body = f.body;
    for (auto const& h : f.headers)
        if (!is_reserved_header(h.name)) p->more.emplace_back(h.name, h.value);
    return p;
}

void stomp_client::send_to_broker(frame_view const& f) {
    if (core_.publish(publication_of(f))) return done(f);
    ++core_.counts().refused_sends;
    fail(close_reason::refused, "the queue has no room", f);
}

/// "/user/ann/queue/x": to what Ann's sessions know as "/user/queue/x".
void stomp_client::send_to_others(frame_view const& f) {
    auto const whose = *owner_of(core_.below_user(*f.find("destination")));
    auto const p = publication_of(f);
    auto renamed = std::make_shared<published>();
    renamed->destination = core_.opts().user;
    renamed->destination.append(whose.below);
    renamed->what = p->what;
    renamed->more = p->more;
    core_.publish_to_user(whose.owner, std::move(renamed));
    done(f);
}

void stomp_client::send_to_application(frame_view const& f) {
    auto const to = *f.find("destination");
    std::vector<std::string_view> variables;
    auto const* const route = core_.hooks().messages.find(to, variables);
    if (!route) return no_handler(f, to);
    auto const answer = [](stomp_core& core, stomp_client*, std::string const& at, payload value) {
        auto const to_answer = core.opts().answers + at.substr(core.opts().application.size());
        (void)core.publish(stomp_core::make_publication(to_answer, std::move(value), {}));
    };
    call_route(*route, variables, message(to, f.headers, f.body), f, answer);
}

// -- ACK, NACK ------------------------------------------------------------------------------------

void stomp_client::on_settle(frame_view const& f) {
    if (!f.find("id") && !f.find("message-id"))
        return fail(close_reason::protocol_error, "an acknowledgement without id", f);
    if (!check_settled(f)) return fail(close_reason::protocol_error, "no such message", f);
    if (auto const id = f.find("transaction")) return (void)store(f, *id);
    settle(f);
}

/// Whether it is of a message that this client has got at some time.
bool stomp_client::check_settled(frame_view const& f) const {
    auto const ids = message_id_of(f);
    if (!ids || ids->of > last_subscription_) return false;
    auto const* const of = find_numbered(ids->of);
    return !of || ids->number <= of->last_sent;
}

void stomp_client::settle(frame_view const& f) {
    auto const [which, number] = *message_id_of(f);
    // One that has ended gave its messages back: the client may not know yet.
    auto const* const of = find_numbered(which);
    if (of && of->to == subscription::kind::queue && of->mode != ack_mode::automatic)
        (void)core_.settle(
            of->consumer, number, f.what == command::ack, of->mode == ack_mode::client);
    done(f);
}

}  // namespace anywire::stomp
