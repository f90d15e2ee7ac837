#include "session/framed_session.hpp"

#include <array>
#include <utility>

namespace anywire {

framed_session::framed_session(endpoint_core& endpoint,
                               origin from,
                               session_protocol const& speaks,
                               duplex_timing const& timing)
    : duplex_session(endpoint, std::move(from), timing), speaks_(speaks) {
    if (!speaks_.is_probed()) set_unprobed();
    if (auto first = speaks_.open_frame()) send_own(std::move(first));
}

void framed_session::on_message(std::string_view data, bool binary) {
    if (!speaks_.read(data, binary, *this))
        end(close_reason::protocol_error, ending::now, "a message that breaks the protocol");
}

void framed_session::take(message_view m) {
    if (current() == state::open || current() == state::fresh) deliver(m);
}

frame_ptr framed_session::make_goodbye(goodbye const& how) {
    return speaks_.goodbye_frame(how.code, how.text, loop().scratch());
}

void framed_session::on_closing(goodbye const& how) {
    auto last = make_goodbye(how);
    if (!last) return;
    send_own(std::move(last));
    said_goodbye_ = true;
}

void framed_session::end_carrier(goodbye const& how) {
    if (!attached()) return;
    // What was queued has been dropped by a failure, a goodbye among it.
    if (how.is_sudden()) said_goodbye_ = false;
    if (!said_goodbye_ && !is_blocked()) {
        if (auto const last = make_goodbye(how)) {
            std::array<frame* const, 1> const batch{last.get()};
            (void)attached()->write(batch);
        }
    }
    session_base::end_carrier(how);
}

void framed_session::send_ping() {
    if (auto beat = speaks_.heartbeat_frame()) send_own(std::move(beat));
    duplex_session::send_ping();
}

}  // namespace anywire
