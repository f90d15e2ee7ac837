#include <anywire/dialect.hpp>
#include <anywire/test.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace anywire;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

/// A dialect of a test's own, for what `anywire/dialect.hpp` promises.
namespace parrot {

frame_ptr own_frame(std::string_view text) {
    frame_ptr f(frame::make(text, frame_kind::text));
    f->mark_protocol();
    return f;
}

class plain_codec final : public codec {
public:
    frame_ptr encode(message_view m, std::string&) const override {
        return frame_ptr(frame::make(m.data, frame_kind::text));
    }
};
constexpr plain_codec as_it_is;

/// Says nothing of its own.
class silent final : public session_protocol {
public:
    codec const& message_codec() const noexcept override { return as_it_is; }
};
constexpr silent says_nothing;

/// Says hello, beats and goodbye; a payload is words, and "!" is none.
class polite final : public session_protocol {
public:
    codec const& message_codec() const noexcept override { return as_it_is; }
    frame_ptr open_frame() const override { return own_frame("[hello]"); }
    frame_ptr heartbeat_frame() const override { return own_frame("[beat]"); }
    frame_ptr goodbye_frame(close_code code,
                            std::string_view text,
                            std::string& scratch) const override {
        scratch.append("[bye ").append(std::to_string(static_cast<int>(code)));
        return own_frame(scratch.append(text).append("]"));
    }
    bool read(std::string_view payload, bool, message_sink& to) const override {
        while (!payload.empty()) {
            auto const word = payload.substr(0, payload.find(' '));
            payload.remove_prefix(std::min(payload.size(), word.size() + 1));
            if (word == "!") return false;
            to.take(word);
        }
        return true;
    }
};
constexpr polite says_hello;

class poll final : public poll_dress {
public:
    std::string_view name() const noexcept override { return "parrot-poll"; }
    void add_fields(std::string_view fields) override { fields_.append(fields); }
    dressed dress(std::span<frame* const> batch, std::string& body, answer& head) override {
        for (auto const* f : batch) body.append(f->text());
        head.content_type = "text/plain";
        head.fields = fields_;
        return {batch.size(), batch.back()->text().starts_with("[bye")};
    }

private:
    std::string fields_{};
};

class stream final : public stream_dress {
public:
    std::string_view name() const noexcept override { return "parrot-stream"; }
    answer head() const noexcept override { return {.content_type = "text/plain"}; }
    dressed dress(std::span<frame* const> batch, bool, std::size_t, body_parts& out) override {
        out.add(batch[0]->text());
        return {1, batch[0]->text().starts_with("[bye")};
    }
};

struct options {
    dialect_options common{};
    session_protocol const* speaks = &says_hello;
    bool opens = true;
};

class parrot_dialect final : public dialect {
public:
    explicit parrot_dialect(options const& o) : speaks_(*o.speaks), opens_(o.opens) {}

    void serve(dialect_request const& r) const override {
        auto const& at = r.below();
        if (r.asks_for_duplex()) return r.open_duplex(speaks_, "parrot");
        if (r.method() == "OPTIONS") return r.respond_to_preflight("GET, POST");
        if (at == "/new") return r.respond(200, r.draw_sid());
        if (at == "/broken") throw std::runtime_error("on purpose");
        auto const id = at.substr(std::min<std::size_t>(at.size(), 1));
        if (r.method() == "DELETE") return end(r, id);
        if (r.method() == "POST") return r.receive(id, {.body = "ok"});
        if (r.method() != "GET") return r.respond_method_not_allowed("GET, POST, DELETE");
        if (r.query() == "stream")
            return r.stream(speaks_, id, std::make_unique<parrot::stream>(), 10, opens_);
        r.poll(speaks_, id, std::make_unique<parrot::poll>(), opens_);
    }
    std::string session_named_by(std::string_view below, std::string_view) const override {
        return std::string(below.substr(std::min<std::size_t>(below.size(), 1)));
    }
    bool carries_binary() const noexcept override { return false; }

private:
    static void end(dialect_request const& r, std::string_view id) {
        if (!r.check_origin() || !r.go_to(id)) return;
        auto const s = r.find(id);
        if (!s) return r.respond(404, "no such session\n");
        s->end(close_reason::client_closed, ending::silently);
        r.respond(200, "gone\n");
    }

    session_protocol const& speaks_;
    bool opens_;
};

std::shared_ptr<mount_point> make_mount(mount_place const& at, options o, handlers app) {
    auto speaks = std::make_unique<parrot_dialect const>(o);
    return make_dialect_mount(at, std::move(o.common), std::move(speaks), std::move(app));
}

}  // namespace parrot

namespace {

struct parrot_host {
    testing::host host{};
    strings closed{};
    std::vector<std::string> carried{};

    explicit parrot_host(parrot::options o = {}, handlers app = {}) {
        app.on_message = [this](session& s, message_view m) {
            carried.emplace_back(s.transport());
            if (m.data == "pause") return s.pause();
            if (m.data == "close") return s.close(static_cast<close_code>(3001), " enough");
            s.send(m);
        };
        app.on_close = [this](session&, close_event const& how) {
            closed.emplace_back(to_string(how.reason));
        };
        host.mount("/parrot", std::move(o), app);
    }
};

}  // namespace

TEST_CASE("a dialect of one's own opens a session by a poll, and speaks over it") {
    parrot_host p;
    CHECK(p.host.get("/parrot/a").body() == "[hello]");
    auto waiting = p.host.get("/parrot/a");
    CHECK_FALSE(waiting.has_begun());
    CHECK(p.host.get("/parrot/a").status() == 409);
    auto const posted = p.host.post("/parrot/a", "one two");
    CHECK(posted.status() == 200);
    CHECK(posted.body() == "ok");
    CHECK(waiting.body() == "onetwo");
    CHECK(p.carried == strings{"parrot-poll", "parrot-poll"});
    auto const beat = p.host.get("/parrot/a");
    p.host.advance(26s);
    CHECK(beat.body() == "[beat]");
    CHECK(p.host.post("/parrot/a", "close").status() == 200);
    CHECK(p.host.get("/parrot/a").body() == "[bye 3001 enough]");
    CHECK(p.host.get("/parrot/a").body() == "[bye 3001 enough]");
    p.host.advance(6s);
    CHECK(p.host.get("/parrot/a").body() == "[hello]");
    p.host.advance(6s);
    CHECK(p.closed == strings{"server_closed", "transport_lost"});
}

TEST_CASE("a body that breaks a dialect's protocol is refused as a whole") {
    parrot_host p;
    CHECK(p.host.get("/parrot/a").body() == "[hello]");
    CHECK(p.host.post("/parrot/a", "one !").status() == 400);
    CHECK(p.carried.empty());
    CHECK(p.host.post("/parrot/b", "one").status() == 404);
    CHECK(p.host.post("/parrot/", "one").status() == 404);
    CHECK(p.host.get("/parrot/").status() == 404);
    CHECK(p.host.request("PUT", "/parrot/a").status() == 405);
    CHECK(p.host.request("PUT", "/parrot/a").header("allow") == "GET, POST, DELETE");
}

TEST_CASE("a stream of a dialect's own ends at its limit and goes on with the next request") {
    parrot_host p;
    auto stream = p.host.get("/parrot/a?stream");
    CHECK(stream.take_parts() == strings{"[hello]"});
    CHECK(p.host.post("/parrot/a", "one").status() == 200);
    CHECK(stream.take_parts() == strings{"one"});
    CHECK(stream.is_complete());
    auto next = p.host.get("/parrot/a?stream");
    CHECK(next.has_begun());
    CHECK(p.host.post("/parrot/a", "two").status() == 200);
    CHECK(next.take_parts() == strings{"two"});
}

TEST_CASE("a dialect without words of its own ends an answer by breaking it off") {
    parrot_host p({.speaks = &parrot::says_nothing});
    auto stream = p.host.get("/parrot/a?stream");
    CHECK(stream.has_begun());
    CHECK(stream.take_parts().empty());
    CHECK(p.host.post("/parrot/a", "one two").status() == 200);
    CHECK(stream.take_parts() == strings{"one two"});
    CHECK(p.host.post("/parrot/a", "close").status() == 200);
    CHECK(stream.is_broken_off());
    CHECK(p.closed == strings{"server_closed"});
}

TEST_CASE("a dialect's messages come over a WebSocket, and what breaks it ends the session") {
    parrot_host p;
    auto client = p.host.connect("/parrot");
    REQUIRE(client.is_open());
    CHECK(client.take() == strings{"[hello]"});
    client.send("one two");
    CHECK(client.take() == strings{"one", "two"});
    CHECK(p.carried == strings{"parrot", "parrot"});
    p.host.advance(26s);
    CHECK(client.take() == strings{"[beat]"});
    client.send("!");
    CHECK(client.take() == strings{"[bye 1002a message that breaks the protocol]"});
    CHECK(client.closed_with() == close_code::protocol_error);
    auto second = p.host.connect("/parrot");
    second.send("close");
    CHECK(second.take() == strings{"[hello]", "[bye 3001 enough]"});
    CHECK(p.closed == strings{"protocol_error", "server_closed"});
}

TEST_CASE("a paused session of a dialect's own keeps a POST waiting") {
    session_limits limits;
    limits.max_queued_bytes = 1024;
    parrot_host p({.common = {.limits = limits}});
    CHECK(p.host.get("/parrot/a").body() == "[hello]");
    CHECK(p.host.post("/parrot/a", "pause").status() == 0);
    CHECK(p.host.post("/parrot/a", "one").status() == 0);
    CHECK(p.host.post("/parrot/a", std::string(1000, 'x')).status() == 503);
}

TEST_CASE("a dialect's sessions are opened where origin, room and the application allow it") {
    handlers app;
    app.authorize = [](request const& r, decision d) {
        r.query() == "no" ? d.refuse(401, "who are you?") : d.accept();
    };
    session_limits limits;
    limits.max_sessions = 1;
    parrot_host p(
        {.common = {
             .limits = limits,
             .origins = {"https://page.example"},
             .initial_headers = [](request const&, response_headers& h) { h.add("X-First", "1"); },
             .headers = [](request const&, response_headers& h) { h.add("X-Each", "2"); }}},
        app);
    CHECK(p.host.get("/parrot/a?no").status() == 401);
    auto const foreign = p.host.get("/parrot/a", {{"Origin", "https://elsewhere.example"}});
    CHECK(foreign.status() == 403);
    CHECK(foreign.header("access-control-allow-origin").empty());
    auto const first = p.host.get("/parrot/a", {{"Origin", "https://page.example"}});
    CHECK(first.body() == "[hello]");
    CHECK(first.header("access-control-allow-origin") == "https://page.example");
    CHECK(first.header("x-first") == "1");
    CHECK(first.header("x-each") == "2");
    auto const posted = p.host.post("/parrot/a", "one");
    CHECK(posted.header("x-first").empty());
    CHECK(posted.header("x-each") == "2");
    CHECK(p.host.get("/parrot/a").header("x-each") == "2");
    CHECK(p.host.get("/parrot/b").status() == 503);
    auto const asked = p.host.request(
        "OPTIONS",
        "/parrot/a",
        {},
        {{"Origin", "https://page.example"}, {"Access-Control-Request-Headers", "x-thing"}});
    CHECK(asked.status() == 204);
    CHECK(asked.header("access-control-allow-methods") == "GET, POST");
    CHECK(asked.header("access-control-allow-headers") == "x-thing");
}

TEST_CASE("a dialect finds its sessions, and may leave their opening to another request") {
    parrot_host p;
    CHECK(p.host.get("/parrot/a").body() == "[hello]");
    CHECK(p.host.request("DELETE", "/parrot/a").body() == "gone\n");
    CHECK(p.host.request("DELETE", "/parrot/a").status() == 404);
    CHECK(p.closed == strings{"client_closed"});
    CHECK(p.host.get("/parrot/new").body().size() == 20);
    auto const broken = p.host.get("/parrot/broken");  // its `serve` throws
    CHECK(broken.status() == 500);
    CHECK(broken.header("x-content-type-options") == "nosniff");
    parrot_host strict({.opens = false});
    CHECK(strict.host.get("/parrot/a").status() == 404);
}

TEST_CASE("a dialect's options are checked where it is mounted") {
    testing::host host;
    CHECK_THROWS_AS(host.mount("/p", parrot::options{.common = {.heartbeat = 0ms}}, {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(host.mount("/p", parrot::options{.common = {.disconnect_delay = 0ms}}, {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(host.mount("/p", parrot::options{.common = {.ping_interval = -1ms}}, {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(host.mount("/p", parrot::options{.common = {.ping_timeout = 0ms}}, {}),
                    std::invalid_argument);
}
