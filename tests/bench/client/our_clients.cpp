#include "our_clients.hpp"

#include <anywire/client.hpp>
#include <anywire/executors.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <malloc.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bench {
namespace {

anywire::client_options options_for(std::uint16_t port, char const* path) {
    anywire::client_options o;
    o.url = "http://127.0.0.1:" + std::to_string(port) + path;
    o.network.proxy = "-";
    o.reconnect.enabled = false;
    return o;
}

std::string text_of(anywire::close_event const& how) {
    return "a session ended: " + std::string(anywire::to_string(how.reason));
}

// -- echoes ---------------------------------------------------------------------------------------

struct echo_client : anywire::client {
    echo_client(anywire::client_context& on,
                anywire::client_profile const& profile,
                std::shared_ptr<anywire::client_handlers const> shared,
                tally& of)
        : client(on, profile, std::move(shared)), all(of) {
        connect();
    }
    void say(std::size_t times) {
        for (; times > 0; --times) (void)send({all.text, false});
    }
    tally& all;
    turns mine{};
};

echo_client& mine_of(anywire::client& c) {
    return static_cast<echo_client&>(c);
}

std::shared_ptr<anywire::client_handlers const> echo_handlers() {
    anywire::client_handlers h;
    h.on_open = [](anywire::client& c) {
        auto& mine = mine_of(c);
        mine.all.on_open([&mine] { mine.say(mine.mine.next(mine.all)); });
    };
    h.on_message = [](anywire::client& c, anywire::message_view) {
        auto& mine = mine_of(c);
        mine.say(mine.mine.after_answer(mine.all));
        mine.all.on_answer();
    };
    h.on_failure = [](anywire::client& c, anywire::client_failure const& why) {
        mine_of(c).all.fail(why.text);
    };
    h.on_close = [](anywire::client& c, anywire::close_event const& how) {
        mine_of(c).all.fail(text_of(how));
    };
    return std::make_shared<anywire::client_handlers const>(std::move(h));
}

// -- at rest --------------------------------------------------------------------------------------

/// Opens clients, a hundred at a time, and says when all have had their echo.
class crowd {
public:
    crowd(boost::asio::io_context& loop, idle_kind const& kind, std::uint16_t port, std::size_t n)
        : loop_(loop),
          context_(anywire::executors(loop.get_executor())),
          has_profile_(kind.has_profile),
          options_(options_for(port, kind.path)),
          count_(n) {
        options_.dialect = kind.dialect;
        options_.transports = kind.dialect == anywire::client_dialect::websocket
                                  ? std::vector<std::string>{}
                                  : std::vector<std::string>{"websocket"};
        profile_.emplace(options_);
        shared_ = std::make_shared<anywire::client_handlers const>(make_handlers());
    }

    void open() {
        for (std::size_t i = 0; i < std::min<std::size_t>(count_, 100); ++i) add();
        loop_.run();
        loop_.restart();
        if (!problem_.empty()) throw std::runtime_error(problem_);
    }
    void rest(double seconds) {
        boost::asio::steady_timer timer(loop_);
        timer.expires_after(std::chrono::milliseconds(static_cast<long>(seconds * 1e3)));
        timer.async_wait([this](auto) { loop_.stop(); });
        loop_.run();
        loop_.restart();
        if (!problem_.empty()) throw std::runtime_error(problem_);
    }

private:
    void add() {
        if (clients_.size() == count_) return;
        if (has_profile_)
            clients_.emplace_back(context_, *profile_, shared_);
        else
            clients_.emplace_back(context_, options_, make_handlers());
        clients_.back().connect();
    }
    anywire::client_handlers make_handlers() {
        anywire::client_handlers h;
        h.on_open = [](anywire::client& c) { (void)c.send("hello"); };
        h.on_message = [this](anywire::client&, anywire::message_view) {
            if (++done_ == count_) return loop_.stop();
            // Not from within: it would be in the middle of an event of another client.
            context_.post([this] { add(); });
        };
        h.on_failure = [this](anywire::client&, anywire::client_failure const& why) {
            fail(why.text);
        };
        h.on_close = [this](anywire::client&, anywire::close_event const& how) {
            fail(text_of(how));
        };
        return h;
    }
    void fail(std::string why) {
        problem_ = std::move(why);
        loop_.stop();
    }

    boost::asio::io_context& loop_;
    anywire::client_context context_;
    bool has_profile_;
    anywire::client_options options_;
    std::optional<anywire::client_profile> profile_{};
    std::shared_ptr<anywire::client_handlers const> shared_{};
    std::size_t count_;
    std::size_t done_ = 0;
    std::string problem_{};
    std::deque<anywire::client> clients_{};
};

/// Memory of this process that no file holds.
double resident_bytes() {
    std::ifstream in("/proc/self/smaps_rollup");
    for (std::string word; in >> word;) {
        double kilobytes = 0;
        if (word == "Anonymous:" && in >> kilobytes) return kilobytes * 1'024;
    }
    return 0;
}

}  // namespace

double run_ours(std::uint16_t port, load const& what) {
    boost::asio::io_context loop(1);
    anywire::client_context context{anywire::executors(loop.get_executor())};
    anywire::client_profile const profile(options_for(port, "/ws"));
    auto const shared = echo_handlers();
    tally all(loop, what);
    std::deque<echo_client> clients;
    for (std::size_t i = 0; i < what.clients; ++i)
        clients.emplace_back(context, profile, shared, all);
    loop.run();
    if (!all.problem.empty()) throw std::runtime_error(all.problem);
    return all.us_per_message();
}

idle_cost hold_idle(std::uint16_t port, idle_kind const& kind, std::size_t count, double seconds) {
    boost::asio::io_context loop(1);
    crowd all(loop, kind, port, count);
    auto const n = static_cast<double>(count);
    auto const resident = resident_bytes();
    auto const heap = static_cast<double>(::mallinfo2().uordblks);
    all.open();
    idle_cost out;
    out.resident_bytes = (resident_bytes() - resident) / n;
    out.heap_bytes = (static_cast<double>(::mallinfo2().uordblks) - heap) / n;
    auto const began = own_cpu_time();
    all.rest(seconds);
    out.cpu_ms_per_second =
        std::chrono::duration<double, std::milli>(own_cpu_time() - began).count() / seconds;
    return out;
}

}  // namespace bench
