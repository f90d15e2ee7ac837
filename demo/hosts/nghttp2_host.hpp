#pragma once

#include "hosts/http2_connection.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace hosts {

/// Accepts connections and keeps them together.
///
/// Thread: the executor of `acceptor`, which may be one of the service's.
class nghttp2_host {
public:
    nghttp2_host(tcp::acceptor& acceptor,
                 net::ssl::context& tls,
                 anywire::service& live,
                 std::vector<net::any_io_executor> executors,
                 http2_limits limits = {})
        : acceptor_(acceptor),
          tls_(tls),
          live_(live),
          executors_(std::move(executors)),
          limits_(limits) {
        tls.set_options(net::ssl::context::no_tlsv1 | net::ssl::context::no_tlsv1_1);
        SSL_CTX_set_alpn_select_cb(tls.native_handle(), choose_http2, nullptr);
    }

    void accept() {
        acceptor_.async_accept([this](boost::system::error_code ec, tcp::socket socket) {
            if (!acceptor_.is_open()) return;
            if (ec) return accept_later();
            boost::system::error_code ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            auto const c = std::make_shared<http2_connection>(
                std::move(socket), tls_, live_, executors_, limits_);
            std::erase_if(all_, [](auto const& other) { return other.expired(); });
            all_.push_back(c);
            c->start();
            accept();
        });
    }
    /// No new connections and streams; those that are open end with their answers. For the end of
    /// a `drain`.
    void finish() {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        for (auto const& each : all_)
            if (auto const c = each.lock()) c->finish();
    }

private:
    /// Without descriptors there is no use in trying at once.
    void accept_later() {
        pause_.expires_after(std::chrono::milliseconds(100));
        pause_.async_wait([this](boost::system::error_code ec) {
            if (!ec) accept();
        });
    }
    static int choose_http2(SSL*,
                            unsigned char const** out,
                            unsigned char* size,
                            unsigned char const* offered,
                            unsigned offered_size,
                            void*) {
        auto* const to = const_cast<unsigned char**>(out);
        return nghttp2_select_next_protocol(to, size, offered, offered_size) == 1
                   ? SSL_TLSEXT_ERR_OK
                   : SSL_TLSEXT_ERR_ALERT_FATAL;
    }

    tcp::acceptor& acceptor_;
    net::ssl::context& tls_;
    anywire::service& live_;
    std::vector<net::any_io_executor> executors_;
    http2_limits limits_;
    net::steady_timer pause_{acceptor_.get_executor()};
    std::vector<std::weak_ptr<http2_connection>> all_{};
};

}  // namespace hosts
