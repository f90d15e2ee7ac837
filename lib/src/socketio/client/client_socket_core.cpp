// How a client's socket joins its namespace, and leaves it.
#include "client_socket_core.hpp"

#include "socketio/connect.hpp"

#include <utility>

namespace anywire::socketio {
namespace {

using wire::packet_type;
using wire::protocol;

/// Where an answer of the application's goes: to the attempt that it was asked for. When it is
/// dropped, the application has none.
class auth_question {
public:
    using answer_fn = std::function<void(json_value const*)>;
    explicit auth_question(answer_fn to) : to_(std::move(to)) {}
    auth_question(auth_question const&) = delete;
    auth_question& operator=(auth_question const&) = delete;
    ~auth_question() {
        if (is_answered_) return;
        try {
            to_(nullptr);
        } catch (...) {  // no memory to say so
        }
    }
    void answer(json_value const& value) {
        if (!is_answered_.exchange(true)) to_(&value);
    }

private:
    answer_fn to_;
    std::atomic<bool> is_answered_{false};
};

}  // namespace

client_socket_core::client_socket_core(manager_core& of, std::string nsp, client_socket_options o)
    : of_(of), nsp_(std::move(nsp)), options_(std::move(o)) {}

// -- joining --------------------------------------------------------------------------------------

void client_socket_core::begin() {
    // For one that waits, too: the connection may have given up.
    if (state_ == state::waiting) of_.open_connection();
    if (state_ != state::idle) return;
    state_ = state::waiting;
    of_.open_connection();
    if (of_.has_session()) on_session();
}

void client_socket_core::on_session() {
    if (state_ != state::waiting) return;
    if (of_.protocol() == protocol::v4 && nsp_ == "/") {
        // A server of protocol 4 lets everybody into this one when the connection opens. Who has
        // left it comes back with the next connection.
        state_ = state::joining;
        if (of_.has_main())
            of_.post([this] {
                if (state_ == state::joining && of_.has_main())
                    connected(std::string(of_.sid()), {});
            });
        return;
    }
    // It left before the server had answered: that answer is good.
    if (owes_answer_) return (void)(state_ = state::joining);
    ask();
}

void client_socket_core::ask() {
    state_ = state::asking;
    auto const attempt = ++asked_;
    auto const fn = options_.auth.function();
    if (!fn) return join(options_.auth.value().value_or(json_value("{}", {})));
    auto const question = std::make_shared<auth_question>(
        [this, attempt, core = of_.weak_from_this()](json_value const* value) {
            auto const kept = core.lock();
            if (!kept) return;
            auto const go_on =
                [this, attempt, given = value ? std::optional(*value) : std::nullopt] {
                    if (state_ != state::asking || asked_ != attempt) return;
                    given ? join(*given) : no_auth("No auth was given");
                };
            // One that is dropped may be so at any time.
            value ? kept->run(go_on) : kept->post(go_on);
        });
    auto const channel = std::make_shared<auth_answer::channel>(
        [question](json_value const& value) { question->answer(value); });
    (void)of_.call([&] { fn(auth_answer(channel)); });
}

void client_socket_core::join(json_value const& auth) {
    auto const view = auth.view();
    if (view.kind() != json_kind::object || !view.attachments().empty())
        return no_auth("The auth is no object of JSON");
    result<void> sent;
    if (of_.protocol() == protocol::v4) {
        auto const query = auth_query(view);
        sent = of_.send(packet_type::connect, query.empty() ? nsp_ : nsp_ + "?" + query);
    } else {
        sent = of_.send(packet_type::connect, nsp_, {}, {auth_payload(view, pid_, offset_), {}});
    }
    // Where there is no room for it, `on_drained` tries again.
    state_ = sent ? state::joining : state::waiting;
    owes_answer_ = sent.has_value();
}

/// Told soon: never from within a call.
void client_socket_core::no_auth(char const* why) {
    of_.post([this, attempt = asked_, why] {
        if (state_ == state::asking && asked_ == attempt) refuse({why, std::nullopt});
    });
}

void client_socket_core::on_connect_packet(wire::packet const& p) {
    auto const is_v4 = of_.protocol() == protocol::v4;
    if (!owes_answer_ && !(is_v4 && nsp_ == "/" && state_ == state::joining)) return;
    owes_answer_ = false;
    auto const joined = wire::decode_connected(p, of_.protocol());
    if (state_ == state::idle) {
        if (joined.value) (void)of_.send(packet_type::disconnect, nsp_);
        return;
    }
    if (!joined.value) return refuse({std::string(joined.wrong), std::nullopt});
    if (!is_v4) return connected(joined.value->sid, joined.value->pid);
    auto const sid = std::string(of_.sid());
    connected(nsp_ == "/" ? sid : nsp_ + "#" + sid, {});
}

void client_socket_core::connected(std::string sid, std::string pid) {
    recovered_ = !pid.empty() && pid == pid_;
    if (!recovered_) offset_.clear();
    pid_ = std::move(pid);
    id_ = std::move(sid);
    state_ = state::connected;
    ++joins_;
    catch_up();
}

/// What has waited goes first, both ways.
void client_socket_core::catch_up() {
    auto const join = joins_;
    flush();
    while (is_in(join) && !early_.empty()) {
        auto const e = std::move(early_.front());
        early_.pop_front();
        deliver(e.name, e.payload, e.attachments, e.id);
    }
    early_bytes_ = 0;
    if (is_in(join)) drain_queue();
    if (is_in(join)) (void)connect_.tell(of_.caller());
}

void client_socket_core::on_refused(wire::packet const& p,
                                    std::span<std::string const> attachments) {
    auto const e = wire::decode_connect_error(p, of_.protocol());
    connect_error why{e.message, std::nullopt};
    if (!e.data.empty()) why.data = json_value(json_view(e.data, attachments));
    // Servers of 2.x tell so what a middleware refuses of somebody who is in.
    if (of_.protocol() == protocol::v4 && state_ == state::connected)
        return (void)connect_error_.tell(of_.caller(), why);
    owes_answer_ = false;
    if (state_ == state::joining) refuse(why);
}

void client_socket_core::refuse(connect_error const& why) {
    state_ = state::idle;
    forget_early();
    of_.release();
    (void)connect_error_.tell(of_.caller(), why);
}

// -- leaving --------------------------------------------------------------------------------------

void client_socket_core::end() {
    auto const was = state_.exchange(state::idle);
    if (was == state::idle) return;
    if (was == state::connected) (void)of_.send(packet_type::disconnect, nsp_);
    leave(was == state::connected);
    of_.release();
    if (was != state::connected) return;
    // Never from within a call.
    of_.post([this] {
        give_up_acks();
        (void)disconnect_.tell(of_.caller(), client_disconnect_reason::io_client_disconnect);
    });
}

/// Nothing is left of this connect, nor of what the server would recover of it.
void client_socket_core::leave(bool was_connected) {
    if (was_connected && nsp_ == "/") of_.forget_main();
    id_.clear();
    pid_.clear();
    offset_.clear();
    forget_early();
}

void client_socket_core::forget_early() noexcept {
    early_.clear();
    early_bytes_ = 0;
}

void client_socket_core::on_put_out() {
    if (state_ == state::joining) {
        owes_answer_ = false;
        return refuse({"io server disconnect", std::nullopt});
    }
    if (state_ != state::connected) return;
    state_ = state::idle;
    leave(true);
    of_.release();
    give_up_acks();
    (void)disconnect_.tell(of_.caller(), client_disconnect_reason::io_server_disconnect);
}

void client_socket_core::lose(client_disconnect_reason why) {
    owes_answer_ = false;
    // They come again: nothing of them has been seen.
    forget_early();
    if (state_ == state::idle) return;
    auto const was = state_.exchange(state::waiting);
    if (was == state::waiting) return;
    if (was != state::connected) {
        connect_error const error{std::string(to_string(why)), std::nullopt};
        return (void)connect_error_.tell(of_.caller(), error);
    }
    id_.clear();
    give_up_acks();
    (void)disconnect_.tell(of_.caller(), why);
}

void client_socket_core::on_failure(client_failure const& why) {
    if (state_ != state::waiting) return;
    (void)connect_error_.tell(of_.caller(), connect_error{why.text, std::nullopt});
}

// -- time -----------------------------------------------------------------------------------------

std::optional<tick> client_socket_core::on_timer(tick now) {
    expire_acks(now);
    std::vector<timed> due;
    std::erase_if(timers_, [&](timed& t) {
        if (!not_after(t.when, now)) return false;
        due.push_back(std::move(t));
        return true;
    });
    for (auto const& t : due) (void)of_.call([&] { t.fn(*this); });
    std::optional<tick> soonest;
    auto const look = [&](tick when) {
        if (!soonest || not_after(when, *soonest)) soonest = when;
    };
    for (auto const& a : acks_)
        if (a.until) look(*a.until);
    for (auto const& t : timers_) look(t.when);
    return soonest;
}

}  // namespace anywire::socketio
