#include "testing/client.hpp"

#include "core/json_messages.hpp"
#include "core/json_string.hpp"

#include <charconv>

namespace anywire::testing {

// -- what the client does -------------------------------------------------------------------------

void client::state::send(message_view m) {
    if (!session_) return;
    std::string text;
    switch (speaks_) {
        case dialect::websocket: text = m.data; break;
        case dialect::sockjs:
            text = "[";
            append_json_string(text, m.data);
            text.append("]");
            break;
        case dialect::engineio: text = m.binary ? std::string(m.data) : "4" + std::string(m.data);
    }
    send_raw(std::move(text), m.binary);
}

void client::state::send_raw(std::string text, bool binary) {
    unheard_.emplace_back(std::move(text), binary);
    run([this] { pass_on(); });
}

/// Hands on what was sent, as far as the session reads.
void client::state::pass_on() {
    while (session_ && !paused_ && !unheard_.empty()) {
        auto const [text, binary] = std::move(unheard_.front());
        unheard_.pop_front();
        session_->on_payload(*this, text, binary);
    }
}

void client::state::say_goodbye(close_code code, std::string_view text) {
    if (!session_) return;
    run([this, code, kept = std::string(text)] {
        if (auto* const told = std::exchange(session_, nullptr))
            told->on_closed(*this, false, {close_reason::client_closed, code, kept});
    });
}

void client::state::break_off() {
    if (!session_) return memory_exchange::cut();
    run([this] {
        if (auto* const told = std::exchange(session_, nullptr))
            told->on_closed(
                *this,
                false,
                {close_reason::transport_lost, close_code::abnormal, "the connection broke"});
    });
}

void client::state::set_reading(bool reads) {
    reads_ = reads;
    if (!reads || unread_.empty()) return;
    run([this] {
        for (auto const& f : std::exchange(unread_, {})) deliver(*f);
        if (session_) session_->on_writable(*this);
    });
}

// -- what it hears --------------------------------------------------------------------------------

void client::state::deliver(frame const& f) {
    if (f.kind() == frame_kind::ping) return be_alive();
    // Bytes are no packet of Engine.IO's, but a message as they are.
    if (f.kind() == frame_kind::binary && speaks_ == dialect::engineio)
        return (void)messages_.emplace_back(f.text());
    if (f.kind() == frame_kind::text || f.kind() == frame_kind::binary) hear(f.text());
}

/// Answers a ping, soon: never from within a write.
void client::state::be_alive() {
    if (!answers_pings_ || !runner()) return;
    runner()->later([this] {
        if (session_) session_->on_alive(*this);
    });
}

void client::state::hear(std::string_view text) {
    switch (speaks_) {
        case dialect::websocket: messages_.emplace_back(text); return;
        case dialect::sockjs: return hear_sockjs(text);
        case dialect::engineio: return hear_engineio(text);
    }
}

void client::state::hear_sockjs(std::string_view text) {
    if (text == "o") has_opened_ = true;
    if (text.starts_with('a')) {
        json_messages decoded;
        if (!decoded.decode_array(text.substr(1)))
            for (auto const m : decoded.messages()) messages_.emplace_back(m);
    }
    if (text.starts_with("c[")) {
        unsigned code = 0;
        auto const* const end = text.data() + text.size();
        auto const at = std::from_chars(text.data() + 2, end, code).ptr;
        json_messages decoded;
        std::string const words = "[" + std::string(at + (at != end), end);
        if (decoded.decode_array(words) || decoded.messages().empty()) return;
        end_with(static_cast<close_code>(code), decoded.messages().front());
    }
}

void client::state::hear_engineio(std::string_view packet) {
    if (packet.starts_with('0')) has_opened_ = true;
    if (packet.starts_with('4')) messages_.emplace_back(packet.substr(1));
    if (packet == "2" && answers_pings_ && runner())
        runner()->later([this] {
            unheard_.emplace_back("3", false);
            pass_on();
        });
}

void client::state::end_with(close_code code, std::string_view text) {
    if (closed_with_) return;
    closed_with_ = code;
    close_text_ = text;
}

// -- exchange and transport -----------------------------------------------------------------------

void client::state::upgrade(websocket_upgrade to) {
    name_ = to.name;
    auto* const session = to.take(*this);
    if (!session) return end_with(close_code::no_status, {});
    session_ = session;
    has_opened_ = speaks_ == dialect::websocket;
}

write_result client::state::write(std::span<frame* const> batch) {
    std::size_t taken = 0;
    for (auto* const f : batch) {
        ++taken;
        if (!reads_) {
            f->ref();
            unread_.emplace_back(f);
            return {taken, write_result::next::blocked};
        }
        deliver(*f);
    }
    return {taken, write_result::next::ready};
}

void client::state::close(close_code code, std::string_view text) noexcept {
    session_ = nullptr;
    end_with(code, text);
}

void client::state::abort() noexcept {
    session_ = nullptr;
    end_with(close_code::abnormal, {});
    memory_exchange::abort();
}

std::size_t client::state::pending_bytes() const noexcept {
    std::size_t bytes = 0;
    for (auto const& f : unread_) bytes += f->size();
    return bytes;
}

void client::state::pause_reading(bool pause) {
    paused_ = pause;
    if (pause || unheard_.empty() || !runner()) return;
    runner()->later([this] { pass_on(); });
}

}  // namespace anywire::testing
