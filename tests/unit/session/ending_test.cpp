// The table of a session's states, walked state by state and step by step.
#include "session/ending.hpp"

#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

using step = session_step;
using in = session_state;

constexpr auto all_states =
    std::array{in::fresh, in::open, in::closing, in::breaking, in::ended, in::retired, in::dead};
constexpr auto all_steps = std::array{step::end_after_queue,
                                      step::end_now,
                                      step::end_silently,
                                      step::give_up,
                                      step::be_told_of,
                                      step::say_goodbye,
                                      step::retire,
                                      step::die};
static_assert(all_states.size() == session_states);
static_assert(all_steps.size() == session_steps);
static_assert(step_of(ending::after_queue) == step::end_after_queue);
static_assert(step_of(ending::now) == step::end_now);
static_assert(step_of(ending::silently) == step::end_silently);

constexpr std::array<std::string_view, session_states> names{
    "fresh", "open", "closing", "breaking", "ended", "retired", "dead"};

/// The state it leads to, then: r takes the reason, q drops the queue, g queues the goodbye.
std::string shown(session_transition const& t) {
    if (!t.happens) return "-";
    std::string line(names[static_cast<std::size_t>(t.to)]);
    auto const marks = std::string(t.takes_reason ? "r" : "")
                           .append(t.drops_queue ? "q" : "")
                           .append(t.is_said ? "g" : "");
    return marks.empty() ? line : line.append(" ").append(marks);
}

strings row_of(in from) {
    strings row;
    for (auto const by : all_steps) row.push_back(shown(transition(from, by)));
    return row;
}

/// Everything that can be reached, itself among it.
std::set<in> reach(in from) {
    std::set<in> seen{from};
    std::vector<in> todo{from};
    while (!todo.empty()) {
        auto const at = todo.back();
        todo.pop_back();
        for (auto const by : all_steps) {
            auto const& t = transition(at, by);
            if (t.happens && seen.insert(t.to).second) todo.push_back(t.to);
        }
    }
    return seen;
}

}  // namespace

TEST_CASE("every step means in every state what the table says") {
    CHECK(row_of(in::fresh) ==
          strings{"closing rg", "breaking rq", "ended rq", "ended q", "open", "-", "-", "-"});
    CHECK(row_of(in::open) ==
          strings{"closing rg", "breaking rq", "ended rq", "ended q", "-", "-", "-", "-"});
    CHECK(row_of(in::closing) ==
          strings{"-", "breaking rq", "ended q", "ended q", "-", "ended", "-", "-"});
    CHECK(row_of(in::breaking) ==
          strings{"-", "breaking rq", "ended q", "ended q", "-", "ended", "-", "-"});
    CHECK(row_of(in::ended) == strings{"-", "-", "-", "ended q", "-", "-", "retired", "-"});
    CHECK(row_of(in::retired) == strings{"-", "-", "-", "dead", "-", "-", "-", "dead"});
    CHECK(row_of(in::dead) == strings{"-", "-", "-", "dead", "-", "-", "-", "dead"});
}

TEST_CASE("a session only ever comes nearer to its end, and gets there from everywhere") {
    for (auto const from : all_states) {
        for (auto const by : all_steps) {
            auto const& t = transition(from, by);
            CAPTURE(names[static_cast<std::size_t>(from)], static_cast<int>(by));
            if (t.happens) CHECK(t.to >= from);
            // What does not happen has no effect either.
            if (!t.happens) CHECK_FALSE((t.takes_reason || t.drops_queue || t.is_said));
            if (t.takes_reason) CHECK(from < in::ended);
        }
        CHECK(reach(from).contains(in::dead));
    }
}

TEST_CASE("the application is told of the open and of the close by one step each") {
    for (auto const from : all_states)
        for (auto const by : all_steps) {
            auto const& t = transition(from, by);
            if (t.happens && t.to == in::open) CHECK((from == in::fresh && by == step::be_told_of));
            if (t.happens && t.to == in::retired) CHECK((from == in::ended && by == step::retire));
            if (t.happens && t.to == in::dead) CHECK(from >= in::retired);
        }
}

// -- the same with sessions ----------------------------------------------------------------------

namespace {

using end_fn = std::function<void(world&, session_base&)>;

struct way {
    char const* name;
    end_fn run;
    char const* heard;  ///< What the application hears when it comes first.
};

std::vector<way> const ways{
    {"the application closes",
     [](world&, session_base& s) { s.close(app_code(3000), "app"); },
     "close server_closed 3000 app"},
    {"after the queue",
     [](world&, session_base& s) {
         s.end(close_reason::shutting_down, ending::after_queue, "down");
     },
     "close shutting_down 1001 down"},
    {"now",
     [](world&, session_base& s) { s.end(close_reason::protocol_error, ending::now, "bad"); },
     "close protocol_error 1002 bad"},
    {"silently",
     [](world&, session_base& s) { s.end(close_reason::transport_lost, ending::silently, "x"); },
     "close transport_lost 1006"},
    {"it threw", [](world&, session_base& s) { s.give_up(); }, "close handler_failed 1006"},
};

/// Whether the second end's reason replaces that of the first, both within one event.
bool takes_over(std::size_t first, std::size_t second) {
    constexpr std::size_t now = 2;  // of `ways`
    return second == now && first <= now;
}

}  // namespace

TEST_CASE("two ends in one event make one close, with the reason of the one that counts") {
    for (std::size_t first = 0; first < ways.size(); ++first)
        for (std::size_t second = 0; second < ways.size(); ++second) {
            CAPTURE(ways[first].name, ways[second].name);
            world w;
            auto& s = w.plain(w.transport());
            CHECK(s.send("queued"));
            ways[first].run(w, s);
            CHECK_FALSE(s.is_open());
            ways[second].run(w, s);
            w.loop.flush();
            auto const counts = takes_over(first, second) ? second : first;
            CHECK(w.take() == strings{"open", ways[counts].heard});
            CHECK(w.sessions() == 0);
        }
}

TEST_CASE("an end before the open tells the application nothing") {
    for (auto const& end : ways) {
        CAPTURE(end.name);
        world w;
        auto& transport = w.transport();
        auto& s = *new plain_session(w.endpoint, {}, w.no_ping);
        w.endpoint.add(&s);
        s.attach(transport);
        end.run(w, s);
        w.loop.flush();
        auto const is_close = std::string_view(end.name) == "the application closes";
        CHECK(w.take() == (is_close ? strings{"open"} : strings{}));  // nobody has it to close it
        CHECK(w.sessions() == (is_close ? 1 : 0));
    }
}

TEST_CASE("only an end after the queue writes what was queued; only a silent one says no goodbye") {
    for (auto const& [when, written, goodbye] :
         {std::tuple{ending::after_queue, strings{"queued"}, "1001 down"},
          {ending::now, strings{}, "1001 down"},
          {ending::silently, strings{}, ""}}) {
        world w;
        auto& transport = w.transport();
        auto& s = w.plain(transport);
        CHECK(s.send("queued"));
        s.end(close_reason::shutting_down, when, "down");
        w.loop.flush();
        CHECK(transport.written == written);
        CHECK(transport.goodbye == goodbye);
        CHECK(transport.aborted == (when == ending::silently));
    }
}
