// What a namespace keeps for those who were cut off, with time that is told.
#include "socketio/server/recovery_log.hpp"

#include <catch2/catch.hpp>

#include <any>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::socketio;
using namespace std::chrono_literals;

namespace {

struct kept_log {
    explicit kept_log(recovery_options o = {}) : options(o), log(options, {1, 2}) {}

    /// Logs an event to a room, or to all; its offset.
    std::string push(std::int64_t now, std::string const& room = {}, std::size_t size = 1) {
        auto filter = std::make_shared<socket_filter>();
        if (!room.empty()) filter->rooms.push_back(room);
        auto offset = log.next_offset();
        socketio::detail::encoded e{"[\"" + std::string(size, 'e') + "\"]", {}};
        log.push(
            std::make_shared<outgoing_packet const>("/", std::nullopt, std::move(e), true, offset),
            filter,
            now);
        return offset;
    }
    void store(std::string const& pid,
               std::int64_t now,
               std::uint64_t since = 0,
               std::any data = {}) {
        log.store({.pid = pid,
                   .id = "id of " + pid,
                   .rooms = {"r"},
                   .data = std::move(data),
                   .since = since},
                  now);
    }
    restore_error take(std::string const& pid,
                       std::optional<std::string> const& offset,
                       std::int64_t now) {
        out = {};
        return log.take(pid, offset, now, out);
    }

    recovery_options options;
    recovery_log log;
    restored_session out{};
};

}  // namespace

TEST_CASE("a session is taken once, and goes on after its offset") {
    kept_log k;
    auto const first = k.push(0);
    auto const second = k.push(0);
    CHECK(first != second);
    k.store("p", 10, 0, 5);
    REQUIRE(k.take("p", first, 20) == restore_error::none);
    CHECK(k.out.session.pid == "p");
    CHECK(k.out.session.id == "id of p");
    CHECK(k.out.session.rooms == std::vector<std::string>{"r"});
    CHECK(std::any_cast<int>(k.out.session.data) == 5);
    CHECK(k.out.position == 1);
    int after = 0;
    k.log.for_each_after(k.out.position, [&](auto const&, auto const&) { ++after; });
    CHECK(after == 1);
    CHECK(k.take("p", first, 20) == restore_error::unknown_session);
    CHECK(k.take("q", first, 20) == restore_error::unknown_session);
}

TEST_CASE("without an offset all since the join was missed; an offset from before it is none") {
    kept_log k;
    auto const early = k.push(0);
    k.push(0);
    k.push(0);
    k.store("p", 0, 2);
    REQUIRE(k.take("p", std::nullopt, 0) == restore_error::none);
    CHECK(k.out.position == 2);
    k.store("p", 0, 2);
    CHECK(k.take("p", early, 0) == restore_error::offset_lost);
    CHECK(k.take("p", early, 0) == restore_error::unknown_session);
    for (auto const* bad : {"", "-", "-1", "4", "zzzzzzzzzzzzzzzzzzzzz", "1 ", " 1", "+1", "1.0"}) {
        k.store("p", 0, 0);
        CHECK(k.take("p", bad, 0) == restore_error::offset_lost);
    }
}

TEST_CASE("offsets go on in base 36") {
    kept_log k({.max_log_events = 1});
    for (int n = 0; n < 35; ++n) k.push(0);
    CHECK(k.push(0) == "10");
    k.store("p", 0, 0);
    CHECK(k.take("p", "10", 0) == restore_error::none);
}

TEST_CASE("the log is bounded in events, bytes and time, the oldest go first") {
    SECTION("events") {
        kept_log k({.max_log_events = 3});
        for (int n = 0; n < 5; ++n) k.push(0);
        CHECK(k.log.events() == 3);
        CHECK(k.log.position() == 5);
        CHECK(k.log.reaches(2));
        CHECK_FALSE(k.log.reaches(1));
        CHECK_FALSE(k.log.reaches(6));
    }
    SECTION("bytes, of names as of packets") {
        kept_log k({.max_log_bytes = 10'000});
        for (int n = 0; n < 100; ++n) k.push(0, {}, 1000);
        CHECK(k.log.bytes() <= 10'000);
        CHECK(k.log.events() > 5);
        // An event of nothing is charged what keeping it takes.
        for (int n = 0; n < 100; ++n) k.push(0);
        CHECK(k.log.bytes() <= 10'000);
        CHECK(k.log.events() < 30);
        for (int n = 0; n < 100; ++n) k.push(0, std::string(1000, 'r'));
        CHECK(k.log.bytes() <= 10'000);
        k.push(0, {}, 20'000);
        CHECK(k.log.events() == 0);
        CHECK(k.log.bytes() == 0);
        CHECK(k.log.reaches(k.log.position()));
        CHECK_FALSE(k.log.reaches(k.log.position() - 1));
    }
    SECTION("time") {
        kept_log k({.max_disconnection = 100ms});
        k.push(0);
        k.push(50);
        k.push(101);
        CHECK(k.log.events() == 2);
        k.log.expire(150);
        CHECK(k.log.events() == 2);
        k.log.expire(202);
        CHECK(k.log.events() == 0);
        CHECK(k.log.bytes() == 0);
    }
}

TEST_CASE("a session expires, and is dropped when something is stored or logged") {
    kept_log k({.max_disconnection = 100ms});
    k.store("p", 0);
    CHECK(k.take("p", std::nullopt, 100) == restore_error::none);
    k.store("p", 0);
    CHECK(k.take("p", std::nullopt, 101) == restore_error::expired);
    k.store("a", 200);
    k.store("b", 301);
    CHECK(k.log.sessions() == 1);
    k.push(402);
    CHECK(k.log.sessions() == 0);
    k.store("c", 500);
    k.log.expire(601);
    CHECK(k.log.sessions() == 0);
}

TEST_CASE("sessions are bounded, the oldest go first") {
    kept_log k({.max_sessions = 3});
    for (auto const* pid : {"a", "b", "c", "d"}) k.store(pid, 0);
    CHECK(k.log.sessions() == 3);
    CHECK(k.take("a", std::nullopt, 0) == restore_error::unknown_session);
    CHECK(k.take("b", std::nullopt, 0) == restore_error::none);
}

TEST_CASE("who comes and goes all the time neither grows the log nor pushes others out at once") {
    kept_log k({.max_sessions = 10});
    k.store("steady", 0);
    for (int n = 0; n < 15; ++n) {
        k.store("flaps", 0);
        REQUIRE(k.take("flaps", std::nullopt, 0) == restore_error::none);
    }
    CHECK(k.take("steady", std::nullopt, 0) == restore_error::none);
    // Stored again in the same moment: the newer one counts.
    kept_log other({.max_disconnection = 100ms});
    other.store("p", 0);
    REQUIRE(other.take("p", std::nullopt, 0) == restore_error::none);
    other.store("p", 50);
    other.push(101);
    CHECK(other.log.sessions() == 1);
}

TEST_CASE("sessions that nobody gets are handed out, to be destroyed where it does no harm") {
    kept_log k({.max_disconnection = 100ms, .max_sessions = 2});
    auto const data = std::make_shared<int>(1);
    for (auto const* pid : {"a", "b", "c"}) k.store(pid, 0, 0, data);
    CHECK(data.use_count() == 4);
    CHECK(k.log.take_dropped().size() == 1);
    CHECK(k.take("b", std::nullopt, 500) == restore_error::expired);
    CHECK(k.log.take_dropped().size() == 1);
    k.store("c", 0, 0, data);
    CHECK(k.log.take_dropped().size() == 1);
    k.push(500);
    CHECK(k.log.take_dropped().size() == 1);
    CHECK(data.use_count() == 1);
}

TEST_CASE("an event that is retracted is not missed, and leaves no gap") {
    kept_log k;
    k.store("p", 0);
    (void)k.push(0);
    auto const bytes = k.log.bytes();
    (void)k.push(0, "r", 100);
    (void)k.push(0);
    k.log.retract(2);
    CHECK(k.log.bytes() == 2 * bytes);
    k.log.retract(2);
    k.log.retract(9);  // has gone, or never was
    REQUIRE(k.take("p", std::nullopt, 0) == restore_error::none);
    CHECK(k.log.reaches(0));
    int after = 0;
    k.log.for_each_after(0, [&](auto const&, auto const&) { ++after; });
    CHECK(after == 2);
    CHECK(k.log.events() == 3);
}
