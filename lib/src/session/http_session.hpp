#pragma once

#include <anywire/session_protocol.hpp>

#include "session/held_senders.hpp"
#include "session/session_base.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {

/// The timing of a mount's sessions over HTTP, in ticks.
struct http_timing {
    tick heartbeat = 0;
    tick disconnect_delay = 0;
};

/// A session over HTTP, of a dialect that names it by a sid: one receiving request at a
/// time carries frames down, any number of POSTs carry messages up.
///
/// Rules:
///  1. A receiver that ended in order starts the disconnect delay; one that broke ends the session.
///  2. After the application closed, the goodbye is served to every request until the session has
///     been left alone for one disconnect delay. A dialect without one has the session end at once.
///  3. A second receiver never reaches the session: ask `is_attached()` first.
/// Spec: SockJS 0.3, sessions; facts in the reference's behaviour where the suite is silent. Other
///       dialects have it as their own.
class http_session : public session_base {
public:
    http_session(endpoint_core& endpoint,
                 origin from,
                 std::string_view sid,
                 session_protocol const& speaks,
                 http_timing const& timing);
    ~http_session() override;

    codec const& message_codec() const noexcept final { return speaks_.message_codec(); }
    std::string_view dialect() const noexcept final { return speaks_.name(); }
    session_protocol const& protocol() const noexcept { return speaks_; }
    std::string_view sid() const noexcept override { return sid_; }
    std::string_view transport() const noexcept override;
    void attach(anywire::transport& to) override;
    /// Keeps something for as long as the session can be asked for by its sid.
    void keep(std::shared_ptr<void const> what) noexcept { kept_ = std::move(what); }

    /// Messages that a POST has brought; all or none are taken.
    ///
    /// Limits: while paused, at most `session_limits::max_queued_bytes` are kept; then
    ///         `errc::send_queue_full` and nothing is taken.
    result<void> receive(std::span<message_view const> messages);
    /// The same of texts.
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
    template <class Message>
    result<void> take(std::span<Message const> messages);
    frame_ptr make_goodbye(goodbye const& how);
    void send_heartbeat();
    void serve_goodbye(anywire::transport& to);
    void drop_receiver();
    void drain(anywire::transport& receiver);

    session_protocol const& speaks_;
    http_timing const& timing_;
    std::string sid_;
    std::string_view last_name_{};  // names are literals
    // Have finished, their last bytes are on their way. A client that does not read one of them
    // may come back with another all the same.
    std::vector<anywire::transport*> draining_{};
    frame_ptr goodbye_frame_{};
    std::shared_ptr<void const> kept_{};
    held_senders held_{};
};

}  // namespace anywire
