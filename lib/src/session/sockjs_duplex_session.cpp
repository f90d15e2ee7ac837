#include "core/fault.hpp"
#include "core/json_messages.hpp"
#include "session/duplex_session.hpp"
#include "session/sockjs_frames.hpp"

#include <array>
#include <utility>

/// SockJS over a WebSocket. Apart, so that who mounts none links none of it.
namespace anywire {

sockjs_duplex_session::sockjs_duplex_session(endpoint_core& endpoint,
                                             origin from,
                                             duplex_timing const& timing)
    : duplex_session(endpoint, std::move(from), timing) {
    send_own(sockjs_open_frame());
}

codec const& sockjs_duplex_session::message_codec() const noexcept {
    return sockjs_codec();
}

void sockjs_duplex_session::on_message(std::string_view data, bool binary) {
    if (data.empty()) return;
    auto& decoded = loop().decoder();
    if (binary || decoded.decode_frame(data)) {
        // The reference's words; clients want the connection to end at once.
        return end({close_reason::protocol_error,
                    close_code_of(fault::sockjs_bad_frame),
                    "Broken framing."},
                   ending::now);
    }
    for (auto const text : decoded.messages()) {
        if (current() != state::open && current() != state::fresh) return;
        deliver(text);
    }
}

void sockjs_duplex_session::on_closing(goodbye const& how) {
    send_own(make_sockjs_close(loop(), how.code, how.text));
    said_goodbye_ = true;
}

void sockjs_duplex_session::end_carrier(goodbye const& how) {
    if (!attached()) return;
    if (how.reason == close_reason::protocol_error) return session_base::end_carrier(how);
    if (how.is_sudden()) said_goodbye_ = false;
    if (!said_goodbye_ && !is_blocked()) {
        auto last = make_sockjs_close(loop(), how.code, how.text);
        std::array<frame* const, 1> const batch{last.get()};
        (void)attached()->write(batch);
        said_goodbye_ = true;
    }
    // Clients take code and reason from the `c` frame; the carrier itself ends normally.
    auto const normal = close_code::normal;
    attached()->close(said_goodbye_ ? normal : how.code,
                      said_goodbye_ ? "Normal closure" : std::string_view{how.text});
    detach();
}

void sockjs_duplex_session::send_ping() {
    if (timing().heartbeat_messages) send_own(sockjs_heartbeat_frame());
    duplex_session::send_ping();
}

void sockjs_duplex_session::on_silence() {
    end({close_reason::heartbeat_timeout,
         close_code_of(fault::sockjs_silence),
         "No response from heartbeat"},
        ending::now);
}

}  // namespace anywire
