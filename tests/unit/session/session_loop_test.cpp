#include "session/session_loop.hpp"

#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdio>
#include <new>
#include <set>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace anywire;
using namespace anywire::test;

namespace {

std::string text_of(session_loop::id_type const& id) {
    return std::string(id.data(), id.size());
}

bool is_url_safe(std::string_view id) {
    return id.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
               "0123456789-_") == std::string_view::npos;
}

}  // namespace

TEST_CASE("ids are 22 characters that are safe in a URL, and none comes twice") {
    world w;
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) {
        auto const id = text_of(w.loop.make_id());
        REQUIRE(id.size() == 22);
        REQUIRE(is_url_safe(id));
        seen.insert(id);
    }
    CHECK(seen.size() == 10'000);
}

TEST_CASE("all 20 random characters of an id vary over all of the alphabet") {
    world w;
    std::vector<std::set<char>> columns(22);
    for (int i = 0; i < 3000; ++i) {
        auto const id = w.loop.make_id();
        for (std::size_t c = 0; c < id.size(); ++c) columns[c].insert(id[c]);
    }
    for (std::size_t c = 2; c < columns.size(); ++c) CHECK(columns[c].size() == 64);
}

TEST_CASE("an id names its shard") {
    for (unsigned const shard : {0u, 1u, 63u, 64u, 100u, 4095u}) {
        world w({}, 0, shard);
        CHECK(w.loop.shard() == shard);
        CHECK(session_loop::shard_of(text_of(w.loop.make_id())) == shard);
    }
}

TEST_CASE("what is no id names no shard") {
    constexpr unsigned most = 4095;
    CHECK(session_loop::shard_of("") > most);
    CHECK(session_loop::shard_of("AA") > most);
    CHECK(session_loop::shard_of(std::string(21, 'A')) > most);
    CHECK(session_loop::shard_of(std::string(23, 'A')) > most);
    CHECK(session_loop::shard_of(std::string(".").append(21, 'A')) > most);
    CHECK(session_loop::shard_of(std::string("A.").append(20, 'A')) > most);
    CHECK(session_loop::shard_of(std::string(22, '\0')) > most);
    CHECK(session_loop::shard_of(std::string(22, 'A')) == 0);
}

TEST_CASE("random numbers come from the entropy that was handed in") {
    world w;
    w.all_random = 0xab;
    CHECK(w.loop.random_u32() == 0xababababu);
}

TEST_CASE("telling the time wakes nobody, advancing does") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    bool called = false;
    s.after(100ms, [&](session&) { called = true; });
    w.loop.set_now(w.loop.now() + 100);
    CHECK_FALSE(called);
    w.loop.advance(w.loop.now());
    CHECK(called);
}

TEST_CASE("scratch text comes empty, keeps its room, and gives back a lot of it") {
    world w;
    w.loop.scratch().assign(1000, 'x');
    auto& text = w.loop.scratch();
    CHECK(text.empty());
    CHECK(text.capacity() >= 1000);
    w.loop.release_scratch();
    CHECK(w.loop.scratch().capacity() >= 1000);
    w.loop.scratch().assign(1'000'000, 'x');
    w.loop.batch().resize(100'000);
    std::string many("[\"\"");
    for (int i = 0; i < 100'000; ++i) many += ",\"\\n\"";
    many += "]";
    REQUIRE_FALSE(w.loop.decoder().decode_array(many));
    w.loop.release_scratch();
    CHECK(w.loop.scratch().capacity() <= max_kept_scratch);
    CHECK(w.loop.batch().capacity() * sizeof(frame*) <= max_kept_scratch);
    CHECK(w.loop.decoder().storage_bytes() <= 3 * max_kept_scratch);
    CHECK(w.loop.decoder().messages().empty());
}

TEST_CASE("a long log line is no reason to keep its memory") {
    world w;
    std::string_view seen;
    log_sink const sink{.level = log_level::info,
                        .write = [&](log_level, std::string_view line) { seen = line; }};
    logger log(sink);
    log.write(log_level::info, std::string(1'000'000, 'x'));
    auto const* const first = seen.data();
    log.write(log_level::info, std::string(100, 'x'));
    CHECK(seen.data() != first);
    auto const* const second = seen.data();
    log.write(log_level::info, "short");
    CHECK(seen.data() == second);
}

TEST_CASE("flush works through what flushing brings up") {
    world w;
    auto& a_transport = w.transport();
    auto& b_transport = w.transport();
    auto& a = w.plain(a_transport, "a");
    auto& b = w.plain(b_transport, "b");
    // a's close writes to b, and b's answer to that is to close.
    w.on_close = [&](session& s, close_event const&) {
        if (&s == static_cast<session*>(&a)) b.close(close_code::normal, "too");
    };
    w.close(a);
    CHECK(w.closes == 2);
    CHECK(w.sessions() == 0);
}

TEST_CASE("the log hears of what is wanted only") {
    std::vector<std::string> lines;
    log_sink sink{log_level::info,
                  [&](log_level, std::string_view line) { lines.emplace_back(line); }};
    logger log(sink);
    CHECK(log.wants(log_level::error));
    CHECK_FALSE(log.wants(log_level::debug));
    log.write(log_level::info, "a ", 1, " b", std::string(" c"));
    log.write(log_level::debug, "not this");
    CHECK(lines == strings{"a 1 b c"});
    log_sink const silent{};
    CHECK_FALSE(logger(silent).wants(log_level::error));
}

namespace {

/// A transport that has no memory left.
struct exhausted_transport final : transport {
    bool aborted = false;
    anywire::carrier shape() const noexcept override { return carrier::duplex; }
    std::string_view name() const noexcept override { return "exhausted"; }
    write_result write(std::span<frame* const>) override { throw std::bad_alloc(); }
    void close(close_code, std::string_view) noexcept override { FAIL("closed"); }
    void abort() noexcept override { aborted = true; }
    std::size_t pending_bytes() const noexcept override { return 0; }
    void pause_reading(bool) override {}
};

}  // namespace

TEST_CASE("a session whose writing throws ends, and the others are written to") {
    world w;
    auto& healthy = w.transport();
    auto& other = w.plain(healthy, "other");
    exhausted_transport transport;
    auto& s = *new plain_session(w.endpoint, w.origin_of("ill"), w.no_ping);
    w.endpoint.add(&s);
    s.attach(transport);
    w.loop.flush();
    CHECK(s.send("x"));
    CHECK(other.send("y"));
    w.loop.flush();
    CHECK(transport.aborted);
    CHECK(healthy.take() == strings{"y"});
    CHECK(w.errors == strings{"writing to a session threw: std::bad_alloc"});
    w.loop.flush();
    CHECK(w.take() == strings{"other: open", "ill: open", "ill: close handler_failed 1006"});
    CHECK(w.sessions() == 1);
}

TEST_CASE("a session that is used on a wrong thread is caught in debug builds, and only there") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    struct loop_owner final : session_loop::owner {
        bool is_here = true;
        mutable int asked = 0;
        bool may_touch() const noexcept override {
            ++asked;
            return is_here;
        }
        tick on_dirty() noexcept override { return 1000; }
    };
    static loop_owner owner;  // outlives the sessions
    w.loop.set_owner(owner);
    CHECK(w.send(s, "x"));
#ifdef NDEBUG
    CHECK(owner.asked == 0);
#else
    CHECK(owner.asked != 0);
    auto const child = ::fork();
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);
        (void)::freopen("/dev/null", "w", stderr);
        owner.is_here = false;
        (void)s.send("x");
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
#endif
}
