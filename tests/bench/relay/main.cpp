// What a request costs that came to a node without its session, beside one that came right:
// two nodes of one thread each, one client that waits for each answer.
#include <anywire/cluster.hpp>
#include <anywire/server.hpp>

#include "support/raw_client.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <pthread.h>
#include <string>
#include <string_view>
#include <thread>
#include <time.h>
#include <vector>

namespace {

using anywire::test::raw_client;
using clock_type = std::chrono::steady_clock;

/// One node on a thread of its own, whose CPU time is read.
class node {
public:
    explicit node(std::shared_ptr<anywire::session_registry> registry)
        : server_({.port = 0}),
          cluster_(server_,
                   {.registry = std::move(registry), .secret = "of the benchmark's own nodes"}) {
        anywire::handlers const echo{
            .on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); }};
        server_.mount("/eio", anywire::engineio_options{}, echo);
        server_.mount("/echo", anywire::sockjs_options{}, echo);
        thread_ = std::thread([this] { server_.run(); });
        pthread_getcpuclockid(thread_.native_handle(), &cpu_);
    }
    ~node() {
        server_.stop();
        thread_.join();
    }
    node(node const&) = delete;
    node& operator=(node const&) = delete;

    std::uint16_t port() const { return server_.port(); }
    double cpu_us() const {
        timespec t{};
        clock_gettime(cpu_, &t);
        return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
    }

private:
    anywire::server server_;
    anywire::cluster_node cluster_;
    std::thread thread_{};
    clockid_t cpu_{};
};

struct row {
    char const* name;
    double median_us;
    double p99_us;
    double cpu_us;
};

/// Has `once` run so many times: how long each took, and what the nodes' threads spent on it.
row measure(char const* name,
            std::vector<std::unique_ptr<node>> const& nodes,
            int count,
            std::function<void()> const& once) {
    for (int i = 0; i < count / 10 + 1; ++i) once();
    auto const spent = [&] {
        double sum = 0;
        for (auto const& n : nodes) sum += n->cpu_us();
        return sum;
    };
    std::vector<double> took;
    auto const before = spent();
    for (int i = 0; i < count; ++i) {
        auto const began = clock_type::now();
        once();
        took.push_back(
            std::chrono::duration<double, std::micro>(clock_type::now() - began).count());
    }
    auto const cpu = (spent() - before) / count;
    std::sort(took.begin(), took.end());
    return {name, took[took.size() / 2], took[took.size() * 99 / 100], cpu};
}

void require(bool held) {
    if (held) return;
    std::fputs("an answer was not what it should be\n", stderr);
    std::exit(1);
}

std::string sid_of(std::string const& text) {
    auto const at = text.find("\"sid\":\"") + 7;
    return text.substr(at, text.find('"', at) - at);
}

/// A POST and the poll that brings its echo, on one kept connection.
row polls(char const* name,
          std::vector<std::unique_ptr<node>> const& nodes,
          std::size_t by,
          int count) {
    auto const sid = sid_of(raw_client(nodes[0]->port()).get("/eio/?EIO=4&transport=polling").body);
    auto const path = "/eio/?EIO=4&transport=polling&sid=" + sid;
    raw_client client(nodes[by]->port());
    std::string const text(64, 'x');
    return measure(name, nodes, count, [&] {
        require(client.post(path, "4" + text).body == "ok");
        require(client.get(path).body == "4" + text);
    });
}

row sockjs(char const* name,
           std::vector<std::unique_ptr<node>> const& nodes,
           std::size_t by,
           std::string const& session,
           int count) {
    auto const path = "/echo/000/" + session;
    require(raw_client(nodes[0]->port()).post(path + "/xhr").body == "o\n");
    raw_client client(nodes[by]->port());
    std::string const text = "\"" + std::string(64, 'x') + "\"";
    return measure(name, nodes, count, [&] {
        require(client.post(path + "/xhr_send", "[" + text + "]").status == 204);
        require(client.post(path + "/xhr").body == "a[" + text + "]\n");
    });
}

row upgraded(char const* name,
             std::vector<std::unique_ptr<node>> const& nodes,
             std::size_t by,
             int count) {
    auto const sid = sid_of(raw_client(nodes[0]->port()).get("/eio/?EIO=4&transport=polling").body);
    raw_client client(nodes[by]->port());
    require(client.upgrade("/eio/?EIO=4&transport=websocket&sid=" + sid).status == 101);
    client.send_text("2probe");
    require(client.read_message() == "3probe");
    client.send_text("5");
    std::string const text = "4" + std::string(64, 'x');
    return measure(name, nodes, count, [&] {
        client.send_text(text);
        require(client.read_message() == text);
    });
}

}  // namespace

int main(int argc, char** argv) {
    auto const count = argc > 1 ? std::atoi(argv[1]) : 5000;
    auto const registry = anywire::make_memory_registry();
    std::vector<std::unique_ptr<node>> nodes;
    for (int i = 0; i < 2; ++i) nodes.push_back(std::make_unique<node>(registry));
    std::vector<row> const rows{
        polls("Engine.IO, POST and poll: at its node", nodes, 0, count),
        polls("Engine.IO, POST and poll: carried", nodes, 1, count),
        sockjs("SockJS, xhr_send and xhr: at its node", nodes, 0, "aaaaaaaa", count),
        sockjs("SockJS, xhr_send and xhr: carried", nodes, 1, "bbbbbbbb", count),
        upgraded("WebSocket after an upgrade: at its node", nodes, 0, count),
        upgraded("WebSocket after an upgrade: carried", nodes, 1, count),
    };
    std::printf(
        "%-44s %10s %10s %14s\n", "an echo of 64 bytes", "median us", "p99 us", "CPU us, both");
    for (auto const& r : rows)
        std::printf("%-44s %10.0f %10.0f %14.1f\n", r.name, r.median_us, r.p99_us, r.cpu_us);
}
