// anywire-cluster-node: one Socket.IO server of several that share a Redis, or a folder. What it is
// told on the namespace /control it does to the main one; tests/clients/lib/cluster_server.js is
// the same for Node. A plain user of the public API.
#include <anywire/cluster.hpp>
#include <anywire/folder_registry.hpp>
#include <anywire/redis/endpoint_bus.hpp>
#include <anywire/redis/node_registry.hpp>
#include <anywire/redis/socketio_adapter.hpp>
#include <anywire/unix_bus.hpp>

#include "node.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace cluster_node_program;

namespace {

namespace sio = anywire::socketio;
namespace redis = anywire::redis;
using sio::ack;
using sio::json_value;

struct found_socket {
    std::string id{};
    strings rooms{};
    json_value data{};
    std::string address{};
};
ANYWIRE_JSON(found_socket, id, rooms, data, address)

struct outcome {
    bool failed = false;
    std::vector<json_value> answers{};
};
ANYWIRE_JSON(outcome, failed, answers)

sio::broadcast audience_of(sio::nsp const& io, terms const& t) {
    auto to = io.everybody();
    for (auto const& r : t.rooms) to = to.to(r);
    for (auto const& r : t.except) to = to.except(r);
    if (t.is_volatile.value_or(false)) to = to.volatile_();
    if (t.local.value_or(false)) to = to.local();
    if (t.timeout) to = to.timeout(std::chrono::milliseconds(*t.timeout));
    return to;
}

json_value data_of(std::any const& data) {
    auto const* const known = std::any_cast<json_value>(&data);
    auto const* const text = std::any_cast<std::string>(&data);
    if (known) return *known;
    return text ? json_value("\"" + *text + "\"", {}) : json_value();
}

/// What other servers have emitted to this one.
struct heard_events {
    std::mutex mutex{};
    strings names{};
};

void serve_clients(sio::nsp const& io) {
    io.on_connection([](sio::socket& s) {
        if (auto const who = s.auth().find("who")) s.data() = json_value(*who);
        s.emit("hello", s.recovered());
    });
    io.on("enter", [](sio::socket& s, std::string room, ack<> done) {
        s.join(room);
        done();
    });
}

void serve_questions(sio::nsp const& control, sio::nsp const& io) {
    control.on("ask", [io](sio::socket&, terms t, std::string name, ack<outcome> done) {
        audience_of(io, t).emit(name,
                                [done](anywire::error_code e, std::vector<json_value> answers) {
                                    done({e.failed(), std::move(answers)});
                                });
    });
    control.on("fetch", [io](sio::socket&, terms t, ack<std::vector<found_socket>> done) {
        audience_of(io, t).fetch_sockets(
            [done](anywire::error_code, std::vector<sio::remote_socket> all) {
                std::vector<found_socket> out;
                for (auto const& s : all)
                    out.push_back({s.id, s.rooms, data_of(s.data), s.handshake.address});
                done(out);
            });
    });
    control.on("sse_ask",
               [io](sio::socket&, std::string name, sio::arguments args, ack<outcome> done) {
                   io.server_side_emit(
                       name, args, [done](anywire::error_code e, std::vector<json_value> answers) {
                           done({e.failed(), std::move(answers)});
                       });
               });
    control.on("rooms", [io](sio::socket&, ack<strings> done) {
        io.all_rooms([done](anywire::error_code, strings all) { done(all); });
    });
    control.on("members", [io](sio::socket&, terms t, ack<strings> done) {
        audience_of(io, t).socket_ids([done](anywire::error_code, strings all) { done(all); });
    });
}

void serve_control(sio::nsp const& control, sio::nsp const& io, heard_events& heard) {
    control.on("emit",
               [io](sio::socket&, terms t, std::string name, sio::arguments args, ack<> done) {
                   audience_of(io, t).emit(name, args);
                   done();
               });
    control.on("join", [io](sio::socket&, terms t, strings rooms, ack<> done) {
        audience_of(io, t).sockets_join(rooms);
        done();
    });
    control.on("leave", [io](sio::socket&, terms t, strings rooms, ack<> done) {
        audience_of(io, t).sockets_leave(rooms);
        done();
    });
    control.on("disconnect_all", [io](sio::socket&, terms t, bool close, ack<> done) {
        audience_of(io, t).disconnect_sockets(close);
        done();
    });
    control.on("sse", [io](sio::socket&, std::string name, sio::arguments args, ack<> done) {
        io.server_side_emit(name, args);
        done();
    });
    control.on("heard", [&heard](sio::socket&, ack<strings> done) {
        std::scoped_lock const lock(heard.mutex);
        done(heard.names);
    });
    serve_questions(control, io);
}

anywire::adapter_maker adapter_of(std::optional<redis::connection> const& at,
                                  std::optional<anywire::unix_bus> const& bus,
                                  arguments const& a) {
    auto const& kind = a.at("adapter");
    auto const& key = a.at("key");
    if (bus) return bus->socketio_adapter();
    if (kind == "emitter") return {};
    if (kind == "pubsub") return redis::pubsub_adapter(*at, {.key = key});
    if (kind == "sharded") return redis::sharded_adapter(*at, {.channel_prefix = key});
    if (kind == "streams")
        return redis::streams_adapter(*at, {.stream_name = key, .channel_prefix = key});
    throw std::invalid_argument("--adapter: pubsub, sharded, streams, unix or emitter");
}

anywire::server_options options_of(arguments const& a) {
    return {
        .port = static_cast<std::uint16_t>(std::stoul(a.at("port"))),
        .threads = static_cast<unsigned>(std::stoul(a.at("threads"))),
        .log = {.level = a.contains("log") ? anywire::log_level::debug : anywire::log_level::error,
                .write = [](anywire::log_level, std::string_view line) {
                    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
                }}};
}

/// One server, and what it shares with others.
class program {
public:
    explicit program(arguments const& a)
        : redis_(shared_redis(a)),
          bus_(shared_bus(a)),
          server_(options_of(a)),
          io_(socketio_of(redis_, bus_, a)) {
        server_.mount_metrics("/metrics");
        if (redis_) server_.add_numbers(redis_->numbers("main"));
        if (a.contains("cluster")) join_cluster(a);
        io_.on_server_side([this, name = a.at("name")](sio::event const& e) {
            {
                std::scoped_lock const lock(heard_.mutex);
                heard_.names.emplace_back(e.name());
            }
            e.answer(name);
        });
        serve_clients(io_);
        if (a.at("adapter") == "emitter")
            serve_emitter(io_.of("/control"), a);
        else
            serve_control(io_.of("/control"), io_, heard_);
        server_.mount("/socket.io/", io_);
        if (a.contains("plain"))
            mount_plain(server_, [this](std::string name) { return bus_of(std::move(name)); });
        if (a.contains("stomp")) mount_stomp(server_, bus_of("stomp"), a.at("name"));
    }
    void run() {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        std::printf("listening on %s\n", server_.url().c_str());
        std::fflush(stdout);
        std::thread waiting([&] {
            int which = 0;
            sigwait(&signals, &which);
            // Taken out of service, as programs are: whoever is here hears goodbye.
            server_.drain(
                {.deadline = std::chrono::seconds(5), .spread = std::chrono::milliseconds(1)});
        });
        server_.run();
        waiting.join();
    }

private:
    /// A folder is all that the Unix bus needs.
    static std::optional<redis::connection> shared_redis(arguments const& a) {
        if (a.at("adapter") == "unix") return std::nullopt;
        return redis_of(a);
    }
    static std::optional<anywire::unix_bus> shared_bus(arguments const& a) {
        if (a.at("adapter") != "unix") return std::nullopt;
        return anywire::unix_bus({.folder = a.at("folder")});
    }
    anywire::bus_maker bus_of(std::string name) const {
        return bus_ ? bus_->endpoint_bus({.name = std::move(name)})
                    : redis::endpoint_bus(*redis_, {.name = std::move(name)});
    }
    static sio::options socketio_of(std::optional<redis::connection> const& at,
                                    std::optional<anywire::unix_bus> const& bus,
                                    arguments const& a) {
        sio::options o;
        o.recovery.enabled = a.contains("recovery");
        o.engine.origins = {"*"};
        o.make_adapter = adapter_of(at, bus, a);
        return o;
    }
    void join_cluster(arguments const& a) {
        node_ = std::make_unique<anywire::cluster_node>(
            server_,
            anywire::cluster_options{
                .registry = redis_ ? redis::make_node_registry(*redis_, {.name = a.at("cluster")})
                                   : anywire::make_folder_registry({.folder = a.at("folder")}),
                .secret = "of anywire-cluster-node",
                .heartbeat = std::chrono::milliseconds(std::stol(a.at("heartbeat")))});
    }

    heard_events heard_{};
    std::optional<redis::connection> redis_;
    std::optional<anywire::unix_bus> bus_;
    anywire::server server_;
    std::unique_ptr<anywire::cluster_node> node_{};
    sio::server const io_;
};

}  // namespace

redis::connection cluster_node_program::redis_of(arguments const& a) {
    auto const& at = a.at("redis");
    redis::options o{.url = at};
    if (a.contains("ping")) o.ping_interval = std::chrono::milliseconds(std::stol(a.at("ping")));
    // Several addresses are nodes of a cluster of Redis.
    if (!at.starts_with("redis://")) {
        o.url.clear();
        for (std::size_t from = 0; from < at.size();) {
            auto const end = std::min(at.find(',', from), at.size());
            o.cluster.push_back(at.substr(from, end - from));
            from = end + 1;
        }
    }
    return redis::connection(o);
}

int main(int argc, char** argv) {
    arguments given{{"redis", "redis://127.0.0.1:6379"},
                    {"name", "cpp"},
                    {"key", "socket.io"},
                    {"port", "0"},
                    {"threads", "1"},
                    {"heartbeat", "2000"}};
    for (int i = 1; i + 1 < argc; i += 2) given[std::string(argv[i]).substr(2)] = argv[i + 1];
    try {
        // Before any thread: each takes over what is blocked.
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        program(given).run();
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-cluster-node: %s\n", e.what());
        return EXIT_FAILURE;
    }
}
