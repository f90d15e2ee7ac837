#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/close_reason.hpp>
#include <anywire/conversation.hpp>
#include <anywire/error.hpp>
#include <anywire/session.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <string_view>
#include <vector>

namespace anywire {

class reconnector;

/// What is awaited of one client: its opening, its messages, its end. From the first `connect` or
/// `receive` on, messages are for who awaits them, and wait for that, unless they are handled.
///
/// Thread: the context's.
class client_waits {
public:
    using opened = std::function<void(client_result)>;
    using received = std::function<void(result<message>)>;
    using ended = std::function<void()>;

    /// What has come and was not awaited yet, in bytes, each message charged 64 more; beyond, the
    /// client is paused until it has been fetched.
    static constexpr std::size_t most_unread = std::size_t{64} * 1024;

    /// `handles_messages`: there is a handler for them, and nobody may await one.
    explicit client_waits(bool handles_messages) noexcept : handles_messages_(handles_messages) {}

    void connect(reconnector& machine, opened to);
    void receive(reconnector& machine, received to);
    void close(reconnector& machine, close_code code, std::string_view text, ended to);
    /// The message that is awaited does not matter any more.
    void give_up_receiving();
    /// The application closes the client: who awaits its opening, does so in vain.
    void before_close();

    /// Whether messages are awaited, rather than handled.
    bool takes_messages() const noexcept { return takes_messages_; }

    // -- what the client hears
    void on_open();
    void on_message(reconnector& machine, message_view m);
    void on_failure(client_failure const& why);
    void on_close();
    void on_end(reconnector& machine);
    /// The client goes.
    void on_gone();

private:
    void tell_opened(client_result const& how);

    bool handles_messages_;
    bool takes_messages_ = false;
    bool is_paused_ = false;
    std::vector<opened> opened_{};
    received received_{};
    std::vector<ended> ended_{};
    /// The end of a session is among them, as `errc::session_closed`.
    std::deque<result<message>> unread_{};
    std::size_t unread_bytes_ = 0;
};

}  // namespace anywire
