#include "client/engineio_polling.hpp"

#include "client/channel_base.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace anywire {
namespace {

constexpr std::size_t max_refusal = 1'024;

/// Bytes of one POST for a server that says no `maxPayload`: what those of Node (from 4.0) and
/// Python take unless told otherwise.
constexpr std::uint64_t usual_max_payload = 1'000'000;

std::string to_base36(std::uint64_t n) {
    std::string out;
    do {
        out.push_back("0123456789abcdefghijklmnopqrstuvwxyz"[n % 36]);
        n /= 36;
    } while (n > 0);
    return out;
}

client_failure payload_failure() {
    return make_failure(client_stage::protocol,
                        make_error_code(errc::bad_frame),
                        "the answer to a poll is not a payload of Engine.IO");
}

}  // namespace

engineio_polling::engineio_polling(client_network& net,
                                   client_settings const& settings,
                                   engineio_wire_events& to)
    : net_(net),
      settings_(settings),
      events_(to),
      revision_(static_cast<engineio::revision>(settings.options.revision)),
      url_(settings.url),
      buster_((std::uint64_t{net.loop().random_u32()} << 16) + 36) {}

client_url engineio_polling::make_url() {
    // One that begins alike for each request of a client would be cached by what caches POSTs.
    auto const buster = to_base36(++buster_);
    auto url = url_;
    url.query.clear();
    engineio::append_query(url.query,
                           {.protocol = revision_,
                            .transport = name(),
                            .sid = sid_,
                            .cache_buster = buster,
                            .application = settings_.query});
    return url;
}

void engineio_polling::open(std::chrono::milliseconds timeout) {
    poll(timeout);
}

void engineio_polling::begin(engineio::open_data const& session) {
    sid_ = session.sid;
    max_payload_ = session.max_payload > 0 ? session.max_payload : usual_max_payload;
}

void engineio_polling::poll(std::chrono::milliseconds timeout) {
    auto const url = make_url();
    client_request r;
    r.url = &url;
    r.fields = settings_.fields;
    r.max_body = settings_.options.limits.max_body;
    r.timeout = timeout;
    r.is_once = !sid_.empty();
    get_events_.status = 0;
    get_events_.refusal.clear();
    has_payload_ = false;
    get_ = net_.fetch(r, get_events_);
}

void engineio_polling::write(engineio_outbox& box) {
    if (post_ || is_stopped_ || sid_.empty() || box.is_empty()) return;
    // No more are looked at than could fit.
    std::vector<engineio::outgoing> batch;
    auto const most = settings_.options.max_packets_per_post;
    std::uint64_t bytes = 0;
    for (auto const& p : box.packets()) {
        if (bytes > max_payload_ || (most > 0 && batch.size() == most)) break;
        batch.push_back({p.data, p.binary});
        bytes += p.data.size();
    }
    batch.resize(engineio::count_fitting(revision_, batch, max_payload_));
    auto const is_binary = engineio::needs_binary_payload(revision_, batch);
    std::string body;
    engineio::append_payload(body, revision_, batch);
    auto const before = box.bytes();
    for (std::size_t i = 0; i < batch.size(); ++i) static_cast<void>(box.pop());
    unconfirmed_ = before - box.bytes();

    auto const url = make_url();
    client_request r;
    r.method = "POST";
    r.url = &url;
    r.fields = settings_.fields;
    r.content_type = engineio::post_content_type(is_binary);
    r.body = body;
    r.max_body = settings_.options.limits.max_body;
    post_events_.status = 0;
    post_events_.refusal.clear();
    post_ = net_.fetch(r, post_events_);
}

void engineio_polling::pause(bool is) {
    is_paused_ = is;
    if (!is && !get_ && !is_stopped_ && !sid_.empty()) poll({});
}

bool engineio_polling::stop() {
    is_stopped_ = true;
    return !get_ && !post_;
}

void engineio_polling::go_on() {
    is_stopped_ = false;
    if (!get_ && !is_paused_) poll({});
}

void engineio_polling::tell_rest() {
    if (is_stopped_ && !get_ && !post_) events_.on_rest(*this);
}

void engineio_polling::on_payload(std::string_view body, bool is_binary) {
    has_payload_ = true;
    engineio::payload_reader reader(revision_, body, is_binary);
    presence::watch const here(presence_);
    while (auto const p = reader.next(scratch_)) {
        events_.on_packet(*this, *p);
        if (here.is_gone()) return;
    }
    if (reader.failed())
        events_.on_lost(*this,
                        payload_failure(),
                        {close_reason::protocol_error,
                         close_code::protocol_error,
                         "a payload that cannot be decoded"});
}

void engineio_polling::on_poll_end() {
    get_.reset();
    if (is_stopped_) return tell_rest();
    if (!is_paused_ && !sid_.empty()) poll({});
}

void engineio_polling::on_post_end() {
    post_.reset();
    unconfirmed_ = 0;
    if (is_stopped_) return tell_rest();
    events_.on_writable(*this);
}

/// The server, or somebody on the way, has said no.
void engineio_polling::on_refused(request const& r) {
    auto const refusal = engineio::decode_refusal(r.refusal);
    auto why = make_failure(client_stage::refused,
                            make_error_code(errc::handshake_refused),
                            "the server answered " + std::to_string(r.status));
    if (refusal) why.text.append(": ").append(refusal->message);
    why.status = r.status;
    why.body = r.refusal;
    if (r.status == 413)
        return events_.on_lost(
            *this, why, {close_reason::message_too_big, close_code::message_too_big, why.text});
    events_.on_lost(*this, why, lost(why.text));
}

void engineio_polling::request::on_head(client_response const& head) {
    status = head.status;
    is_binary = engineio::is_binary_content(head.field("Content-Type"));
}

void engineio_polling::request::on_body(std::string_view piece) {
    if (status != 200)
        refusal.append(piece.substr(0, max_refusal - std::min(max_refusal, refusal.size())));
    else if (!is_post_)
        of_.on_payload(piece, is_binary);
}

void engineio_polling::request::on_end() {
    if (status != 200) return of_.on_refused(*this);
    if (is_post_) return of_.on_post_end();
    // No answer is without a packet.
    if (!of_.has_payload_) return of_.on_payload({}, false);
    of_.on_poll_end();
}

void engineio_polling::request::on_failure(client_failure const& why) {
    of_.events_.on_lost(of_, why, lost(why.text));
}

}  // namespace anywire
