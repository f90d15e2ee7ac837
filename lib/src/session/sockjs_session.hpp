#pragma once

#include "session/held_senders.hpp"
#include "session/session_base.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// The timing of a SockJS mount's HTTP sessions, in ticks.
struct sockjs_timing {
    tick heartbeat = 0;
    tick disconnect_delay = 0;
};

/// SockJS over HTTP: one receiving request at a time carries frames down, any number of POSTs
/// carry messages up.
///
/// Rules:
///  1. A receiver that ended in order starts the disconnect delay; one that broke ends the session.
///  2. After the application closed, the close frame is served to every request until the session
///     has been left alone for one disconnect delay.
///  3. A second receiver never reaches the session: ask `is_attached()` first.
/// Spec: SockJS 0.3, sessions; facts in the reference's behaviour where the suite is silent.
class sockjs_session final : public session_base {
public:
    sockjs_session(endpoint_core& endpoint,
                   origin from,
                   std::string_view wire_id,
                   sockjs_timing const& timing);
    ~sockjs_session() override;

    codec const& message_codec() const noexcept override;
    std::string_view dialect() const noexcept override { return "sockjs"; }
    std::string_view wire_id() const noexcept override { return wire_id_; }
    std::string_view transport() const noexcept override;
    void attach(anywire::transport& wire) override;

    /// Messages that a POST has brought; all or none are taken.
    ///
    /// Limits: while paused, at most `session_limits::max_queued_bytes` are kept; then
    ///         `errc::send_queue_full` and nothing is taken.
    result<void> receive(std::span<std::string_view const> messages);
    /// Those whose answers are kept back until a paused session reads again.
    held_senders& held() noexcept { return held_; }

    void on_payload(anywire::transport&, std::string_view, bool) override {}
    void on_closed(anywire::transport& from, bool orderly, close_event const& how) override;
    void on_next_waiting(anywire::transport& from) override;

protected:
    void on_closing(goodbye const& how) override;
    void end_carrier(goodbye const& how) override;
    void on_due(tick now) override;
    void on_finished(anywire::transport* draining) override;
    std::size_t unread_bytes() const noexcept override;
    void on_retired() override;
    void on_resumed() override { held_.release(true); }

private:
    void serve_goodbye(anywire::transport& wire);
    void drop_receiver();
    void drain(anywire::transport& wire);

    sockjs_timing const& timing_;
    std::string wire_id_;
    std::string_view last_name_{};  // names are literals
    // Have finished, their last bytes are on their way. A client that does not read one of them
    // may come back with another all the same.
    std::vector<anywire::transport*> draining_{};
    frame_ptr goodbye_frame_{};
    held_senders held_{};
};

}  // namespace anywire
