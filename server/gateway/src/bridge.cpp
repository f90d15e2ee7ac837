#include "bridge.hpp"

#include "core/base64.hpp"
#include "session_id.hpp"
#include "transport_name.hpp"

#include <algorithm>
#include <any>
#include <utility>

namespace anywire::gateway {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto first_delay = 100ms;
constexpr auto longest_delay = 2'000ms;

/// What the backend is told of how its client went; nothing where it went without a goodbye.
std::optional<std::pair<close_code, std::string>> goodbye_of(close_event const& how) {
    switch (how.reason) {
        case close_reason::transport_lost:
        case close_reason::heartbeat_timeout: return std::nullopt;
        case close_reason::client_closed:
        case close_reason::server_closed:
            return std::pair(may_be_sent(how.code) ? how.code : close_code::normal,
                             std::string(how.text));
        default: break;
    }
    // The gateway has ended it: that is not the fault of the backend's own protocol.
    return std::pair(close_code::going_away, std::string(to_string(how.reason)));
}

}  // namespace

void bridge::admit(std::shared_ptr<route> on,
                   std::string_view dialect,
                   request const& from,
                   decision decide) {
    auto& here = shard_state::here();
    auto const b = std::make_shared<bridge>(std::move(on), dialect, here, std::move(decide));
    here.keep(b);
    b->begin(from);
}

bridge& bridge::of(session& s) {
    return **std::any_cast<std::shared_ptr<bridge>>(&s.data());
}

bridge::bridge(std::shared_ptr<route> on,
               std::string_view dialect,
               shard_state& here,
               decision decide)
    : route_(std::move(on)), here_(here), decide_(std::move(decide)) {
    notes_.id = make_session_id();
    notes_.dialect = dialect;
    notes_.begun = steady_clock::now();
    ++route_->tallies->links;
    here_.add(*this);
}

bridge::~bridge() {
    --route_->tallies->links;
}

void bridge::begin(request const& from) {
    auto const& path = route_->settings.path;
    note_transport(transport_of(notes_.dialect, path, from));
    offers_by_field_ = !from.header("anywire-protocol").empty();
    auto& known = here_.fallbacks();
    notes_.client = known.key_of(from.remote_address(), from.header("user-agent"));
    if (!is_websocket()) notes_.fallback = known.reason_for(notes_.client, notes_.begun).text();
    open_link(from);
}

void bridge::note_transport(std::string_view name) {
    if (!notes_.transports.empty() && notes_.transports.back().name == name) return;
    auto const after = steady_clock::now() - notes_.begun;
    notes_.transports.push_back(
        {std::string(name), std::chrono::duration_cast<std::chrono::milliseconds>(after)});
}

bool bridge::is_websocket() const noexcept {
    return notes_.transports.back().name.starts_with("websocket");
}

void bridge::open_link(request const& from) {
    auto const& path = route_->settings.path;
    std::string_view const transport = notes_.transports.back().name;
    auto below = from.path();
    below.remove_prefix(std::min(below.size(), path == "/" ? 0 : path.size()));
    link_ =
        route_->behind->open(here_.place(),
                             {.request = from,
                              .session = notes_.id,
                              .dialect = notes_.dialect,
                              .transport = transport,
                              .below = notes_.dialect == "websocket" ? below : std::string_view{},
                              .resumption = resumption_},
                             *this);
}

// -- the client -----------------------------------------------------------------------------------

void bridge::on_open(session& s) {
    session_ = &s;
    note_transport(s.transport());
    if (is_websocket()) here_.fallbacks().on_websocket_opened(notes_.client, steady_clock::now());
    if (!link_) return end(route_->settings.loss.code, route_->settings.loss.reason);
    link_->attach(&s);
    link_->pause(false);
}

void bridge::on_message(message_view m) {
    ++notes_.messages_in;
    notes_.bytes_in += m.data.size();
    if (!link_is_open_) return keep(m);
    if (link_->send(m)) return;
    client_is_paused_ = true;
    session_->pause();
}

void bridge::on_link_drain() {
    if (!std::exchange(client_is_paused_, false) || !session_) return;
    session_->resume();
}

void bridge::on_transport() {
    note_transport(session_->transport());
    if (is_websocket()) notes_.fallback.clear();  // an upgrade: it has not fallen back
}

void bridge::on_close(close_event const& how) {
    write_record(how);
    session_ = nullptr;
    if (!link_) return;
    link_->attach(nullptr);
    auto const goodbye = goodbye_of(how);
    if (!link_is_open_ || !goodbye) return link_.reset();
    here_.keep(shared_from_this());
    link_->pause(false);  // it may have to read the answer
    link_->close(goodbye->first, goodbye->second);
}

// -- the backend ----------------------------------------------------------------------------------

void bridge::on_link_open(std::string_view subprotocol, response_headers fields) {
    link_is_open_ = true;
    notes_.server = link_->server();
    if (!decide_) {  // it was lost, and is back
        ++route_->tallies->resumed;
        attempts_ = 0;
        link_->attach(session_);
        if (undelivered_) link_->pause(true);  // what is new comes after it
        return send_kept();
    }
    link_->pause(true);  // until the session is there
    auto const self = shared_from_this();
    here_.let_go(self);
    auto const decide = std::exchange(decide_, std::nullopt);
    if (offers_by_field_ && !subprotocol.empty()) {
        fields.add("Anywire-Protocol", subprotocol);
        fields.add("Access-Control-Expose-Headers", "Anywire-Protocol");
    }
    acceptance with{.data = self, .fields = std::move(fields)};
    if (route_->settings.forward.subprotocols) with.subprotocol = std::string(subprotocol);
    decide->accept(std::move(with));
}

void bridge::on_link_refused(link_refusal why) {
    auto const self = shared_from_this();
    link_.reset();
    if (!decide_) return try_again();
    ++route_->tallies->refused;
    if (is_websocket())
        here_.fallbacks().on_websocket_refused(notes_.client, steady_clock::now(), why.status);
    if (!why.log.empty() && here_.place().log.write)
        here_.place().log.write(log_level::info,
                                route_->settings.path + ": session " + notes_.id + ": " + why.log);
    decide_->refuse(why.status, std::move(why.text), std::move(why.fields));
    here_.let_go(self);
}

void bridge::on_link_message(message_view m) {
    if (!session_) return;  // it said goodbye meanwhile
    ++notes_.messages_out;
    notes_.bytes_out += m.data.size();
    deliver(m);
}

void bridge::on_link_end(link_end const& how) {
    auto const self = shared_from_this();
    link_.reset();
    link_is_open_ = false;
    if (!session_) return here_.let_go(self);
    auto const& loss = route_->settings.loss;
    if (how.is_clean) return end(may_be_sent(how.code) ? how.code : close_code::normal, how.text);
    ++route_->tallies->lost;
    if (loss.hold.count() == 0 || !session_->is_open()) return end(loss.code, loss.reason);
    held_until_ = steady_clock::now() + loss.hold;
    attempts_ = 0;
    ++resumption_;
    open_link(session_->request());
}

/// After an attempt to get another link has failed.
void bridge::try_again() {
    if (!session_) return;
    auto const delay = std::min<std::chrono::milliseconds>(
        first_delay * (1u << std::min(attempts_++, 5u)), longest_delay);
    if (steady_clock::now() + delay > held_until_)
        return end(route_->settings.loss.code, route_->settings.loss.reason);
    session_->after(delay, [](session& s) {
        auto& b = of(s);
        if (!b.link_ && s.is_open()) b.open_link(s.request());
    });
}

// -- messages that wait ---------------------------------------------------------------------------

void bridge::keep(message_view m) {
    kept_.push_back({std::string(m.data), m.binary});
    kept_bytes_ += m.data.size() + 64;
    if (kept_bytes_ < route_->settings.loss.max_held_bytes || client_is_paused_) return;
    client_is_paused_ = true;
    session_->pause();
}

void bridge::send_kept() {
    auto const kept = std::exchange(kept_, {});
    kept_bytes_ = 0;
    auto has_room = true;
    for (auto const& m : kept) has_room = link_->send({m.data, m.is_binary});
    if (client_is_paused_ && has_room) on_link_drain();
}

void bridge::deliver(message_view m) {
    auto const sent = session_->send(m);
    if (sent) return;
    if (sent.error() == errc::send_queue_full) {
        undelivered_ = kept_message{std::string(m.data), m.binary};
        link_->pause(true);
    } else if (m.binary && session_->is_open()) {
        if (!route_->settings.sockjs_base64)
            return end(close_code::unsupported_data, "this transport carries text only");
        std::string text;
        append_base64(text, m.data);
        deliver(std::string_view(text));
    }
}

void bridge::on_drain() {
    if (undelivered_) {
        auto const m = std::exchange(undelivered_, std::nullopt);
        deliver({m->data, m->is_binary});
        if (undelivered_) return;
    }
    if (link_) link_->pause(false);
}

void bridge::end(close_code code, std::string_view text) {
    if (session_) session_->close(code, text);
}

/// The session is there still.
void bridge::write_record(close_event const& how) {
    auto const now = steady_clock::now();
    auto const& from = session_->request();
    auto const is_lost =
        how.reason == close_reason::transport_lost || how.reason == close_reason::heartbeat_timeout;
    if (notes_.transports.front().name.starts_with("websocket"))
        here_.fallbacks().on_websocket_ended(
            notes_.client,
            notes_.begun,
            now,
            notes_.messages_in + notes_.messages_out,
            is_lost ? websocket_end::lost : websocket_end::goodbye);
    session_record r;
    r.ended = std::chrono::system_clock::now();
    r.session = notes_.id;
    r.address = from.remote_address();
    r.origin = from.header("origin");
    r.user_agent = from.header("user-agent");
    r.route = route_->settings.path;
    r.dialect = notes_.dialect;
    r.transports = notes_.transports;
    r.fallback = notes_.fallback;
    r.subprotocol = session_->subprotocol();
    r.server = notes_.server;
    r.messages_in = notes_.messages_in;
    r.bytes_in = notes_.bytes_in;
    r.messages_out = notes_.messages_out;
    r.bytes_out = notes_.bytes_out;
    r.duration = std::chrono::duration_cast<std::chrono::milliseconds>(now - notes_.begun);
    r.reason = how.reason;
    r.code = how.code;
    r.text = how.text;
    here_.access()->write(r);
}

}  // namespace anywire::gateway
