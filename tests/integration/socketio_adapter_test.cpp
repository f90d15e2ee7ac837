// The seam to other servers: two in one process, connected by an adapter.
#include <anywire/socketio/adapter.hpp>

#include "integration/socketio_client.hpp"

#include <algorithm>
#include <mutex>
#include <set>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

/// Connects the namespaces of the same name of several servers in one process.
class bus {
public:
    class line final : public sio::adapter {
    public:
        line(sio::local_sockets& here, bus& on) : adapter(here), on_(on) {
            std::scoped_lock const lock(on_.mutex_);
            on_.lines_.insert(this);
        }
        ~line() override {
            std::scoped_lock const lock(on_.mutex_);
            on_.lines_.erase(this);
        }
        void broadcast(sio::detail::encoded event,
                       sio::socket_filter filter,
                       sio::emit_flags flags) override {
            others(flags,
                   [&](sio::local_sockets& there) { there.broadcast(event, filter, flags); });
            here().broadcast(std::move(event), std::move(filter), flags);
        }
        void broadcast_with_ack(sio::detail::encoded event,
                                sio::socket_filter filter,
                                sio::emit_flags flags,
                                sio::detail::ack_handler then) override {
            struct all {
                std::mutex mutex{};
                std::size_t owed = 1;
                error_code error{};
                std::vector<std::pair<std::string, strings>> values{};
            };
            auto const sum = std::make_shared<all>();
            auto const one = [sum, then](error_code e, std::span<sio::arguments const> answers) {
                std::unique_lock lock(sum->mutex);
                if (e) sum->error = e;
                for (auto const& a : answers) {
                    auto const v = sio::to_json(a[0]);
                    sum->values.emplace_back("[" + std::string(v.view().text()) + "]", strings{});
                }
                if (--sum->owed != 0) return true;
                lock.unlock();
                std::vector<sio::arguments> list;
                for (auto const& [text, bytes] : sum->values) list.emplace_back(text, bytes);
                return then(sum->error, list);
            };
            others(flags, [&](sio::local_sockets& there) {
                std::unique_lock lock(sum->mutex);
                ++sum->owed;
                lock.unlock();
                there.broadcast_with_ack(event, filter, flags, one);
            });
            here().broadcast_with_ack(std::move(event), std::move(filter), flags, one);
        }
        void fetch_sockets(
            sio::socket_filter filter,
            sio::emit_flags flags,
            std::function<void(error_code, std::vector<sio::remote_socket>)> then) override {
            auto const step = std::make_shared<std::vector<sio::remote_socket>>();
            auto next = [step, then, &h = here(), filter](error_code,
                                                          std::vector<sio::remote_socket> got) {
                step->insert(step->end(), got.begin(), got.end());
                h.fetch_sockets(filter,
                                [step, then](error_code e, std::vector<sio::remote_socket> rest) {
                                    step->insert(step->end(), rest.begin(), rest.end());
                                    then(e, *step);
                                });
            };
            bool asked = false;
            others(flags, [&](sio::local_sockets& there) {
                asked = true;
                there.fetch_sockets(filter, next);
            });
            if (!asked) here().fetch_sockets(filter, then);
        }
        void sockets_join(sio::socket_filter filter,
                          sio::emit_flags flags,
                          strings rooms) override {
            others(flags, [&](sio::local_sockets& there) { there.sockets_join(filter, rooms); });
            here().sockets_join(filter, rooms);
        }
        void sockets_leave(sio::socket_filter filter,
                           sio::emit_flags flags,
                           strings rooms) override {
            others(flags, [&](sio::local_sockets& there) { there.sockets_leave(filter, rooms); });
            here().sockets_leave(filter, rooms);
        }
        void disconnect_sockets(sio::socket_filter filter,
                                sio::emit_flags flags,
                                bool close) override {
            others(flags,
                   [&](sio::local_sockets& there) { there.disconnect_sockets(filter, close); });
            here().disconnect_sockets(filter, close);
        }
        void server_side_emit(sio::detail::encoded event, sio::detail::ack_handler then) override {
            // An answer for each; the test's listeners answer at once.
            struct channel final : sio::detail::ack_channel {
                strings texts{};
                void answer(std::string json, strings) override {
                    texts.push_back("[" + json + "]");
                }
            };
            auto const to = std::make_shared<channel>();
            sio::arguments const all(event.json, event.attachments);
            auto const name = all[0].as_string().value_or("");
            auto const args = all.from(1);
            others({}, [&](sio::local_sockets& there) { there.hear_server({name, args, to}); });
            if (!then) return;
            std::vector<sio::arguments> list;
            for (auto const& t : to->texts) list.emplace_back(t);
            (void)then({}, list);
        }
        void server_count(std::function<void(std::size_t)> then) override {
            then(on_.lines_.size());
        }

    private:
        template <class Fn>
        void others(sio::emit_flags flags, Fn fn) {
            if (flags.is_local) return;
            std::scoped_lock const lock(on_.mutex_);
            // What is told may be the last to hold a namespace, whose line goes then.
            auto const all = on_.lines_;
            for (auto* l : all)
                if (l != this && on_.lines_.contains(l) &&
                    l->here().nsp_name() == here().nsp_name())
                    fn(l->here());
        }
        bus& on_;
    };

    sio::options options(bool recovers = false) {
        sio::options o;
        o.recovery.enabled = recovers;
        o.make_adapter = [this](sio::local_sockets& here) {
            return std::make_unique<line>(here, *this);
        };
        return o;
    }

private:
    std::recursive_mutex mutex_{};
    std::set<line*> lines_{};
};

}  // namespace

namespace {

/// Two servers on one bus, each with a client in its main namespace.
struct two_servers {
    static void app(sio::server const& io, notes& seen) {
        io.on("all", [io](std::string text) { io.emit("m", text); });
        io.on_server_side([&seen](sio::event const& e) {
            seen.add("server said " + std::string(e.name()));
            e.answer(5);
            throw std::runtime_error("nobody minds");
        });
        (void)io.of("/other");
    }

    unsigned threads = GENERATE(1u, 4u);
    bus all{};
    socketio_test_server one{threads, app, all.options()};
    socketio_test_server two{threads, app, all.options()};
    sio_client a{one.port()};
    sio_client b{two.port()};
    std::string id_a = a.join().sid;
    std::string id_b = b.join().sid;
};

}  // namespace

TEST_CASE_METHOD(two_servers, "what is done to a namespace is done on all servers that share it") {
    one.io.emit("m", 1);
    two.io.to(id_a).emit("m", 2);
    one.io.local().emit("m", 3);
    CHECK(a.flush() == strings{R"(2["m",1])", R"(2["m",2])", R"(2["m",3])"});
    CHECK(b.flush() == strings{R"(2["m",1])"});
    a.packet(R"(2["all","x"])");
    CHECK(b.next() == R"(2["m","x"])");
    CHECK(a.next() == R"(2["m","x"])");

    two.io.sockets_join("r");
    one.io.to(id_b).sockets_leave("r");
    one.io.to("r").emit("m", 4);
    CHECK(a.flush() == strings{R"(2["m",4])"});
    CHECK(b.flush().empty());

    one.io.of("/other").emit("m", 9);
    one.io.to(id_b).disconnect_sockets(true);
    CHECK(b.next() == "1");
    CHECK(b.is_closed());
    CHECK(two.is_empty());
    CHECK(a.flush().empty());
}

TEST_CASE_METHOD(two_servers, "all servers that share a namespace are asked") {
    one.io.fetch_sockets([&](error_code e, std::vector<sio::remote_socket> found) {
        one.seen.add("fetched " + std::to_string(found.size()) + (e ? "!" : ""));
    });
    CHECK(one.seen.wait_for("fetched 2"));

    one.io.emit("q", [&](error_code e, std::vector<int> answers) {
        std::sort(answers.begin(), answers.end());
        CHECK(answers == std::vector<int>{1, 2});
        one.seen.add(e ? "error" : "answered");
    });
    auto const answer = [](sio_client& c, std::string_view n) {
        auto const p = c.until("2");
        c.packet("3" + p.substr(1, p.find('[') - 1) + "[" + std::string(n) + "]");
    };
    answer(a, "1");
    answer(b, "2");
    CHECK(one.seen.wait_for("answered"));

    one.io.server_side_emit("tick", 1, [&](error_code, std::vector<int> answers) {
        one.seen.add("servers answered " + std::to_string(answers.size()));
    });
    CHECK(one.seen.wait_for("servers answered 1"));
    CHECK(two.seen.count("server said tick") == 1);
    CHECK(one.seen.count("server said") == 0);
}

TEST_CASE("an adapter may be told by others from its first moment to its last") {
    bus all;
    socketio_test_server one(2, {}, all.options(true));
    std::atomic<bool> done{false};
    std::thread emitter([&] {
        while (!done) {
            one.io.emit("m", 1);
            one.io.sockets_join("r");
        }
    });
    for (int round = 0; round < 5; ++round) {
        socketio_test_server two(2, {}, all.options(true));
        sio_client c(two.port());
        (void)c.join();
        CHECK(c.until("2").starts_with(R"(2["m",1)"));
    }
    done = true;
    emitter.join();
}
