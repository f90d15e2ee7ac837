// anywire-bench-costs: sends a server the dearest input that is known, shape by shape, and prints
// what each costs it.
#include "intrusion.hpp"
#include "table.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

namespace {

using namespace bench;
using namespace bench::costs;

char const* const usage =
    "usage: anywire-bench-costs [options]\n"
    "\n"
    "Sends each shape of hostile input to a server of its own, with an innocent client beside\n"
    "it, and prints what it cost. Rows over the bar are marked and make the exit code 1.\n"
    "\n"
    "A client pays in bytes or in requests, and each row is judged in one of them: bytes that are\n"
    "no requests of their own (messages, bodies) by the megabyte; requests, connections and\n"
    "sessions by their number if they are a KB long at most, pipelined ones included, and by the\n"
    "megabyte if they are longer. For rows made of requests the other unit stands beside. The\n"
    "bar: 100 ms of CPU a megabyte, 100 us a request, 250 ms of stall, a session's bounds, 8 MiB\n"
    "kept.\n"
    "\n"
    "  --only TEXT   only rows whose shape, door or target has this in it\n"
    "  --quick       small amounts; nothing is judged but that every row ran and the innocent\n"
    "                client lived\n"
    "  --once        does not run rows over the bar again\n"
    "  --log         the server writes its log to standard error\n"
    "  --list        names the rows\n"
    "  --help        this text\n";

struct command_line {
    std::string only{};
    amount size{};
    unsigned tries = 3;
    bool is_quick = false;
    bool lists = false;
    bool logs = false;
    bool helps = false;
};

command_line parse(int argc, char** argv) {
    command_line a;
    for (int i = 1; i < argc; ++i) {
        std::string_view const flag = argv[i];
        if (flag == "--only" && i + 1 < argc) {
            a.only = argv[++i];
        } else if (flag == "--quick") {
            a.is_quick = true;
            a.size = {.bytes = 20'000, .requests = 40, .measures = false};
        } else if (flag == "--once") {
            a.tries = 1;
        } else if (flag == "--list") {
            a.lists = true;
        } else if (flag == "--log") {
            a.logs = true;
        } else if (flag == "--help") {
            a.helps = true;
        } else {
            throw std::invalid_argument("unknown option '" + std::string(flag) + "'; see --help");
        }
    }
    return a;
}

std::vector<shape> all_shapes() {
    std::vector<shape> all;
    for (auto* const some : {baseline_shapes,
                             http_shapes,
                             websocket_shapes,
                             deflate_shapes,
                             sockjs_shapes,
                             engineio_shapes,
                             socketio_shapes,
                             stomp_shapes})
        for (auto& s : some()) all.push_back(std::move(s));
    return all;
}

class driver {
public:
    explicit driver(command_line a) : options_(std::move(a)) {}

    table run() {
        auto const shapes = all_shapes();
        auto is_first = true;
        for (auto const& t : all_doors) {
            auto const wanted = rows_of(shapes, t.id);
            if (wanted.empty()) continue;
            // Requests of every door are compared with a plain one.
            if (std::exchange(is_first, false) && t.id != door::http)
                for (auto const& s : shapes)
                    if (s.is_baseline && has(s, door::http)) add(s, door::http);
            for (auto const& s : shapes)
                if (s.is_baseline && has(s, t.id)) add(s, t.id);
            for (auto const* s : wanted) add(*s, t.id);
        }
        return std::move(table_);
    }

private:
    static bool has(shape const& s, door d) {
        return std::find(s.doors.begin(), s.doors.end(), d) != s.doors.end();
    }

    std::vector<shape const*> rows_of(std::vector<shape> const& shapes, door d) const {
        std::vector<shape const*> rows;
        for (auto const& s : shapes) {
            if (s.is_baseline || !has(s, d)) continue;
            auto const text = std::string(s.name) + " " + std::string(traits_of(d).name) + " " +
                              std::string(s.attacks);
            if (text.find(options_.only) != std::string::npos) rows.push_back(&s);
        }
        return rows;
    }

    void add(shape const& s, door d) {
        row r{.name = s.name,
              .attacks = s.attacks,
              .by = d,
              .is_of_requests = is_of_requests(s),
              .may_make_sessions = is_of_requests(s) && s.how != way::wire};
        if (options_.lists) {
            std::printf("%-14s %s\n", traits_of(d).name.data(), std::string(s.name).c_str());
            return;
        }
        for (unsigned i = 0; i < options_.tries; ++i) {
            // The machine's other work makes rows dearer, never cheaper.
            auto const seen = intrude(s, d);
            r.seen = i == 0 ? seen : least(r.seen, seen);
            if (options_.is_quick || !seen.problem.empty() || over(r).empty()) break;
        }
        if (s.is_baseline) table_.baselines[d] = r.seen;
        print(table_, r, !options_.is_quick);
        table_.rows.push_back(std::move(r));
    }

    figures intrude(shape const& s, door d) {
        std::vector<std::string> command{program_folder() + "anywire-bench-costs-server"};
        if (options_.logs) command.push_back("--log");
        try {
            return std::make_unique<intrusion>(loop_, command, options_.size)->run(s, d);
        } catch (std::exception const& e) {
            return {.problem = e.what()};
        }
    }

    command_line options_;
    event_loop loop_{};
    table table_{};
};

int run(command_line const& a) {
    if (!a.lists) print_head();
    auto const all = std::make_unique<driver>(a)->run();
    if (a.lists) return 0;
    if (all.rows.empty()) throw std::invalid_argument("nothing is called '" + a.only + "'");
    if (a.is_quick) return print_problems(all) == 0 ? 0 : 1;
    print_summary(all);
    return print_rows_over(all) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::signal(SIGPIPE, SIG_IGN);
        auto const a = parse(argc, argv);
        if (a.helps) {
            std::fputs(usage, stdout);
            return 0;
        }
        raise_descriptor_limit();
        cores::pin_generator();
        return run(a);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-bench-costs: %s\n", e.what());
        return 2;
    }
}
