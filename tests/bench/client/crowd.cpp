#include "crowd.hpp"

#include <anywire/executors.hpp>

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace bench {

anywire::client_options options_for(std::uint16_t port, char const* path) {
    anywire::client_options o;
    o.url = "http://127.0.0.1:" + std::to_string(port) + path;
    o.network.proxy = "-";
    o.reconnect.enabled = false;
    return o;
}

crowd::crowd(boost::asio::io_context& loop, std::size_t n)
    : loop_(loop), context_(anywire::executors(loop.get_executor())), count_(n) {}

void crowd::open() {
    for (int i = 0; i < 100; ++i) add_one();
    run();
}

void crowd::rest(double seconds) {
    boost::asio::steady_timer timer(loop_);
    timer.expires_after(std::chrono::milliseconds(static_cast<long>(seconds * 1e3)));
    timer.async_wait([this](auto) { loop_.stop(); });
    run();
}

void crowd::on_echo() {
    if (++done_ == count_) return loop_.stop();
    // Not from within: it would be in the middle of an event of another client.
    context_.post([this] { add_one(); });
}

void crowd::fail(std::string why) {
    problem_ = std::move(why);
    loop_.stop();
}

void crowd::add_one() {
    if (made_ == count_) return;
    ++made_;
    add();
}

void crowd::run() {
    loop_.run();
    loop_.restart();
    if (!problem_.empty()) throw std::runtime_error(problem_);
}

}  // namespace bench
