#include <anywire/websocket.hpp>

#include <atomic>
#include <stdexcept>
#include <utility>

namespace anywire {

/// What its client's handlers hold while they run: a WebSocket may be destroyed in a handler of its
/// own, or on another thread meanwhile.
struct websocket::impl : std::enable_shared_from_this<impl> {
    impl(websocket& of, std::string at, handlers called)
        : self(of), url(std::move(at)), calls(std::move(called)) {}

    client_handlers make_handlers();
    void on_open();
    void on_message(message_view m);
    void on_failure(client_failure const& why);
    void on_close(close_event const& how);
    void on_end() { on_closed({}); }
    void on_closed(close_info const& how);

    websocket& self;
    std::string const url;
    handlers calls;
    std::atomic<state> now{state::connecting};
    std::atomic<bool> is_gone{false};  // the WebSocket: nothing more is told
    std::atomic<std::size_t> lost{0};  // bytes sent after the end, as browsers count them
    std::unique_ptr<anywire::client> connection{};
};

client_handlers websocket::impl::make_handlers() {
    auto const here = [weak = weak_from_this()](auto what) {
        return [weak, what](anywire::client&, auto const&... args) {
            auto const held = weak.lock();
            if (held && !held->is_gone) ((*held).*what)(args...);
        };
    };
    client_handlers h;
    h.on_open = here(&impl::on_open);
    h.on_message = here(&impl::on_message);
    h.on_failure = here(&impl::on_failure);
    h.on_close = here(&impl::on_close);
    // Closed while it was connecting: nothing else is told.
    h.on_end = here(&impl::on_end);
    return h;
}

void websocket::impl::on_open() {
    auto expected = state::connecting;
    if (!now.compare_exchange_strong(expected, state::open)) return;
    if (calls.on_open) calls.on_open(self);
}

void websocket::impl::on_message(message_view m) {
    if (calls.on_message && now == state::open) calls.on_message(self, m);
}

void websocket::impl::on_failure(client_failure const& why) {
    if (now == state::closed) return;
    if (calls.on_error) calls.on_error(self, why);
    on_closed({});
}

void websocket::impl::on_close(close_event const& how) {
    auto const was_clean = how.code != close_code::abnormal;
    if (!was_clean && calls.on_error) {
        client_failure why;
        why.stage = client_stage::request;
        why.error = make_error_code(errc::session_closed);
        why.text = "The connection ended without a goodbye: " + std::string(how.text) + ".";
        calls.on_error(self, why);
    }
    on_closed({static_cast<std::uint16_t>(how.code), how.text, was_clean});
}

void websocket::impl::on_closed(close_info const& how) {
    if (is_gone || now.exchange(state::closed) == state::closed) return;
    if (calls.on_close) calls.on_close(self, how);
}

websocket::websocket(client_context& on,
                     std::string url,
                     std::vector<std::string> protocols,
                     handlers calls,
                     client_options with)
    : impl_(std::make_shared<impl>(*this, url, std::move(calls))) {
    with.url = std::move(url);
    with.dialect = client_dialect::websocket;
    with.protocols = std::move(protocols);
    with.transports.clear();
    with.reconnect.enabled = false;
    with.offline = while_disconnected::refuse;
    impl_->connection = std::make_unique<client>(on, std::move(with), impl_->make_handlers());
    impl_->connection->connect();
}

websocket::~websocket() {
    impl_->is_gone = true;  // a handler that runs meanwhile holds the rest, until it has returned
}

std::string const& websocket::url() const noexcept {
    return impl_->url;
}

websocket::state websocket::ready_state() const noexcept {
    return impl_->now;
}

std::size_t websocket::buffered_amount() const noexcept {
    return impl_->connection->queued_bytes() + impl_->lost;
}

std::string_view websocket::protocol() const noexcept {
    return impl_->connection->subprotocol();
}

void websocket::send(message_view m) {
    switch (ready_state()) {
        case state::connecting: throw std::logic_error("websocket::send: it is not open yet");
        case state::open:
            if (impl_->connection->send(m)) return;
            close(1000, "the queue is full");  // as the standard has it
            [[fallthrough]];
        case state::closing:
        case state::closed: impl_->lost += m.data.size();
    }
}

void websocket::close(std::uint16_t code, std::string_view reason) {
    if (code != 1000 && (code < 3000 || code > 4999))
        throw std::invalid_argument("websocket::close: a code is 1000, or 3000 to 4999");
    if (reason.size() > 123)
        throw std::invalid_argument("websocket::close: a reason has 123 bytes at most");
    auto expected = state::open;
    if (!impl_->now.compare_exchange_strong(expected, state::closing)) {
        expected = state::connecting;
        if (!impl_->now.compare_exchange_strong(expected, state::closing)) return;
    }
    impl_->connection->close(static_cast<close_code>(code), reason);
}

}  // namespace anywire
