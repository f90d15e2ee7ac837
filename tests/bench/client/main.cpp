// anywire-bench-client: what the client costs, beside a bare socket with the same frames, and at
// rest.
#include "bare_client.hpp"
#include "our_clients.hpp"
#include "process.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace bench;

struct settings {
    unsigned rounds = 7;
    std::size_t messages = 300'000;  ///< Of all clients of a row together.
    std::size_t idle = 10'000;
    double seconds = 30;  ///< That idle clients are watched.
    bool is_smoke = false;
};

void print_help() {
    std::puts(
        "usage: ./run bench client [--quick] [--rounds N] [--messages N] [--idle N] [--seconds N]\n"
        "\n"
        "CPU of a process of echo clients per message, ours and bare sockets with our frame codec "
        "in\n"
        "turns; then bytes and CPU of clients that do nothing.");
}

settings parse(int argc, char** argv) {
    settings s;
    for (int i = 1; i < argc; ++i) {
        std::string const flag = argv[i];
        auto const value = [&] {
            auto const n = i + 1 < argc ? std::atol(argv[++i]) : 0;
            if (n <= 0) throw std::invalid_argument(flag + " takes a number");
            return n;
        };
        if (flag == "--quick") {
            s.rounds = 3;
            s.messages = 60'000;
            s.seconds = 5;
        } else if (flag == "--smoke") {
            s = {.rounds = 1, .messages = 2'000, .idle = 50, .seconds = 0.2, .is_smoke = true};
        } else if (flag == "--rounds") {
            s.rounds = static_cast<unsigned>(value());
        } else if (flag == "--messages") {
            s.messages = static_cast<std::size_t>(value());
        } else if (flag == "--idle") {
            s.idle = static_cast<std::size_t>(value());
        } else if (flag == "--seconds") {
            s.seconds = static_cast<double>(value());
        } else if (flag == "--help") {
            print_help();
            std::exit(0);
        } else {
            throw std::invalid_argument("unknown option " + flag);
        }
    }
    return s;
}

// -- echoes ---------------------------------------------------------------------------------------

double run_bare(std::uint16_t port, load const& what) {
    net::io_context loop(1);
    tally all(loop, what);
    bare_shared shared{.all = all};
    std::vector<std::unique_ptr<bare_client>> clients;
    for (std::size_t i = 0; i < what.clients; ++i)
        clients.push_back(std::make_unique<bare_client>(loop, port, shared));
    loop.run();
    if (!all.problem.empty()) throw std::runtime_error(all.problem);
    return all.us_per_message();
}

struct row {
    char const* name;
    std::size_t clients;
    std::size_t at_once;
    std::size_t size;
};
constexpr row rows[] = {{"1 client, one message under way", 1, 1, 64},
                        {"50 clients, one message under way", 50, 1, 64},
                        {"50 clients, 16 messages at once", 50, 16, 64},
                        {"50 clients, one message of 4 KiB", 50, 1, 4'096}};

double middle_of(std::vector<double> all) {
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
}

void run_echoes(settings const& s, std::uint16_t port) {
    std::printf("CPU of the clients' process, us per message that came back\n\n");
    std::printf("  %-36s %8s %8s   %s\n", "", "bare", "client", "ratio, range");
    for (auto const& r : rows) {
        auto const each = std::max(s.messages / r.clients / r.at_once, std::size_t{2}) * r.at_once;
        load const what{r.clients, r.at_once, each, r.size};
        std::vector<double> bare{run_bare(port, what)};
        std::vector<double> ours;
        std::vector<double> ratios;
        for (unsigned i = 0; i < s.rounds; ++i) {
            ours.push_back(run_ours(port, what));
            bare.push_back(run_bare(port, what));
            // Neighbours: the speed of a machine wanders.
            ratios.push_back(ours.back() / ((bare[i] + bare[i + 1]) / 2));
        }
        auto const [least, most] = std::minmax_element(ratios.begin(), ratios.end());
        std::printf("  %-36s %8.2f %8.2f   %.2f  %.2f-%.2f\n",
                    r.name,
                    middle_of(bare),
                    middle_of(ours),
                    middle_of(ratios),
                    *least,
                    *most);
        std::fflush(stdout);
    }
}

// -- at rest --------------------------------------------------------------------------------------

/// In a process of its own, whose memory nobody has used before.
void run_idle(settings const& s, std::uint16_t port, idle_kind const& kind) {
    std::fflush(stdout);
    auto const child = ::fork();
    if (child < 0) throw std::runtime_error("cannot fork");
    if (child == 0) {
        auto code = 0;
        try {
            auto const cost = hold_idle(port, kind, s.idle, s.seconds);
            std::printf("  %-36s %8.0f %8.0f   %.2f\n",
                        kind.name,
                        cost.resident_bytes,
                        cost.heap_bytes,
                        cost.cpu_ms_per_second);
        } catch (std::exception const& e) {
            std::printf("  %-36s failed: %s\n", kind.name, e.what());
            code = 1;
        }
        std::fflush(stdout);
        ::_exit(code);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error("a row of idle clients failed");
}

void run_all_idle(settings const& s, std::uint16_t port) {
    std::printf("\n%zu idle clients, after one echo each; pings every 25 s\n\n", s.idle);
    std::printf("  %-36s %8s %8s   %s\n", "", "resident", "heap", "ms of CPU a second, for all");
    for (auto const& kind : idle_kinds) run_idle(s, port, kind);
}

int run(settings const& s) {
    raise_descriptor_limit();
    auto const folder = program_folder();
    {
        process const bare({folder + "anywire-bench-bare"});
        run_echoes(s, bare.port());
    }
    process const server({folder + "anywire-bench-server"});
    run_all_idle(s, server.port());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(parse(argc, argv));
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-bench-client: %s\n", e.what());
        return 2;
    }
}
