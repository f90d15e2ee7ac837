#include "poller.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <array>
#include <functional>
#include <memory>
#include <sys/socket.h>
#include <unistd.h>

using namespace anywire;

namespace {

struct pair_of_sockets {
    std::array<int, 2> ends{-1, -1};
    pair_of_sockets() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0); }
    ~pair_of_sockets() {
        for (auto const end : ends) ::close(end);
    }
    pair_of_sockets(pair_of_sockets const&) = delete;
    pair_of_sockets& operator=(pair_of_sockets const&) = delete;
    void say(char const* text) const { REQUIRE(::send(ends[1], text, 1, 0) == 1); }
    void hear() const {
        char c = 0;
        REQUIRE(::recv(ends[0], &c, 1, 0) == 1);
    }
};

struct listener final : poller::watcher {
    std::function<void(std::uint32_t)> then{};
    int calls = 0;
    void on_ready(std::uint32_t events) override {
        ++calls;
        if (then) then(events);
    }
};

}  // namespace

TEST_CASE("the poller tells of what is not read until it is read") {
    net::io_context context{1};
    poller sockets(context.get_executor(), std::make_shared<bool>(true));
    pair_of_sockets const pair;
    listener ear;
    REQUIRE(sockets.add(pair.ends[0], EPOLLIN, ear));
    pair.say("x");
    context.run_one();
    CHECK(ear.calls == 1);
    ear.then = [&](std::uint32_t events) {
        CHECK((events & EPOLLIN) != 0);
        pair.hear();
    };
    context.run_one();
    CHECK(ear.calls == 2);
    while (context.poll_one() != 0) {
    }
    CHECK(ear.calls == 2);
    pair.say("y");
    context.run_one();
    CHECK(ear.calls == 3);
}

TEST_CASE("a socket that is watched for nothing, or not any more, is not told of") {
    net::io_context context{1};
    poller sockets(context.get_executor(), std::make_shared<bool>(true));
    pair_of_sockets const quiet;
    pair_of_sockets const gone;
    listener ear;
    REQUIRE(sockets.add(quiet.ends[0], EPOLLIN, ear));
    REQUIRE(sockets.change(quiet.ends[0], 0, ear));
    REQUIRE(sockets.add(gone.ends[0], EPOLLIN, ear));
    sockets.remove(gone.ends[0]);
    quiet.say("x");
    gone.say("x");
    while (context.poll_one() != 0) {
    }
    CHECK(ear.calls == 0);
    SECTION("the same socket may come back") {
        REQUIRE(sockets.add(gone.ends[0], EPOLLIN, ear));
        context.run_one();
        CHECK(ear.calls == 1);
    }
    SECTION("what the kernel does not take is said") {
        CHECK_FALSE(sockets.change(gone.ends[0], EPOLLIN, ear));
        CHECK_FALSE(sockets.add(quiet.ends[0], EPOLLIN, ear));
        CHECK_FALSE(sockets.add(-1, EPOLLIN, ear));
    }
}

TEST_CASE("a watcher that went in the same look hears nothing more") {
    net::io_context context{1};
    poller sockets(context.get_executor(), std::make_shared<bool>(true));
    pair_of_sockets const a;
    pair_of_sockets const b;
    listener first;
    listener second;
    REQUIRE(sockets.add(a.ends[0], EPOLLIN, first));
    REQUIRE(sockets.add(b.ends[0], EPOLLIN, second));
    auto ending = GENERATE(0, 1);
    first.then = [&](std::uint32_t) {
        a.hear();
        ending ? sockets.close() : sockets.forget(second);
    };
    second.then = [&](std::uint32_t) {
        b.hear();
        ending ? sockets.close() : sockets.forget(first);
    };
    a.say("x");
    b.say("x");
    context.run_one();
    CHECK(first.calls + second.calls == 1);
}
