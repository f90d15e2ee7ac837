// Mounts are replaced under traffic: no session loses a message, or its mount.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// Echoes behind the number of its generation; `life` ends with the handlers.
handlers generation(int number, std::weak_ptr<int>* life = nullptr) {
    auto const own = std::make_shared<int>(number);
    if (life) *life = own;
    return {.on_message = [own](session& s, message_view m) {
        (void)s.send(std::to_string(*own) + ":" + std::string(m.data));
    }};
}

/// Sessions end with their clients only, and a stream never.
sockjs_options patient() {
    return {.disconnect_delay = 60s, .response_limit = std::size_t{1} << 30};
}

/// What a session is told has to be what it has said, in order, by one generation.
class echoes {
public:
    std::string next_question() const { return std::to_string(next_); }
    void hear(std::string_view answer) {
        auto const colon = answer.find(':');
        auto const by = std::string(answer.substr(0, colon));
        if (by_.empty()) by_ = by;
        if (by != by_ || answer.substr(colon + 1) != next_question())
            throw std::runtime_error("a session of " + by_ + " that waits for " + next_question() +
                                     " has got " + std::string(answer));
        ++next_;
    }

private:
    std::string by_{};
    int next_ = 0;
};

/// The text between the first two quotes.
std::string quoted(std::string_view text) {
    auto const from = text.find('"') + 1;
    return std::string(text.substr(from, text.find('"', from) - from));
}

std::string sid_of(std::string const& open) {
    auto const at = open.find("\"sid\":\"") + 7;
    return open.substr(at, open.find('"', at) - at);
}

/// One session of a kind: `talk` says one thing and hears the answer.
class talker {
public:
    virtual ~talker() = default;
    virtual void talk() = 0;

protected:
    echoes heard_{};
};

class websocket_talker final : public talker {
public:
    explicit websocket_talker(std::uint16_t port) : c_(port) {
        if (c_.upgrade("/live").status != 101) throw std::runtime_error("no WebSocket");
    }
    void talk() override {
        c_.send_text(heard_.next_question());
        heard_.hear(c_.read_message());
    }

private:
    raw_client c_;
};

/// Each request on a connection of its own, so that it arrives on any thread.
class sockjs_talker : public talker {
public:
    sockjs_talker(std::uint16_t port, std::string const& name)
        : port_(port), path_("/live/000/" + name) {}

protected:
    response post(std::string_view what, std::string_view body = {}) const {
        return raw_client(port_).post(path_ + std::string(what), body);
    }
    void ask() {
        if (auto const r = post("/xhr_send", "[\"" + heard_.next_question() + "\"]");
            r.status != 204)
            throw std::runtime_error("xhr_send got " + r.head);
    }

    std::uint16_t port_;
    std::string path_;
};

class polling_talker final : public sockjs_talker {
public:
    polling_talker(std::uint16_t port, std::string const& name) : sockjs_talker(port, name) {
        if (auto const r = post("/xhr"); r.body != "o\n") throw std::runtime_error(r.body);
    }
    void talk() override {
        ask();
        for (;;) {
            auto const r = post("/xhr");
            if (r.body == "h\n") continue;
            return heard_.hear(quoted(r.body));
        }
    }
};

class streaming_talker final : public sockjs_talker {
public:
    streaming_talker(std::uint16_t port, std::string const& name)
        : sockjs_talker(port, name), stream_(port) {
        stream_.send(stream_.request_bytes("POST", path_ + "/xhr_streaming"));
        (void)stream_.read_head();
        (void)stream_.read_until("o\n");
    }
    void talk() override {
        ask();
        heard_.hear(quoted(stream_.read_until("]\n")));
    }

private:
    raw_client stream_;
};

class engineio_talker final : public talker {
public:
    explicit engineio_talker(std::uint16_t port) : port_(port) {
        std::string const polling = "/live/?EIO=4&transport=polling";
        path_ = polling + "&sid=" + sid_of(raw_client(port_).get(polling).body);
    }
    void talk() override {
        if (raw_client(port_).post(path_, "4" + heard_.next_question()).body != "ok")
            throw std::runtime_error("a POST was refused");
        auto const r = raw_client(port_).get(path_);
        heard_.hear(std::string_view(r.body).substr(1));
    }

private:
    std::uint16_t port_;
    std::string path_{};
};

/// Talks on a thread until told to stop; then says whether all went well.
class running_talker {
public:
    /// `rounds` counts what has gone well.
    running_talker(std::atomic<bool> const& stop,
                   std::atomic<int>& rounds,
                   std::function<std::unique_ptr<talker>(int)> open)
        : result_(std::async(std::launch::async, [&stop, &rounds, open = std::move(open)] {
              try {
                  auto const whole = open(0);  // from before the first change to after the last
                  whole->talk();
                  for (int i = 1; !stop; ++i) {
                      whole->talk();
                      auto const passing = open(i);
                      for (int n = 0; n < 3; ++n) passing->talk();
                      ++rounds;
                  }
                  whole->talk();
                  return std::string();
              } catch (std::exception const& e) {
                  return std::string(e.what());
              }
          })) {}
    std::string result() { return result_.get(); }

private:
    std::future<std::string> result_;
};

void change_and_wait(server& s, std::function<void()> const& change) {
    std::promise<void> done;
    change();
    s.when_changed([&] { done.set_value(); });
    REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
}

std::uint64_t opened(server& s) {
    std::uint64_t all = 0;
    for (auto const& m : s.snapshot().mounts) all += m.opened;
    return all;
}

}  // namespace

TEST_CASE("a hundred changes under traffic lose nothing and leave nothing") {
    auto const threads = GENERATE(1u, 4u);
    running_server s(on_free_port(threads), [](server& at) {
        at.mount("/live", websocket_options{}, generation(0));
        at.mount("/live", patient(), generation(0));
        at.mount("/live", engineio_options{}, generation(0));
    });
    std::atomic<bool> stop{false};
    std::atomic<int> rounds{0};
    auto const port = s.port();
    std::vector<std::unique_ptr<running_talker>> talkers;
    auto const add = [&](auto open) {
        talkers.push_back(std::make_unique<running_talker>(stop, rounds, open));
    };
    add([port](int) { return std::make_unique<websocket_talker>(port); });
    add([port](int i) {
        return std::make_unique<polling_talker>(port, "poll" + std::to_string(i));
    });
    add([port](int i) {
        return std::make_unique<streaming_talker>(port, "stream" + std::to_string(i));
    });
    add([port](int) { return std::make_unique<engineio_talker>(port); });
    std::uint64_t before = 0;
    for (int i = 1; i <= 100; ++i) {
        change_and_wait(*s.operator->(), [&] {
            if (i % 3 != 1) s->remount("/live", websocket_options{}, generation(i));
            if (i % 3 != 2) s->remount("/live", patient(), generation(i));
            if (i % 3 != 0) s->remount("/live", engineio_options{}, generation(i));
        });
        auto const now = opened(*s.operator->());
        CHECK(now >= before);
        before = now;
        auto const talked = rounds + 4;
        if (!eventually([&] { return rounds >= talked; })) break;  // they say why
    }
    stop = true;
    for (auto const& t : talkers) CHECK(t->result().empty());
    CHECK(s->snapshot().mounts.size() == 3);
}

TEST_CASE("what was replaced is freed while the server runs, on every thread") {
    auto const threads = GENERATE(1u, 4u);
    running_server s(on_free_port(threads), [](server& at) {
        at.mount("/live", sockjs_options{.disconnect_delay = 100ms}, generation(0));
    });
    std::vector<std::weak_ptr<int>> lives(20);
    for (int i = 0; i < 20; ++i) {
        change_and_wait(*s.operator->(), [&] {
            s->remount("/live",
                       sockjs_options{.disconnect_delay = 100ms},
                       generation(i + 1, &lives[static_cast<std::size_t>(i)]));
        });
        polling_talker(s.port(), "a" + std::to_string(i)).talk();
    }
    raw_client held(s.port());
    REQUIRE(held.upgrade("/live/websocket").status == 101);
    s->unmount("/live");
    auto const are_gone = [&] {
        for (std::size_t i = 0; i + 1 < lives.size(); ++i)
            if (!lives[i].expired()) return false;
        return true;
    };
    CHECK(eventually(are_gone));
    held.send_text("still there");
    CHECK(held.read_message() == "20:still there");
    CHECK_FALSE(lives.back().expired());
    held.close();
    CHECK(eventually([&] { return lives.back().expired(); }));
    CHECK(raw_client(s.port()).get("/live/info").status == 404);
}

TEST_CASE("an upgrade, a POST in pieces and a poll find the mount that their session has") {
    auto const threads = GENERATE(1u, 4u);
    running_server s(on_free_port(threads),
                     [](server& at) { at.mount("/live", engineio_options{}, generation(1)); });
    for (int i = 0; i < 8; ++i) {
        std::string const polling = "/live/?EIO=4&transport=polling";
        auto const sid = sid_of(raw_client(s.port()).get(polling).body);
        auto const own = polling + "&sid=" + sid;
        raw_client slow(s.port());
        slow.send("POST " + own + " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n4");
        change_and_wait(*s.operator->(), [&] {
            if (i % 2 == 0) s->unmount("/live");
            s->remount("/live", engineio_options{.polling = i % 4 < 2}, generation(i + 2));
        });
        slow.send("slow");
        CHECK(slow.read_response().body == "ok");
        CHECK(raw_client(s.port()).get(own).body == "4" + std::to_string(i + 1) + ":slow");

        raw_client socket(s.port());
        REQUIRE(socket.upgrade("/live/?EIO=4&transport=websocket&sid=" + sid).status == 101);
        socket.send_text("2probe");
        CHECK(socket.read_message() == "3probe");
        socket.send_text("5");
        socket.send_text("4up");
        CHECK(socket.read_message() == "4" + std::to_string(i + 1) + ":up");
        if (i % 4 >= 2)  // polling is off now: a new one, for the next turn
            change_and_wait(*s.operator->(),
                            [&] { s->remount("/live", engineio_options{}, generation(i + 2)); });
    }
}

TEST_CASE("a POST of two sessions at once goes to one place") {
    running_server s(on_free_port(4), [](server& at) {
        at.mount("/live", engineio_options{}, generation(0));
        at.mount("/live", sockjs_options{}, generation(0));
    });
    raw_client(s.port()).get("/live/?EIO=4&transport=polling");
    change_and_wait(*s.operator->(), [&] {
        s->unmount("/live");
        s->mount("/live", sockjs_options{}, generation(1));
    });
    // Each names a session of another thread: it must not go to and fro.
    for (int i = 0; i < 32; ++i) {
        auto const target = "/live/000/s" + std::to_string(i) +
                            "/xhr?EIO=4&transport=polling&sid=e" + std::to_string(i);
        auto const r = raw_client(s.port()).post(target);
        CHECK((r.status == 200 || r.status == 404));
    }
}

TEST_CASE("a server drains, and ends, with mounts that were replaced") {
    auto const threads = GENERATE(1u, 4u);
    auto const drains = GENERATE(true, false);
    std::vector<std::unique_ptr<raw_client>> held;
    {
        running_server s(on_free_port(threads),
                         [](server& at) { at.mount("/live", websocket_options{}, generation(0)); });
        for (int i = 1; i <= 8; ++i) {
            held.push_back(std::make_unique<raw_client>(s.port()));
            REQUIRE(held.back()->upgrade("/live").status == 101);
            change_and_wait(*s.operator->(),
                            [&] { s->remount("/live", websocket_options{}, generation(i)); });
        }
        drains ? s->drain(10s) : s->stop();
        for (auto const& c : held) {
            CHECK(c->read_close().close_code() == 1001);
            c->send(client_close(1001));
        }
        CHECK(s.wait_for_end());
        // Nothing runs any more; what is changed now is said to be in force at once or at the end.
        s->remount("/live", websocket_options{}, generation(100));
        auto told = false;
        s->when_changed([&] { told = true; });
        CHECK(told);
    }
}

TEST_CASE("limits of connections and requests change in place") {
    running_server s(on_free_port(),
                     [](server& at) { at.mount("/live", sockjs_options{}, generation(0)); });
    raw_client kept(s.port());
    CHECK(kept.get("/live").status == 200);
    auto const status = [&](std::string_view fields = {}) {
        return raw_client(s.port()).get("/live", fields).status;
    };
    auto const set = [&](server_limits const& l) {
        change_and_wait(*s.operator->(), [&] { s->set_limits(l); });
    };
    auto const long_field = "X: " + std::string(2'000, 'x') + "\r\n";
    CHECK(status(long_field) == 200);
    set({.header = 1'000});
    CHECK(status(long_field) == 431);
    set({.max_connections_per_address = 1});
    raw_client one(s.port());
    CHECK(one.get("/live").status == 200);  // the one from before is not counted
    CHECK(status() == 429);
    set({.max_connections = 1});
    CHECK(status() == 503);
    CHECK(kept.get("/live").status == 200);
    set({});
    CHECK(status(long_field) == 200);
    set({.keep_alive = 50ms});
    raw_client idle(s.port());
    CHECK(idle.get("/live").status == 200);
    CHECK(idle.is_ended_by_peer());
    CHECK_THROWS_AS(s->set_limits({.request_head = 0ms}), std::invalid_argument);
}
