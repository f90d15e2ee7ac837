// handlers::authorize: the same for every transport, at once or later, from any thread.

#include <anywire/server.hpp>

#include "support/pending_decisions.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// A way to open a session, whatever carries it.
struct way_in {
    char const* name;
    char const* method;
    char const* target;
    int accepted;
    bool upgrade = false;
};

constexpr way_in ways[] = {
    {"plain WebSocket", "GET", "/ws", 101, true},
    {"SockJS WebSocket", "GET", "/echo/000/abc/websocket", 101, true},
    {"SockJS raw WebSocket", "GET", "/echo/websocket", 101, true},
    {"xhr", "POST", "/echo/000/abc/xhr", 200},
    {"xhr_streaming", "POST", "/echo/000/abc/xhr_streaming", 200},
    {"eventsource", "GET", "/echo/000/abc/eventsource", 200},
    {"htmlfile", "GET", "/echo/000/abc/htmlfile?c=f", 200},
    {"jsonp", "GET", "/echo/000/abc/jsonp?c=f", 200},
};

std::string bytes_of(raw_client const& c, way_in const& way) {
    return way.upgrade ? c.upgrade_bytes(way.target) : c.request_bytes(way.method, way.target);
}

struct guarded {
    using rule = std::function<void(request const&, decision)>;

    explicit guarded(rule authorize,
                     unsigned threads = 1,
                     std::chrono::milliseconds timeout = 30s,
                     std::chrono::milliseconds disconnect_delay = 5s)
        : server(logging(threads), [&](anywire::server& at) {
              auto app = noting_echo(seen);
              app.on_open = [this](session& s) {
                  auto const* const user = std::any_cast<std::string>(&s.data());
                  seen.add("open " + (user ? *user : std::string("nobody")));
              };
              app.authorize = std::move(authorize);
              session_limits const limits{.authorize_timeout = timeout};
              ws = at.mount("/ws", websocket_options{.limits = limits}, app);
              sockjs = at.mount("/echo",
                                sockjs_options{.limits = limits,
                                               .htmlfile = true,
                                               .jsonp = true,
                                               .disconnect_delay = disconnect_delay},
                                app);
          }) {}

    server_options logging(unsigned threads) {
        auto options = on_free_port(threads);
        options.trusted_proxies = {"127.0.0.1"};
        options.log.write = [this](log_level, std::string_view line) {
            log.add(std::string(line));
        };
        return options;
    }
    /// What is sent without Origin passes where origins are not limited; these tests are not about
    /// that, so GETs say where they come from.
    int ask(raw_client& c, way_in const& way) {
        c.send(with_site(bytes_of(c, way)));
        return c.read_head().status;
    }
    static std::string with_site(std::string bytes) {
        return bytes.insert(bytes.find("\r\n") + 2, "Sec-Fetch-Site: same-origin\r\n");
    }
    std::size_t sessions() const { return ws.session_count() + sockjs.session_count(); }

    notes seen{};
    notes log{};
    endpoint ws{};
    endpoint sockjs{};
    running_server server;
};

}  // namespace

TEST_CASE("whoever is accepted at once comes in, with the application's data") {
    auto const& way = GENERATE(from_range(std::begin(ways), std::end(ways)));
    CAPTURE(way.name);
    guarded g([](request const& r, decision d) { d.accept(std::string(r.header("X-User"))); });
    raw_client c(g.server.port());
    auto bytes = guarded::with_site(bytes_of(c, way));
    c.send(bytes.insert(bytes.find("\r\n") + 2, "X-User: ada\r\n"));
    CHECK(c.read_head().status == way.accepted);
    CHECK(g.seen.wait_for("open ada"));
    CHECK(g.sessions() == 1);
}

TEST_CASE("whoever is refused gets the application's status and words, and no session") {
    auto const& way = GENERATE(from_range(std::begin(ways), std::end(ways)));
    CAPTURE(way.name);
    guarded g([](request const&, decision d) { d.refuse(401, "who are you?"); });
    raw_client c(g.server.port());
    c.send(guarded::with_site(bytes_of(c, way)));
    auto const answer = c.read_response();
    CHECK(answer.status == 401);
    CHECK(answer.body == "who are you?\n");
    // The connection is fit for another request.
    CHECK(c.get("/echo").status == 200);
    CHECK(g.sessions() == 0);
    CHECK(g.seen.all().empty());
    CHECK(g.ws.opened_count() + g.sockjs.opened_count() == 0);
}

TEST_CASE("the application may add fields to the first answer, and to a refusal") {
    auto const& way = GENERATE(from_range(std::begin(ways), std::end(ways)));
    auto const lets_in = GENERATE(true, false);
    CAPTURE(way.name, lets_in);
    guarded g([lets_in](request const&, decision d) {
        response_headers fields;
        fields.add("X-From", "authorize");
        if (!lets_in) return d.refuse(429, "later", std::move(fields));
        d.accept(acceptance{.fields = std::move(fields)});
    });
    raw_client c(g.server.port());
    c.send(guarded::with_site(bytes_of(c, way)));
    auto const head = c.read_head();
    CHECK(head.status == (lets_in ? way.accepted : 429));
    CHECK(head.header("X-From") == "authorize");
}

TEST_CASE("the application may choose the subprotocol of those it lets in") {
    auto const& [chosen, agreed] = GENERATE(
        values<std::pair<char const*, char const*>>({{"two", "two"}, {"", ""}, {"three", ""}}));
    CAPTURE(chosen);
    guarded g([chosen = chosen](request const&, decision d) {
        d.accept(acceptance{.subprotocol = chosen});
    });
    raw_client c(g.server.port());
    auto bytes = guarded::with_site(bytes_of(c, ways[0]));
    c.send(bytes.insert(bytes.find("\r\n") + 2, "Sec-WebSocket-Protocol: one, two\r\n"));
    auto const head = c.read_head();
    CHECK(head.status == 101);
    CHECK(head.header("Sec-WebSocket-Protocol") == agreed);
}

TEST_CASE("a decision may come later, from another thread, for every transport") {
    auto const& way = GENERATE(from_range(std::begin(ways), std::end(ways)));
    auto const threads = GENERATE(1u, 4u);
    CAPTURE(way.name, threads);
    pending_decisions at;
    guarded g([&](request const&, decision d) { at.put(std::move(d)); }, threads);
    raw_client c(g.server.port());
    c.send(guarded::with_site(bytes_of(c, way)));
    auto const d = at.take();
    SECTION("yes") {
        std::thread([&] { d.accept(std::string("ada")); }).join();
        CHECK(c.read_head().status == way.accepted);
        CHECK(g.seen.wait_for("open ada"));
    }
    SECTION("no") {
        std::thread([&] { d.refuse(429, "later"); }).join();
        auto const answer = c.read_response();
        CHECK(answer.status == 429);
        CHECK(answer.body == "later\n");
        CHECK(g.sessions() == 0);
    }
}

TEST_CASE("bytes that a WebSocket client sends before it is let in are its first messages") {
    pending_decisions at;
    guarded g([&](request const&, decision d) { at.put(std::move(d)); });
    raw_client c(g.server.port());
    c.send(c.upgrade_bytes("/ws") + client_frame(1, "first"));
    auto const d = at.take();
    c.send_text("second");
    raw_client barrier(g.server.port());
    CHECK(barrier.get("/echo").status == 200);
    d.accept();
    CHECK(c.read_head().status == 101);
    CHECK(c.read_message() == "first");
    CHECK(c.read_message() == "second");
}

TEST_CASE("a status that is no error refuses with 403") {
    auto const status = GENERATE(0u, 101u, 200u, 399u, 600u, 70000u);
    guarded g([&](request const&, decision d) { d.refuse(status, "x"); });
    raw_client c(g.server.port());
    CHECK(c.upgrade("/ws").status == 403);
}

TEST_CASE("a decision that is dropped unanswered refuses with 403") {
    auto const& way = GENERATE(from_range(std::begin(ways), std::end(ways)));
    CAPTURE(way.name);
    SECTION("at once") {
        guarded g([](request const&, decision const&) {});
        raw_client c(g.server.port());
        CHECK(g.ask(c, way) == 403);
    }
    SECTION("later, by another thread") {
        pending_decisions at;
        guarded g([&](request const&, decision d) { at.put(std::move(d)); });
        raw_client c(g.server.port());
        c.send(guarded::with_site(bytes_of(c, way)));
        std::optional<decision> d(at.take());
        std::thread([&] { d.reset(); }).join();
        CHECK(c.read_head().status == 403);
        CHECK(g.sessions() == 0);
    }
}

TEST_CASE("a decision that does not come in time is answered 503") {
    auto const& way = GENERATE(from_range(std::begin(ways), std::end(ways)));
    CAPTURE(way.name);
    pending_decisions at;
    guarded g([&](request const&, decision d) { at.put(std::move(d)); }, 1, 100ms);
    raw_client c(g.server.port());
    c.send(guarded::with_site(bytes_of(c, way)));
    auto const d = at.take();
    CHECK(c.read_response().status == 503);
    CHECK(g.log.wait_for("authorize did not decide in time"));
    d.accept();  // too late
    CHECK(c.get("/echo").status == 200);
    CHECK(g.sessions() == 0);
    CHECK(g.seen.all().empty());
}

TEST_CASE("authorize that throws answers 500 and is logged") {
    auto const& way = GENERATE(from_range(std::begin(ways), std::end(ways)));
    CAPTURE(way.name);
    guarded g([](request const&, decision const&) { throw std::runtime_error("no database"); });
    raw_client c(g.server.port());
    CHECK(g.ask(c, way) == 500);
    CHECK(g.log.wait_for("authorize threw: no database"));
    CHECK(g.sessions() == 0);
}

TEST_CASE("the first decision counts") {
    SECTION("yes, then no") {
        guarded g([](request const&, decision d) {
            d.accept();
            d.refuse();
            d.accept();
        });
        raw_client c(g.server.port());
        CHECK(c.upgrade("/ws").status == 101);
        c.send_text("hello");
        CHECK(c.read_message() == "hello");
    }
    SECTION("no, then a throw") {
        guarded g([](request const&, decision d) {
            d.refuse(401, "no");
            throw std::runtime_error("too late");
        });
        raw_client c(g.server.port());
        CHECK(c.upgrade("/ws").status == 401);
    }
    SECTION("of two threads") {
        pending_decisions at;
        guarded g([&](request const&, decision d) { at.put(std::move(d)); });
        raw_client c(g.server.port());
        c.send(c.upgrade_bytes("/ws"));
        auto const d = at.take();
        std::thread one([&] { d.accept(); });
        std::thread two([&] { d.refuse(401); });
        one.join();
        two.join();
        auto const status = c.read_response().status;
        CHECK((status == 101 || status == 401));
        CHECK(eventually([&] { return g.sessions() == (status == 101 ? 1u : 0u); }));
    }
}

TEST_CASE("a client may be gone before it is let in") {
    auto const& way = GENERATE(from_range(std::begin(ways), std::end(ways)));
    auto const threads = GENERATE(1u, 4u);
    auto const by_reset = GENERATE(true, false);
    CAPTURE(way.name, threads, by_reset);
    pending_decisions at;
    guarded g([&](request const&, decision d) { at.put(std::move(d)); }, threads);
    auto c = std::make_unique<raw_client>(g.server.port());
    c->send(guarded::with_site(bytes_of(*c, way)));
    auto const d = at.take();
    by_reset ? c->reset() : c->close();
    raw_client next(g.server.port());
    CHECK(next.get("/echo").status == 200);
    d.accept();
    // Whether the server noticed before or after it let the client in, nothing stays behind.
    CHECK(eventually([&] { return g.sessions() == 0 || g.sockjs.session_count() == 1; }));
    CHECK(next.get("/echo").status == 200);
    CHECK(eventually(
        [&] { return g.seen.count("open") == g.seen.count("close") || g.sessions() == 1; }));
}

TEST_CASE("a session id is taken while its client waits to be let in") {
    auto const threads = GENERATE(1u, 4u);
    pending_decisions at;
    guarded g([&](request const&, decision d) { at.put(std::move(d)); }, threads);
    raw_client first(g.server.port());
    raw_client second(g.server.port());
    first.send(first.request_bytes("POST", "/echo/000/abc/xhr"));
    auto const d = at.take();
    CHECK(second.post("/echo/000/abc/xhr").body == "c[2010,\"Another connection still open\"]\n");
    CHECK(second.post("/echo/000/abc/xhr_send", R"(["x"])").status == 404);
    SECTION("yes") {
        d.accept();
        CHECK(first.read_response().body == "o\n");
    }
    SECTION("no: the id is free again") {
        d.refuse();
        CHECK(first.read_response().status == 403);
        second.send(second.request_bytes("POST", "/echo/000/abc/xhr"));
        at.take().accept();
        CHECK(second.read_response().body == "o\n");
    }
}

TEST_CASE("a server may stop while clients wait to be let in") {
    auto const& way = GENERATE(from_range(std::begin(ways), std::end(ways)));
    auto const threads = GENERATE(1u, 4u);
    CAPTURE(way.name, threads);
    pending_decisions at;
    std::optional<decision> kept;
    {
        guarded g([&](request const&, decision d) { at.put(std::move(d)); }, threads);
        raw_client c(g.server.port());
        c.send(guarded::with_site(bytes_of(c, way)));
        kept = at.take();
        g.server->stop();
        CHECK(g.server.wait_for_end());
        kept->accept();
    }
    // The server is gone; a decision that outlives it does nothing.
    kept->accept();
    kept.reset();
}

TEST_CASE("a server may drain while clients wait to be let in") {
    auto const& way = GENERATE(from_range(std::begin(ways), std::end(ways)));
    CAPTURE(way.name);
    pending_decisions at;
    // One whose poll has been answered is waited for as long as that.
    auto const ask = [&](request const&, decision d) { at.put(std::move(d)); };
    guarded g(ask, 1, 30s, 100ms);
    raw_client c(g.server.port());
    c.send(guarded::with_site(bytes_of(c, way)));
    auto const d = at.take();
    g.server->drain(20s);
    SECTION("yes: it comes in, and is told goodbye") {
        d.accept();
        CHECK(c.read_head().status == way.accepted);
        CHECK(g.seen.wait_for("open"));
        CHECK(g.seen.wait_for("close shutting_down"));
    }
    SECTION("no") {
        d.refuse();
        auto const answer = c.read_response();
        CHECK(answer.status == 403);
        CHECK(answer.header("Connection") == "close");
    }
    c.close();
    CHECK(g.server.wait_for_end());
}
