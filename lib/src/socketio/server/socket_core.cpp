#include "socket_core.hpp"

#include "client.hpp"
#include "posting.hpp"
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

socket_core::socket_core(io_client& c, std::shared_ptr<nsp_core> nsp, json_value auth)
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
    part_.remove_joining(*this);
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
    (void)take_missed();
    if (rare_) rare_->posted.clear();  // to another one than it is from now on
    leave_rooms();
    if (client_.protocol() == wire::protocol::v5) {
        auto const random = at().loop().make_id();
        id_text.assign(random.data(), id_size);
    } else {
        auto const sid = conn_.sid();
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
    nsp_->adapter().restore_session(*pid->as_string(), std::move(offset), std::move(then));
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
    for (auto& event : s.missed)
        extras().missed.push_back(std::make_shared<outgoing_packet const>(nsp_->name(),
                                                                          std::nullopt,
                                                                          std::move(event),
                                                                          true,
                                                                          std::string_view{},
                                                                          client_.io().parser()));
    for (auto const& room : s.session.rooms)
        if (room != id_text) join(room);
    stored_ = std::make_unique<stored_session>(std::move(s.session));
    if (client_.io().opts().recovery.skip_middlewares) return join_namespace();
    run_middlewares(0);
}

std::vector<std::shared_ptr<outgoing_packet const>> socket_core::take_missed() noexcept {
    if (!rare_) return {};
    return std::exchange(rare_->missed, {});
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
        auto good = false;
        auto at_once = v->ask(
            [&] { good = client_.call([&] { config_->middlewares[i](*this, v->make_next()); }); });
        if (!good) return client_.break_off(close_reason::handler_failed, "handler failed");
        if (!is_joining()) return;
        if (!at_once) return part_.add_joining(*this);
        set_data(std::move(at_once->data));
        if (at_once->why) return refuse(*at_once->why);
    }
    join_namespace();
}

void socket_core::decided(std::size_t index, std::optional<connect_error> why) {
    part_.remove_joining(*this);
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
    if (!rare_) return;
    for (auto& p : std::exchange(rare_->posted, {})) {
        if (state_ != state::connected) return;
        take_posted(std::move(p));
    }
}

void socket_core::take_posted(std::shared_ptr<posting> p) {
    if (state_ == state::joining) return extras().posted.push_back(std::move(p));
    if (!client_.call([&] { p->arrive(*this); }))
        client_.break_off(close_reason::handler_failed, "handler failed");
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
            nsp_->adapter().persist_session(*stored_);
        });
    }
    // After it: so the client is found at one place or the other.
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
