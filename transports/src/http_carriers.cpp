#include "http_carriers.hpp"

#include <charconv>
#include <utility>
#include <vector>

namespace anywire {
namespace {

void append_hex(std::string& out, std::size_t n) {
    char digits[16];
    auto const end = std::to_chars(digits, digits + sizeof digits, n, 16).ptr;
    out.append(digits, end);
}

/// Appends bytes of a response body as the client's HTTP version wants them; returns their size.
std::size_t append_chunk(exchange& to, std::string& out, std::string_view bytes) {
    if (to.is_chunked()) {
        append_hex(out, bytes.size());
        out.append("\r\n").append(bytes).append("\r\n");
    } else {
        out.append(bytes);
    }
    return bytes.size();
}

answer head_of(carrier_dress const& dress) noexcept {
    return {.content_type = sockjs::content_type(dress.envelope),
            .fields = dress.constant_fields,
            .more_fields = dress.fields};
}

std::string_view name_of(sockjs::envelope_kind k) noexcept {
    switch (k) {
        case sockjs::envelope_kind::xhr: return "xhr-polling";
        case sockjs::envelope_kind::xhr_streaming: return "xhr-streaming";
        case sockjs::envelope_kind::eventsource: return "eventsource";
        case sockjs::envelope_kind::htmlfile: return "htmlfile";
        case sockjs::envelope_kind::jsonp: return "jsonp-polling";
    }
    return {};
}

bool is_message(frame const& f) noexcept {
    return f.text().starts_with('a');
}
bool is_goodbye(frame const& f) noexcept {
    return f.text().starts_with('c');
}

/// How many frames from the first on are messages.
std::size_t leading_messages(std::span<frame* const> batch) noexcept {
    std::size_t n = 0;
    while (n < batch.size() && is_message(*batch[n])) ++n;
    return n;
}

void append_joined(std::string& out, std::span<frame* const> messages) {
    std::vector<std::string_view> texts;
    texts.reserve(messages.size());
    for (auto const* f : messages) texts.push_back(f->text());
    sockjs::append_joined(out, texts);
}

}  // namespace

void answer_with_one_frame(exchange& to, carrier_dress const& dress, std::string_view frame_text) {
    auto const e = dress.envelope;
    std::string prelude;
    std::string dressed;
    sockjs::append_prelude(prelude, e, dress.callback);
    sockjs::append_dressed(dressed, e, dress.callback, frame_text);
    auto head = head_of(dress);
    if (prelude.empty()) {
        head.body = dressed;
        (void)to.respond(head);
        return;
    }
    std::string out;
    to.begin_stream(head);
    append_chunk(to, out, prelude);
    append_chunk(to, out, dressed);
    if (to.is_chunked()) out.append("0\r\n\r\n");
    (void)to.write_stream(out);
    (void)to.end_stream();
}

// -- both -----------------------------------------------------------------------------------------

http_carrier::http_carrier(exchange& to, transport_events& session) : to_(&to), session_(&session) {
    to.listen(this, true);
}

void http_carrier::close(close_code, std::string_view) noexcept {
    abort();
}

void http_carrier::abort() noexcept {
    to_->listen(nullptr, false);
    to_->abort();
    delete this;
}

void http_carrier::on_done() {
    session_->on_closed(*this, true, {});
    delete this;
}

void http_carrier::on_gone() {
    session_->on_closed(
        *this,
        false,
        {close_reason::transport_lost, close_code::abnormal, "the client broke the request off"});
    delete this;
}

write_result http_carrier::finished(std::size_t taken, bool all_out) {
    if (!all_out) return {taken, write_result::next::finished};
    delete this;
    return {taken, write_result::next::ended};
}

void http_carrier::on_stalled() {
    session_->on_closed(
        *this,
        false,
        {close_reason::slow_consumer, close_code::abnormal, "the client does not read"});
    delete this;
}

std::size_t frames_to_gather(std::span<frame* const> batch) noexcept {
    std::size_t n = 0;
    for (std::size_t bytes = 0; n < batch.size() && bytes < most_gathered; ++n)
        bytes += batch[n]->cost();
    return n;
}

// -- one-shot -------------------------------------------------------------------------------------

std::string_view one_shot_carrier::name() const noexcept {
    return name_of(dress_.envelope);
}

write_result one_shot_carrier::write(std::span<frame* const> batch) {
    batch = batch.first(frames_to_gather(batch));
    auto const messages = leading_messages(batch);
    auto const taken = messages == 0 ? 1 : messages;
    std::string joined;
    std::string_view text = batch[0]->text();
    if (messages > 1) {
        append_joined(joined, batch.first(messages));
        text = joined;
    }
    std::string body;
    body.reserve(text.size() + 16);
    sockjs::append_dressed(body, dress_.envelope, dress_.callback, text);
    auto whole = head_of(dress_);
    whole.body = body;
    whole.goes_on = !is_goodbye(*batch[taken - 1]);
    return finished(taken, to().respond(whole));
}

// -- stream ---------------------------------------------------------------------------------------

stream_carrier::stream_carrier(exchange& to,
                               carrier_dress dress,
                               transport_events& session,
                               std::size_t limit)
    : http_carrier(to, session), dress_(std::move(dress)), limit_(limit) {}

std::string_view stream_carrier::name() const noexcept {
    return name_of(dress_.envelope);
}

void stream_carrier::append_start(std::string& out) {
    if (std::exchange(started_, true)) return;
    auto head = head_of(dress_);
    head.goes_on = true;
    to().begin_stream(head);
    std::string prelude;
    sockjs::append_prelude(prelude, dress_.envelope, dress_.callback);
    append_chunk(to(), out, prelude);
}

void stream_carrier::start() {
    std::string out;
    append_start(out);
    (void)to().write_stream(out);
}

void stream_carrier::on_next_waiting() {
    limit_ = 0;  // the next frame is the last
    http_carrier::on_next_waiting();
}

std::size_t stream_carrier::append_frame(std::string& out, frame const& f) {
    auto const envelope = dress_.envelope;
    auto const dressed = [&](std::string& to_text) {
        sockjs::append_dressed(to_text, envelope, dress_.callback, f.text());
    };
    auto const shareable = f.is_shared() && (envelope == sockjs::envelope_kind::xhr_streaming ||
                                             envelope == sockjs::envelope_kind::eventsource);
    if (shareable) {
        auto const which = envelope == sockjs::envelope_kind::eventsource ? wire_form::eventsource
                                                                          : wire_form::xhr_stream;
        return append_chunk(to(), out, f.form(which, dressed));
    }
    std::string text;
    dressed(text);
    return append_chunk(to(), out, text);
}

write_result stream_carrier::write(std::span<frame* const> batch) {
    batch = batch.first(frames_to_gather(batch));
    std::string out;
    auto const first = !started_;
    append_start(out);
    std::size_t taken = 0;
    bool last = false;
    // What gathered between two responses leaves as one frame, as in the reference.
    if (auto const waiting = first ? leading_messages(batch) : 0; waiting > 1) {
        std::string joined;
        append_joined(joined, batch.first(waiting));
        std::string text;
        sockjs::append_dressed(text, dress_.envelope, dress_.callback, joined);
        written_ += append_chunk(to(), out, text);
        taken = waiting;
        last = written_ >= limit_;
    }
    while (taken < batch.size() && !last) {
        auto const& f = *batch[taken++];
        written_ += append_frame(out, f);
        last = written_ >= limit_ || is_goodbye(f);
    }
    if (last) {
        if (to().is_chunked()) out.append("0\r\n\r\n");
        auto const out_now = to().write_stream(out);
        return finished(taken, to().end_stream() && out_now);
    }
    return {taken,
            to().write_stream(out) ? write_result::next::ready : write_result::next::blocked};
}

}  // namespace anywire
