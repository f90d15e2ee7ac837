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
        socketio_test_server tested(
            2, [](sio::server const& io, notes&) { (void)io.of("/other"); }, with(heard, true));
        CHECK(heard.all() == strings{"init /", "init /other"});
        sio_client a(tested.port());
        sio_client b(tested.port());
        auto const id_a = a.join().sid;
        auto const id_b = b.join().sid;
        CHECK(tested.with(id_a, [](sio::socket& s) { s.join("r"); }));
        CHECK(heard.wait_for("joined r"));
        CHECK(tested.with(id_b, [](sio::socket& s) { s.join("r"); }));
        CHECK(heard.wait_for("joined r", 2));
        CHECK(tested.with(id_a, [](sio::socket& s) { s.leave("r"); }));
        CHECK(heard.wait_for("left r"));
        CHECK(heard.count("removed") == 0);
        tested.io.to(id_b).disconnect_sockets(true);
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
    socketio_test_server tested(
        1,
        [](sio::server const& io, notes&) {
            (void)io.of(
                [](std::string_view name, sio::json_view) { return name.starts_with("/dyn"); });
        },
        std::move(o));
    sio_client a(tested.port());
    auto const id = a.join().sid;
    CHECK(tested.with(id, [](sio::socket& s) { s.join("r"); }));
    a.packet("0/dyn-1,");
    CHECK(a.until("0/dyn-1,").starts_with("0/dyn-1,"));
    CHECK(heard.wait_for("init /dyn-1"));
    a.packet("1/dyn-1,");
    CHECK(heard.wait_for("close /dyn-1"));
    CHECK(heard.count("created") == 0);
}

TEST_CASE("rooms and members are listed over all shards, each once") {
    auto const threads = GENERATE(1u, 3u);
    socketio_test_server tested(threads);
    std::vector<std::unique_ptr<sio_client>> clients;
    strings ids;
    for (int i = 0; i < 6; ++i) {
        clients.push_back(std::make_unique<sio_client>(tested.port()));
        ids.push_back(clients.back()->join().sid);
    }
    tested.io.to(ids[0]).to(ids[1]).sockets_join("pair");
    tested.io.sockets_join("all");
    std::sort(ids.begin(), ids.end());

    auto all = ids;
    all.insert(all.end(), {"all", "pair"});
    std::sort(all.begin(), all.end());
    auto const rooms = [&](auto f) { tested.io.all_rooms(std::move(f)); };
    CHECK(answer_to(rooms) == all);
    CHECK(answer_to([&](auto f) { tested.io.socket_ids(std::move(f)); }) == ids);
    CHECK(answer_to([&](auto f) { tested.io.in("pair").socket_ids(std::move(f)); }).size() == 2);
    CHECK(answer_to([&](auto f) {
              tested.io.in("all").except("pair").socket_ids(std::move(f));
          }).size() == 4);
    CHECK(answer_to([&](auto f) { tested.io.in("none").socket_ids(std::move(f)); }).empty());

    tested.io.sockets_leave("all");
    tested.io.in("pair").disconnect_sockets(true);
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
    socketio_test_server tested(2, {}, std::move(o));
    sio_client a(tested.port());
    auto const id = a.join().sid;
    CHECK(tested.with(id, [](sio::socket& s) { (void)s.join({"x", "y"}); }));
    strings wanted{id, "x", "y"};
    std::sort(wanted.begin(), wanted.end());
    CHECK(answer_to([&](auto f) { here->rooms_of(id, std::move(f)); }) == wanted);
    CHECK(answer_to([&](auto f) { here->rooms_of("nobody", std::move(f)); }).empty());
}

TEST_CASE("what makes namespaces lists nothing, and nothing is listed to nobody") {
    socketio_test_server tested(1);
    auto const many = tested.io.of([](std::string_view, sio::json_view) { return false; });
    auto const take = [](error_code, std::vector<std::string>) {};
    CHECK_THROWS_AS(many.all_rooms(take), std::logic_error);
    CHECK_THROWS_AS(many.socket_ids(take), std::logic_error);
    CHECK_THROWS_AS(tested.io.all_rooms({}), std::invalid_argument);
    CHECK_THROWS_AS(tested.io.socket_ids({}), std::invalid_argument);
}

TEST_CASE("sockets are counted and their rooms listed by id; namespaces are listed by name") {
    auto const threads = GENERATE(1u, 3u);
    socketio_test_server tested(threads, [](sio::server const& io, notes&) {
        (void)io.of("/b");
        (void)io.of("/a");
        (void)io.of([](std::string_view name, sio::json_view) { return name.starts_with("/dyn"); });
    });
    auto const names = [&] {
        strings all;
        for (auto const& n : tested.io.namespaces()) all.push_back(n.name());
        return all;
    };
    CHECK(names() == strings{"/", "/a", "/b"});
    std::vector<std::unique_ptr<sio_client>> clients;
    strings ids;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(std::make_unique<sio_client>(tested.port()));
        ids.push_back(clients.back()->join().sid);
    }
    clients[0]->packet("0/dyn-1,");
    CHECK(clients[0]->until("0/dyn-1,").starts_with("0/dyn-1,"));
    CHECK(names() == strings{"/", "/a", "/b", "/dyn-1"});
    tested.io.to(ids[0]).to(ids[1]).sockets_join("pair");

    auto const count = [&](sio::broadcast const& of) {
        notes done;
        of.count_sockets(
            [&](error_code e, std::size_t n) { done.add(e ? "error" : std::to_string(n)); });
        CHECK(done.wait_for(""));
        return done.all().front();
    };
    CHECK(count(tested.io.everybody()) == "5");
    CHECK(count(tested.io.in("pair")) == "2");
    CHECK(count(tested.io.except("pair")) == "3");
    CHECK(count(tested.io.in(ids[3])) == "1");
    CHECK(count(tested.io.of("/a").everybody()) == "0");
    auto const rooms_of = [&](std::string const& id) {
        return answer_to([&](auto f) { tested.io.rooms_of(id, std::move(f)); });
    };
    auto both = strings{ids[0], "pair"};
    std::sort(both.begin(), both.end());
    CHECK(rooms_of(ids[0]) == both);
    CHECK(rooms_of(ids[4]) == strings{ids[4]});
    CHECK(rooms_of("nobody").empty());
}
