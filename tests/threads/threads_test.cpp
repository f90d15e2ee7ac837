// What may be called from any thread, called from many at once; meant for ThreadSanitizer.

#include <anywire/server.hpp>

#include "support/on_threads.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

constexpr unsigned shards = 4;

void require(bool good, std::string const& what) {
    if (!good) throw std::runtime_error(what);
}

/// A text that is no part of another: "<3.14>".
std::string name_of(int i, int n) {
    std::string out(1, '<');
    return out.append(std::to_string(i)).append(1, '.').append(std::to_string(n)).append(1, '>');
}

/// Session ids, as on_open tells them.
class ids {
public:
    void add(std::string_view id) {
        std::scoped_lock const lock(mutex_);
        all_.emplace_back(id);
    }
    std::vector<std::string> all() const {
        std::scoped_lock const lock(mutex_);
        return all_;
    }

private:
    mutable std::mutex mutex_{};
    std::vector<std::string> all_{};
};

struct world {
    explicit world(std::function<void(request const&, decision)> authorize = {})
        : server(on_free_port(shards), [&](anywire::server& at) {
              handlers const app{.on_open =
                                     [this](session& s) {
                                         known.add(s.id());
                                         ++opened;
                                     },
                                 .on_message = [](session& s, message_view m) { (void)s.send(m); },
                                 .on_close = [this](session&, close_event const&) { ++closed; },
                                 .authorize = std::move(authorize)};
              ws = at.mount("/ws", websocket_options{}, app);
              sockjs = at.mount("/echo", sockjs_options{}, app);
          }) {}
    std::uint16_t port() const { return server.port(); }

    ids known{};
    std::atomic<int> opened{0};
    std::atomic<int> closed{0};
    endpoint ws{};
    endpoint sockjs{};
    running_server server;
};

/// One client's life, of a kind that `i` chooses.
void live(std::uint16_t port, int i, int round) {
    auto const path = "/echo/000/c" + std::to_string(i) + "r" + std::to_string(round);
    raw_client c(port);
    raw_client sender(port);
    auto const text = std::to_string(i) + "-" + std::to_string(round);
    auto const send = [&] {
        require(sender.post(path + "/xhr_send", "[\"" + text + "\"]").status == 204, "not sent");
    };
    switch (i % 4) {
        case 0:
            require(c.upgrade("/ws").status == 101, "not upgraded");
            for (int n = 0; n < 10; ++n) {
                c.send_text(text);
                while (c.read_message() != text) {
                }
            }
            break;
        case 1:
            require(c.upgrade(path + "/websocket").status == 101, "not upgraded");
            c.send_text("[\"" + text + "\"]");
            while (c.read_message().find(text) == std::string::npos) {
            }
            break;
        case 2:
            require(c.post(path + "/xhr").body == "o\n", "no open frame");
            for (int n = 0; n < 5; ++n) {
                send();
                for (std::string got; got.find(text) == std::string::npos;) {
                    got = c.post(path + "/xhr").body;
                    require(got.starts_with('a') || got.starts_with('h'), "the session has ended");
                }
            }
            break;
        default:
            c.send(c.request_bytes("POST", path + "/xhr_streaming"));
            (void)c.read_until("o\n");
            for (int n = 0; n < 5; ++n) {
                send();
                (void)c.read_until(text);
            }
    }
    if (round % 2 == 0) c.reset();
}

}  // namespace

TEST_CASE("clients come and go on all shards while other threads broadcast, post and join groups") {
    world w;
    std::atomic<bool> done{false};
    std::vector<std::thread> callers;
    callers.emplace_back([&] {
        while (!done) {
            w.ws.broadcast("to all");
            w.sockjs.broadcast("to all");
            ::poll(nullptr, 0, 1);
        }
    });
    callers.emplace_back([&] {
        while (!done) {
            for (auto const& id : w.known.all()) {
                for (auto const& at : {w.ws, w.sockjs}) {
                    at.post(id, [](session& s) {
                        (void)s.send("posted " + std::string(s.transport()));
                    });
                    at.join(id, "group");
                }
            }
            w.ws.to("group").send("to the group");
            w.sockjs.to("group").send("to the group");
            (void)(w.ws.session_count() + w.sockjs.opened_count());
            ::poll(nullptr, 0, 1);
        }
    });
    auto const errors = on_threads(8, [&](int i) {
        for (int round = 0; round < 5; ++round) live(w.port(), i, round);
    });
    done = true;
    for (auto& t : callers) t.join();
    CHECK(errors == std::vector<std::string>{});
    CHECK(eventually([&] { return w.ws.session_count() + w.sockjs.session_count() == 0; }));
    CHECK(w.opened == 40);
    CHECK(w.closed == 40);
}

TEST_CASE("requests of one session arrive on all shards at once") {
    world w;
    raw_client stream(w.port());
    stream.send(stream.request_bytes("POST", "/echo/000/abc/xhr_streaming"));
    (void)stream.read_until("o\n");
    auto const errors = on_threads(8, [&](int i) {
        for (int n = 0; n < 20; ++n) {
            raw_client c(w.port());
            auto const body = "[\"" + name_of(i, n) + "\"]";
            require(c.post("/echo/000/abc/xhr_send", body).status == 204, "not sent");
        }
    });
    CHECK(errors == std::vector<std::string>{});
    w.sockjs.broadcast("end");
    auto const all = stream.read_until("a[\"end\"]");
    for (int i = 0; i < 8; ++i)
        for (int n = 0; n < 20; ++n)
            if (all.find(name_of(i, n)) == std::string::npos) FAIL("lost " << i << "." << n);
}

TEST_CASE("decisions come from other threads, while clients give up") {
    std::mutex mutex;
    std::vector<decision> waiting;
    std::atomic<bool> done{false};
    world w([&](request const&, decision d) {
        std::scoped_lock const lock(mutex);
        waiting.push_back(std::move(d));
    });
    std::vector<std::thread> deciders;
    for (int t = 0; t < 2; ++t)
        deciders.emplace_back([&, t] {
            for (int n = 0; !done; ++n) {
                std::vector<decision> mine;
                {
                    std::scoped_lock const lock(mutex);
                    mine = waiting;  // both threads decide: the first counts
                    if (t == 0) waiting.clear();
                }
                for (auto const& d : mine) n % 3 == 0 ? d.refuse(401) : d.accept(n);
                ::poll(nullptr, 0, 1);
            }
        });
    auto const errors = on_threads(8, [&](int i) {
        for (int round = 0; round < 8; ++round) {
            raw_client c(w.port());
            auto const path = "/echo/000/a" + std::to_string(i * 100 + round);
            c.send(i % 2 == 0 ? c.upgrade_bytes("/ws") : c.request_bytes("POST", path + "/xhr"));
            if (round % 3 == 2) {
                c.reset();
                continue;
            }
            auto const status = c.read_response().status;
            require(status == 101 || status == 200 || status == 401,
                    "status " + std::to_string(status));
        }
    });
    done = true;
    for (auto& t : deciders) t.join();
    waiting.clear();
    CHECK(errors == std::vector<std::string>{});
    CHECK(eventually([&] {
        return w.opened == w.closed && w.sockjs.session_count() + w.ws.session_count() == 0;
    }));
}

TEST_CASE("a server stops and drains by the word of several threads, under load") {
    auto const how = GENERATE(0, 1, 2);
    CAPTURE(how);
    auto w = std::make_unique<world>();
    std::atomic<int> lives{0};
    std::thread killer([&] {
        (void)eventually([&] { return lives >= 8; });
        (void)on_threads(3, [&](int i) {
            w->ws.broadcast("last words");
            if (how == 0 || (how == 2 && i == 0)) w->server->stop();
            if (how != 0) w->server->drain(2s);
        });
    });
    (void)on_threads(8, [&](int i) {
        // Ends when the server is gone: by an exception.
        for (int round = 0; round < 10'000; ++round) {
            live(w->port(), i, round);
            ++lives;
        }
    });
    killer.join();
    CHECK(w->server.wait_for_end());
    CHECK(w->opened == w->closed);
    CHECK(w->ws.session_count() == 0);
    CHECK(w->sockjs.session_count() == 0);
}

TEST_CASE("tickers start and log lines are written from every thread") {
    notes lines;
    auto options = on_free_port(shards);
    options.log.level = log_level::debug;
    options.log.write = [&](log_level, std::string_view line) { lines.add(std::string(line)); };
    std::atomic<int> ticks{0};
    running_server s(options, [](server& at) { at.mount("/ws", websocket_options{}, echo()); });
    auto const errors = on_threads(8, [&](int) {
        s->every(1ms, [&] { ++ticks; });
        for (int n = 0; n < 5; ++n) {
            raw_client c(s.port());
            c.send("nonsense\r\n\r\n");
            require(c.read_response().status == 400, "not refused");
        }
    });
    CHECK(errors == std::vector<std::string>{});
    CHECK(lines.wait_for("request refused", 40));
    CHECK(eventually([&] { return ticks > 8; }));
}
