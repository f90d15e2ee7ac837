#include "client/sockjs_http.hpp"

#include "client/channel_base.hpp"

#include <utility>
#include <vector>

namespace anywire {
namespace {

/// Bytes of messages in one POST, beyond which no further is added: servers have limits.
constexpr std::size_t max_batch = std::size_t{64} * 1024;

std::string_view path_of(client_carrier c) {
    switch (c) {
        case client_carrier::xhr_streaming: return "xhr_streaming";
        case client_carrier::eventsource: return "eventsource";
        default: return "xhr";
    }
}

}  // namespace

sockjs_http::sockjs_http(client_network& net,
                         client_settings const& settings,
                         client_carrier c,
                         sockjs_place place,
                         sockjs_wire_events& to)
    : net_(net), settings_(settings), carrier_(c), place_(std::move(place)), events_(to) {}

// -- receiving ------------------------------------------------------------------------------------

void sockjs_http::open(std::chrono::milliseconds timeout) {
    receive(timeout);
}

void sockjs_http::receive(std::chrono::milliseconds timeout) {
    auto const is_stream = carrier_ == client_carrier::eventsource;
    auto const max = settings_.options.limits.max_body;
    lines_.reset();
    stream_.reset();
    if (is_stream)
        stream_.emplace(max);
    else
        lines_.emplace(max);
    status_ = 0;
    has_frame_ = false;

    std::vector<websocket::request_field> fields;
    if (place_.is_own_origin) fields = settings_.fields;
    if (is_stream) fields.push_back({"Accept", "text/event-stream"});
    auto const url = url_below(place_.url, path_of(carrier_));
    client_request r;
    r.method = is_stream ? "GET" : "POST";
    r.url = &url;
    r.fields = fields;
    r.timeout = timeout;
    r.is_once = true;
    r.streamed = true;
    receiver_ = net_.fetch(r, receiver_events_);
}

void sockjs_http::receiver_events::on_head(client_response const& head) {
    of_.status_ = head.status;
    of_.events_.on_life(of_);
}

void sockjs_http::receiver_events::on_body(std::string_view piece) {
    if (of_.status_ == 200) of_.on_piece(piece);
}

void sockjs_http::receiver_events::on_failure(client_failure const& why) {
    of_.lose(why, lost(why.text));
}

std::optional<std::string_view> sockjs_http::next_frame(std::string_view& in) {
    if (lines_) return lines_->next(in);
    while (auto const event = stream_->next(in))
        if (event->type == "message") return sockjs::decode_event_data(event->data, unescaped_);
    return std::nullopt;
}

bool sockjs_http::has_read_error() const noexcept {
    return lines_ ? lines_->error().failed() : stream_->error().failed();
}

void sockjs_http::on_piece(std::string_view piece) {
    presence::watch const here(presence_);
    events_.on_life(*this);
    if (here.is_gone()) return;
    while (auto const text = next_frame(piece)) {
        auto const frame = sockjs::decode_server_frame(*text, net_.loop().decoder());
        if (!frame.value)
            return lose(make_failure(client_stage::protocol,
                                     make_error_code(errc::bad_frame),
                                     std::string(frame.wrong)),
                        bad_frame(frame.wrong));
        has_frame_ = true;
        events_.on_frame(*this, *frame.value);
        if (here.is_gone()) return;
    }
    if (has_read_error())
        lose(make_failure(client_stage::protocol,
                          make_error_code(errc::message_too_big),
                          "a frame is longer than the limit"),
             {close_reason::message_too_big,
              close_code::message_too_big,
              "a frame is longer than the limit"});
}

void sockjs_http::on_answer_end() {
    receiver_.reset();
    if (status_ != 200) return lose_status(client_stage::refused, status_, "the server answered ");
    // A server ends an answer after a frame, never before one.
    if (!has_frame_)
        return lose(make_failure(client_stage::protocol,
                                 make_error_code(errc::bad_frame),
                                 "an answer without a frame"),
                    lost("an answer without a frame"));
    if (!is_paused_) receive({});
}

void sockjs_http::pause(bool is) {
    is_paused_ = is;
    if (receiver_)
        receiver_->pause(is);
    else if (!is)
        receive({});
}

void sockjs_http::lose(client_failure const& why, close_event const& how) {
    events_.on_lost(*this, why, how);
}

void sockjs_http::lose_status(client_stage at, unsigned status, std::string_view what) {
    auto why = make_failure(
        at, make_error_code(errc::handshake_refused), std::string(what) + std::to_string(status));
    why.status = status;
    if (status == 413)
        return lose(why, {close_reason::message_too_big, close_code::message_too_big, why.text});
    lose(why, lost(why.text));
}

// -- sending --------------------------------------------------------------------------------------

void sockjs_http::send(std::string_view message) {
    box_.push(message);
    if (!sender_) post();
}

void sockjs_http::post() {
    std::vector<std::string> messages;
    auto const before = box_.bytes;
    for (std::size_t bytes = 0; !box_.is_empty() && bytes < max_batch;) {
        messages.push_back(box_.pop().first);
        bytes += messages.back().size();
    }
    unconfirmed_ = before - box_.bytes;
    std::string body;
    sockjs::append_send_body(body, std::vector<std::string_view>(messages.begin(), messages.end()));

    auto const url = url_below(place_.url, "xhr_send");
    client_request r;
    r.method = "POST";
    r.url = &url;
    if (place_.is_own_origin) r.fields = settings_.fields;
    r.content_type = "text/plain;charset=UTF-8";
    r.body = body;
    r.max_body = settings_.options.limits.max_body;
    send_status_ = 0;
    sender_ = net_.fetch(r, sender_events_);
}

void sockjs_http::on_send_end() {
    sender_.reset();
    if (send_status_ != 200 && send_status_ != 204)
        return lose_status(client_stage::refused, send_status_, "the server answered a send with ");
    unconfirmed_ = 0;
    if (!box_.is_empty()) return post();
    box_ = {};
    events_.on_writable(*this);
}

void sockjs_http::sender_events::on_failure(client_failure const& why) {
    of_.lose(why, lost(why.text));
}

}  // namespace anywire
