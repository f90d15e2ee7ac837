// Functions of every signature as handlers. No socket is needed to call them.
#include <anywire/socketio/socket.hpp>

#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

using namespace anywire;
using namespace anywire::socketio;

namespace {

struct point {
    int x = 0;
    int y = 0;
};

/// Writes answers down.
struct channel final : socketio::detail::ack_channel {
    std::vector<std::string> answers{};
    void answer(std::string json, std::vector<std::string> attachments) override {
        answers.push_back(json + " " + std::to_string(attachments.size()));
    }
};

struct caller {
    /// Calls a handler with the arguments in `json`: what did not fit, or "".
    template <class F>
    std::string operator()(F f, std::string const& json) {
        auto const handler = socketio::detail::make_event_handler(std::move(f));
        arguments const args(json);
        auto const wrong = handler(none(), event("e", args, to));
        return wrong ? to_message(*wrong) : std::string();
    }
    static class socket& none() {
        static struct final_socket final : socket {
        } s;
        return s;
    }
    std::shared_ptr<channel> to = std::make_shared<channel>();
};

int called = 0;
void plain(int n) {
    called = n;
}

}  // namespace

namespace anywire {
template <>
struct convert<point> {
    static bool read(json_view v, point& out) {
        auto const x = v.find("x");
        auto const y = v.find("y");
        return x && y && read_value(*x, out.x) && read_value(*y, out.y);
    }
    static void write(json_writer& out, point const& p) {
        out.begin_object();
        out.key("x");
        out.number(p.x);
        out.key("y");
        out.number(p.y);
        out.end_object();
    }
    static std::string_view expected() { return "point"; }
};
}  // namespace anywire

TEST_CASE("a handler may take nothing, the socket, values, an answer, in this order") {
    caller call;
    int n = 0;
    CHECK(call([&] { ++n; }, "[1,2,3]").empty());
    CHECK(call([&](socket&) { ++n; }, "[]").empty());
    CHECK(call([&](int a) { n += a; }, "[10]").empty());
    CHECK(call([&](socket&, int a) { n += a; }, "[100]").empty());
    CHECK(call([&](ack<> done) { done(); }, "[]").empty());
    CHECK(call([&](socket&, int a, ack<int, std::string> done) { done(a, "x"); }, "[7]").empty());
    CHECK(n == 112);
    CHECK(call.to->answers == std::vector<std::string>{" 0", "7,\"x\" 0"});
    CHECK(call(plain, "[5]").empty());
    CHECK(call(&plain, "[6]").empty());
    CHECK(called == 6);
}

TEST_CASE("values come as references, constants, optionals, variants, structs and the rest") {
    caller call;
    std::string seen;
    CHECK(call([&](std::string const& a, std::string b) { seen = a + b; }, R"(["a","b"])").empty());
    CHECK(seen == "ab");
    CHECK(call(
              [&](int const a, std::optional<int> b, std::optional<int> c) {
                  seen = std::to_string(a) + (b ? "b" : "") + (c ? "c" : "");
              },
              "[1,null]")
              .empty());
    CHECK(seen == "1");
    CHECK(call([&](std::variant<int, std::string> v) { seen = std::to_string(v.index()); },
               R"(["x"])")
              .empty());
    CHECK(seen == "1");
    CHECK(call([&](point p) { seen = std::to_string(p.x) + "," + std::to_string(p.y); },
               R"([{"x":1,"y":2}])")
              .empty());
    CHECK(seen == "1,2");
    CHECK(call(
              [&](std::map<std::string, std::vector<int>> const& m) {
                  seen = std::to_string(m.at("k").size());
              },
              R"([{"k":[1,2]}])")
              .empty());
    CHECK(seen == "2");
    CHECK(
        call([&](int, arguments rest) { seen = std::to_string(rest.size()); }, "[1,2,3]").empty());
    CHECK(seen == "2");
    CHECK(call([&](json_view v) { seen = v.text(); }, "[[ 1 ]]").empty());
    CHECK(seen == "[ 1 ]");
    CHECK(call([&](arguments const& all, ack<arguments> done) { done(all); }, "[1,2]").empty());
    CHECK(call.to->answers.back() == "1,2 0");
}

TEST_CASE("arguments that do not fit are named, and the handler is not called") {
    caller call;
    auto const never = [](int, std::string, point) { FAIL("called"); };
    CHECK(call(never, "[]") == "argument 1: expected integer");
    CHECK(call(never, "[1.5]") == "argument 1: expected integer");
    CHECK(call(never, "[1,2]") == "argument 2: expected string");
    CHECK(call(never, R"([1,"a",3])") == "argument 3: expected point");
    CHECK(call(never, R"([1,"a"])") == "argument 3: expected point");
    CHECK(call([](std::optional<int>) { FAIL("called"); }, R"(["x"])")
              .starts_with("argument 1: expected"));
}

TEST_CASE("a handler keeps its own state") {
    int last = 0;
    auto const handler =
        socketio::detail::make_event_handler([n = 0, &last]() mutable { last = ++n; });
    arguments const args;
    for (int i = 0; i < 3; ++i) CHECK_FALSE(handler(caller::none(), event("e", args, nullptr)));
    CHECK(last == 3);
}

TEST_CASE("an answer that nobody asked for goes nowhere") {
    ack<int> const none;
    none(1);
    CHECK_FALSE(none);
    arguments const args;
    event const e("e", args, nullptr);
    CHECK_FALSE(e.wants_ack());
    e.answer(1, 2);
}

TEST_CASE("a decision without anybody to tell does nothing") {
    next const nobody(nullptr);
    nobody();
    nobody({.message = "no"});
}

TEST_CASE("one answer's handler hears values, or what went wrong if it wants to") {
    std::string seen;
    std::string const good = R"([1,"a"])";
    arguments const values(good);
    auto const take = [&](auto f, error_code e, bool any) {
        seen.clear();
        return socketio::detail::make_ack_handler(std::move(f))(
            e, any ? std::span(&values, 1) : std::span<arguments const>());
    };
    CHECK(take([&](int a, std::string b) { seen = std::to_string(a) + b; }, {}, true));
    CHECK(seen == "1a");
    CHECK(take(
        [&](error_code e, int a) { seen = (e ? "bad" : "good") + std::to_string(a); }, {}, true));
    CHECK(seen == "good1");
    CHECK(take([&](error_code e, int) { seen = e.message(); }, errc::ack_timeout, false));
    CHECK(seen == make_error_code(errc::ack_timeout).message());
    CHECK(take([&](int) { seen = "called"; }, errc::ack_timeout, false));
    CHECK(seen.empty());
    CHECK_FALSE(take([&](std::string) { seen = "called"; }, {}, true));
    CHECK(seen.empty());
    CHECK_FALSE(take(
        [&](error_code e, int, int n) { seen = e == errc::bad_arguments && n == 0 ? "told" : ""; },
        {},
        true));
    CHECK(seen == "told");
    CHECK(take([&] { seen = "none"; }, {}, true));
    CHECK(seen == "none");
}

TEST_CASE("the answers of many come as one list, of those that fit") {
    std::string const one = "[1]";
    std::string const two = "[2,3]";
    std::string const bad = R"(["x"])";
    std::vector<arguments> const all{arguments(one), arguments(bad), arguments(two)};
    std::vector<int> got;
    error_code error;
    auto const handler =
        socketio::detail::make_acks_handler([&](error_code e, std::vector<int> list) {
            error = e;
            got = std::move(list);
        });
    CHECK_FALSE(handler({}, all));
    CHECK(got == std::vector<int>{1, 2});
    CHECK(error == errc::bad_arguments);
    CHECK(handler(errc::ack_timeout, std::span(all).first(1)));
    CHECK(got == std::vector<int>{1});
    CHECK(error == errc::ack_timeout);
}

TEST_CASE("an emit's last argument is a callback if it is callable and no value") {
    auto const made = [](auto&&... args) {
        std::string text;
        bool asks = false;
        socketio::detail::encode_emit(
            "e",
            [](auto&& f) {
                return socketio::detail::make_ack_handler(std::forward<decltype(f)>(f));
            },
            [&](socketio::detail::encoded e, socketio::detail::ack_handler a) {
                text = e.json;
                asks = a != nullptr;
            },
            std::forward<decltype(args)>(args)...);
        return text + (asks ? " asks" : "");
    };
    CHECK(made() == R"(["e"])");
    CHECK(made(1, "x", std::optional<int>{}) == R"(["e",1,"x",null])");
    CHECK(made([] {}) == R"(["e"] asks)");
    CHECK(made(point{1, 2}, [](int) {}) == R"(["e",{"x":1,"y":2}] asks)");
    CHECK(made(plain) == R"(["e"] asks)");
    std::string const text = "[1,2]";
    CHECK(made(arguments(text)) == R"(["e",1,2])");
}

TEST_CASE("an empty function is refused where it is given, not when it is called") {
    std::function<void(int)> const none;
    CHECK_THROWS_AS(socketio::detail::make_event_handler(none), std::invalid_argument);
    CHECK_THROWS_AS(socketio::detail::make_event_handler(static_cast<void (*)(int)>(nullptr)),
                    std::invalid_argument);
    CHECK_THROWS_AS(socketio::detail::make_ack_handler(none), std::invalid_argument);
    CHECK_THROWS_AS(socketio::detail::make_acks_handler(std::function<void(std::vector<int>)>()),
                    std::invalid_argument);
    CHECK_THROWS_WITH(socketio::detail::required(handler<void()>(), "on_drain"),
                      "on_drain: the function given to it is empty");
    int n = 0;
    socketio::detail::required(handler<void()>([&n] { ++n; }), "on_drain")();
    CHECK(n == 1);
}

TEST_CASE("a handler's function may be of any kind that has one signature") {
    caller call;
    struct by_reference {
        void operator()(int n) & { called = n; }
    };
    struct constant {
        void operator()(int&& n) const& noexcept { called = n; }
    };
    CHECK(call(by_reference{}, "[7]").empty());
    CHECK(called == 7);
    CHECK(call(constant{}, "[8]").empty());
    CHECK(called == 8);
    CHECK(call(std::function<void(int)>(plain), "[9]").empty());
    CHECK(called == 9);
    CHECK(call(
              +[](int n) noexcept { called = n; }, "[10]")
              .empty());
    CHECK(called == 10);
}

TEST_CASE("a handler is empty, copied and replaced as a function is") {
    handler<void(int)> h;
    CHECK_FALSE(h);
    h = plain;
    REQUIRE(h);
    auto const copy = h;
    h = nullptr;
    CHECK_FALSE(h);
    copy(11);
    CHECK(called == 11);
    CHECK_FALSE(handler<void(int)>(std::function<void(int)>()));
    CHECK_FALSE(handler<void(int)>(static_cast<void (*)(int)>(nullptr)));
}
