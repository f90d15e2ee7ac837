// anywire-bench-sessions: what sessions of one shard cost by themselves, on carriers in memory: no
// socket, no kernel. From a thousand to a million, with heartbeats on.
#include <anywire/transport.hpp>

#include "session/duplex_session.hpp"
#include "session/endpoint_core.hpp"
#include "session/session_loop.hpp"

#include <algorithm>
#include <array>
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

class memory_transport;

struct carried {
    std::uint64_t messages = 0;
    std::uint64_t pings = 0;
    std::uint64_t lost = 0;
    std::vector<memory_transport*> pinged{};
};

/// Takes everything at once, and answers each ping when it is asked to.
class memory_transport final : public transport {
public:
    explicit memory_transport(carried& t) noexcept : traffic_(t) {}

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
        transports.reserve(count);
        for (std::size_t i = 0; i < count; ++i) transports.emplace_back(traffic);
        traffic.pinged.reserve(count);
        for (auto& w : transports) traffic.pinged.push_back(&w);  // its memory is not the sessions'
        traffic.pinged.clear();
    }
    ~shard() {
        endpoint.abandon_all();
        loop.flush();
    }
    shard(shard const&) = delete;
    shard& operator=(shard const&) = delete;

    void open_all() {
        for (auto& w : transports) {
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
            transports[i].session->on_payload(transports[i], text, false);
            loop.flush();
        }
    }

    carried traffic{};
    std::vector<memory_transport> transports{};
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

/// What memory itself takes for the lines of one heartbeat, without any work on them: places as
/// large as a session in random order. A heartbeat wakes its session twice, to ping and to look for
/// the answer, and touches its carrier: all lines of two places and one of a third.
class memory_floor {
public:
    explicit memory_floor(std::vector<std::uint32_t> const& order)
        : order_(order), places_(order.size()) {
        for (std::size_t i = 0; i < order.size(); ++i)
            places_[order[i]].lines[0].next = order[(i + 1) % order.size()];
    }

    /// In ns a heartbeat: where each place is known long before, so that lines come side by side.
    double known_ahead() {
        auto const begin = cpu_ns();
        for (std::size_t round = 0; round < rounds; ++round)
            for (auto const i : order_)
                for (auto& l : places_[i].lines) ++l.touched;
        return per_place(begin) * (2 + 1.0 / lines_of_a_session);
    }

    /// In ns a heartbeat: where each place is named by the one before, so that three must be waited
    /// for. The other lines of a place come beside its first.
    double one_by_one() {
        auto const begin = cpu_ns();
        std::uint64_t at = 0;
        for (auto n = rounds * places_.size(); n != 0; --n) {
            auto& lines = places_[at].lines;
            at = lines[0].next;
            for (auto& l : lines) ++l.touched;
        }
        return per_place(begin) * 3;
    }

private:
    static constexpr std::size_t rounds = 4;
    static constexpr std::size_t line_size = 64;
    static constexpr auto lines_of_a_session = (sizeof(plain_session) + line_size - 1) / line_size;
    struct alignas(line_size) line {
        std::uint64_t next = 0;
        std::uint64_t touched = 0;
    };
    struct place {
        std::array<line, lines_of_a_session> lines{};
    };

    double per_place(double begin) const {
        return (cpu_ns() - begin) / static_cast<double>(rounds * places_.size());
    }

    std::vector<std::uint32_t> const& order_;
    std::vector<place> places_;
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
    memory_floor floor(order);
    auto const ahead = floor.known_ahead();
    auto const chained = floor.one_by_one();
    std::printf("%9zu %14.0f %12.0f %14.0f %18.1f %12.0f %13.0f %13.0f\n",
                count,
                bytes,
                (opened - begin) / n,
                (after - before) / heartbeats,
                (after - before) / n / 100,
                (echoed - after) / n,
                ahead,
                chained);
    std::fflush(stdout);
    return s->traffic.lost == 0 && s->traffic.messages == count && heartbeats >= 3.9 * n &&
           s->counters.sessions == count;
}

}  // namespace

int main(int argc, char** argv) {
    auto const most = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
    std::printf(
        "sessions of one shard on carriers in memory, a heartbeat each 25 s of time that is told\n"
        "memory: its lines alone, known ahead of time or each place named by the one before\n"
        " sessions  bytes/session   ns to open   ns/heartbeat  ns/session/second   ns an echo"
        "  memory/ahead  memory/chain\n");
    auto ok = true;
    for (std::size_t count = 1'000; count <= most; count *= 10) ok = measure(count) && ok;
    if (!ok) std::fputs("sessions were lost, or their messages or heartbeats\n", stderr);
    return ok ? 0 : 1;
}
