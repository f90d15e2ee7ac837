#pragma once

#include "client/deadline.hpp"
#include "io_host.hpp"
#include "link_opener.hpp"
#include "server_socket.hpp"
#include "settings.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::redis {

/// What a connection to a server is for.
struct link_terms {
    dial_target to{};
    bool secure = false;
    sign_in as{};
    int database = 0;
    bool must_be_master = false;
    /// Silence after which `on_link_silent` is told, and as long again until it is given up.
    std::chrono::milliseconds silence{0};
};

/// One connection to one server, from the dialling to its end: signs in, says who it is, chooses
/// the database, sees that it is a master where that is asked for, and notices silence.
///
/// Thread: the host's. Destroying it ends it, without a word; also in each of its events.
class server_link final : private link_opener::events, private server_socket::events {
public:
    class events {
    public:
        /// From now on `send` sends.
        virtual void on_link_up() = 0;
        virtual void on_link_reply(reply&& r) = 0;
        /// Nothing has come for a while: something should be sent that is answered.
        virtual void on_link_silent() = 0;
        /// The last call.
        virtual void on_link_down(failure const& why) = 0;

    protected:
        ~events() = default;
    };

    server_link(io_host& host, std::shared_ptr<settings const> how, link_terms terms, events& to);
    server_link(server_link const&) = delete;
    server_link& operator=(server_link const&) = delete;
    ~server_link();

    /// Begins, once, in an event. May call back at once.
    void start();
    /// Requires: it is up.
    void send(std::string_view bytes) { socket_->write(bytes); }
    /// Ends after these bytes, as far as the kernel takes them at once. Nothing is told any more.
    void leave(std::string_view last) noexcept {
        if (socket_) std::exchange(socket_, nullptr)->leave(last);
    }
    /// Ends it, as if it had ended by itself.
    void fail(failure why);

private:
    enum class step : std::uint8_t { sign_in, name, database, role, ping };

    void on_link(byte_stream stream) override;
    void on_no_link(client_failure const& why) override;
    void on_answer(reply&& r) override;
    void on_socket_end(failure const& why) override;

    void greet();
    void on_greeted(reply const& r);
    void on_time();

    io_host& host_;
    std::shared_ptr<settings const> how_;
    link_terms terms_;
    events& to_;
    std::unique_ptr<link_opener> opener_{};
    server_socket* socket_ = nullptr;
    std::vector<step> steps_{};  // of the greeting, whose answers are due
    std::size_t done_ = 0;       // of these
    bool is_up_ = false;
    bool has_asked_ = false;
    client_deadline time_;
};

}  // namespace anywire::redis
