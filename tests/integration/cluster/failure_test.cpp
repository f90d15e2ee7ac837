// Nodes that go, that drain, and that are not what they say.
#include "integration/cluster/test_cluster.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

std::string const s = "/echo/000/aaaaaaaa";

/// A registry that never hears of a node's end, as when its process was killed.
class surprised_registry final : public session_registry {
public:
    void announce(registered_node node, std::chrono::milliseconds lives, done then) override {
        to_->announce(std::move(node), lives, std::move(then));
    }
    void withdraw(std::string) override {}
    void list(listed then) override { to_->list(std::move(then)); }
    void claim(std::string session,
               std::string node,
               std::chrono::milliseconds lives,
               owned then) override {
        to_->claim(std::move(session), std::move(node), lives, std::move(then));
    }
    void find(std::string session, owned then) override {
        to_->find(std::move(session), std::move(then));
    }
    void release(std::string, std::string) override {}

private:
    std::shared_ptr<session_registry> to_ = make_memory_registry();
};

}  // namespace

TEST_CASE("sessions of a node that has gone are unknown at once, in the words of each dialect") {
    auto const has_crashed = GENERATE(true, false);
    auto const registry =
        has_crashed ? std::make_shared<surprised_registry>() : make_memory_registry();
    test_node left(registry, {});
    auto right = std::make_unique<test_node>(registry, node_terms{});
    auto const sid = sid_of(raw_client(right->port()).get(polling()).body);
    CHECK(raw_client(right->port()).post(s + "/xhr", "").body == "o\n");
    CHECK(raw_client(left.port()).post(polling(sid), "4x").body == "ok");
    CHECK(raw_client(left.port()).post(s + "/xhr_send", R"(["x"])").status == 204);

    raw_client parked(left.port());
    CHECK(raw_client(left.port()).get(polling(sid)).body == "4x");
    parked.send(parked.request_bytes("GET", polling(sid)));
    REQUIRE(eventually([&] { return left.numbers().under_way == 1; }));
    settle(left.server());
    settle(right->server());
    right.reset();
    CHECK(parked.read_response().body == "1");

    auto const began = std::chrono::steady_clock::now();
    auto const poll = raw_client(left.port()).get(polling(sid));
    CHECK(poll.status == 400);
    CHECK(poll.body == unknown_sid);
    CHECK(raw_client(left.port()).post(polling(sid), "4x").status == 400);
    raw_client upgrade(left.port());
    CHECK(upgrade.upgrade(probing(sid)).status == 400);
    CHECK(raw_client(left.port()).post(s + "/xhr_send", R"(["x"])").status == 404);
    // Polling again opens a new session, as with one server that has begun anew.
    auto const again = raw_client(left.port()).post(s + "/xhr", "");
    CHECK((again.body == "o\n" || again.status == 404));
    CHECK(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("a node that is lost in the middle of a poll leaves the client an answer") {
    test_cluster all(0);
    node_terms silent;  // it says once that it lives, and then no more
    silent.change = [](cluster_options& o) {
        o.heartbeat = 1h;
        o.lives = 2h;
    };
    all.add(silent);
    all.add({});
    auto const sid = sid_of(raw_client(all.at(0).port()).get(polling()).body);
    CHECK(raw_client(all.at(1).port()).post(polling(sid), "4x").body == "ok");
    CHECK(raw_client(all.at(1).port()).get(polling(sid)).body == "4x");
    raw_client parked(all.at(1).port());
    parked.send(parked.request_bytes("GET", polling(sid)));
    REQUIRE(eventually([&] { return all.at(1).numbers().under_way == 1; }));
    all.registry()->withdraw(all.at(0).node().id());
    CHECK(parked.read_response().body == unknown_sid);
    CHECK(eventually([&] { return all.at(1).numbers().not_carried >= 1; }));
}

TEST_CASE("a node that drains answers what it carries, and sends its clients elsewhere") {
    test_cluster all(2);
    auto const port = all.at(0).port();
    auto const sid = sid_of(raw_client(port).get(polling()).body);
    auto const upgraded = sid_of(raw_client(port).get(polling()).body);
    CHECK(raw_client(port).post(s + "/xhr", "").body == "o\n");

    auto const leaving = all.at(1).port();
    raw_client parked(leaving);
    parked.send(parked.request_bytes("GET", polling(sid)));
    raw_client stream(leaving);
    stream.send(stream.request_bytes("POST", s + "/xhr_streaming"));
    CHECK(stream.read_head().status == 200);
    CHECK(stream.read_chunk().size() == 2049);
    raw_client socket(leaving);
    REQUIRE(socket.upgrade(probing(upgraded)).status == 101);
    socket.send_text("2probe");
    CHECK(socket.read_message() == "3probe");
    socket.send_text("5");
    REQUIRE(eventually([&] { return all.at(1).numbers().under_way == 3; }));

    all.at(1).server()->drain(10s);
    auto const answer = parked.read_response();
    CHECK(answer.status == 200);
    CHECK(answer.body == "6");  // nothing to say: the session goes on
    CHECK(answer.header("Connection") == "close");
    CHECK(stream.read_chunk() == "h\n");
    CHECK(stream.read_chunk().empty());
    CHECK(socket.read_close().close_code() == 1001);
    socket.send(client_close(1001));
    CHECK(socket.is_ended_by_peer());
    // Both that can go on do so at the node that has them.
    CHECK(raw_client(port).post(polling(sid), "4x").body == "ok");
    CHECK(raw_client(port).get(polling(sid)).body == "4x");
    CHECK(raw_client(port).post(s + "/xhr_send", R"(["x"])").status == 204);
    CHECK(raw_client(port).post(s + "/xhr", "").body == "a[\"x\"]\n");
    parked.close();
    stream.close();
    CHECK(all.at(1).server().wait_for_end());
}

TEST_CASE("a node that drains takes leave one by one of WebSockets that go through it") {
    test_cluster all(2);
    constexpr std::size_t many = 20;
    std::vector<std::unique_ptr<raw_client>> sockets;
    for (std::size_t i = 0; i < many; ++i) {
        auto const sid = sid_of(raw_client(all.at(0).port()).get(polling()).body);
        sockets.push_back(std::make_unique<raw_client>(all.at(1).port()));
        auto& socket = *sockets.back();
        REQUIRE(socket.upgrade(probing(sid)).status == 101);
        socket.send_text("2probe");
        CHECK(socket.read_message() == "3probe");
        socket.send_text("5");
    }
    REQUIRE(eventually([&] { return all.at(1).numbers().under_way == many; }));
    auto const begun = std::chrono::steady_clock::now();
    all.at(1).server()->drain({.deadline = 60s, .spread = 1s});
    for (auto const& socket : sockets) {
        CHECK(socket->read_close().close_code() == 1001);
        socket->send(client_close(1001));
        CHECK(socket->is_ended_by_peer());
    }
    // One in 25 ms at most.
    CHECK(std::chrono::steady_clock::now() - begun > 300ms);
    CHECK(all.at(1).server().wait_for_end());
}

TEST_CASE("sessions of a node that drains are told goodbye through other nodes") {
    test_cluster all(2);
    auto const sid = sid_of(raw_client(all.at(0).port()).get(polling()).body);
    CHECK(raw_client(all.at(0).port()).post(s + "/xhr", "").body == "o\n");
    raw_client poll(all.at(1).port());
    poll.send(poll.request_bytes("GET", polling(sid)));
    raw_client xhr(all.at(1).port());
    xhr.send(xhr.request_bytes("POST", s + "/xhr"));
    REQUIRE(eventually([&] { return all.at(0).server()->snapshot().parked_requests == 2; }));
    all.at(0).server()->drain(10s);
    CHECK(poll.read_response().body == "1");
    CHECK(xhr.read_response().body == "c[1001,\"server shutting down\"]\n");
    CHECK(all.at(0).server().wait_for_end());
}

TEST_CASE("a client that goes ends what is carried for it, and its session hears of it") {
    test_cluster all(2);
    CHECK(raw_client(all.at(0).port()).post(s + "/xhr", "").body == "o\n");
    raw_client stream(all.at(1).port());
    stream.send(stream.request_bytes("POST", s + "/xhr_streaming"));
    CHECK(stream.read_head().status == 200);
    stream.close();
    CHECK(all.at(0).seen.wait_for("close transport_lost"));
    CHECK(eventually([&] { return all.total().under_way == 0; }));
}

TEST_CASE("two nodes that take each other for a session's owner do not send it to and fro") {
    class liar final : public session_registry {
    public:
        void announce(registered_node node, std::chrono::milliseconds, done then) override {
            {
                std::scoped_lock const lock(mutex_);
                std::erase_if(nodes_, [&](auto const& n) { return n.id == node.id; });
                nodes_.push_back(std::move(node));
            }
            then({});
        }
        void withdraw(std::string) override {}
        void list(listed then) override { then({}, nodes()); }
        void claim(std::string, std::string node, std::chrono::milliseconds, owned then) override {
            auto const all = nodes();
            then({}, all[0].id == node ? all[1].id : all[0].id);
        }
        void find(std::string, owned then) override { then({}, nodes()[0].id); }
        void release(std::string, std::string) override {}
        std::vector<registered_node> nodes() {
            std::scoped_lock const lock(mutex_);
            return nodes_;
        }

    private:
        std::mutex mutex_{};
        std::vector<registered_node> nodes_{};
    };
    auto const registry = std::make_shared<liar>();
    test_node left(registry, {});
    test_node right(registry, {});
    REQUIRE(eventually([&] { return registry->nodes().size() == 2; }));
    CHECK(raw_client(left.port()).post(s + "/xhr", "").status == 404);
    CHECK(raw_client(right.port()).post(s + "/xhr", "").status == 404);
    CHECK(raw_client(left.port()).post(s + "/xhr_send", "[]").status == 404);
    CHECK(raw_client(right.port()).post(s + "/xhr_send", "[]").status == 404);
}
