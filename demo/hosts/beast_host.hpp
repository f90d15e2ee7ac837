#pragma once

#include "hosts/beast_websocket.hpp"

#include <chrono>

namespace hosts {

/// A server of Boost.Beast that makes its WebSockets itself: those to the service's mounts are
/// Anywire's sessions, and all other requests are the program's.
class beast_host {
public:
    using request = beast_websocket::request;
    using response = beast::http::response<beast::http::string_body>;
    using acceptor = net::ip::tcp::acceptor;

    /// `executors` are those of the service; `own` answers what is not for it.
    beast_host(acceptor& a,
               anywire::service& live,
               std::vector<net::any_io_executor> executors,
               std::function<response(request const&)> own)
        : acceptor_(a), live_(live), executors_(std::move(executors)), own_(std::move(own)) {}

    void accept() {
        acceptor_.async_accept([this](boost::system::error_code ec, net::ip::tcp::socket socket) {
            if (ec == net::error::operation_aborted || !acceptor_.is_open()) return;
            if (!ec) read(std::make_shared<connection>(std::move(socket)));
            accept();
        });
    }
    void end() { acceptor_.close(); }

private:
    struct connection {
        explicit connection(net::ip::tcp::socket socket) : stream(std::move(socket)) {}
        beast::tcp_stream stream;
        beast::flat_buffer buffer{16'384};
        request asked{};
        response answer{};
    };

    void read(std::shared_ptr<connection> c) {
        c->stream.expires_after(std::chrono::seconds(10));
        beast::http::async_read(
            c->stream, c->buffer, c->asked, [this, c](boost::system::error_code ec, std::size_t) {
                if (ec) return;
                auto const is_ours = live_.owns(c->asked.target());
                if (is_ours && beast::websocket::is_upgrade(c->asked)) return hand_over(*c);
                c->answer =
                    is_ours ? response(beast::http::status::upgrade_required, 11) : own_(c->asked);
                c->answer.keep_alive(false);
                c->answer.prepare_payload();
                beast::http::async_write(
                    c->stream, c->answer, [c](boost::system::error_code, std::size_t) {
                        c->stream.socket().shutdown(net::socket_base::shutdown_send);
                    });
            });
    }
    /// To the executor that the session lives on.
    void hand_over(connection& c) {
        auto& from = c.stream.socket();
        auto const& to = executors_.at(live_.shard_of(c.asked.target()));
        auto const protocol = from.local_endpoint().protocol();
        net::ip::tcp::socket socket(to, protocol, from.release());
        auto ours = std::make_shared<beast_websocket>(std::move(socket), std::move(c.asked));
        net::post(to, [&live = live_, ours] { ours->serve(live); });
    }

    acceptor& acceptor_;
    anywire::service& live_;
    std::vector<net::any_io_executor> executors_;
    std::function<response(request const&)> own_;
};

}  // namespace hosts
