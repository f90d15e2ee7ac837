#pragma once

#include "broker_socket.hpp"
#include "client/deadline.hpp"
#include "io_host.hpp"
#include "link_opener.hpp"
#include "relay_settings.hpp"
#include "stomp/frame_reader.hpp"
#include "stomp/server/heart_beat.hpp"
#include "stomp/server/transaction.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire::stomp {

/// What a connection to a broker begins with.
struct broker_sign_in {
    std::string login{};
    std::string passcode{};
    std::string versions{};
    heart_beat asked{};
};

/// Why one has ended.
struct link_loss {
    std::string text{};  ///< A sentence, for the log.
    bool was_up = false;
    bool is_refusal = false;               ///< The broker has said so, in an ERROR.
    std::string message{};                 ///< Of that.
    std::optional<std::string> receipt{};  ///< The same: of the frame that it is about.
};

/// One connection to a broker, from the dialling to its end: CONNECT, heart-beats both ways, and
/// the broker's frames.
///
/// Thread: the host's. Destroying it ends it, when what was sent is out; not from within its
/// events, but for the last.
class broker_link final : private link_opener::events, private broker_socket::events {
public:
    class events {
    public:
        /// From now on `send` sends.
        virtual void on_link_up(version v, heart_beat const& granted) = 0;
        /// A MESSAGE or a RECEIPT. False: not now; it comes again after `resume`.
        virtual bool on_link_frame(frame_view const& f) = 0;
        /// An ERROR. False: it is the end.
        virtual bool on_link_error(frame_view const& f) = 0;
        /// All that was sent is out.
        virtual void on_link_sent() = 0;
        /// The server is going down.
        virtual void on_link_shutdown() = 0;
        /// The last call.
        virtual void on_link_down(link_loss const& why) = 0;

    protected:
        ~events() = default;
    };

    broker_link(io_host& host,
                std::shared_ptr<relay_settings const> how,
                broker_sign_in as,
                events& to);
    broker_link(broker_link const&) = delete;
    broker_link& operator=(broker_link const&) = delete;
    ~broker_link();

    /// Begins, soon.
    void start();
    bool is_up() const noexcept { return is_up_; }
    stomp::version version() const noexcept { return version_; }
    /// Requires: it is up.
    void send(std::string_view frames);
    std::size_t unsent() const noexcept { return socket_ ? socket_->unsent() : 0; }
    void resume();

private:
    void on_link(byte_stream stream) override;
    void on_no_link(client_failure const& why) override;
    void on_broker_bytes(std::string_view bytes) override;
    void on_socket_sent() override { to_.on_link_sent(); }
    void on_socket_end(std::string const& why) override;
    void on_socket_gone() noexcept override { socket_ = nullptr; }
    void on_socket_shutdown() override { to_.on_link_shutdown(); }

    void open();
    void read(std::string_view bytes);
    void take(frame_view const& f);
    void take_first(frame_view const& f);
    void take_error(frame_view const& f);
    void begin_beats(heart_beat const& granted);
    void on_time();
    void arm();
    void fail(link_loss why);

    io_host& host_;
    std::shared_ptr<relay_settings const> how_;
    broker_sign_in as_;
    broker_link::events& to_;
    frame_reader reader_;
    std::unique_ptr<link_opener> opener_{};
    broker_socket* socket_ = nullptr;
    std::optional<stored_frame> kept_{};  // was not taken
    std::string held_{};                  // what has come after it
    heart_beats beats_{};
    stomp::version version_ = stomp::version::v1_0;
    bool is_up_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    client_deadline time_;
};

}  // namespace anywire::stomp
