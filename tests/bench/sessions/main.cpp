// anywire-bench-sessions: what sessions of one shard cost by themselves, on carriers in memory: no
// socket, no kernel. From a thousand to a million, with heartbeats on.
#include "session/duplex_session.hpp"
#include "session/endpoint_core.hpp"
#include "session/session_loop.hpp"
#include "session/transport.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace anywire;
using namespace std::chrono_literals;

constexpr auto interval = 25s;

std::uint64_t own_memory() {
    auto* const f = std::fopen("/proc/self/smaps_rollup", "r");
    char line[256];
    unsigned long long kb = 0;
    while (f && std::fgets(line, sizeof line, f))
        if (std::sscanf(line, "Anonymous: %llu kB", &kb) == 1) break;
    if (f) std::fclose(f);
    return kb * 1'024;
}

double cpu_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

class memory_wire;

struct carried {
    std::uint64_t messages = 0;
    std::uint64_t pings = 0;
    std::uint64_t lost = 0;
    std::vector<memory_wire*> pinged{};
};

/// Takes everything at once, and answers each ping when it is asked to.
class memory_wire final : public transport {
public:
    explicit memory_wire(carried& t) noexcept : traffic_(t) {}

    carrier shape() const noexcept override { return carrier::duplex; }
    std::string_view name() const noexcept override { return "websocket"; }
    write_result write(std::span<frame* const> batch) override {
        for (auto const* f : batch) {
            if (f->kind() == frame_kind::ping) {
                ++traffic_.pings;
                traffic_.pinged.push_back(this);
            } else {
                ++traffic_.messages;
            }
        }
        return {batch.size(), write_result::next::ready};
    }
    void close(close_code, std::string_view) noexcept override { ++traffic_.lost; }
    void abort() noexcept override { ++traffic_.lost; }
    std::size_t pending_bytes() const noexcept override { return 0; }
    void pause_reading(bool) override {}

    plain_session* session = nullptr;

private:
    carried& traffic_;
};

/// One shard with one mount, which echoes.
struct shard {
    explicit shard(std::size_t count) {
        wires.reserve(count);
        for (std::size_t i = 0; i < count; ++i) wires.emplace_back(traffic);
        traffic.pinged.reserve(count);
        for (auto& w : wires) traffic.pinged.push_back(&w);  // its memory is not the sessions'
        traffic.pinged.clear();
    }
    ~shard() {
        endpoint.abandon_all();
        loop.flush();
    }
    shard(shard const&) = delete;
    shard& operator=(shard const&) = delete;

    void open_all() {
        for (auto& w : wires) {
            w.session = new plain_session(endpoint, {}, timing);
            endpoint.add(w.session);
            w.session->attach(w);
            loop.flush();
        }
    }

    void pass(std::chrono::milliseconds time) {
        for (auto n = to_ticks(time); n != 0; --n) {
            loop.advance(loop.now() + 1);
            loop.flush();
            for (auto* const w : traffic.pinged) w->session->on_alive(*w);
            traffic.pinged.clear();
            loop.flush();
        }
    }

    void echo(std::vector<std::uint32_t> const& order) {
        std::string const text(64, 'e');
        for (auto const i : order) {
            wires[i].session->on_payload(wires[i], text, false);
            loop.flush();
        }
    }

    carried traffic{};
    std::vector<memory_wire> wires{};
    std::mt19937_64 random{1};
    log_sink sink{};
    session_limits limits{};
    session_loop loop{0, 1'000, sink, [this](std::span<unsigned char> bytes) {
                          for (auto& b : bytes) b = static_cast<unsigned char>(random());
                      }};
    handlers app{.on_message = [](session& s, message_view m) { s.send(m); }};
    endpoint_counters counters{};
    endpoint_core endpoint{loop, app, limits, counters, siphash_key{1, 2}};
    duplex_timing timing{.ping_interval = to_ticks(interval), .ping_timeout = to_ticks(20s)};
};

/// False when a session was lost or missed a heartbeat.
bool measure(std::size_t count) {
    auto const s = std::make_unique<shard>(count);
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), s->random);

    auto const n = static_cast<double>(count);
    auto const memory = own_memory();
    auto const begin = cpu_ns();
    s->open_all();
    auto const opened = cpu_ns();
    auto const bytes = static_cast<double>(own_memory() - memory) / n;
    s->pass(interval);  // the first heartbeats are spread
    auto const pings = s->traffic.pings;
    auto const before = cpu_ns();
    s->pass(4 * interval);
    auto const after = cpu_ns();
    s->echo(order);
    auto const echoed = cpu_ns();
    auto const heartbeats = static_cast<double>(s->traffic.pings - pings);
    std::printf("%9zu %14.0f %12.0f %14.0f %18.0f %12.0f\n",
                count,
                bytes,
                (opened - begin) / n,
                (after - before) / heartbeats,
                (after - before) / n / 100,
                (echoed - after) / n);
    std::fflush(stdout);
    return s->traffic.lost == 0 && s->traffic.messages == count && heartbeats >= 3.9 * n &&
           s->counters.sessions == count;
}

}  // namespace

int main(int argc, char** argv) {
    auto const most = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    std::printf(
        "sessions of one shard on carriers in memory, a heartbeat each 25 s of time that is told\n"
        " sessions  bytes/session   ns to open   ns/heartbeat  ns/session/second   ns an echo\n");
    auto ok = true;
    for (std::size_t count = 1'000; count <= most; count *= 10) ok = measure(count) && ok;
    if (!ok) std::fputs("sessions were lost, or their messages or heartbeats\n", stderr);
    return ok ? 0 : 1;
}
