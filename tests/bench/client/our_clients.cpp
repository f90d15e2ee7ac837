#include "our_clients.hpp"

#include <anywire/client.hpp>
#include <anywire/executors.hpp>

#include "crowd.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <deque>
#include <fstream>
#include <malloc.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace bench {

std::string text_of(anywire::close_event const& how) {
    return "a session ended: " + std::string(anywire::to_string(how.reason));
}

namespace {

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
    auto const all =
        (kind.is_socketio ? make_socketio_crowd : make_session_crowd)(loop, kind, port, count);
    auto const n = static_cast<double>(count);
    auto const resident = resident_bytes();
    auto const heap = static_cast<double>(::mallinfo2().uordblks);
    all->open();
    idle_cost out;
    out.resident_bytes = (resident_bytes() - resident) / n;
    out.heap_bytes = (static_cast<double>(::mallinfo2().uordblks) - heap) / n;
    auto const began = own_cpu_time();
    all->rest(seconds);
    out.cpu_ms_per_second =
        std::chrono::duration<double, std::milli>(own_cpu_time() - began).count() / seconds;
    return out;
}

}  // namespace bench
