#include "tcp_connection.hpp"

#include <utility>

namespace anywire {
namespace {

// What a peer may still send after our end before it is cut off. None of it is stored.
constexpr std::uint32_t most_drained = 256u * 1024 * 1024;

}  // namespace

tcp_connection::tcp_connection(io_host& host,
                               byte_stream stream,
                               std::shared_ptr<tcp_settings const> settings,
                               std::unique_ptr<connection_ticket> ticket)
    : connection(host, std::move(stream), settings->write_stall, std::move(ticket)),
      settings_(std::move(settings)) {}

// -- its beginning --------------------------------------------------------------------------------

void tcp_connection::start(open_fn open) {
    open_ = std::move(open);
    run_event([this] {
        if (stream().is_plain_socket()) return ask();
        set_deadline(loop().now() + settings_->tls_handshake);
        start_reading();
    });
}

void tcp_connection::ask() {
    clear_deadline();
    stop_reading();
    phase_ = phase::opening;
    auto const open = std::exchange(open_, nullptr);
    open(*this, [this](transport_events* session) { on_heard(session); });
}

/// Null: it has been closed.
void tcp_connection::on_heard(transport_events* session) {
    if (!session || phase_ != phase::opening || is_dropped()) return;
    session_ = session;
    phase_ = phase::open;
    if (paused_) return;
    first_.empty() ? start_reading() : later([this] { take_first(); });
}

/// Not within what has opened the session: that is told of its opening first.
void tcp_connection::take_first() {
    if (phase_ != phase::open || paused_) return;
    start_reading();
    auto const first = std::exchange(first_, {});
    if (session_ && !first.empty()) session_->on_payload(*this, first, true);
}

// -- reading --------------------------------------------------------------------------------------

void tcp_connection::on_bytes(char* data, std::size_t size) {
    switch (phase_) {
        case phase::handshake: first_.assign(data, size); return ask();
        case phase::opening: first_.append(data, size); return;
        case phase::open: return session_->on_payload(*this, {data, size}, true);
        case phase::closing:
            drained_ += static_cast<std::uint32_t>(size);
            if (drained_ > most_drained) drop();
            return;
    }
}

/// The end of the peer is not watched for meanwhile: what it has sent before is still to be read.
void tcp_connection::pause_reading(bool pause) {
    if (paused_ == pause || is_dropped()) return;
    paused_ = pause;
    if (pause) return stop_reading();
    if (phase_ == phase::open) first_.empty() ? start_reading() : later([this] { take_first(); });
}

// -- writing --------------------------------------------------------------------------------------

write_result tcp_connection::write(std::span<frame* const> batch) {
    auto const taken = send_some_frames(batch);
    return {taken, unsent_bytes() == 0 ? write_result::next::ready : write_result::next::blocked};
}

void tcp_connection::on_sent() {
    if (phase_ == phase::closing) return finish();
    if (session_ && unsent_bytes() == 0) session_->on_writable(*this);
}

// -- the end --------------------------------------------------------------------------------------

void tcp_connection::close(close_code, std::string_view text) noexcept {
    session_ = nullptr;
    if (phase_ == phase::closing || is_dropped()) return;
    hold const here(*this);
    auto const was_let_in = phase_ == phase::open;
    phase_ = phase::closing;
    if (!was_let_in && settings_->refusal && !text.empty()) (void)send(settings_->refusal(text));
    set_deadline(loop().now() + settings_->linger);
    finish();
}

void tcp_connection::abort() noexcept {
    session_ = nullptr;
    drop();
}

/// Our end goes out after all else; the peer's is waited for.
void tcp_connection::finish() {
    if (unsent_bytes() != 0) return;  // `on_sent` comes back here
    if (peer_ended_) return drop();
    stream().shutdown_send();
    start_reading();
}

void tcp_connection::tell_closed(close_event const& how) {
    if (session_) std::exchange(session_, nullptr)->on_closed(*this, false, how);
}

void tcp_connection::on_end(bool orderly) {
    peer_ended_ = true;
    // Who has ended only its own side may still read what it is owed.
    if (phase_ == phase::closing && orderly && unsent_bytes() != 0) return;
    tell_closed({close_reason::transport_lost,
                 close_code::abnormal,
                 orderly ? "the client closed the connection" : "the connection broke"});
    drop();
}

void tcp_connection::on_stalled() {
    tell_closed({close_reason::slow_consumer, close_code::abnormal, "the peer does not read"});
    drop();
}

void tcp_connection::on_shutdown() {
    // With a session, or when one is on its way, that one says goodbye.
    if (phase_ == phase::handshake) drop();
}

}  // namespace anywire
