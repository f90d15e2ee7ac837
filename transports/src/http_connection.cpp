#include "http_connection.hpp"

#include "core/ascii.hpp"
#include "core/fault.hpp"
#include "http_response.hpp"

#include <utility>

namespace anywire {
namespace {

using namespace std::chrono_literals;

// What a client may still send after the last answer before it is cut off: a reset would take the
// answer with it. None of it is stored, and `linger` bounds the time.
constexpr std::uint32_t most_drained = 256u * 1024 * 1024;
// How long a drain leaves an idle connection to a session's client: its next poll fetches the
// goodbye, if it is on the way already.
constexpr tick last_chance = to_ticks(2s);
constexpr std::size_t most_of_relay_field = 256;

}  // namespace

http_connection::http_connection(http_site& site, http_arrival what)
    : connection(site.host(), std::move(what.stream), usual_stall, std::move(what.ticket)),
      site_(site),
      address_(std::move(what.address)),
      lender_(std::move(what.lender)),
      is_relay_(what.is_relay) {}

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

/// Bytes have been put into the buffer. A client whose POST waits for its own poll may be what
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

/// A request that is relayed says whose it is, beyond what it may say by itself.
http::request_limits http_connection::request_limits() const noexcept {
    auto out = handler().settings().request;
    if (is_relay_) {
        out.fields += 1;
        out.header += most_of_relay_field;
    }
    return out;
}

/// Reads one request off the front; false when more bytes are needed.
bool http_connection::parse_one(std::string_view& bytes) {
    using status = http::request_reader::status;
    auto const in_pieces = reader_ != nullptr;
    if (lender_ && !in_pieces && !is_ours(bytes)) return false;
    http::request_reader local(request_limits());
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
    if (terms.status == 0 && !reader_->lower_body_limit(terms.most))
        terms.status = status_of(fault::body_too_long);
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
    is_sized_ = false;
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
    if (status == status_of(fault::body_too_long) && watch_) watch_->done();
    busy_ = true;
    keep_alive_ = false;
    is_head_request_ = false;
    (void)respond({.status = status,
                   .content_type = "text/plain; charset=UTF-8",
                   .body = text,
                   .close = true});
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
    if (!stream().is_established() && stream().has_begun()) handler().on_failed_handshake();
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
    if (!stream().is_established()) handler().on_failed_handshake();
    if (phase_ == phase::ending || !stream().is_established() || !reader_) return drop();
    auto const refused = std::move(reader_);
    refuse(status_of(fault::request_too_slow), "the request took too long\n", refused->request());
}

void http_connection::on_shutdown() {
    hold const here(*this);
    if (phase_ == phase::ending) return;  // it lingers for its last answer's sake, and not long
    keep_alive_ = false;
    // Whoever only waits for something to say should not wait for the end.
    if (busy_ && !answered_ && events_) events_->on_next_waiting();
    if (busy_ || reader_ || unsent_bytes() != 0) return;
    if (!goes_on_ || client_ended_) return drop();
    if (!std::exchange(is_leaving_, true)) set_deadline(loop().now() + last_chance);
}

}  // namespace anywire
