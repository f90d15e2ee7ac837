// One audience over several mounts and shards: who is sent what, what is counted and listed, and
// what goes through its bus.
#include "session/endpoint_hub.hpp"

#include <anywire/endpoint.hpp>

#include "session/session_base.hpp"
#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

/// Shards whose posts wait until they are run; the caller is in one of them, or in none.
class told_shards final : public shard_group {
public:
    explicit told_shards(std::vector<session_loop*> loops)
        : loops_(std::move(loops)), posts_(loops_.size()) {}

    std::size_t count() const noexcept override { return loops_.size(); }
    bool is_here(std::size_t shard) const noexcept override { return shard == here; }
    bool post(std::size_t shard, std::function<void()> fn) override {
        if (has_ended) return false;
        posts_[shard].push_back(std::move(fn));
        return true;
    }
    bool runs(std::size_t) const noexcept override { return !has_ended; }
    bool has_begun() const noexcept override { return begun; }
    session_loop& loop(std::size_t shard) override { return *loops_[shard]; }
    std::int64_t time_of_day() const noexcept override { return 0; }
    std::int64_t steady_time() const noexcept override { return 0; }

    /// Runs what was posted, each on its shard.
    void run() {
        auto const was = here;
        for (auto more = true; std::exchange(more, false);)
            for (here = 0; here < posts_.size(); ++here) {
                for (auto& posts = posts_[here]; !posts.empty(); more = true) {
                    auto const fn = std::move(posts.front());
                    posts.pop_front();
                    fn();
                }
                loops_[here]->flush();
            }
        here = was;
    }
    /// The shards end with what they were to do.
    void end() {
        has_ended = true;
        for (auto& posts : posts_) posts.clear();
    }

    std::size_t here = nowhere;
    bool begun = false;
    bool has_ended = false;

private:
    std::vector<session_loop*> loops_;
    std::vector<std::deque<std::function<void()>>> posts_;
};

/// Two shards, each with a part of two mounts; only the first mount carries bytes.
struct audience_world {
    world a{};
    world b{{}, 1000, 1};
    endpoint_counters second_counters{};
    endpoint_core second_a{a.loop, a.app, a.limits, second_counters, siphash_key{1, 2}};
    endpoint_core second_b{b.loop, b.app, b.limits, second_counters, siphash_key{1, 2}};
    std::shared_ptr<told_shards> shards =
        std::make_shared<told_shards>(std::vector<session_loop*>{&a.loop, &b.loop});
    std::shared_ptr<endpoint_hub> hub = std::make_shared<endpoint_hub>(shards, siphash_key{1, 2});
    endpoint all{hub};

    audience_world() {
        hub->add(true, {&a.endpoint, &b.endpoint});
        hub->add(false, {&second_a, &second_b});
    }
    ~audience_world() {
        for (auto* e : {&a.endpoint, &b.endpoint, &second_a, &second_b}) e->abandon_all();
        a.loop.flush();
        b.loop.flush();
        hub->end();
        shards->end();  // what was posted since holds the hub, and the hub the shards
    }

    plain_session& open(world& w, endpoint_core& in, fake_transport& transport) {
        auto& s = *new plain_session(in, {}, w.no_ping);
        in.add(&s);
        s.attach(transport);
        w.loop.flush();
        return s;
    }
    strings answer(std::function<void(handler<void(error_code, strings)>)> const& ask) {
        strings names{"no answer"};
        ask([&](error_code e, strings found) { names = e ? strings{"error"} : std::move(found); });
        shards->run();
        return names;
    }
};

/// Writes down what goes through it.
class recording_bus : public endpoint_bus {
public:
    recording_bus(local_sessions& here, strings& to, bool rooms = false)
        : endpoint_bus(here), to_(to), watches_(rooms) {}

    void init() override { to_.emplace_back("init"); }
    void close() override {
        to_.emplace_back("close");
        throw std::runtime_error("nobody minds");
    }
    bool watches_rooms() const noexcept override { return watches_; }
    void on_room(room_change what, std::string const& room, std::string const&) override {
        static char const* const words[] = {"created ", "joined ", "left ", "removed "};
        to_.push_back(words[static_cast<int>(what)] + room);
    }
    void broadcast(message_ptr packet, audience to, send_flags flags) override {
        auto line = "send " + std::string(packet->view().data);
        for (auto const& name : to.rooms) line += " to " + name;
        if (!to.except.empty()) line += " except " + std::to_string(to.except.size());
        if (!flags.key.empty()) line += " key " + flags.key;
        to_.push_back(line);
        endpoint_bus::broadcast(std::move(packet), std::move(to), flags);
    }
    void count_of(audience of, count_fn then) override {
        to_.emplace_back("count");
        endpoint_bus::count_of(std::move(of), std::move(then));
    }

private:
    strings& to_;
    bool watches_;
};

bus_maker recording(strings& to, bool rooms = false) {
    return [&to, rooms](local_sessions& here) {
        return std::make_unique<recording_bus>(here, to, rooms);
    };
}

}  // namespace

TEST_CASE("one audience: a broadcast reaches every mount on every shard once, as one frame") {
    audience_world w;
    auto& transport_1 = w.a.transport();
    auto& transport_2 = w.b.transport();
    auto& transport_3 = w.a.transport();
    w.open(w.a, w.a.endpoint, transport_1);
    w.open(w.b, w.b.endpoint, transport_2);
    w.open(w.a, w.second_a, transport_3);
    w.shards->here = 0;
    CHECK(w.all.broadcast("x"));
    w.a.loop.flush();
    // On the calling shard at once, on the others soon.
    CHECK(transport_1.take() == strings{"x"});
    CHECK(transport_3.take() == strings{"x"});
    CHECK(transport_2.take().empty());
    w.shards->run();
    CHECK(transport_2.take() == strings{"x"});
    CHECK(transport_1.take().empty());
    CHECK(transport_1.frames.back() == transport_2.frames.back());
    CHECK(transport_1.frames.back() == transport_3.frames.back());
    CHECK(w.all.session_count() == 3);
    CHECK(w.all.opened_count() == 3);
}

TEST_CASE("bytes are sent to nobody where a mount of the audience carries text only") {
    audience_world w;
    auto& transport = w.a.transport();
    w.open(w.a, w.a.endpoint, transport);
    CHECK(w.all.broadcast({"\xff", true}).error() == errc::bad_utf8);
    CHECK(w.all.broadcast("\xff").error() == errc::bad_utf8);
    CHECK(w.all.to("g").send({"\xff", true}).error() == errc::bad_utf8);
    CHECK(w.all.broadcast({"text", true}));
    w.shards->run();
    CHECK(transport.take() == strings{"text"});
}

TEST_CASE("groups span mounts and shards; each member is sent to once, exceptions are not") {
    audience_world w;
    auto& transport_1 = w.a.transport();
    auto& transport_2 = w.b.transport();
    auto& transport_3 = w.a.transport();
    auto& one = w.open(w.a, w.a.endpoint, transport_1);
    auto& two = w.open(w.b, w.b.endpoint, transport_2);
    auto& three = w.open(w.a, w.second_a, transport_3);
    for (auto* s : {&one, &two, &three}) CHECK(s->join("all"));
    CHECK(one.join("odd"));
    CHECK(three.join("odd"));
    auto const taken = [&] {
        w.shards->run();
        return strings{std::to_string(transport_1.take().size()) +
                       std::to_string(transport_2.take().size()) +
                       std::to_string(transport_3.take().size())};
    };
    CHECK(w.all.to("all").to("odd").send("x"));
    CHECK(taken() == strings{"111"});
    CHECK(w.all.to("odd").to(one.id()).to(two.id()).send("x"));
    CHECK(taken() == strings{"111"});
    CHECK(w.all.to("all").except("odd").send("x"));
    CHECK(taken() == strings{"010"});
    CHECK(w.all.to("all").except(one).send("x"));
    CHECK(taken() == strings{"011"});
    CHECK(w.all.except(one).except(two).send("x"));
    CHECK(taken() == strings{"001"});
    CHECK(w.all.to(two.id()).send("x"));
    CHECK(taken() == strings{"010"});
    CHECK(w.all.to("nobody").send("x"));
    CHECK(taken() == strings{"000"});
}

TEST_CASE("groups, their members and their number are listed over mounts and shards") {
    audience_world w;
    auto& transport_1 = w.a.transport();
    auto& transport_2 = w.b.transport();
    auto& transport_3 = w.b.transport();
    auto& one = w.open(w.a, w.a.endpoint, transport_1);
    auto& two = w.open(w.b, w.b.endpoint, transport_2);
    auto& three = w.open(w.b, w.second_b, transport_3);
    CHECK(one.join("r"));
    CHECK(two.join("r"));
    CHECK(three.join("q"));
    CHECK(w.answer([&](auto f) { w.all.groups(std::move(f)); }) == strings{"q", "r"});
    strings both{std::string(one.id()), std::string(two.id())};
    std::sort(both.begin(), both.end());
    CHECK(w.answer([&](auto f) { w.all.to("r").members(std::move(f)); }) == both);
    CHECK(w.answer([&](auto f) { w.all.everybody().members(std::move(f)); }).size() == 3);
    CHECK(w.answer([&](auto f) { w.all.groups_of(three.id(), std::move(f)); }) == strings{"q"});
    CHECK(w.answer([&](auto f) { w.all.groups_of("nobody", std::move(f)); }).empty());
    std::vector<std::size_t> counts;
    auto const count = [&](error_code e, std::size_t n) { counts.push_back(e ? 999 : n); };
    w.all.to("r").count(count);
    w.all.everybody().count(count);
    w.all.except("r").count(count);
    w.all.to("none").count(count);
    w.shards->run();
    CHECK(counts == std::vector<std::size_t>{2, 3, 1, 0});
}

TEST_CASE("what is asked when the shards have gone is told at once, as an error") {
    audience_world w;
    strings told;
    auto const note = [&](error_code e, strings const& names) {
        told.push_back(e.message() + std::to_string(names.size()));
        // One that asks again is not told again without an end.
        w.all.groups([](error_code, strings const&) { FAIL("asked from within"); });
    };
    w.all.groups(note);  // still on its way
    CHECK(told.empty());
    w.shards->end();
    CHECK(told.size() == 1);
    w.all.everybody().members(note);
    CHECK(told.size() == 2);
    CHECK(told.back().starts_with(make_error_code(errc::session_closed).message()));
    CHECK(w.all.broadcast("x"));
    endpoint{}.groups([&](error_code e, strings const&) { CHECK(e == errc::session_closed); });
    CHECK_THROWS_AS(w.all.groups(nullptr), std::invalid_argument);
    CHECK_THROWS_AS(w.all.to("a").count(nullptr), std::invalid_argument);
}

TEST_CASE("a session names its endpoint, and alone none") {
    audience_world w;
    auto& transport = w.a.transport();
    auto& s = w.open(w.a, w.a.endpoint, transport);
    CHECK(s.endpoint() == w.all);
    world alone;
    auto& other = alone.transport();
    CHECK(alone.plain(other).endpoint() == endpoint{});
}

TEST_CASE("a posted function finds its session on every mount, and runs on its shard") {
    audience_world w;
    auto& transport = w.b.transport();
    auto& s = w.open(w.b, w.second_b, transport);
    std::size_t ran_on = 99;
    w.all.post(s.id(), [&](session&) { ran_on = w.shards->here; });
    CHECK(ran_on == 99);
    w.shards->run();
    CHECK(ran_on == 1);
    w.all.join(s.id(), "g");
    w.shards->run();
    CHECK(w.second_b.group_size("g") == 1);
    w.all.leave(s.id(), "g");
    w.shards->run();
    CHECK(w.second_b.group_size("g") == 0);
    w.all.post("nobody", [](session&) { FAIL("nobody"); });
    CHECK_THROWS_AS(w.all.post(s.id(), nullptr), std::invalid_argument);
}

// -- the bus --------------------------------------------------------------------------------------

TEST_CASE("a bus is asked for all that is sent to many, but for what is local") {
    strings heard;
    {
        audience_world w;
        w.all.use_bus(recording(heard));
        auto& transport = w.a.transport();
        auto& s = w.open(w.a, w.a.endpoint, transport);
        CHECK(s.join("g"));
        CHECK(w.all.broadcast("1"));
        CHECK(w.all.to("g").send("2"));
        CHECK(w.all.to("g").except(s).send("3"));
        CHECK(w.all.to("g").latest("k").send("4"));
        CHECK(w.all.to("g").local().send("5"));
        CHECK(s.send("6"));
        CHECK_FALSE(w.all.broadcast("\xff"));
        w.shards->run();
        CHECK(transport.take() == strings{"6", "1", "2", "4", "5"});
        std::size_t n = 0;
        w.all.to("g").count([&](error_code, std::size_t found) { n = found; });
        w.all.to("g").local().count([&](error_code, std::size_t found) { n += found; });
        w.shards->run();
        CHECK(n == 2);
        w.hub->end();
        CHECK(w.all.broadcast("7"));  // no member will come, but it does no harm
    }
    CHECK(heard == strings{"init",
                           "send 1",
                           "send 2 to g",
                           "send 3 to g except 1",
                           "send 4 to g key k",
                           "count",
                           "close"});
}

TEST_CASE("a bus that wants to hears of groups, over all mounts and shards") {
    strings heard;
    audience_world w;
    w.all.use_bus(recording(heard, true));
    heard.clear();
    auto& transport_1 = w.a.transport();
    auto& transport_2 = w.b.transport();
    auto& one = w.open(w.a, w.a.endpoint, transport_1);
    auto& two = w.open(w.b, w.second_b, transport_2);
    CHECK(one.join("r"));
    CHECK(one.join("r"));
    CHECK(heard.empty());  // when what changed it has returned
    w.shards->run();
    CHECK(two.join("r"));
    w.shards->run();
    one.leave("r");
    one.leave("r");
    w.shards->run();
    CHECK(heard == strings{"created r", "joined r", "joined r", "left r"});
    w.b.close(two);
    w.shards->run();
    CHECK(heard.back() == "removed r");
    CHECK(heard.size() == 6);
}

TEST_CASE("a bus is set up once, before requests are served, and is one") {
    strings heard;
    audience_world w;
    CHECK_THROWS_AS(w.all.use_bus({}), std::invalid_argument);
    CHECK_THROWS_AS(w.all.use_bus([](local_sessions&) { return nullptr; }), std::invalid_argument);
    CHECK_THROWS_AS(endpoint{}.use_bus(recording(heard)), std::logic_error);
    w.all.use_bus(recording(heard));
    CHECK_THROWS_AS(w.all.use_bus(recording(heard)), std::logic_error);
    audience_world late;
    late.shards->begun = true;
    CHECK_THROWS_AS(late.all.use_bus(recording(heard)), std::logic_error);
    CHECK(heard == strings{"init"});
}
