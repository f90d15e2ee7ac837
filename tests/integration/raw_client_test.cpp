// The client that tests and fuzz targets use: what it takes for a fault has to be one.
#include "support/scripted_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>
#include <pthread.h>
#include <thread>

using namespace anywire::test;

namespace {

std::atomic<int> handled{0};

/// Counts SIGALRM as long as it is there; no system call that it interrupts goes on by itself.
class alarm_counter {
public:
    alarm_counter() {
        handled = 0;
        struct sigaction count {};
        count.sa_handler = [](int) { ++handled; };
        ::sigaction(SIGALRM, &count, &before_);
    }
    ~alarm_counter() { ::sigaction(SIGALRM, &before_, nullptr); }
    alarm_counter(alarm_counter const&) = delete;
    alarm_counter& operator=(alarm_counter const&) = delete;

private:
    struct sigaction before_ {};
};

}  // namespace

TEST_CASE("signals do not make the tests' client give up waiting") {
    alarm_counter const alarms;
    scripted_server server;
    raw_client c(server.port());
    auto peer = server.accept();
    std::thread other([&, waiting = ::pthread_self()] {
        while (handled < 100) {
            ::pthread_kill(waiting, SIGALRM);
            std::this_thread::yield();
        }
        peer.send("here!");
    });
    std::string got;
    CHECK_NOTHROW(got = c.read_until("!"));
    while (handled < 100) std::this_thread::yield();  // it has failed: the other one needs an end
    other.join();
    CHECK(got == "here!");
}
