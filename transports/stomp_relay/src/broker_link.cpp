#include "broker_link.hpp"

#include "stomp/frame_writer.hpp"

#include <algorithm>
#include <utility>

namespace anywire::stomp {
namespace {

/// Intervals of silence after which a broker is taken for dead.
constexpr unsigned tolerance = 3;

frame_limits limits_of(relay_options const& o) noexcept {
    constexpr std::size_t most_of_head = std::size_t{128} * 1024;
    return {.max_frame = o.max_frame,
            .max_header_line = most_of_head,
            .max_head = most_of_head,
            .max_headers = 256};
}

std::string text_of(heart_beat const& h) {
    return std::to_string(h.can_send.count()) + "," + std::to_string(h.wants.count());
}

/// What both sides have agreed on.
std::chrono::milliseconds agreed(std::chrono::milliseconds can, std::chrono::milliseconds wants) {
    if (can.count() == 0 || wants.count() == 0) return std::chrono::milliseconds{0};
    return std::max(can, wants);
}

version version_of(std::optional<std::string_view> text) noexcept {
    for (auto const v : {version::v1_1, version::v1_2})
        if (text == to_string(v)) return v;
    return version::v1_0;
}

}  // namespace

broker_link::broker_link(io_host& host,
                         std::shared_ptr<relay_settings const> how,
                         broker_sign_in as,
                         events& to)
    : host_(host),
      how_(std::move(how)),
      as_(std::move(as)),
      to_(to),
      reader_(end::client, limits_of(how_->given)),
      time_(host.loop(), [this] { on_time(); }) {}

broker_link::~broker_link() {
    *alive_ = false;
    if (!socket_) return;
    if (!is_up_) {
        socket_->abandon();
        return;
    }
    std::string text;
    frame_writer(text, command::disconnect, version_).finish();
    socket_->part(text);
}

void broker_link::start() {
    host_.post([this, alive = alive_] {
        if (*alive) open();
    });
}

void broker_link::open() {
    time_.set(how_->given.connect_timeout);
    dial_options const dialing{.keep_alive = std::chrono::seconds{60},
                               .next_address = std::chrono::milliseconds{250}};
    link_opener::events& self = *this;
    opener_ = std::make_unique<link_opener>(host_, dialing, how_->route(), self);
    opener_->start();
}

void broker_link::on_link(byte_stream stream) {
    auto const done = std::move(opener_);  // it has called, and goes when this returns
    socket_ = new broker_socket(host_, std::move(stream), *this);
    socket_->begin();
    std::string text;
    frame_writer w(text, command::connect, stomp::version::v1_0);
    w.add("accept-version", as_.versions).add("host", how_->given.host);
    if (!as_.login.empty()) w.add("login", as_.login).add("passcode", as_.passcode);
    w.add("heart-beat", text_of(as_.asked)).finish();
    socket_->write(text);
}

void broker_link::on_no_link(client_failure const& why) {
    auto const done = std::move(opener_);
    fail({.text = why.text});
}

void broker_link::on_socket_end(std::string const& why) {
    socket_ = nullptr;
    fail({.text = how_->url.server.text() + " " + why});
}

void broker_link::fail(link_loss why) {
    time_.clear();
    opener_.reset();
    if (socket_) std::exchange(socket_, nullptr)->abandon();
    why.was_up = is_up_;
    to_.on_link_down(why);
}

// -- frames ---------------------------------------------------------------------------------------

void broker_link::send(std::string_view frames) {
    if (!socket_) return;
    beats_.note_sent(host_.loop().now());
    socket_->write(frames);
}

void broker_link::on_broker_bytes(std::string_view bytes) {
    beats_.note_heard(host_.loop().now());
    read(bytes);
}

void broker_link::read(std::string_view bytes) {
    while (!bytes.empty() && socket_ && !kept_) {
        switch (reader_.read(bytes)) {
            case frame_reader::event::more:
            case frame_reader::event::beat: break;
            case frame_reader::event::frame: take(reader_.frame()); break;
            case frame_reader::event::failed:
                return fail({.text = how_->url.server.text() + " has sent what is no frame: " +
                                     std::string(text_of(reader_.fault()))});
        }
    }
    if (!socket_ || !kept_) return;
    held_ = bytes;
    socket_->pause();
}

void broker_link::resume() {
    if (!socket_ || !kept_ || !to_.on_link_frame(kept_->view())) return;
    kept_.reset();
    auto const held = std::exchange(held_, {});
    read(held);
    if (socket_ && !kept_) socket_->resume();
}

void broker_link::take(frame_view const& f) {
    if (!is_up_) return take_first(f);
    if (f.what == command::error) return take_error(f);
    if (f.what != command::message && f.what != command::receipt)
        return fail({.text = how_->url.server.text() + " has sent a second CONNECTED"});
    if (!to_.on_link_frame(f)) kept_.emplace(f);
}

void broker_link::take_first(frame_view const& f) {
    if (f.what == command::error) return take_error(f);
    if (f.what != command::connected)
        return fail({.text = how_->url.server.text() + " has not said CONNECTED"});
    auto const text = f.find("heart-beat");
    auto const granted = text ? parse_heart_beat(*text) : std::nullopt;
    version_ = version_of(f.find("version"));
    reader_.set_version(version_);
    is_up_ = true;
    begin_beats(granted.value_or(heart_beat{}));
    to_.on_link_up(version_, granted.value_or(heart_beat{}));
}

void broker_link::take_error(frame_view const& f) {
    if (is_up_ && to_.on_link_error(f)) return;
    auto const message = std::string(f.find("message").value_or("no reason"));
    // Its first line: ActiveMQ adds where in its program that was.
    auto const body = std::string(f.body.substr(0, std::min(f.body.find('\n'), f.body.size())));
    link_loss why{.text = how_->url.server.text() + " has said: " + message + " (" + body + ")",
                  .is_refusal = true,
                  .message = message};
    if (auto const id = f.find("receipt-id")) why.receipt = *id;
    fail(std::move(why));
}

// -- time -----------------------------------------------------------------------------------------

void broker_link::begin_beats(heart_beat const& granted) {
    auto const out = agreed(as_.asked.can_send, granted.wants);
    auto const in = agreed(granted.can_send, as_.asked.wants);
    auto const every = out.count() == 0 ? 0 : std::max<tick>(1, to_ticks(out * 9 / 10) - 1);
    auto const silence = in.count() == 0 ? 0 : to_ticks(in * tolerance) + 1;
    beats_.begin(host_.loop().now(), every, silence);
    time_.clear();
    arm();
}

void broker_link::arm() {
    auto const due = beats_.next();
    if (!due) return;
    auto const now = host_.loop().now();
    time_.set(not_after(*due, now) ? tick_length : tick_length * static_cast<int>(*due - now));
}

void broker_link::on_time() {
    auto const now = host_.loop().now();
    if (!is_up_) {
        auto const text =
            opener_ ? opener_->doing() : how_->url.server.text() + " did not say CONNECTED";
        return fail({.text = text + " in time"});
    }
    if (kept_) beats_.note_heard(now);  // it is not read
    if (beats_.is_dead(now))
        return fail({.text = how_->url.server.text() + " has sent no heart-beat"});
    if (beats_.is_due(now)) {
        // One that is stopped gets no more to read when it goes on.
        if (unsent() == 0 && socket_) socket_->write("\n");
        beats_.note_sent(now);
    }
    arm();
}

}  // namespace anywire::stomp
