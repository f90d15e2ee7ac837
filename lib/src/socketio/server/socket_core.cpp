#include "socket_core.hpp"

#include "client.hpp"
#include "reserved_names.hpp"
#include "verdict.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <utility>

namespace anywire::socketio {
namespace {

constexpr std::size_t id_size = 20;

/// Who was cut off by one of these may come back.
bool is_recoverable(disconnect_reason why) noexcept {
    return why != disconnect_reason::client_namespace_disconnect &&
           why != disconnect_reason::server_namespace_disconnect &&
           why != disconnect_reason::parse_error;
}

}  // namespace

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

socket_core::socket_core(client& c, std::shared_ptr<nsp_core> nsp, json_value auth)
    : client_(c),
      conn_(c.conn()),
      how_(c.how()),
      nsp_(std::move(nsp)),
      part_(nsp_->part(c.at().index())),
      config_(nsp_->config()),
      auth_(auth.view().text() == "{}" ? nullptr : std::make_unique<json_value>(std::move(auth))) {}

socket_core::~socket_core() {
    rare_.reset();  // the application's functions: what they hold may still look at this
    if (anchor_) anchor_->to = nullptr;
    if (stored_) nsp_->forget_pid(stored_->pid, *this);
    leave_rooms();
    part_.remove(*this);
    client_.io().release(std::move(nsp_));
}

void socket_core::leave_rooms() noexcept {
    part_.leave_all(*this);
}

std::shared_ptr<socket_anchor> const& socket_core::anchor() {
    if (!anchor_)
        anchor_ = std::make_shared<socket_anchor>(
            socket_anchor{this, client_.io().shared_from_this(), at().index()});
    return anchor_;
}

socket_core::rare& socket_core::extras() {
    if (!rare_) rare_ = std::make_unique<rare>();
    return *rare_;
}

// -- joining --------------------------------------------------------------------------------------

void socket_core::forget_recovery() {
    position_.reset();
    stored_.reset();
    data_.reset();
    leave_rooms();
    if (client_.protocol() == wire::protocol::v5) {
        auto const random = at().loop().make_id();
        id_text.assign(random.data(), id_size);
    } else {
        auto const sid = conn_.wire_id();
        id_text = nsp_->name() == "/" ? std::string(sid) : nsp_->name() + "#" + std::string(sid);
    }
}

void socket_core::begin() {
    forget_recovery();
    auto const pid = auth().find("pid");
    if (client_.protocol() != wire::protocol::v5 || !pid || !pid->as_string())
        return run_middlewares(0);
    if (!nsp_->recovers()) {
        recovery_ = recovery::not_stored;
        return run_middlewares(0);
    }
    std::optional<std::string> offset;
    if (auto const given = auth().find("offset")) offset = given->as_string().value_or("-");
    auto then = [a = anchor()](restore_error error, restored_session s) {
        auto const go_on = [a, error, s = std::move(s)] {
            io_shard::entry const here(a->io->shard(a->shard));
            if (a->to && a->to->is_joining()) a->to->restored(error, s);
        };
        if (a->io->here() == a->shard) return go_on();
        (void)a->io->post(a->shard, go_on);
    };
    nsp_->wires().restore_session(*pid->as_string(), std::move(offset), std::move(then));
}

void socket_core::restored(restore_error error, restored_session s) {
    switch (error) {
        case restore_error::none: recovery_ = recovery::recovered; break;
        case restore_error::unknown_session: recovery_ = recovery::unknown_session; break;
        case restore_error::expired: recovery_ = recovery::expired; break;
        case restore_error::offset_lost: recovery_ = recovery::offset_lost; break;
    }
    if (error != restore_error::none) return run_middlewares(0);
    id_text = s.session.id;
    data_ = s.session.data;
    position_ = s.position;
    for (auto const& room : s.session.rooms)
        if (room != id_text) join(room);
    stored_ = std::make_unique<stored_session>(std::move(s.session));
    if (client_.io().opts().recovery.skip_middlewares) return join_namespace();
    run_middlewares(0);
}

bool socket_core::is_joining() const noexcept {
    return state_ == state::joining && !client_.is_closing();
}

void socket_core::run_middlewares(std::size_t first) {
    for (auto i = first; i < config_->middlewares.size(); ++i) {
        auto const v = std::make_shared<verdict>(
            anchor()->io,
            at().index(),
            [a = anchor(), i](std::optional<connect_error> why, std::any data) {
                if (!a->to || !a->to->is_joining()) return;
                a->to->set_data(std::move(data));
                a->to->decided(i, std::move(why));
            });
        auto const good = client_.call([&] { config_->middlewares[i](*this, v->make_next()); });
        if (!good) return client_.break_off(close_reason::handler_failed, "handler failed");
        if (!is_joining() || !v->came_at_once()) return;
        set_data(v->take_data());
        if (auto const why = v->take()) return refuse(*why);
    }
    join_namespace();
}

void socket_core::decided(std::size_t index, std::optional<connect_error> why) {
    if (why) return refuse(*why);
    run_middlewares(index + 1);
}

void socket_core::refuse(connect_error const& why) {
    client_.refuse(nsp_->name(), why);
    state_ = state::leaving;
    client_.forget(*this);
}

void socket_core::join_namespace() {
    if (!nsp_->insert(*this, part_, position_)) {
        recovery_ = recovery::offset_lost;
        forget_recovery();
        // Another one than before, whom the middlewares may not have seen.
        return run_middlewares(0);
    }
    position_.reset();
    announce();
    client_.on_joined();
    for (auto const& f : config_->connection) {
        if (state_ != state::connected) return;
        if (!client_.call([&] { f(*this); }))
            return client_.break_off(close_reason::handler_failed, "handler failed");
    }
}

/// Called by the namespace, in its order.
void socket_core::on_inserted(std::uint64_t log_position) {
    state_ = state::connected;
    if (!nsp_->recovers() || client_.protocol() != wire::protocol::v5 || stored_) return;
    auto const random = at().loop().make_id();
    stored_ = std::make_unique<stored_session>();
    stored_->pid.assign(random.data() + 2, id_size);
    stored_->since = log_position;
}

void socket_core::announce() {
    if (client_.protocol() == wire::protocol::v4)
        return client_.send_text(wire::packet_type::connect, nsp_->name(), {});
    std::string payload("{\"sid\":\"");
    payload.append(id_text).append("\"");
    if (stored_) payload.append(",\"pid\":\"").append(stored_->pid).append("\"");
    client_.send_text(wire::packet_type::connect, nsp_->name(), payload.append("}"));
}

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
        if (!client_.call([&] { (*fn)(e, v->make_next()); }))
            return client_.break_off(close_reason::handler_failed, "handler failed");
        if (!v->came_at_once()) {
            // It has left: nobody waits for a decision any more, whoever keeps it.
            if (state_ != state::connected) return;
            // The order of events has to hold: nothing more is read until this one is through.
            kept->next = i + 1;
            rare_->waiting = std::move(kept);
            return conn_->pause();
        }
        set_data(v->take_data());
        if (auto const why = v->take()) return tell_error(*why);
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

// -- leaving --------------------------------------------------------------------------------------

void socket_core::leave_namespace(disconnect_reason why) {
    if (state_ == state::leaving) return;
    auto const was_connected = state_ == state::connected;
    state_ = state::leaving;
    left_for_ = why;
    resume_reading();
    if (!was_connected) return client_.forget(*this);
    at().defer([this] { tell_left(); });
}

/// One namespace's event that waits must not keep those of the others from being read.
void socket_core::resume_reading() {
    if (!rare_ || !rare_->waiting) return;
    rare_->waiting.reset();
    if (!client_.is_closing()) conn_->resume();
}

void socket_core::store_session() {
    if (is_recoverable(left_for_)) {
        stored_->id = id_text;
        stored_->rooms = rooms();
        (void)client_.call([&] {
            stored_->data = data_;
            nsp_->wires().persist_session(*stored_);
        });
    }
    // Behind it: so the client is found at one place or the other.
    nsp_->forget_pid(stored_->pid, *this);
}

void socket_core::tell_left() {
    auto const tell = [&](auto const& listeners) {
        for (auto const& f : listeners) (void)client_.call([&] { f(left_for_); });
    };
    if (rare_) tell(std::vector(rare_->disconnecting));
    if (stored_) store_session();
    leave_rooms();
    part_.remove(*this);
    give_up_acks();
    if (rare_) tell(std::vector(rare_->disconnect));
    client_.forget(*this);
}

}  // namespace anywire::socketio
