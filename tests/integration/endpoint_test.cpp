// Endpoints over several threads: one audience, its lists from any thread, and a bus between two
// servers.
#include <anywire/server.hpp>

#include "engineio_client.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using strings = std::vector<std::string>;

namespace {

/// What connects servers in one process.
class local_net {
public:
    bus_maker maker() {
        return [this](local_sessions& here) { return std::make_unique<bus>(*this, here); };
    }

private:
    class bus final : public endpoint_bus {
    public:
        bus(local_net& net, local_sessions& here) : endpoint_bus(here), net_(net), here_(here) {}
        void init() override {
            std::scoped_lock const lock(net_.mutex_);
            net_.all_.push_back(&here_);
        }
        void close() override {
            std::scoped_lock const lock(net_.mutex_);
            std::erase(net_.all_, &here_);
        }
        void broadcast(message_ptr packet, audience to, send_flags flags) override {
            std::scoped_lock const lock(net_.mutex_);
            for (auto* each : net_.all_) each->broadcast(packet, to, flags);
        }

    private:
        local_net& net_;
        local_sessions& here_;
    };

    std::mutex mutex_{};
    std::vector<local_sessions*> all_{};
};

/// A server with one audience on a WebSocket mount and a SockJS mount.
struct audience_server {
    explicit audience_server(unsigned threads, local_net* net = nullptr)
        : server(on_free_port(threads), [&](anywire::server& at) {
              handlers app;
              app.on_message = [](session& s, message_view m) {
                  if (m.data.starts_with("join "))
                      (void)s.join(m.data.substr(5));
                  else
                      (void)s.endpoint().except(s).send(m);
                  (void)s.send("done");
              };
              all = at.mount("/ws", websocket_options{}, app);
              at.mount("/sockjs", sockjs_options{}, all);
              if (net) all.use_bus(net->maker());
          }) {}

    endpoint all{};
    running_server server;
};

struct talker {
    explicit talker(audience_server const& at) : client(at.server.port()) {
        REQUIRE(client.upgrade("/ws").status == 101);
    }
    void say(std::string const& text) {
        client.send_text(text);
        CHECK(client.read_message() == "done");
    }
    raw_client client;
};

}  // namespace

TEST_CASE("lists and counts of groups come from any thread, over all shards and mounts") {
    audience_server h(3);
    std::vector<std::unique_ptr<talker>> all;
    for (int i = 0; i < 12; ++i) {
        all.push_back(std::make_unique<talker>(h));
        all.back()->say(i % 2 == 0 ? "join even" : "join odd");
        if (i % 3 == 0) all.back()->say("join third");
    }
    raw_client sockjs(h.server.port());
    REQUIRE(sockjs.upgrade("/sockjs/000/a/websocket").status == 101);
    CHECK(sockjs.read_message() == "o");
    sockjs.send_text(R"(["join even"])");
    CHECK(sockjs.read_message() == R"(a["done"])");

    std::promise<strings> groups;
    h.all.groups([&](error_code, strings found) { groups.set_value(std::move(found)); });
    CHECK(groups.get_future().get() == strings{"even", "odd", "third"});
    std::promise<std::size_t> even;
    h.all.to("even").count([&](error_code, std::size_t n) { even.set_value(n); });
    CHECK(even.get_future().get() == 7);
    std::promise<strings> members;
    h.all.to("third").except("even").members(
        [&](error_code, strings found) { members.set_value(std::move(found)); });
    auto const ids = members.get_future().get();
    REQUIRE(ids.size() == 2);
    // Each id leads to its session, wherever that is, and names it where a group is meant.
    notes seen;
    for (auto const& id : ids) h.all.post(id, [&](session&) { seen.add("posted"); });
    CHECK(seen.wait_for("posted", 2));
    CHECK(h.all.to(ids[0]).send("you"));
    CHECK(h.all.to("even").send("end"));
    CHECK(h.all.to("odd").send("end"));
    std::size_t got = 0;
    for (auto const& t : all) {
        auto m = t->client.read_message();
        if (m == "you") {
            ++got;
            m = t->client.read_message();
        }
        CHECK(m == "end");
    }
    CHECK(got == 1);
    CHECK(sockjs.read_message() == R"(a["end"])");
}

TEST_CASE(
    "a bus between two servers of several threads: each message once, in its sender's order") {
    local_net net;
    audience_server a(2, &net);
    audience_server b(3, &net);
    std::vector<std::unique_ptr<talker>> all;
    for (int i = 0; i < 10; ++i) all.push_back(std::make_unique<talker>(i % 2 == 0 ? a : b));
    constexpr int messages = 50;
    for (int i = 0; i < messages; ++i) all.front()->say(std::to_string(i));
    for (std::size_t c = 1; c < all.size(); ++c)
        for (int i = 0; i < messages; ++i)
            REQUIRE(all[c]->client.read_message() == std::to_string(i));
    // Nothing came twice, and nothing came back: the next is the next for everybody.
    CHECK(b.all.broadcast("end"));
    for (auto const& t : all) CHECK(t->client.read_message() == "end");
}

TEST_CASE("ids of the application's lead to their sessions on any number of threads") {
    std::atomic<int> made{0};
    engineio_options o;
    o.generate_id = [&](request const&) {
        auto id = std::to_string(++made);
        return std::string(20 - id.size(), 'x') + id;
    };
    engineio_test_server const h(on_free_port(4), o);
    std::set<std::string> sids;
    for (int i = 0; i < 40; ++i) {
        auto const sid = sid_in(h.connect().get(engineio_test_server::polling()).body);
        CHECK(sid.size() <= 22);
        CHECK(sid.starts_with("xxxxxxxxxxxxxxxxxx"));
        sids.insert(sid);
        CHECK(h.post(sid, "4hello").body == "ok");
        CHECK(h.poll(sid).body == "4hello");
    }
    CHECK(sids.size() == 40);
}

TEST_CASE("an upgrade is told of when the WebSocket has taken over") {
    notes told;
    engineio_options o;
    o.on_upgrade = [&](session& s) { told.add("on " + std::string(s.transport())); };
    engineio_test_server const h(on_free_port(some_threads()), o);
    auto const sid = sid_in(h.connect().get(engineio_test_server::polling()).body);
    raw_client ws(h.server.port());
    REQUIRE(ws.upgrade(engineio_test_server::websocket(sid)).status == 101);
    ws.send_text("2probe");
    CHECK(ws.read_message() == "3probe");
    CHECK(told.count("on ") == 0);
    ws.send_text("5");
    CHECK(told.wait_for("on websocket"));
}
