#include "http_connection.hpp"
#include "http_response.hpp"

#include <array>
#include <charconv>
#include <utility>

/// How requests are answered, and what follows.
namespace anywire {
namespace {

using namespace std::chrono_literals;

constexpr tick linger = to_ticks(5s);

void append_hex(std::string& out, std::size_t n) {
    std::array<char, 16> digits;
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), n, 16).ptr;
    out.append(digits.data(), end);
}

void append_length(std::string& out, std::uint64_t bytes) {
    out.append("Content-Length: ").append(std::to_string(bytes)).append("\r\n");
}

}  // namespace

void http_connection::listen(exchange_events* events, bool needs_client) noexcept {
    loop().wake();
    set_events(events);
    needs_client_ = needs_client;
    if (!events) return;
    auto const told = host().guard("a connection", [this] {
        tell_waiting();
        if (!needs_client_ || !client_ended_) return;
        // It went while something else was listening that did not mind.
        later([this] {
            if (!needs_client_ || answered_) return;
            tell_gone();
            drop();
        });
    });
    if (!told) set_deadline(loop().now());
}

/// Whoever listens is parked: it answers later, and counts until then.
void http_connection::set_events(exchange_events* events) noexcept {
    if ((events != nullptr) != (events_ != nullptr)) handler().on_parked(events != nullptr);
    events_ = events;
}

void http_connection::append_head(std::string& out, answer const& a, bool keep) {
    out.append(version_ == 11 ? "HTTP/1.1 " : "HTTP/1.0 ");
    out.append(std::to_string(a.status))
        .append(1, ' ')
        .append(http::reason_phrase(a.status))
        .append("\r\n");
    out.append(handler().date_field());
    out.append(std::exchange(page_fields_, {}));
    if (!a.content_type.empty()) {
        out.append("Content-Type: ").append(a.content_type).append("\r\n");
        // An error's text must never be taken for script or markup.
        if (a.status >= 400) out.append("X-Content-Type-Options: nosniff\r\n");
    }
    out.append(a.fields).append(a.more_fields);
    if (!keep)
        out.append("Connection: close\r\n");
    else if (version_ == 10)
        out.append("Connection: keep-alive\r\n");
}

// Who answers later may do so outside of the host's events: then it is told the time first, and an
// event follows that arms what the answer waits for.

bool http_connection::respond(answer const& a) {
    hold const here(*this);
    loop().wake();
    goes_on_ = a.goes_on;
    if (a.close || (handler().is_draining() && !goes_on_)) keep_alive_ = false;
    auto& out = host().out();
    append_head(out, a, keep_alive_);
    if (a.status != 204 && a.status != 304) {
        append_length(out, a.length.value_or(a.body.size()));
        out.append("\r\n");
        if (!is_head_request_) out.append(a.body);
    } else {
        out.append("\r\n");
    }
    (void)send(out);
    return complete();
}

void http_connection::begin_stream(answer const& head) {
    goes_on_ = head.goes_on;
    is_sized_ = head.length.has_value();
    // Without chunks or a length the end of the connection ends the body.
    if (!(is_chunked() || is_sized_) || (handler().is_draining() && !goes_on_)) keep_alive_ = false;
    stream_head_.clear();
    append_head(stream_head_, head, keep_alive_);
    if (is_sized_)
        append_length(stream_head_, *head.length);
    else if (is_chunked())
        stream_head_.append("Transfer-Encoding: chunked\r\n");
    stream_head_.append("\r\n");
}

void http_connection::append_parts(std::string& out,
                                   std::span<std::string_view const> parts) const {
    if (is_head_request_) return;
    for (auto const part : parts) {
        if (!is_chunked()) {
            out.append(part);
            continue;
        }
        append_hex(out, part.size());
        out.append("\r\n").append(part).append("\r\n");
    }
}

bool http_connection::write_stream(std::span<std::string_view const> parts) {
    hold const here(*this);
    loop().wake();
    auto& out = host().out();
    out.append(std::exchange(stream_head_, {}));
    append_parts(out, parts);
    return send(out);
}

bool http_connection::end_stream(std::span<std::string_view const> parts) {
    hold const here(*this);
    loop().wake();
    auto& out = host().out();
    out.append(std::exchange(stream_head_, {}));
    append_parts(out, parts);
    if (is_chunked() && !is_head_request_) out.append("0\r\n\r\n");
    if (!out.empty()) (void)send(out);
    return complete();
}

/// The answer is complete. True when all of it is out.
bool http_connection::complete() {
    if (unsent_bytes() != 0 || is_broken()) {
        answered_ = true;  // `on_sent` goes on, or `on_end`: who cannot be told was not answered
        return false;
    }
    set_events(nullptr);
    busy_ = false;
    needs_client_ = false;
    if (is_proxied_) set_ticket(nullptr);
    set_write_stall(usual_stall);
    if (!keep_alive_)
        end_connection();
    else if (!parsing_)
        go_on();
    else
        wait_for_request();
    return true;
}

void http_connection::go_on() {
    if (client_ended_ && buffer_.empty()) return end_connection();
    wait_for_request();
    parse_kept();
}

/// Parses what came while there was no time for it: soon, since an answer may be under way here.
void http_connection::parse_kept() {
    read_on();
    if (buffer_.empty()) return;
    later([this] {
        if (busy_ || phase_ != phase::open) return;
        auto const all = std::move(buffer_);
        buffer_.clear();
        next_waits_ = false;
        parse(all);
    });
}

void http_connection::wait_for_request() {
    set_deadline(loop().now() + handler().settings().keep_alive);
    read_on();
}

void http_connection::on_sent() {
    if (phase_ == phase::ending) return end_connection();
    if (!answered_) {
        if (events_) return events_->on_sent();
        if (!busy_) parse_kept();  // it was a 100 (Continue) that had waited
        return;
    }
    answered_ = false;
    auto* const told = events_;
    set_events(nullptr);
    if (told) told->on_done();
    (void)complete();
}

void http_connection::end_connection() {
    if (is_dropped()) return;
    watch_.reset();
    buffer_.clear();
    next_waits_ = false;
    reader_.reset();
    phase_ = phase::ending;
    busy_ = false;
    set_deadline(loop().now() + linger);
    if (unsent_bytes() != 0) return;
    if (client_ended_) return drop();
    // Closing with unread bytes would reset the connection and could lose the answer.
    stream().shutdown_send();
    start_reading();
}

void http_connection::abort() noexcept {
    set_events(nullptr);
    drop();
}

}  // namespace anywire
