#include "client/sockjs_channel.hpp"

#include "client/sockjs_http.hpp"
#include "client/sockjs_websocket.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace anywire {
namespace {

using kind = sockjs::server_frame::kind;
using std::chrono::milliseconds;

/// As sockjs-client has it.
constexpr milliseconds info_timeout{8'000};
/// What servers that speak the protocol send one every.
constexpr milliseconds heartbeat{25'000};

/// How long a transport may take, from the round trip of the info: two of them, each with room.
milliseconds open_time(milliseconds round_trip) {
    using namespace std::chrono_literals;
    return 2 * (round_trip > 100ms ? 4 * round_trip : 300ms + round_trip);
}

}  // namespace

sockjs_channel::sockjs_channel(client_network& net,
                               std::shared_ptr<client_settings const> settings,
                               client_channel_events& to)
    : channel_base(net, std::move(settings), to),
      base_(settings_->url),
      choice_(std::make_unique<carrier_choice>(net.loop(), options().race_after, true, *this)),
      watch_(net.loop(), [this] { on_silence(); }),
      limit_(net.loop(), [this] { end({}); }) {}

// -- info -----------------------------------------------------------------------------------------

void sockjs_channel::start() {
    started_ = loop().now();
    auto url = url_below(base_, "info");
    url.query = settings_->query;
    client_request r;
    r.url = &url;
    r.fields = settings_->fields;
    r.max_body = std::size_t{64} * 1024;
    r.timeout = std::min(info_timeout, options().connect_timeout);
    info_ = net_.fetch(r, *this);
}

milliseconds sockjs_channel::elapsed() noexcept {
    return (loop().now() - started_) * tick_length;
}

void sockjs_channel::on_failure(client_failure const& why) {
    auto said = why;
    said.text = "the service's info: " + why.text;
    fail(said);
}

void sockjs_channel::on_end() {
    info_.reset();
    round_trip_ = elapsed();
    auto const info = info_status_ == 200 ? sockjs::decode_info(info_body_) : std::nullopt;
    if (!info) {
        auto why = make_failure(
            info_status_ == 200 ? client_stage::protocol : client_stage::refused,
            make_error_code(info_status_ == 200 ? errc::bad_json : errc::handshake_refused),
            "the server's answer to the request of its info is not one of SockJS: status " +
                std::to_string(info_status_));
        why.status = info_status_;
        why.body = info_body_.substr(0, 1'024);
        return fail(why);
    }
    info_body_ = {};
    if (!take_base(info->base_url))
        return fail(make_failure(client_stage::protocol,
                                 make_error_code(errc::bad_option),
                                 "the base_url of the service's info may not be followed"));
    auto carriers = settings_->carriers;
    if (!info->websocket) std::erase(carriers, client_carrier::websocket);
    if (carriers.empty())
        return fail(make_failure(client_stage::refused,
                                 make_error_code(errc::handshake_refused),
                                 "the server has none of the transports that may be used"));
    choice_->start(std::move(carriers));
}

bool sockjs_channel::take_base(std::string_view base_url) {
    if (base_url.empty()) return true;
    auto url = resolve_url(base_, base_url);
    if (!url || (base_.secure && !url->secure)) return false;
    is_own_origin_ = url->is_same_origin(base_);
    while (url->path.ends_with('/')) url->path.pop_back();
    base_ = std::move(*url);
    return true;
}

// -- opening --------------------------------------------------------------------------------------

milliseconds sockjs_channel::time_for(client_carrier, bool is_last) {
    auto const left = std::max(options().connect_timeout - elapsed(), tick_length);
    // Where the network is slower than its info was, the last one shall work all the same.
    return is_last ? left : std::min(left, open_time(round_trip_));
}

sockjs_place sockjs_channel::make_place() {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz012345";
    std::array<unsigned char, 19> random{};
    loop().fill_random(random);
    std::string path = "/";
    for (std::size_t i = 0; i < 3; ++i) path.push_back(static_cast<char>('0' + random[i] % 10));
    path.push_back('/');
    for (std::size_t i = 3; i < random.size(); ++i) path.push_back(letters[random[i] % 32]);
    sockjs_place place{base_, is_own_origin_};
    place.url.path += path;
    place.url.query = settings_->query;
    return place;
}

void sockjs_channel::begin(client_carrier c, milliseconds timeout) {
    auto place = make_place();
    auto& id = c == client_carrier::websocket ? websocket_sid_ : http_sid_;
    id = place.url.path.substr(place.url.path.rfind('/') + 1);
    auto& wire = wire_of(c);
    if (c == client_carrier::websocket)
        wire = std::make_unique<sockjs_websocket>(net_, *settings_, std::move(place), *this);
    else
        wire = std::make_unique<sockjs_http>(net_, *settings_, c, std::move(place), *this);
    wire->open(timeout);
}

void sockjs_channel::on_opening_frame(sockjs_wire& wire, sockjs::server_frame const& f) {
    auto const c = wire.carrier();
    switch (f.what) {
        case kind::heartbeat: return;  // or a prelude
        case kind::open: break;
        case kind::messages:
            wire_of(c).reset();
            return choice_->failed(c,
                                   make_failure(client_stage::protocol,
                                                make_error_code(errc::bad_frame),
                                                "messages before the session was open"));
        case kind::close:
            return choice_->refused(c,
                                    make_failure(client_stage::refused,
                                                 make_error_code(errc::session_closed),
                                                 "the server closed the session at once: " +
                                                     std::to_string(f.code) + ' ' + f.reason));
    }
    current_ = &wire;
    sid_ = c == client_carrier::websocket ? websocket_sid_ : http_sid_;
    (c == client_carrier::websocket ? http_ : websocket_).reset();
    choice_.reset();
    note_life();
    tell_open();
}

// -- the session ----------------------------------------------------------------------------------

void sockjs_channel::on_frame(sockjs_wire& wire, sockjs::server_frame const& f) {
    if (stage_ == stage::opening) return on_opening_frame(wire, f);
    note_life();
    switch (f.what) {
        case kind::heartbeat: return;
        case kind::open: return end(lost("the server has lost the session"));
        case kind::messages: return deliver_all(f.messages);
        case kind::close: {
            auto const is_code = f.code >= 1'000 && f.code < 5'000;
            return end({close_reason::server_closed,
                        is_code ? static_cast<close_code>(f.code) : close_code::no_status,
                        f.reason});
        }
    }
}

void sockjs_channel::deliver_all(std::span<std::string_view const> messages) {
    presence::watch const here(presence_);
    for (auto const m : messages) {
        deliver(m);
        if (here.is_gone() || stage_ != stage::open) return;
    }
}

void sockjs_channel::on_life(sockjs_wire& wire) {
    if (&wire == current_) note_life();
}

void sockjs_channel::on_lost(sockjs_wire& wire, client_failure const& why, close_event const& how) {
    if (stage_ != stage::opening) return end(how);
    auto const c = wire.carrier();
    wire_of(c).reset();
    choice_->failed(c, why);
}

void sockjs_channel::on_writable(sockjs_wire&) {
    if (stage_ == stage::closing && current_ != websocket_.get()) return end({});
    if (stage_ == stage::open && current_->unsent_bytes() == 0) events_.on_sent();
}

void sockjs_channel::send(message_view m, bool) {
    if (stage_ == stage::open) current_->send(m.data);
}

void sockjs_channel::begin_to_close() {
    watch_.clear();
    limit_.set(options().close_handshake);
    if (current_ == websocket_.get())
        current_->close(goodbye_, goodbye_text());
    else if (current_->unsent_bytes() == 0)
        limit_.set_soon();  // who goes is gone: there is no word for it
}

std::string_view sockjs_channel::transport() const noexcept {
    return current_ ? to_string(current_->carrier()) : std::string_view{};
}

std::string_view sockjs_channel::subprotocol() const noexcept {
    return current_ ? current_->subprotocol() : std::string_view{};
}

std::size_t sockjs_channel::queued_bytes() const noexcept {
    return current_ ? current_->unsent_bytes() : 0;
}

bool sockjs_channel::is_writable() const noexcept {
    return stage_ == stage::open && current_->unsent_bytes() == 0;
}

// -- life -----------------------------------------------------------------------------------------

void sockjs_channel::note_life() noexcept {
    was_pinged_ = false;
    if (stage_ == stage::closing || is_paused()) return;
    auto const pings = current_ == websocket_.get();
    watch_.set(pings ? heartbeat : heartbeat + options().ping_timeout);
}

void sockjs_channel::on_silence() {
    // Over a WebSocket the server can be asked.
    if (!was_pinged_ && current_->ping()) {
        was_pinged_ = true;
        return watch_.set(options().ping_timeout);
    }
    end({close_reason::heartbeat_timeout,
         close_code::abnormal,
         "the server has not sent a heartbeat in time"});
}

void sockjs_channel::pause_reading(bool is) {
    if (!current_) return;
    current_->pause(is);
    if (is)
        watch_.clear();
    else
        note_life();
}

void sockjs_channel::drop() noexcept {
    choice_.reset();
    watch_.clear();
    limit_.clear();
    current_ = nullptr;
    info_.reset();
    websocket_.reset();
    http_.reset();
}

}  // namespace anywire
