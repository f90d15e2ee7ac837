// anywire-cluster-node: one Socket.IO server of several that share a Redis. What it is told on the
// namespace /control it does to the main one; tests/clients/lib/cluster_server.js is the same for
// Node. A plain user of the public API.
#include <anywire/cluster.hpp>
#include <anywire/redis/node_registry.hpp>
#include <anywire/redis/socketio_adapter.hpp>
#include <anywire/server.hpp>
#include <anywire/socketio.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace sio = anywire::socketio;
namespace redis = anywire::redis;
using sio::ack;
using sio::arguments;
using sio::json_value;
using sio::json_view;
using strings = std::vector<std::string>;

/// Who is meant, and how: what `/control` is told of each operation.
struct terms {
    strings rooms{};
    strings except{};
    std::optional<bool> is_volatile{};
    std::optional<bool> local{};
    std::optional<int> timeout{};
};
ANYWIRE_JSON(terms, rooms, except, is_volatile, local, timeout)

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
    control.on("sse_ask", [io](sio::socket&, std::string name, arguments args, ack<outcome> done) {
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
    control.on("emit", [io](sio::socket&, terms t, std::string name, arguments args, ack<> done) {
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
    control.on("sse", [io](sio::socket&, std::string name, arguments args, ack<> done) {
        io.server_side_emit(name, args);
        done();
    });
    control.on("heard", [&heard](sio::socket&, ack<strings> done) {
        std::scoped_lock const lock(heard.mutex);
        done(heard.names);
    });
    serve_questions(control, io);
}

redis::adapter_maker adapter_of(redis::connection const& at,
                                std::map<std::string, std::string> const& a) {
    auto const key = a.contains("key") ? a.at("key") : std::string("socket.io");
    auto const& kind = a.at("adapter");
    if (kind == "pubsub") return redis::pubsub_adapter(at, {.key = key});
    if (kind == "sharded") return redis::sharded_adapter(at, {.channel_prefix = key});
    if (kind == "streams")
        return redis::streams_adapter(at, {.stream_name = key, .channel_prefix = key});
    throw std::invalid_argument("--adapter: pubsub, sharded or streams");
}

void serve(std::map<std::string, std::string> const& a) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    heard_events heard;
    auto const is_quiet = !a.contains("log");
    anywire::server server(
        {.port = 0,
         .threads = a.contains("threads") ? static_cast<unsigned>(std::stoul(a.at("threads"))) : 1,
         .log = {.level = is_quiet ? anywire::log_level::error : anywire::log_level::debug,
                 .write = [](anywire::log_level, std::string_view line) {
                     std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
                 }}});
    redis::connection const at({.url = a.at("redis")});
    server.mount_metrics("/metrics");
    server.add_numbers(at.numbers("main"));
    std::optional<anywire::cluster_node> node;
    if (a.contains("secret"))
        node.emplace(server,
                     anywire::cluster_options{.registry = redis::make_node_registry(at),
                                              .secret = a.at("secret"),
                                              .heartbeat = std::chrono::milliseconds(100)});
    sio::options o;
    o.recovery.enabled = a.contains("recovery");
    o.engine.origins = {"*"};
    o.make_adapter = adapter_of(at, a);
    sio::server const io(o);
    io.on_server_side([&heard, name = a.at("name")](sio::event const& e) {
        {
            std::scoped_lock const lock(heard.mutex);
            heard.names.emplace_back(e.name());
        }
        e.answer(name);
    });
    serve_clients(io);
    serve_control(io.of("/control"), io, heard);
    server.mount("/socket.io/", io);
    std::printf("listening on %s\n", server.url().c_str());
    std::fflush(stdout);
    std::thread waiting([&] {
        int which = 0;
        sigwait(&signals, &which);
        server.stop();
    });
    server.run();
    waiting.join();
}

}  // namespace

int main(int argc, char** argv) {
    // --name value, each of them.
    std::map<std::string, std::string> given{{"redis", "redis://127.0.0.1:6379"}, {"name", "cpp"}};
    for (int i = 1; i + 1 < argc; i += 2) given[std::string(argv[i]).substr(2)] = argv[i + 1];
    try {
        serve(given);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-cluster-node: %s\n", e.what());
        return EXIT_FAILURE;
    }
}
