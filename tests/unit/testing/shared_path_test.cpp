// Several dialects on one path, without sockets.

#include <anywire/dialect.hpp>
#include <anywire/test.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using strings = std::vector<std::string>;

namespace {

handlers saying(std::string name) {
    return {.on_message = [name](session& s, message_view m) {
        (void)s.send(name + " " + std::string(m.data));
    }};
}

/// A dialect without sessions: it answers with its name.
class named final : public dialect {
public:
    named(std::string own, std::string what) : own_(std::move(own)), what_(std::move(what)) {}
    void serve(dialect_request const& r) const override { r.respond(200, own_); }
    std::string_view name() const noexcept override { return own_; }
    std::string_view claim() const noexcept override { return what_; }
    bool claims(std::string_view below, std::string_view query, bool) const noexcept override {
        return below == "/" + own_ || query == own_ + "=";
    }

private:
    std::string own_;
    std::string what_;
};

struct named_options {
    std::string name{};
    std::string what{};
    std::size_t max_message = 1'000;
};
std::shared_ptr<mount_point> make_mount(mount_place const& at, named_options o, handlers app) {
    return make_dialect_mount(at,
                              {.limits = {.max_message = o.max_message}},
                              std::make_unique<named>(o.name, o.what),
                              std::move(app));
}

struct all_three {
    all_three() {
        host.mount("/live", sockjs_options{}, saying("sockjs"));
        host.mount("/live/", websocket_options{}, saying("websocket"));
        host.mount("/live", engineio_options{}, saying("engineio"));
    }
    std::string say_hello(std::string_view target, testing::dialect speaks) {
        auto c = host.connect(target, speaks);
        if (!c.is_open()) return "refused " + std::to_string(c.refused_with());
        c.send("hello");
        auto const got = c.take();
        return got.empty() ? "" : got.back();
    }

    testing::host host{};
};

std::string said_by(testing::host& host, named_options o) {
    try {
        host.mount("/live", std::move(o), {});
    } catch (std::invalid_argument const& e) {
        return e.what();
    }
    return {};
}

}  // namespace

TEST_CASE("each of the dialects on one path gets its clients") {
    all_three s;
    using enum testing::dialect;
    CHECK(s.say_hello("/live", websocket) == "websocket hello");
    CHECK(s.say_hello("/live/", websocket) == "websocket hello");
    CHECK(s.say_hello("/live?token=a&XEIO=4&EIO", websocket) == "websocket hello");
    CHECK(s.say_hello("/live", sockjs) == "sockjs hello");
    CHECK(s.say_hello("/live/", engineio) == "engineio hello");
    CHECK(s.say_hello("/live/?token=a", engineio) == "engineio hello");
    CHECK(s.say_hello("/live/websocket", websocket) == "sockjs hello");
    CHECK(s.say_hello("/live/nothing", websocket) == "refused 404");
    CHECK(s.host.get("/live").body() == "Welcome to SockJS!\n");
    CHECK(s.host.get("/live/info").status() == 200);
    CHECK(s.host.get("/live/?EIO=4&transport=polling").body().starts_with("0{\"sid\""));
    CHECK(s.host.post("/live/0/abc/xhr", "").body() == "o\n");
}

TEST_CASE("what a path leads to knows of all that share it") {
    testing::host host;
    host.mount("/live", websocket_options{}, saying("websocket"));
    host.mount("/live", sockjs_options{.limits = {.max_message = 1'000}}, saying("sockjs"));
    host.mount("/live", engineio_options{.limits = {.max_message = 2'000}}, saying("engineio"));
    CHECK(host.owns("/live"));
    CHECK(host.owns("/live/?EIO=4"));
    CHECK_FALSE(host.owns("/lively"));
    CHECK(host.max_body("/live/0/abc/xhr_send") == 2'000);
    // Each judges by its own limit.
    CHECK(host.post("/live/0/abc/xhr_send", std::string(1'001, 'x')).status() == 413);
    CHECK(host.post("/live/?EIO=4&transport=polling&sid=a", std::string(1'001, 'x')).status() ==
          400);
    CHECK(host.post("/live/?EIO=4&transport=polling&sid=a", std::string(2'001, 'x')).status() ==
          413);
}

TEST_CASE("without SockJS the last one at a path answers what none has claimed") {
    testing::host host;
    host.mount("/live", engineio_options{}, saying("engineio"));
    host.mount("/live", websocket_options{}, saying("websocket"));
    CHECK(host.get("/live").status() == 400);
    CHECK(host.get("/live").body() == "not a WebSocket handshake\n");
    CHECK(host.get("/live/below").status() == 404);
}

TEST_CASE("who would take the same requests is refused, with the reason") {
    all_three s;
    auto& host = s.host;
    auto const second = [&](auto options) {
        try {
            host.mount("/live", std::move(options), {});
        } catch (std::invalid_argument const& e) {
            return std::string(e.what());
        }
        return std::string("mounted");
    };
    CHECK(second(sockjs_options{}) ==
          "mount '/live': the path is taken by a mount for all that other dialects at its path "
          "leave");
    CHECK(
        second(websocket_options{}) ==
        "mount '/live': the path is taken by a mount for WebSocket handshakes at the path itself");
    CHECK(second(engineio_options{}) ==
          "mount '/live': the path is taken by a mount for requests with EIO= in their query");
    CHECK(said_by(host, {.name = "all"}) == "mount '/live': the path is taken");
    CHECK_THROWS_WITH(host.serve_files("/live", "/"), "serve_files '/live': the path is taken");
    CHECK_THROWS_WITH(host.mount_health("/live"), "mount_health '/live': the path is taken");
    testing::host other;
    CHECK(said_by(other, {.name = "all"}).empty());
    CHECK_THROWS_WITH(other.mount("/live", websocket_options{}, handlers{}),
                      "mount '/live': the path is taken");
}

TEST_CASE("a dialect of one's own shares a path when it says what it takes") {
    all_three s;
    CHECK(said_by(s.host, {.name = "feed", .what = "what is below /feed"}).empty());
    CHECK(said_by(s.host, {.name = "more", .what = "what is below /more"}).empty());
    CHECK(said_by(s.host, {.name = "feed", .what = "what is below /feed"}) ==
          "mount '/live': the path is taken by a mount for what is below /feed");
    CHECK(s.host.get("/live/feed").body() == "feed");
    CHECK(s.host.get("/live?more=").body() == "more");
    CHECK(s.host.get("/live").body() == "Welcome to SockJS!\n");
}

TEST_CASE("mounts at one path are counted apart, and no series comes twice") {
    all_three s;
    s.host.mount("/alone", websocket_options{}, saying("alone"));
    using enum testing::dialect;
    auto const a = s.host.connect("/live", websocket);
    auto const b = s.host.connect("/live", sockjs);
    auto const c = s.host.connect("/live/", engineio);
    strings found;
    for (auto const& m : s.host.snapshot().mounts) {
        found.push_back(m.path + " " + m.dialect);
        CHECK(m.opened == (m.path == "/live" ? 1 : 0));
    }
    CHECK(found ==
          strings{"/live sockjs", "/live websocket", "/live engineio", "/alone websocket"});

    for (auto const as : {metrics_format::openmetrics, metrics_format::prometheus}) {
        auto const text = to_text(s.host.snapshot(), as);
        strings series;
        for (std::string_view rest = text; !rest.empty();) {
            auto const line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(rest.size(), line.size() + 1));
            if (!line.starts_with('#')) series.emplace_back(line.substr(0, line.rfind(' ')));
        }
        std::sort(series.begin(), series.end());
        CHECK(std::adjacent_find(series.begin(), series.end()) == series.end());
        auto const has = [&](std::string_view one) {
            return std::find(series.begin(), series.end(), one) != series.end();
        };
        CHECK(has(R"(anywire_sessions_opened_total{mount="/live",speaks="engineio"})"));
        CHECK(has(R"(anywire_sessions{mount="/live",speaks="sockjs",dialect="none",)"
                  R"(transport="none"})"));
        CHECK(has(R"(anywire_sessions_opened_total{mount="/alone"})"));
    }
}
