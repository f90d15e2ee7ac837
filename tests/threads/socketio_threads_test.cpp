// What a Socket.IO server offers to any thread, used from many at once; meant for ThreadSanitizer.

#include "integration/socketio_client.hpp"
#include "support/on_threads.hpp"

#include <atomic>
#include <mutex>
#include <thread>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

/// Keeps what is to be answered, until another thread does.
template <class T>
class box {
public:
    void put(T value) {
        std::scoped_lock const lock(mutex_);
        all_.push_back(std::move(value));
    }
    std::vector<T> take() {
        std::scoped_lock const lock(mutex_);
        return std::exchange(all_, {});
    }

private:
    std::mutex mutex_{};
    std::vector<T> all_{};
};

struct busy_house {
    busy_house()
        : tested(
              4, [this](sio::server const& io, notes&) { set_up(io); }, options()) {}

    static sio::options options() {
        sio::options o;
        o.recovery.enabled = true;
        o.recovery.max_log_events = 200;
        o.recovery.skip_middlewares = false;
        o.clean_up_child_namespaces = true;
        return o;
    }
    void set_up(sio::server const& io) {
        io.use([this](sio::socket& s, sio::next go_on) {
            s.auth().find("late") ? decisions.put(go_on) : go_on();
        });
        io.on_connection([this](sio::socket& s) {
            ++came;
            ids.put(s.id());
            s.join("r");
            s.on_disconnect([this](sio::disconnect_reason) { ++went; });
            s.use([this](sio::event const& e, sio::next go_on) {
                e.name() == "filtered" ? decisions.put(go_on) : go_on();
            });
        });
        io.on("late", [this](sio::ack<int> done) { acks.put(done); });
        io.on("filtered", [](sio::ack<int> done) { done(2); });
        io.on("all", [io](int n) { io.emit("all", n); });
        io.on_room([this](sio::room_change, std::string const&, std::string const&) { ++rooms; });
        auto const parent =
            io.of([](std::string_view name, sio::json_view) { return name.starts_with("/d"); });
        parent.on("e", [](sio::ack<int> done) { done(3); });
        parent.on_new_namespace(
            [](sio::nsp const& n) { n.on("f", [](sio::ack<int> done) { done(4); }); });
        children = parent;
    }

    std::atomic<int> came{0};
    std::atomic<int> went{0};
    std::atomic<int> rooms{0};
    box<sio::next> decisions{};
    box<sio::ack<int>> acks{};
    box<std::string> ids{};
    std::optional<sio::nsp> children{};
    socketio_test_server tested;
};

/// One client's life: joins, is answered from other threads, is in a namespace of its own making.
void live(busy_house& w, int i, int round, std::string& ticket) {
    sio_client c(w.tested.port());
    auto auth = ticket;
    if (auth.empty() && i % 2 == 0) auth = R"({"late":1})";
    auto const who = c.join("/", auth);
    for (int n = 0; n < 3; ++n) {
        c.packet(R"(21["late"])");
        c.packet(R"(22["filtered"])");
        c.packet(R"(2["all",1])");
        // Whichever is answered first.
        for (int answers = 0; answers < 2; ++answers)
            if (auto const p = c.until("3"); p != "31[1]" && p != "32[2]")
                throw std::runtime_error("another answer: " + p);
    }
    auto const nsp = "/d" + std::to_string(round % 2);
    (void)c.join(nsp);
    c.packet("2" + nsp + R"(,5["e"])");
    (void)c.until("3" + nsp + ",5[3]");
    c.packet("2" + nsp + R"(,6["f"])");
    (void)c.until("3" + nsp + ",6[4]");
    c.packet(R"(2["all",2])");
    auto const event = c.until(R"(2["all",)");
    auto const end = event.rfind('"');
    auto const begin = event.rfind('"', end - 1);
    ticket = R"({"pid":")" + who.pid + R"(","offset":")" +
             event.substr(begin + 1, end - begin - 1) + R"("})";
    if (round % 2 == 0) c.reset();
    if (round % 3 == 0) ticket.clear();
}

/// Threads that go on calling while clients live: so many times a life, or a slow machine would do
/// little else. One of them answers what the clients wait for.
class busy_callers {
public:
    busy_callers(busy_house& w, std::atomic<int> const& lives)
        : lives_(lives), answering_([this, &w] {
              while (!done_) {
                  for (auto const& d : w.decisions.take()) d();
                  for (auto const& a : w.acks.take()) a(1);
                  ::poll(nullptr, 0, 1);
              }
          }) {}
    void repeat(std::function<void(int)> fn) {
        threads_.emplace_back([this, fn = std::move(fn)] {
            constexpr int calls_a_life = 8;
            for (int n = 0; !done_; ++n) {
                fn(n);
                (void)eventually([&] { return done_ || n < calls_a_life * (lives_ + 1); });
            }
        });
    }
    void stop() {
        done_ = true;
        answering_.join();
        for (auto& t : threads_) t.join();
    }

private:
    std::atomic<int> const& lives_;
    std::atomic<bool> done_{false};
    std::thread answering_;
    std::vector<std::thread> threads_{};
};

}  // namespace

TEST_CASE("Socket.IO clients come and go while every thread does everything") {
    busy_house w;
    std::atomic<int> fetched{0};
    std::atomic<int> lives{0};
    busy_callers callers(w, lives);
    auto const& io = w.tested.io;
    auto const repeat = [&](std::function<void(int)> fn) { callers.repeat(std::move(fn)); };
    repeat([&](int n) {
        io.emit("all", n);
        io.to("r").except("s").emit("m", n);
        w.children->emit("m", n);
    });
    repeat([&](int n) { io.timeout(20ms).emit("asks", n, [](error_code, std::vector<int>) {}); });
    repeat([&](int n) {
        io.fetch_sockets([&](error_code, std::vector<sio::remote_socket> all) {
            fetched += static_cast<int>(all.size());
        });
        for (auto const& id : w.ids.take())
            io.post(id, [](sio::socket& s) {
                s.join("s");
                s.emit("posted");
            });
        if (n % 8 == 0) io.to("s").sockets_leave("r");
        io.sockets_join("t");
        (void)(io.socket_count() + io.connection_count());
    });
    repeat([&](int n) {
        auto const extra = io.of("/extra" + std::to_string(n % 16));
        if (n < 64) extra.on_connection([](sio::socket&) {});
        extra.emit("e");
        if (n < 32) io.on("never", [] {});
    });
    auto const errors = on_threads(6, [&](int i) {
        std::string ticket;
        for (int round = 0; round < 25; ++round) {
            live(w, i, round, ticket);
            ++lives;
        }
    });
    CHECK(errors == std::vector<std::string>{});
    CHECK(w.tested.is_empty());
    callers.stop();
    CHECK(w.came == w.went);
    CHECK(w.came == 150);
    CHECK(fetched > 0);
    CHECK(w.rooms > 0);
}

TEST_CASE("a server with Socket.IO clients ends while other threads go on using it") {
    auto const how = GENERATE(0, 1, 2);
    auto w = std::make_unique<busy_house>();
    auto const nsp = w->tested.io.of("/kept");
    auto const children = *w->children;
    std::atomic<bool> done{false};
    std::atomic<int> lives{0};
    std::thread user([&] {
        for (int n = 0; !done; ++n) {
            nsp.emit("e", n);
            nsp.sockets_join("r");
            children.emit("e", n);
            nsp.fetch_sockets([](error_code, std::vector<sio::remote_socket>) {});
            nsp.post("x", [](sio::socket&) {});
        }
    });
    std::thread killer([&] {
        (void)eventually([&] { return lives >= 6; });
        if (how == 0) w->tested.server->stop();
        if (how == 1) w->tested.server->drain(2s);
        if (how == 2) {
            w->tested.io.close();
            w->tested.server->stop();
        }
    });
    std::atomic<bool> answered{false};
    std::thread answering([&] {
        while (!answered) {
            for (auto const& d : w->decisions.take()) d();
            for (auto const& a : w->acks.take()) a(1);
            ::poll(nullptr, 0, 1);
        }
    });
    (void)on_threads(4, [&](int i) {
        // Ends when the server is gone: by an exception.
        std::string ticket;
        for (int round = 0; round < 10'000; ++round) {
            w->tested.io.emit("all", round);
            live(*w, i, round, ticket);
            ++lives;
        }
    });
    killer.join();
    CHECK(w->tested.server.wait_for_end());
    CHECK(w->came == w->went);
    CHECK(w->tested.io.connection_count() == 0);
    answered = true;
    answering.join();
    auto const acks = w->acks.take();
    w.reset();  // `user` goes on
    ::poll(nullptr, 0, 10);
    done = true;
    user.join();
    for (auto const& a : acks) a(1);
}
