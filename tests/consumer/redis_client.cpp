// A connection to a Redis that is not there.

#include <anywire/redis/connection.hpp>

#include <chrono>
#include <future>

int main() {
    anywire::redis::options o{.url = "redis://127.0.0.1:1"};
    o.command_timeout = std::chrono::milliseconds{100};
    anywire::redis::connection redis(o);
    std::promise<anywire::error_code> done;
    redis.command({"PING"}, [&](anywire::error_code ec, anywire::redis::reply const&) {
        done.set_value(ec);
    });
    return done.get_future().get() == anywire::redis::errc::timed_out ? 0 : 1;
}
