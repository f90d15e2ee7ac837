#include <anywire/coro.hpp>
#include <anywire/server.hpp>
#include <anywire/test.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace anywire {
namespace {

using namespace std::chrono_literals;
using testing::dialect;
using strings = std::vector<std::string>;

/// How many there are: each a local of a coroutine.
struct counted {
    explicit counted(int& of) : count(of) { ++count; }
    counted(counted const&) = delete;
    counted& operator=(counted const&) = delete;
    ~counted() { --count; }
    int& count;
};

/// An operation of the program's own, which the test ends.
template <class T>
struct outside {
    std::function<void(T)> done{};
    auto begin() {
        return [this](auto ends) { done = [ends](T value) { ends(std::move(value)); }; };
    }
};

std::string const long_text = "a text that is too long to be kept in the string's own room";

}  // namespace

// -- conversations --------------------------------------------------------------------------------

TEST_CASE("a conversation gets each message in its turn", "[coroutines]") {
    auto const speaks = GENERATE(dialect::websocket, dialect::sockjs, dialect::engineio);
    testing::host host;
    auto const talk = conversation([](session& s) -> task<> {
        while (auto const m = co_await s.async_receive()) s.send("got " + m->data);
    });
    if (speaks == dialect::websocket) host.mount("/talk", websocket_options{}, talk);
    if (speaks == dialect::sockjs) host.mount("/talk", sockjs_options{}, talk);
    if (speaks == dialect::engineio) host.mount("/talk", engineio_options{}, talk);
    auto client = host.connect("/talk", speaks);
    client.send("a");
    client.send(long_text);
    REQUIRE(client.take() == strings{"got a", "got " + long_text});
    client.close();
    REQUIRE(client.closed_with() != close_code::internal_error);
}

TEST_CASE("messages wait for a conversation that is busy", "[coroutines]") {
    testing::host host;
    host.mount("/talk", websocket_options{}, conversation([](session& s) -> task<> {
                   while (auto const m = co_await s.async_receive()) {
                       co_await s.async_wait(100ms);
                       s.send(*m);
                   }
               }));
    auto client = host.connect("/talk");
    for (auto const* const m : {"a", "b", "c"}) client.send(m);
    REQUIRE(client.take().empty());
    host.advance(125ms);
    REQUIRE(client.take() == strings{"a"});
    host.advance(125ms);
    REQUIRE(client.take() == strings{"b"});
    host.advance(125ms);
    REQUIRE(client.take() == strings{"c"});
}

TEST_CASE("the session closes when its conversation is over", "[coroutines]") {
    testing::host host;
    host.mount("/talk", websocket_options{}, conversation([](session& s) -> task<> {
                   auto const m = co_await s.async_receive();
                   s.send(m ? "goodbye" : "what?");
               }));
    auto client = host.connect("/talk");
    client.send("bye");
    REQUIRE(client.take() == strings{"goodbye"});
    REQUIRE(client.closed_with() == close_code::normal);
}

TEST_CASE("a conversation hears that its session has closed", "[coroutines]") {
    testing::host host;
    int live = 0;
    std::optional<error_code> heard;
    bool goes_on_after = false;
    host.mount("/talk", websocket_options{}, conversation([&](session& s) -> task<> {
                   counted const local(live);
                   auto const m = co_await s.async_receive();
                   heard = m.error();
                   co_await s.async_wait(1s);
                   goes_on_after = true;
               }));
    auto client = host.connect("/talk");
    REQUIRE(live == 1);
    client.cut();
    host.settle();
    REQUIRE(heard == make_error_code(errc::session_closed));
    host.advance(2s);
    REQUIRE(live == 0);
    REQUIRE_FALSE(goes_on_after);
}

TEST_CASE("async_receive outside of a conversation is an error, not a wait", "[coroutines]") {
    testing::host host;
    std::optional<error_code> heard;
    host.mount("/plain", websocket_options{}, {.on_open = [&](session& s) -> task<> {
                   heard = (co_await s.async_receive()).error();
               }});
    auto client = host.connect("/plain");
    REQUIRE(heard == boost::system::errc::operation_not_supported);
}

// -- handlers that are coroutines -----------------------------------------------------------------

TEST_CASE("a coroutine keeps the message it was called with", "[coroutines]") {
    testing::host host;
    host.mount(
        "/late", websocket_options{}, {.on_message = [](session& s, message_view m) -> task<> {
            co_await s.async_wait(50ms);
            s.send(m);
        }});
    auto client = host.connect("/late");
    client.send(long_text);
    client.send("second " + long_text);
    REQUIRE(client.take().empty());
    host.advance(75ms);
    REQUIRE(client.take() == strings{long_text, "second " + long_text});
}

TEST_CASE("a coroutine ends where it waits when its session goes", "[coroutines]") {
    testing::host host;
    int live = 0;
    bool goes_on_after = false;
    host.mount("/late", websocket_options{}, {.on_open = [&](session& s) -> task<> {
                   counted const local(live);
                   co_await s.async_wait(1min);
                   goes_on_after = true;
               }});
    auto client = host.connect("/late");
    REQUIRE(live == 1);
    SECTION("by the client") {
        client.cut();
    }
    SECTION("by a goodbye") {
        client.close();
    }
    SECTION("by the service") {
        host.stop();
    }
    host.settle();
    REQUIRE(live == 0);
    REQUIRE_FALSE(goes_on_after);
}

TEST_CASE("what a coroutine throws ends its session", "[coroutines]") {
    testing::host host;
    close_reason why{};
    auto const late = GENERATE(false, true);
    host.mount("/late",
               websocket_options{},
               {.on_message = [late](session& s, message_view) -> task<> {
                    if (late) co_await s.async_wait(50ms);
                    throw std::runtime_error("of the application");
                },
                .on_close = [&](session&, close_event const& how) { why = how.reason; }});
    auto client = host.connect("/late");
    client.send("x");
    host.advance(75ms);
    REQUIRE(client.closed_with() == close_code::internal_error);
    REQUIRE(why == close_reason::handler_failed);
}

TEST_CASE("tasks await tasks, and hear what those throw", "[coroutines]") {
    testing::host host;
    struct program {
        static task<std::string> inner(session& s, std::string text) {
            co_await s.async_wait(25ms);
            if (text == "bad") throw std::runtime_error("inner " + long_text);
            co_return text + "!";
        }
        static task<> outer(session& s, std::string text) {
            try {
                s.send(co_await inner(s, text));
            } catch (std::exception const& e) {
                s.send(std::string_view(e.what()));
            }
        }
    };
    host.mount(
        "/nested", websocket_options{}, {.on_message = [](session& s, message_view m) -> task<> {
            co_await program::outer(s, std::string(m.data));
            s.send("done");
        }});
    auto client = host.connect("/nested");
    client.send(long_text);
    host.advance(50ms);
    REQUIRE(client.take() == strings{long_text + "!", "done"});
    client.send("bad");
    host.advance(50ms);
    REQUIRE(client.take() == strings{"inner " + long_text, "done"});
}

TEST_CASE("authorize may be a coroutine", "[coroutines]") {
    testing::host host;
    outside<std::string> database;
    host.mount("/users",
               websocket_options{},
               {.on_open = [](session& s) { s.send(std::any_cast<std::string>(s.data())); },
                .authorize = [&](request const& r, decision decide) -> task<> {
                    auto begin = database.begin();
                    auto const user = co_await from_callback<std::string>(begin);
                    if (r.query_value("token") == "good")
                        decide.accept(user);
                    else
                        decide.refuse(401, "no");
                }});
    auto good = host.connect("/users?token=good");
    database.done(long_text);
    host.settle();
    REQUIRE(good.take() == strings{long_text});
    auto bad = host.connect("/users?token=bad");
    database.done("x");
    host.settle();
    REQUIRE(bad.refused_with() == 401);
}

// -- what ends elsewhere --------------------------------------------------------------------------

TEST_CASE("a callback from another thread brings the coroutine home", "[coroutines]") {
    testing::host host;
    outside<result<std::string>> query;
    auto const home = std::this_thread::get_id();
    std::optional<std::thread::id> ran_on;
    host.mount(
        "/query", websocket_options{}, {.on_message = [&](session& s, message_view) -> task<> {
            auto begin = query.begin();
            auto const got = co_await from_callback<result<std::string>>(begin);
            ran_on = std::this_thread::get_id();
            s.send(got ? *got : got.error().message());
        }});
    auto client = host.connect("/query");
    client.send("?");
    std::thread([&] { query.done(long_text); }).join();
    REQUIRE_FALSE(ran_on);
    host.settle();
    REQUIRE(ran_on == home);
    REQUIRE(client.take() == strings{long_text});
    client.send("?");
    query.done = nullptr;  // nobody will ever answer
    host.settle();
    REQUIRE(client.take().size() == 1);
}

TEST_CASE("a callback that comes too late finds nobody", "[coroutines]") {
    auto host = std::make_unique<testing::host>();
    outside<int> query;
    int live = 0;
    bool goes_on_after = false;
    host->mount("/query", websocket_options{}, {.on_open = [&](session&) -> task<> {
                    counted const local(live);
                    auto begin = query.begin();
                    co_await from_callback<int>(begin);
                    goes_on_after = true;
                }});
    auto client = host->connect("/query");
    REQUIRE(live == 1);
    SECTION("after its session") {
        client.cut();
        host->settle();
        query.done(1);
        host->settle();
    }
    SECTION("after its service") {
        host.reset();
        query.done(1);
    }
    query.done = nullptr;
    REQUIRE(live == 0);
    REQUIRE_FALSE(goes_on_after);
}

TEST_CASE("a callback that ends at once does not grow the stack", "[coroutines]") {
    testing::host host;
    int sum = 0;
    host.mount("/fast", websocket_options{}, {.on_open = [&](session&) -> task<> {
                   auto at_once = [](auto done) { done(1); };
                   for (int i = 0; i < 100'000; ++i) sum += co_await from_callback<int>(at_once);
               }});
    auto client = host.connect("/fast");
    REQUIRE(sum == 100'000);
}

}  // namespace anywire
