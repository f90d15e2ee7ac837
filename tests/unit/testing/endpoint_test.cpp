// One audience over several mounts, and over two services that a bus connects.
#include <anywire/test.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

/// What connects services in one process: each hears what the others send.
class local_net {
public:
    bus_maker maker() {
        return [this](local_sessions& here) { return std::make_unique<bus>(*this, here); };
    }
    int sent = 0;

private:
    class bus final : public endpoint_bus {
    public:
        bus(local_net& net, local_sessions& here) : endpoint_bus(here), net_(net), here_(here) {}
        void init() override { net_.all_.push_back(&here_); }
        void close() override { std::erase(net_.all_, &here_); }
        void broadcast(message_ptr packet, audience to, send_flags flags) override {
            ++net_.sent;
            for (auto* each : net_.all_) each->broadcast(packet, to, flags);
        }
        void count_of(audience of, count_fn then) override {
            struct sum {
                std::size_t left;
                std::size_t n = 0;
            };
            auto const s = std::make_shared<sum>(sum{net_.all_.size()});
            for (auto* each : net_.all_)
                each->count_of(of, [s, then](error_code e, std::size_t n) {
                    s->n += n;
                    if (--s->left == 0) then(e, s->n);
                });
        }

    private:
        local_net& net_;
        local_sessions& here_;
    };

    std::vector<local_sessions*> all_{};
};

/// "all x" goes to everybody, "others x" to everybody else, "join g" and "g x" are about groups.
handlers talker() {
    return {.on_message = [](session& s, message_view m) {
        auto const blank = m.data.find(' ');
        auto const verb = m.data.substr(0, blank);
        auto const rest = m.data.substr(blank + 1);
        if (verb == "join")
            s.join(rest);
        else if (verb == "all")
            s.endpoint().broadcast(rest);
        else if (verb == "others")
            s.endpoint().except(s).send(rest);
        else
            s.endpoint().to(verb).except(s).send(rest);
    }};
}

}  // namespace

TEST_CASE("one endpoint over several mounts is one audience") {
    testing::host host;
    auto const all = host.mount("/ws", websocket_options{}, talker());
    CHECK(host.mount("/sockjs", sockjs_options{}, all) == all);
    CHECK(host.mount("/engine.io", engineio_options{}, all) == all);
    auto const other = host.mount("/other", websocket_options{}, talker());
    auto ws = host.connect("/ws");
    auto sockjs = host.connect("/sockjs", testing::dialect::sockjs);
    auto engineio = host.connect("/engine.io", testing::dialect::engineio);
    auto stranger = host.connect("/other");
    CHECK(all.session_count() == 3);
    CHECK(all.opened_count() == 3);
    CHECK(other.session_count() == 1);
    sockjs.send("all 1");
    for (auto* c : {&ws, &sockjs, &engineio}) CHECK(c->take() == strings{"1"});
    engineio.send("others 2");
    for (auto* c : {&ws, &sockjs}) CHECK(c->take() == strings{"2"});
    CHECK(engineio.take().empty());
    ws.send("join g");
    sockjs.send("join g");
    ws.send("g 3");
    CHECK(ws.take().empty());
    CHECK(sockjs.take() == strings{"3"});
    engineio.send("g 4");
    for (auto* c : {&ws, &sockjs}) CHECK(c->take() == strings{"4"});
    CHECK(engineio.take().empty());
    CHECK(stranger.take().empty());
    strings groups;
    all.groups([&](error_code, strings found) { groups = std::move(found); });
    host.settle();
    CHECK(groups == strings{"g"});
    sockjs.cut();
    CHECK(all.session_count() == 2);
}

TEST_CASE("each mount of an audience keeps its own limits") {
    testing::host host;
    auto const all = host.mount("/ws", websocket_options{.limits = {.max_sessions = 1}}, talker());
    host.mount("/more", websocket_options{.limits = {.max_message = 10}}, all);
    auto first = host.connect("/ws");
    CHECK(host.connect("/ws").refused_with() == 503);
    auto second = host.connect("/more");
    CHECK(second.is_open());
    first.send("all longer than ten bytes");
    CHECK(second.take() == strings{"longer than ten bytes"});
}

TEST_CASE("an endpoint is shared within its service only") {
    testing::host host;
    testing::host elsewhere;
    auto const foreign = elsewhere.mount("/ws", websocket_options{}, talker());
    CHECK_THROWS_AS(host.mount("/a", sockjs_options{}, foreign), std::invalid_argument);
    CHECK_THROWS_AS(host.mount("/a", sockjs_options{}, endpoint{}), std::invalid_argument);
    auto const all = host.mount("/a", sockjs_options{}, talker());
    CHECK_THROWS_AS(host.mount("/a", sockjs_options{}, all), std::invalid_argument);
    (void)host.get("/a/info");
    CHECK(host.mount("/b", websocket_options{}, all) == all);
    host.unmount("/a");
    host.unmount("/b");
    host.advance(1s);
    CHECK_THROWS_AS(host.mount("/c", websocket_options{}, all), std::invalid_argument);
}

TEST_CASE("a bus connects the audiences of two services: nothing is doubled, nothing comes back") {
    local_net net;
    testing::host a;
    testing::host b;
    auto const of_a = a.mount("/ws", websocket_options{}, talker());
    a.mount("/sockjs", sockjs_options{}, of_a);
    of_a.use_bus(net.maker());
    auto const of_b = b.mount("/ws", websocket_options{}, talker());
    of_b.use_bus(net.maker());
    auto a1 = a.connect("/ws");
    auto a2 = a.connect("/sockjs", testing::dialect::sockjs);
    auto b1 = b.connect("/ws");
    auto b2 = b.connect("/ws");
    auto const taken = [&] {
        a.settle();
        b.settle();
        strings all;
        for (auto* c : {&a1, &a2, &b1, &b2}) {
            std::string one;
            for (auto const& m : c->take()) one += m;
            all.push_back(one);
        }
        return all;
    };
    a1.send("all x");
    CHECK(taken() == strings{"x", "x", "x", "x"});
    b1.send("others y");
    CHECK(taken() == strings{"y", "y", "", "y"});
    a2.send("join g");
    b1.send("join g");
    b2.send("join g");
    b1.send("g z");
    CHECK(taken() == strings{"", "z", "", "z"});
    a1.send("g w");
    CHECK(taken() == strings{"", "w", "w", "w"});
    CHECK(net.sent == 4);
    CHECK(of_a.everybody().local().send("here"));
    CHECK(of_a.broadcast("\xff").error() == errc::bad_utf8);
    CHECK(taken() == strings{"here", "here", "", ""});
    CHECK(net.sent == 4);

    std::size_t in_group = 0;
    std::size_t here = 0;
    of_a.to("g").count([&](error_code, std::size_t n) { in_group = n; });
    of_a.to("g").local().count([&](error_code, std::size_t n) { here = n; });
    a.settle();
    b.settle();
    a.settle();
    CHECK(in_group == 3);
    CHECK(here == 1);
    CHECK(of_a.session_count() == 2);
}

TEST_CASE("an endpoint that outlives its service does no harm, with a bus and without") {
    local_net net;
    endpoint plain;
    endpoint bussed;
    {
        testing::host host;
        plain = host.mount("/a", websocket_options{}, talker());
        bussed = host.mount("/b", websocket_options{}, talker());
        bussed.use_bus(net.maker());
        auto c = host.connect("/a");
        CHECK(plain.session_count() == 1);
    }
    strings told;
    for (auto const& e : {plain, bussed}) {
        CHECK(e.broadcast("x"));
        CHECK(e.to("g").send("x"));
        e.post("0123456789012345678901", [](session&) { FAIL("a session"); });
        e.groups([&](error_code why, strings const&) { told.push_back(why.message()); });
    }
    CHECK(told == strings(2, make_error_code(errc::session_closed).message()));
    CHECK(net.sent == 0);
}

// -- ids of the application's ---------------------------------------------------------------------

TEST_CASE("an application makes the ids of Engine.IO sessions, of the request") {
    testing::host host;
    std::string next = "node-7_aaaaaaaaaaaaaaaaaaaaaa";
    engineio_options o;
    o.generate_id = [&](request const& r) {
        if (r.query().find("throw") != std::string_view::npos) throw std::runtime_error("no");
        return next;
    };
    auto const all = host.mount("/eio", o, talker());
    auto const opened = host.get("/eio/?EIO=4&transport=polling");
    CHECK(opened.status() == 200);
    CHECK(opened.body().find("\"sid\":\"" + next + "\"") != std::string::npos);
    CHECK(host.post("/eio/?EIO=4&transport=polling&sid=" + next, "4all x").body() == "ok");
    CHECK(host.get("/eio/?EIO=4&transport=polling&sid=" + next).body() == "4x");

    // Not that of another session, not too short, not what is no id, not none.
    for (std::string const& bad : {next,
                                   std::string("short"),
                                   std::string(19, 'a'),
                                   std::string(129, 'a'),
                                   std::string("has a blank in its middle"),
                                   std::string("line\nend-aaaaaaaaaaaaaaa"),
                                   std::string()}) {
        next = bad;
        INFO(bad);
        CHECK(host.get("/eio/?EIO=4&transport=polling").status() == 500);
        CHECK(host.connect("/eio", testing::dialect::engineio).refused_with() == 500);
    }
    next = std::string(128, 'b');
    CHECK(host.get("/eio/?EIO=4&transport=polling&throw").status() == 500);
    auto const numbers = host.snapshot();
    for (auto const& [why, n] : numbers.mounts.front().refused)
        CHECK(n == (why == refusal_cause::generate_id ? 15 : 0));
    CHECK(host.connect("/eio", testing::dialect::engineio).is_open());
    CHECK(all.session_count() == 2);
}

TEST_CASE("the events of the engine come with its options, and the rates with the limits") {
    strings told;
    testing::host host;
    engineio_options o;
    o.limits.max_messages_per_second = 2;
    o.on_packet = [&](session&, engineio_packet const& p) { told.emplace_back(p.type); };
    host.mount("/eio", o, talker());
    auto c = host.connect("/eio", testing::dialect::engineio);
    c.send("all 1");
    host.advance(26s);
    c.send("all 2");
    CHECK(told == strings{"message", "pong", "message"});
    c.send("all 3");
    c.send("all 4");
    CHECK(c.closed_with() == close_code::policy_violation);
    CHECK(c.close_text() == "too many messages");
    CHECK(c.take() == strings{"1", "2", "3"});
}

TEST_CASE("rates and bursts that no bucket holds are refused") {
    testing::host host;
    auto const mount = [&](session_limits const& limits) {
        host.mount("/ws", websocket_options{.limits = limits}, talker());
    };
    CHECK_THROWS_AS(mount({.message_burst = std::size_t{1} << 31}), std::invalid_argument);
    CHECK_THROWS_AS(mount({.max_bytes_per_second = std::size_t{1} << 31}), std::invalid_argument);
}
