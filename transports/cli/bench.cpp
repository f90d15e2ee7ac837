#include <anywire/client.hpp>

#include "outcome.hpp"
#include "screen.hpp"
#include "talk.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace anywire::cli {
namespace {

using clock = std::chrono::steady_clock;

/// Bytes of this process that are in memory.
std::size_t resident_bytes() {
    std::size_t all = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// Seconds of CPU that this process has used.
double cpu_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto const of = [](timeval t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(used.ru_utime) + of(used.ru_stime);
}

/// What the clients have in common.
///
/// Thread: the context's, but for what is atomic.
struct common {
    common(settings const& of, screen& to, outcome& what)
        : s(of), out(to), end(what), message(of.size, 'x') {}

    settings const& s;
    screen& out;
    outcome& end;
    std::string const message;
    std::vector<clock::duration> times{};
    std::string transport{};
    std::atomic<std::size_t> open{0};
    std::function<void()> connect_next{};
    std::size_t finished = 0;
    bool is_over = false;
};

/// One client with one message under way at a time.
class echo_client : public client {
public:
    echo_client(common& all,
                client_context& context,
                client_profile const& profile,
                std::shared_ptr<client_handlers const> shared)
        : client(context, profile, std::move(shared)), all_(all) {}

    /// For all of them.
    static std::shared_ptr<client_handlers const> make_handlers() {
        auto const mine = [](client& c) -> echo_client& { return static_cast<echo_client&>(c); };
        client_handlers h;
        h.on_open = [mine](client& c) { mine(c).on_open(); };
        h.on_message = [mine](client& c, message_view) { mine(c).on_answer(); };
        h.on_failure = [mine](client& c, client_failure const& why) {
            mine(c).give_up(describe(why));
        };
        h.on_close = [mine](client& c, close_event const& how) {
            mine(c).give_up("a session ended: " + describe(how));
        };
        return std::make_shared<client_handlers const>(std::move(h));
    }

private:
    void on_open() {
        all_.transport = transport();
        if (++all_.open == all_.s.clients) all_.end.set_open();
        all_.connect_next();
        if (all_.s.messages != 0) begin();
    }
    void begin() {
        began_ = clock::now();
        send({all_.message, false});
    }
    void on_answer() {
        all_.times.push_back(clock::now() - began_);
        if (++done_ < all_.s.messages) return begin();
        if (++all_.finished == all_.s.clients) all_.end.set(exit_code::done);
    }
    void give_up(std::string const& why) {
        if (all_.end.is_set() || all_.is_over) return;
        all_.is_over = true;  // one says it for all
        all_.out.error(why);
        all_.end.set_ended();
    }

    common& all_;
    std::size_t done_ = 0;
    clock::time_point began_{};
};

void print_times(common& all, double seconds, double cpu) {
    auto& times = all.times;
    if (times.empty()) return;
    std::sort(times.begin(), times.end());
    clock::duration sum{};
    for (auto const t : times) sum += t;
    auto const count = static_cast<double>(times.size());
    auto const at = [&times](double p) {
        return milliseconds(
            times[static_cast<std::size_t>(p * static_cast<double>(times.size() - 1))]);
    };
    std::printf("%zu round trips of %zu bytes over %s\n",
                times.size(),
                all.message.size(),
                all.transport.c_str());
    std::printf("mean %s  median %s  99%% %s  worst %s  %.0f a second  %.1f us of CPU each\n",
                milliseconds(sum / static_cast<long>(times.size())).c_str(),
                at(0.5).c_str(),
                at(0.99).c_str(),
                milliseconds(times.back()).c_str(),
                count / seconds,
                cpu / count * 1e6);
}

}  // namespace

exit_code bench(settings const& s) {
    screen out(s.quiet);
    outcome end;
    auto options = s.options;
    options.reconnect.enabled = false;
    common all(s, out, end);
    auto const memory = resident_bytes();

    client_context context;
    client_profile const profile(options);
    auto const shared = echo_client::make_handlers();
    std::deque<echo_client> clients;
    auto const began = clock::now();
    auto const cpu = cpu_seconds();
    for (std::size_t i = 0; i < s.clients; ++i) clients.emplace_back(all, context, profile, shared);
    // So many at a time: more would wait for one another, and hold what connecting needs.
    all.connect_next = [&clients, next = std::size_t{0}]() mutable {
        if (next < clients.size()) clients[next++].connect();
    };
    context.post([&all] {
        for (int i = 0; i < 100; ++i) all.connect_next();
    });
    auto const is_open = end.wait_open(s.timeout);
    if (!is_open) return end.code(exit_code::too_late);
    if (s.messages != 0) {
        end.wait(s.timeout, exit_code::too_late);
        if (end.code(exit_code::done) == exit_code::too_late) out.error("no answer: does it echo?");
        print_times(
            all, std::chrono::duration<double>(clock::now() - began).count(), cpu_seconds() - cpu);
    } else {
        auto const idle = cpu_seconds();
        end.wait(std::max(s.wait, 1.0), exit_code::done);
        std::printf("%zu idle clients over %s: %zu bytes each, %.2f ms of CPU a second\n",
                    s.clients,
                    all.transport.c_str(),
                    (resident_bytes() - std::min(memory, resident_bytes())) / s.clients,
                    (cpu_seconds() - idle) / std::max(s.wait, 1.0) * 1e3);
    }
    end.set(exit_code::done);
    return end.code(exit_code::done);
}

}  // namespace anywire::cli
