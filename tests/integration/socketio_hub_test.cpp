// What a bus hears of its hub, and what can be listed there.
#include <anywire/socketio/adapter.hpp>

#include "integration/socketio_client.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using strings = std::vector<std::string>;

namespace {

/// Writes down what it is told.
class told final : public sio::adapter {
public:
    told(sio::local_sockets& here, notes& to, bool rooms)
        : adapter(here), to_(to), watches_(rooms) {}

    void init() override { to_.add("init " + here().nsp_name()); }
    void close() override {
        to_.add("close " + here().nsp_name());
        throw std::runtime_error("nobody minds");
    }
    bool watches_rooms() const noexcept override { return watches_; }
    void on_room(room_change what, std::string const& room, std::string const& member) override {
        static char const* const words[] = {"created ", "joined ", "left ", "removed "};
        if (room != member) to_.add(words[static_cast<int>(what)] + room);
    }

private:
    notes& to_;
    bool watches_;
};

sio::options with(notes& to, bool rooms) {
    sio::options o;
    o.make_adapter = [&to, rooms](sio::local_sockets& here) {
        return std::make_unique<told>(here, to, rooms);
    };
    return o;
}

/// The answer to something that is asked.
template <class Ask>
strings answer_to(Ask ask) {
    notes done;
    strings names;
    ask([&](error_code e, std::vector<std::string> found) {
        if (!e) names = std::move(found);
        done.add("done");
    });
    CHECK(done.wait_for("done"));
    return names;
}

}  // namespace

TEST_CASE("a bus hears of its hub's begin, its rooms, and its end") {
    notes heard;
    {
        sio_house house(
            2, [](sio::server const& io, notes&) { (void)io.of("/other"); }, with(heard, true));
        CHECK(heard.all() == strings{"init /", "init /other"});
        sio_client a(house.port());
        sio_client b(house.port());
        auto const id_a = a.join().sid;
        auto const id_b = b.join().sid;
        CHECK(house.with(id_a, [](sio::socket& s) { s.join("r"); }));
        CHECK(heard.wait_for("joined r"));
        CHECK(house.with(id_b, [](sio::socket& s) { s.join("r"); }));
        CHECK(heard.wait_for("joined r", 2));
        CHECK(house.with(id_a, [](sio::socket& s) { s.leave("r"); }));
        CHECK(heard.wait_for("left r"));
        CHECK(heard.count("removed") == 0);
        house.io.to(id_b).disconnect_sockets(true);
        CHECK(heard.wait_for("removed r"));
        CHECK(heard.count("close") == 0);
    }
    auto all = heard.all();
    REQUIRE(all.size() == 10);
    std::sort(all.end() - 2, all.end());  // namespaces end in any order
    CHECK(all == strings{"init /",
                         "init /other",
                         "created r",
                         "joined r",
                         "joined r",
                         "left r",
                         "left r",
                         "removed r",
                         "close /",
                         "close /other"});
}

TEST_CASE("a bus that watches no rooms is told of none, and a namespace that ends tells its bus") {
    notes heard;
    auto o = with(heard, false);
    o.clean_up_child_namespaces = true;
    sio_house house(
        1,
        [](sio::server const& io, notes&) {
            (void)io.of(
                [](std::string_view name, sio::json_view) { return name.starts_with("/dyn"); });
        },
        std::move(o));
    sio_client a(house.port());
    auto const id = a.join().sid;
    CHECK(house.with(id, [](sio::socket& s) { s.join("r"); }));
    a.packet("0/dyn-1,");
    CHECK(a.until("0/dyn-1,").starts_with("0/dyn-1,"));
    CHECK(heard.wait_for("init /dyn-1"));
    a.packet("1/dyn-1,");
    CHECK(heard.wait_for("close /dyn-1"));
    CHECK(heard.count("created") == 0);
}

TEST_CASE("rooms and members are listed over all shards, each once") {
    auto const threads = GENERATE(1u, 3u);
    sio_house house(threads);
    std::vector<std::unique_ptr<sio_client>> clients;
    strings ids;
    for (int i = 0; i < 6; ++i) {
        clients.push_back(std::make_unique<sio_client>(house.port()));
        ids.push_back(clients.back()->join().sid);
    }
    house.io.to(ids[0]).to(ids[1]).sockets_join("pair");
    house.io.sockets_join("all");
    std::sort(ids.begin(), ids.end());

    auto all = ids;
    all.insert(all.end(), {"all", "pair"});
    std::sort(all.begin(), all.end());
    auto const rooms = [&](auto f) { house.io.all_rooms(std::move(f)); };
    CHECK(answer_to(rooms) == all);
    CHECK(answer_to([&](auto f) { house.io.socket_ids(std::move(f)); }) == ids);
    CHECK(answer_to([&](auto f) { house.io.in("pair").socket_ids(std::move(f)); }).size() == 2);
    CHECK(answer_to([&](auto f) {
              house.io.in("all").except("pair").socket_ids(std::move(f));
          }).size() == 4);
    CHECK(answer_to([&](auto f) { house.io.in("none").socket_ids(std::move(f)); }).empty());

    house.io.sockets_leave("all");
    house.io.in("pair").disconnect_sockets(true);
    CHECK(answer_to(rooms).size() == 4);
}

TEST_CASE("a member's rooms are listed by whoever has its id") {
    notes heard;
    sio::local_sockets* here = nullptr;
    sio::options o;
    o.make_adapter = [&](sio::local_sockets& of) {
        here = &of;
        return std::make_unique<sio::adapter>(of);
    };
    sio_house house(2, {}, std::move(o));
    sio_client a(house.port());
    auto const id = a.join().sid;
    CHECK(house.with(id, [](sio::socket& s) { (void)s.join({"x", "y"}); }));
    strings wanted{id, "x", "y"};
    std::sort(wanted.begin(), wanted.end());
    CHECK(answer_to([&](auto f) { here->rooms_of(id, std::move(f)); }) == wanted);
    CHECK(answer_to([&](auto f) { here->rooms_of("nobody", std::move(f)); }).empty());
}

TEST_CASE("what makes namespaces lists nothing, and nothing is listed to nobody") {
    sio_house house(1);
    auto const many = house.io.of([](std::string_view, sio::json_view) { return false; });
    auto const take = [](error_code, std::vector<std::string>) {};
    CHECK_THROWS_AS(many.all_rooms(take), std::logic_error);
    CHECK_THROWS_AS(many.socket_ids(take), std::logic_error);
    CHECK_THROWS_AS(house.io.all_rooms({}), std::invalid_argument);
    CHECK_THROWS_AS(house.io.socket_ids({}), std::invalid_argument);
}
