#include <anywire/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <thread>

namespace anywire {
namespace {

/// Waits for signals on a thread of its own, as the shards' threads may be busy.
class signal_watch {
public:
    signal_watch(server& of, drain_options how)
        : server_(of), how_(how), signals_(loop_, SIGINT, SIGTERM) {
        signals_.async_wait([this](boost::system::error_code ec, int) {
            if (ec) return;
            server_.drain(how_);
            signals_.async_wait([this](boost::system::error_code again, int) {
                if (!again) server_.stop();
            });
        });
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~signal_watch() {
        loop_.stop();
        thread_.join();
    }
    signal_watch(signal_watch const&) = delete;
    signal_watch& operator=(signal_watch const&) = delete;

private:
    server& server_;
    drain_options how_;
    boost::asio::io_context loop_{1};
    boost::asio::signal_set signals_;
    std::thread thread_{};
};

}  // namespace

void server::run_until_signal(drain_options how) {
    signal_watch const watch(*this, how);
    run();
}

}  // namespace anywire
