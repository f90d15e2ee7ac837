#pragma once

#include <anywire/client_context.hpp>
#include <anywire/client_options.hpp>

#include "our_clients.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace bench {

anywire::client_options options_for(std::uint16_t port, char const* path);

/// Opens clients, a hundred at a time, and knows when all have had their echo.
class crowd {
public:
    virtual ~crowd() = default;
    crowd(crowd const&) = delete;
    crowd& operator=(crowd const&) = delete;

    /// Throws: `std::runtime_error` when something goes wrong, as `rest`.
    void open();
    void rest(double seconds);

protected:
    crowd(boost::asio::io_context& loop, std::size_t n);

    /// Makes one more client, which connects, sends one message and waits for it.
    virtual void add() = 0;
    /// A client has had its echo.
    void on_echo();
    void fail(std::string why);
    anywire::client_context& context() noexcept { return context_; }

private:
    void add_one();
    void run();

    boost::asio::io_context& loop_;
    anywire::client_context context_;
    std::size_t count_;
    std::size_t made_ = 0;
    std::size_t done_ = 0;
    std::string problem_{};
};

/// Clients of `anywire::client`.
std::unique_ptr<crowd> make_session_crowd(boost::asio::io_context& loop,
                                          idle_kind const& kind,
                                          std::uint16_t port,
                                          std::size_t n);
/// Clients of Socket.IO, each with its main namespace and handlers of two events.
std::unique_ptr<crowd> make_socketio_crowd(boost::asio::io_context& loop,
                                           idle_kind const& kind,
                                           std::uint16_t port,
                                           std::size_t n);

}  // namespace bench
