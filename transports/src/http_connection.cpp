#include "http_connection.hpp"

#include "core/ascii.hpp"
#include "http_response.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace anywire {
namespace {

using namespace std::chrono_literals;

// What a client may still send after the last answer before it is cut off: a reset would take the
// answer with it. None of it is stored, and the linger bounds the time.
constexpr std::uint32_t most_drained = 256u * 1024 * 1024;
constexpr tick linger = to_ticks(5s);
// How long a drain leaves an idle connection to a session's client: its next poll fetches the
// goodbye, if it is on the way already.
constexpr tick last_chance = to_ticks(2s);
constexpr tick write_stall = to_ticks(30s);

void append_hex(std::string& out, std::size_t n) {
    std::array<char, 16> digits;
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), n, 16).ptr;
    out.append(digits.data(), end);
}

/// What another site is sent when a request belongs there: no longer than it came and with no more
/// fields, or it would be refused there.
std::string serialized(http::request_view const& r) {
    std::string out;
    auto has_host = false;
    out.append(r.method).append(" ").append(r.target).append(r.version == 10 ? " HTTP/1.0\r\n"
                                                                             : " HTTP/1.1\r\n");
    for (auto const& f : r.fields) {
        if (iequals(f.name, "content-length") || iequals(f.name, "transfer-encoding") ||
            iequals(f.name, "expect"))
            continue;
        auto const is_host = iequals(f.name, "host") && !r.host.empty();
        out.append(f.name).append(":").append(is_host ? r.host : f.value).append("\r\n");
        has_host = has_host || is_host;
    }
    // Of an absolute target, which is not sent whole.
    if (!has_host && !r.host.empty()) out.append("Host:").append(r.host).append("\r\n");
    // Whatever the method: a body without its length would be read as the next request.
    if (!r.body.empty())
        out.append("Content-Length:").append(std::to_string(r.body.size())).append("\r\n");
    out.append("\r\n").append(r.body);
    return out;
}

}  // namespace

/// Where the connection's socket goes on: as a WebSocket, or at another site.
struct http_connection::departure {
    std::optional<websocket_upgrade> websocket{};
    http_site* site = nullptr;
    std::string request{};
};

http_connection::http_connection(http_site& site, http_arrival what)
    : connection(site.host(), std::move(what.stream), write_stall, std::move(what.ticket)),
      site_(site),
      address_(std::move(what.address)),
      lender_(std::move(what.lender)) {}

http_connection::~http_connection() = default;

void http_connection::start(std::string bytes) {
    auto const& limits = handler().settings();
    set_deadline(loop().now() + (is_tls() ? limits.tls_handshake : limits.request_head));
    if (bytes.empty()) return start_reading();
    run_event([&] {
        start_reading();
        parse(bytes);
    });
}

// -- requests -------------------------------------------------------------------------------------

void http_connection::on_bytes(char* data, std::size_t size) {
    if (phase_ == phase::ending) {
        drained_ += static_cast<std::uint32_t>(size);
        if (drained_ > most_drained) drop();
        return;
    }
    std::string_view const bytes{data, size};
    if (busy_ || unsent_bytes() != 0) {
        buffer_.append(bytes);
        note_waiting();
        return read_on();
    }
    if (buffer_.empty()) return parse(bytes);
    buffer_.append(bytes);
    auto const all = std::move(buffer_);
    buffer_.clear();
    next_waits_ = false;
    parse(all);
}

void http_connection::parse(std::string_view bytes) {
    parsing_ = true;
    while (!bytes.empty() && !busy_ && phase_ == phase::open && unsent_bytes() == 0 &&
           !is_dropped())
        if (!parse_one(bytes) || departure_) break;
    parsing_ = false;
    if (departure_) return leave(bytes);
    if (client_ended_ && !busy_ && phase_ == phase::open && unsent_bytes() == 0)
        return end_connection();
    if (phase_ != phase::open || is_dropped()) return;
    if (!bytes.empty()) {
        buffer_.assign(bytes);
        note_waiting();
    }
    read_on();
}

/// Bytes have been put into the buffer. A client whose POST waits behind its own poll may be what
/// the poll waits for; a GET may wait in its turn. Line ends between requests are none (RFC 9112,
/// section 2.2); of many of them only the first are looked through.
void http_connection::note_waiting() {
    auto const start = std::string_view(buffer_).substr(0, 32);
    auto const at = start.find_first_not_of("\r\n");
    next_waits_ = at != std::string_view::npos && start.substr(at).starts_with("POST ");
    tell_waiting();
}

/// Tells whoever answers that another request waits: soon, as it may be about to answer.
void http_connection::tell_waiting() {
    if (!next_waits_ || !events_ || telling_) return;
    telling_ = true;
    later([this] {
        telling_ = false;
        if (busy_ && !answered_ && next_waits_ && events_) events_->on_next_waiting();
    });
}

/// Reads on unless enough is waiting for its turn.
void http_connection::read_on() {
    if (client_ended_) return;
    if (buffer_.size() > most_buffered)
        stop_reading();
    else
        start_reading();
}

/// Reads one request off the front; false when more bytes are needed.
bool http_connection::parse_one(std::string_view& bytes) {
    using status = http::request_reader::status;
    auto const in_pieces = reader_ != nullptr;
    if (lender_ && !in_pieces && !is_ours(bytes)) return false;
    http::request_reader local(handler().settings().request);
    // Taken out while it reads: its request is borrowed while that is served.
    auto kept = std::move(reader_);
    auto& reader = in_pieces ? *kept : local;
    std::size_t used = 0;
    auto const what = reader.feed(bytes, used);
    bytes.remove_prefix(used);
    if (what == status::error) {
        refuse(reader.error_status(),
               std::string(reader.error_text()).append(1, '\n'),
               reader.request());
        return true;
    }
    if (what == status::done) {
        if (watch_) watch_->done();
        watch_.reset();
        serve(reader.request());
        return true;
    }
    reader_ = std::move(kept);
    if (!in_pieces) {
        if (!local.started()) {
            buffer_.clear();
            return false;
        }
        reader_ = std::make_unique<http::request_reader>(std::move(local));
        set_deadline(loop().now() + handler().settings().request_head);
    }
    if (what == status::head_complete) on_head();
    return false;
}

/// The head of a request is known whose body is still on its way.
void http_connection::on_head() {
    auto const& head = reader_->request();
    set_deadline(loop().now() + handler().settings().request_body);
    version_ = static_cast<std::uint8_t>(head.version);
    auto terms = handler().on_head(*this, head);
    if (terms.status == 0 && !reader_->lower_body_limit(terms.most)) terms.status = 413;
    if (terms.status != 0) {
        // Taken out, as the head that it holds is looked at while it is refused.
        auto const refused = std::move(reader_);
        if (terms.watch) terms.watch->done();
        return refuse(terms.status, terms.text, refused->request());
    }
    watch_ = std::move(terms.watch);
    if (head.expect_continue) (void)send("HTTP/1.1 100 Continue\r\n\r\n");
}

void http_connection::serve(http::request_view const& request) {
    busy_ = true;
    clear_deadline();
    version_ = static_cast<std::uint8_t>(request.version);
    keep_alive_ = request.keep_alive;
    goes_on_ = false;
    is_head_request_ = request.method == "HEAD";
    page_fields_.clear();
    handler().on_request(*this, request);
}

/// Looks whether the next request, which begins with `bytes`, is one for whoever has lent the
/// connection: that one gets it back. False, too, while the target has not come whole.
bool http_connection::is_ours(std::string_view& bytes) {
    auto const& limits = handler().settings();
    auto const target = http::peek_target(bytes);
    if (target && !lender_->owns(*target)) {
        give_back(std::exchange(bytes, {}));
        return false;
    }
    if (target || bytes.size() > limits.request.line || http::has_request_line(bytes)) return true;
    set_deadline(loop().now() + limits.request_head);
    return false;
}

void http_connection::give_back(std::string_view bytes) {
    auto const to = std::move(lender_);
    set_ticket(nullptr);
    auto stream = take_stream();
    to->give_back(std::move(stream), std::string(bytes));
    drop();
}

// -- refusals -------------------------------------------------------------------------------------

/// Answers a request that nobody else gets to see.
void http_connection::refuse(unsigned status,
                             std::string_view text,
                             http::request_view const& head) {
    page_fields_.clear();
    if (!head.method.empty()) text = handler().on_refusal(*this, head, status, text);
    host().log().write(log_level::debug, "request refused: ", status, " ", text);
    // Too long is not broken off: it is answered, and costs nobody else anything.
    if (status == 413 && watch_) watch_->done();
    busy_ = true;
    keep_alive_ = false;
    is_head_request_ = false;
    (void)respond({.status = status,
                   .content_type = "text/plain; charset=UTF-8",
                   .body = text,
                   .close = true});
}

// -- answers --------------------------------------------------------------------------------------

void http_connection::listen(exchange_events* events, bool needs_client) noexcept {
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

bool http_connection::respond(answer const& a) {
    hold const here(*this);
    goes_on_ = a.goes_on;
    if (a.close || (handler().is_draining() && !goes_on_)) keep_alive_ = false;
    auto& out = host().out();
    append_head(out, a, keep_alive_);
    if (a.status != 204 && a.status != 304) {
        out.append("Content-Length: ").append(std::to_string(a.body.size())).append("\r\n\r\n");
        if (!is_head_request_) out.append(a.body);
    } else {
        out.append("\r\n");
    }
    (void)send(out);
    return complete();
}

void http_connection::begin_stream(answer const& head) {
    goes_on_ = head.goes_on;
    // Without chunks the end of the connection ends the body.
    if (!is_chunked() || (handler().is_draining() && !goes_on_)) keep_alive_ = false;
    stream_head_.clear();
    append_head(stream_head_, head, keep_alive_);
    if (is_chunked()) stream_head_.append("Transfer-Encoding: chunked\r\n");
    stream_head_.append("\r\n");
}

void http_connection::append_parts(std::string& out,
                                   std::span<std::string_view const> parts) const {
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
    auto& out = host().out();
    out.append(std::exchange(stream_head_, {}));
    append_parts(out, parts);
    return send(out);
}

bool http_connection::end_stream(std::span<std::string_view const> parts) {
    hold const here(*this);
    auto& out = host().out();
    out.append(std::exchange(stream_head_, {}));
    append_parts(out, parts);
    if (is_chunked()) out.append("0\r\n\r\n");
    (void)send(out);
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
    set_write_stall(write_stall);
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

// -- the end --------------------------------------------------------------------------------------

void http_connection::tell_gone(bool stalled) {
    auto* const told = events_;
    set_events(nullptr);
    if (!told) return;
    stalled ? told->on_stalled() : told->on_gone();
}

void http_connection::on_end(bool orderly) {
    client_ended_ = true;
    // Whoever has sent its request and then its end may still wait for a short answer.
    auto const owed = answered_ || (busy_ ? !needs_client_
                                          : unsent_bytes() != 0 || (!buffer_.empty() && !reader_));
    if (orderly && phase_ == phase::open && owed) return;
    tell_gone();
    drop();
}

void http_connection::on_stalled() {
    host().log().write(log_level::info, "connection dropped: the client does not read");
    tell_gone(true);
    drop();
}

void http_connection::on_deadline() {
    tell_gone();  // if there was no memory to tell it otherwise
    if (phase_ == phase::ending || !stream().is_established() || !reader_) return drop();
    auto const refused = std::move(reader_);
    refuse(408, "the request took too long\n", refused->request());
}

void http_connection::on_shutdown() {
    if (phase_ == phase::ending) return;  // it lingers for its last answer's sake, and not long
    keep_alive_ = false;
    if (busy_ || reader_ || unsent_bytes() != 0) return;
    if (!goes_on_ || client_ended_) return drop();
    if (!std::exchange(is_leaving_, true)) set_deadline(loop().now() + last_chance);
}

// -- elsewhere ------------------------------------------------------------------------------------

void http_connection::upgrade(websocket_upgrade to) {
    depart({.websocket = std::move(to)});
}

void http_connection::move_to(http_site& there, http::request_view const& request) {
    depart({.site = &there, .request = serialized(request)});
}

void http_connection::depart(departure to) {
    departure_ = std::make_unique<departure>(std::move(to));
    if (parsing_) return;  // `parse` knows the bytes that lie after the request
    hold const here(*this);
    auto const behind = std::move(buffer_);
    leave(behind);
}

void http_connection::leave(std::string_view behind) {
    auto const to = std::move(departure_);
    listen(nullptr, false);
    if (to->websocket) {
        become_websocket(*to->websocket, behind);
    } else {
        to->request.append(behind);
        auto ticket = take_ticket();
        // The request goes with its socket and is read again there, and counted again.
        if (is_proxied_) ticket.reset();
        to->site->adopt_idle({take_stream(),
                              std::move(address_),
                              std::move(ticket),
                              std::move(lender_),
                              std::move(to->request)});
    }
    drop();
}

void http_connection::become_websocket(websocket_upgrade const& to, std::string_view behind) {
    std::string head(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    if (!to.subprotocol.empty())
        head.append("Sec-WebSocket-Protocol: ").append(to.subprotocol).append("\r\n");
    head.append(to.terms->handshake).append(to.fields).append("\r\n");
    auto ticket = take_ticket();
    auto* const socket = new websocket_connection(host(),
                                                  take_stream(),
                                                  *to.terms->settings,
                                                  to.name,
                                                  head,
                                                  to.terms->deflate,
                                                  std::move(ticket));
    transport_events* session = nullptr;
    auto const taken = host().guard("a new WebSocket", [&] { session = to.take(*socket); });
    if (!taken)
        socket->drop();
    else if (session)
        socket->start(*session, behind);
    else
        socket->refuse();
}

}  // namespace anywire
