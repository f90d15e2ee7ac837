// The bus of plain endpoints.
#include "bus/bus_link.hpp"
#include "support/fake_redis.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using redis::bus_message;
using strings = std::vector<std::string>;

namespace {

/// The sessions of one server.
class fake_sessions final : public local_sessions {
public:
    void broadcast(message_ptr packet, audience to, send_flags flags) override {
        auto text = std::string(packet->view().data) + (packet->view().binary ? " binary" : "");
        for (auto const& r : to.rooms) text += " to " + r;
        for (auto const& r : to.except) text += " but " + r;
        if (!flags.key.empty()) text += " latest " + flags.key;
        seen.push_back(text);
    }
    void all_rooms(names_fn then) override { then({}, rooms); }
    void members_of(audience, names_fn then) override { then({}, members); }
    void count_of(audience, count_fn then) override { then({}, members.size()); }
    void rooms_of(std::string_view member, names_fn then) override {
        auto const is_here = std::find(members.begin(), members.end(), member) != members.end();
        then({}, is_here ? rooms : strings{});
    }
    std::weak_ptr<void const> handle() noexcept override { return kept; }
    std::function<void(std::function<void()>)> teller() override {
        return [](std::function<void()> fn) { fn(); };
    }

    strings seen{};
    strings rooms{};
    strings members{};
    std::shared_ptr<int> kept = std::make_shared<int>(0);
};

struct bus_world {
    explicit bus_world(std::string const& other_name = "chat") {
        make(a, "chat");
        make(b, other_name);
    }
    ~bus_world() {
        for (auto& bus : buses) bus->close();
    }
    bus_world(bus_world const&) = delete;
    bus_world& operator=(bus_world const&) = delete;

    void make(fake_sessions& here, std::string const& name) {
        auto const maker =
            redis::make_endpoint_bus(redis.connect(), {.name = name, .counters = counters});
        buses.push_back(maker(here));
        buses.back()->init();
    }
    static message_ptr message(std::string_view text, bool binary = false) {
        return std::make_shared<shared_message>(message_view{text, binary});
    }

    std::shared_ptr<redis::adapter_counters> counters = std::make_shared<redis::adapter_counters>();
    fake_redis redis{};
    fake_sessions a{};
    fake_sessions b{};
    std::vector<std::unique_ptr<endpoint_bus>> buses{};
};

}  // namespace

TEST_CASE("what is sent to all or to groups reaches the sessions of all servers, once") {
    bus_world w;
    w.buses[0]->broadcast(bus_world::message("hi \u00e9"), {}, {});
    w.buses[0]->broadcast(bus_world::message(std::string_view("\xff\x00", 2), true),
                          {{"g", "h"}, {"x"}},
                          {.key = "k"});
    strings const all{"hi \u00e9", std::string("\xff\x00", 2) + " binary to g to h but x latest k"};
    CHECK(w.a.seen == all);
    CHECK(w.b.seen.empty());
    w.redis.run();
    CHECK(w.a.seen == all);
    CHECK(w.b.seen == all);
    CHECK(w.counters->refused == 0);
}

TEST_CASE("endpoints of other names hear nothing") {
    bus_world w("other");
    w.buses[0]->broadcast(bus_world::message("hi"), {}, {});
    w.redis.run();
    CHECK(w.b.seen.empty());
}

TEST_CASE("groups, members and counts are those of all servers") {
    bus_world w;
    w.a.rooms = {"g"};
    w.b.rooms = {"g", "h"};
    w.a.members = {"1"};
    w.b.members = {"2", "3"};
    strings rooms;
    strings members;
    strings of_one;
    std::size_t count = 0;
    auto const into = [](strings& to) {
        return [&to](error_code e, strings all) {
            CHECK_FALSE(e);
            to = std::move(all);
        };
    };
    w.buses[0]->all_rooms(into(rooms));
    w.buses[0]->members_of({{"g"}, {}}, into(members));
    w.buses[0]->rooms_of("2", into(of_one));
    w.buses[0]->count_of({}, [&](error_code, std::size_t n) { count = n; });
    w.redis.run();
    CHECK(rooms == strings{"g", "h"});
    CHECK(members == strings{"1", "2", "3"});
    CHECK(of_one == strings{"g", "h"});
    CHECK(count == 3);
}

TEST_CASE("a server that is gone is waited for, and what others have said is told") {
    bus_world w;
    w.a.members = {"1"};
    auto const silent = w.redis.connect()->subscribe(
        redis::channel_kind::plain, "anywire#chat#", [](auto const&) {});
    error_code error;
    strings members;
    w.buses[0]->members_of({}, [&](error_code e, strings all) {
        error = e;
        members = std::move(all);
    });
    w.redis.advance(4'999ms);
    CHECK(members.empty());
    w.redis.advance(1ms);
    CHECK(error == errc::ack_timeout);
    CHECK(members == strings{"1"});
}

TEST_CASE("without Redis a server answers alone, and says so") {
    bus_world w;
    w.a.members = {"1"};
    w.redis.set_up(false);
    error_code error;
    std::size_t count = 0;
    w.buses[0]->count_of({}, [&](error_code e, std::size_t n) {
        error = e;
        count = n;
    });
    CHECK(error == redis::errc::connection_lost);
    CHECK(count == 1);
    w.buses[0]->broadcast(bus_world::message("hi"), {}, {});
    CHECK(w.a.seen == strings{"hi"});
}

TEST_CASE("messages of another version, or that make no sense, are counted and left alone") {
    bus_world w;
    bus_message const good{.kind = redis::bus_kind::broadcast, .uid = "x", .bytes = "\xff"};
    auto newer = redis::encode_bus(good);
    newer[1] = 2;
    for (auto const& bytes : {std::string{},
                              std::string("\xc1"),
                              std::string("\x90"),
                              std::string("{}"),
                              newer,
                              redis::encode_bus(good)})
        (void)w.redis.publish(redis::channel_kind::plain, "anywire#chat#", bytes);
    w.redis.run();
    CHECK(w.counters->refused == 2 * 6);  // by both servers
    CHECK(w.redis.log.size() == 2);
    CHECK(w.a.seen.empty());
    CHECK_THROWS_AS(redis::make_endpoint_bus(w.redis.connect(), {}), std::invalid_argument);
}

TEST_CASE("what is written is read as it was") {
    bus_message const all[] = {
        {.kind = redis::bus_kind::broadcast,
         .uid = "u",
         .to = {{"g"}, {"h"}},
         .key = "k",
         .is_binary = true,
         .bytes = std::string("\x00\xff", 2)},
        {.kind = redis::bus_kind::rooms_of, .uid = "u", .request_id = "q", .member = "m"},
        {.kind = redis::bus_kind::answer,
         .uid = "u",
         .request_id = "q",
         .names = {"a"},
         .count = 1u << 31}};
    for (auto const& m : all) {
        bus_message back;
        auto const bytes = redis::encode_bus(m);
        CHECK(redis::decode_bus(bytes, {}, back) == "");
        CHECK(redis::encode_bus(back) == bytes);
    }
}
