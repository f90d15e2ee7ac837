// anywire-bench: starts servers, drives them over every transport in turns, prints what each costs.
#include "options.hpp"
#include "plan.hpp"
#include "report.hpp"
#include "support/certificate.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>

namespace {

using namespace bench;

list_of_servers all_servers(command_line const& a) {
    auto const folder = program_folder();
    list_of_servers all;
    server_spec ours{
        .name = "anywire", .command = {folder + "anywire-bench-server"}, .has_options = true};
    for (auto const& t : all_transports) ours.speaks.push_back(t.id);
    all.push_back(ours);
    for (auto const& s : a.servers) all.push_back(s);
    all.push_back({"embedded", {folder + "anywire-bench-embedded"}, {transport::ws}});
    all.push_back({"bare", {folder + "anywire-bench-bare"}, {transport::ws}});
    all.push_back({"beast", {folder + "anywire-bench-beast"}, {transport::ws}});
    if (a.peers.empty()) return all;
    auto const peer = [&](std::string name, std::vector<transport> speaks) {
        all.push_back({name,
                       {"node", "--expose-gc", a.peers + "/" + name + ".js"},
                       std::move(speaks),
                       true,
                       true});
    };
    peer("ws", {transport::ws});
    peer("sockjs",
         {transport::sockjs_ws,
          transport::sockjs_raw,
          transport::sockjs_stream,
          transport::sockjs_events,
          transport::sockjs_polling});
    peer("engine.io", {transport::engineio_ws, transport::engineio_polling});
    peer("socket.io", {transport::socketio_ws, transport::socketio_polling});
    return all;
}

class driver {
public:
    explicit driver(command_line const& a)
        : options_(a), servers_(all_servers(a)), tls_(make_tls_client()) {
        loop_.set_spinning(a.has_own_core);
    }

    std::vector<table> run() {
        auto const anchor = options_.servers.empty() ? "bare" : options_.servers.front().name;
        for (auto const& g : make_plan(servers_, anchor, options_.size)) run_group(g);
        return std::move(tables_);
    }

private:
    void run_group(group g) {
        choose(g);
        if (g.cells.empty()) return;
        if (steady::now() - started_ > options_.size.limit) {
            std::printf("\n%s: left out, the time is up\n", g.name.c_str());
            return;
        }
        table t{.of = g};
        auto const rounds = std::min(
            g.most_rounds, std::max(options_.size.rounds, options_.rounds ? 1 : g.least_rounds));
        for (unsigned r = 0; r < rounds; ++r) {
            std::vector<std::size_t> order(g.cells.size());
            std::iota(order.begin(), order.end(), std::size_t{0});
            std::shuffle(order.begin(), order.end(), random_);
            auto& round = t.rounds.emplace_back(g.cells.size());
            auto const run = [&](std::size_t i) {
                say(g, g.cells[i], r + 1, rounds);
                return run_cell(g, g.cells[i], r == 0);
            };
            if (rounds > 1 && !g.is_fresh && find_cell(g, g.anchor) < g.cells.size())
                run_beside(find_cell(g, g.anchor), order, round, run);
            else
                for (auto const i : order) round[i] = run(i);
        }
        say_nothing();
        print_table(stdout, t);
        tables_.push_back(std::move(t));
    }

    /// A round with the anchor before and after every other row: the machine's speed changes from
    /// one second to the next, and a ratio of neighbours does not.
    template <class Run>
    static void run_beside(std::size_t anchor,
                           std::vector<std::size_t> const& order,
                           std::vector<outcome>& round,
                           Run run) {
        std::vector<outcome> anchors{run(anchor)};
        for (auto const i : order) {
            if (i == anchor) continue;
            round[i] = run(i);
            auto const before = anchors.back();
            auto const& after = anchors.emplace_back(run(anchor));
            round[i].anchor_us = (before.cpu_us + after.cpu_us) / 2;
        }
        auto const middle = anchors.begin() + static_cast<std::ptrdiff_t>(anchors.size() / 2);
        std::nth_element(anchors.begin(), middle, anchors.end(), [](auto const& a, auto const& b) {
            return a.cpu_us < b.cpu_us;
        });
        round[anchor] = *middle;
        for (auto const& a : anchors)
            if (!a.problem.empty()) round[anchor].problem = a.problem;
    }

    /// Leaves what `--only` names: a table, or rows of it together with the row they are measured
    /// by.
    void choose(group& g) const {
        auto const& wanted = options_.only;
        auto const matches = [&](std::string const& text) {
            return text.find(wanted) != std::string::npos;
        };
        if (matches(g.name)) return;
        auto const any = std::any_of(g.cells.begin(), g.cells.end(), [&](cell const& c) {
            return matches(g.name + " " + c.name());
        });
        std::erase_if(g.cells, [&](cell const& c) {
            return !any || (c.name() != g.anchor && !matches(g.name + " " + c.name()));
        });
    }

    outcome run_cell(group const& g, cell const& c, bool is_first) {
        try {
            if (g.is_fresh) running_.clear();
            auto& server = start(g, c);
            auto time = options_.size.time;
            if (is_first) time.warm *= 3;
            if (c.name() == g.anchor && options_.size.rounds > 1) time.measure /= 2;
            if (server.used.insert(c.label).second && is_node(c)) {
                // It is compiled while it runs.
                time.warm = options_.size.first_warm;
                time.warm_messages = options_.size.first_warm_messages;
            }
            if (g.what.what == work::hold) time.measure = options_.size.hold_time;
            auto* const tls = g.is_tls ? tls_.get() : nullptr;
            auto w = g.what;
            w.clients = std::min<unsigned>(w.clients, most_clients(c));
            auto result = run_workload(loop_, server.runs, tls, w, c.transports, time);
            if (g.is_fresh || !result.problem.empty()) running_.clear();
            return result;
        } catch (std::exception const& e) {
            running_.clear();
            return {.problem = e.what()};
        }
    }

    unsigned most_clients(cell const& c) const {
        unsigned sockets = 1;
        for (auto const t : c.transports) sockets = std::max(sockets, sockets_of(t));
        return static_cast<unsigned>((options_.descriptors - 300) / sockets);
    }

    server_spec const& spec_of(cell const& c) const {
        return *std::find_if(
            servers_.begin(), servers_.end(), [&](auto const& s) { return s.name == c.server; });
    }
    bool is_node(cell const& c) const { return spec_of(c).is_node; }

    /// A server that runs, for as long as nothing fails.
    struct running {
        process runs;
        std::set<std::string> used{};  ///< Labels of the rows it has served.
    };

    running& start(group const& g, cell const& c) {
        auto const& spec = spec_of(c);
        auto command = spec.command;
        command.insert(command.end(), c.options.begin(), c.options.end());
        if (g.is_tls)
            command.insert(command.end(),
                           {"--tls", certificate_.certificate_file(), certificate_.key_file()});
        std::string key;
        for (auto const& word : command) key += word + '\n';
        auto at = running_.find(key);
        if (at == running_.end())
            at = running_.emplace(key, running{process(command, spec.is_node)}).first;
        return at->second;
    }

    void say(group const& g, cell const& c, unsigned round, unsigned rounds) const {
        if (!options_.is_terminal) return;
        std::fprintf(
            stderr, "\r\033[K%s %u/%u %s", g.name.c_str(), round, rounds, c.name().c_str());
        std::fflush(stderr);
    }
    void say_nothing() const {
        if (options_.is_terminal) std::fputs("\r\033[K", stderr);
    }

    time_point started_ = steady::now();
    command_line options_;
    list_of_servers servers_;
    std::shared_ptr<ssl_ctx_st> tls_;
    anywire::test::certificate certificate_{};
    event_loop loop_{};
    std::mt19937 random_{std::random_device{}()};
    std::map<std::string, running> running_{};
    std::vector<table> tables_{};
};

unsigned problems_of(std::vector<table> const& all) {
    unsigned n = 0;
    for (auto const& t : all)
        for (std::size_t i = 0; i < t.of.cells.size(); ++i)
            if (!problem_of(t, i).empty()) ++n;
    return n;
}

int run(command_line const& a) {
    auto const started = steady::now();
    print_machine(stdout, a.peers);
    auto const all = std::make_unique<driver>(a)->run();
    if (all.empty()) throw std::invalid_argument("nothing is called '" + a.only + "'");
    auto const missed = a.asserts_nothing_about_time ? 0 : print_targets(stdout, all);
    auto const problems = problems_of(all);
    std::printf("\n%.0f s; %u of the rows failed\n",
                std::chrono::duration<double>(steady::now() - started).count(),
                problems);
    if (!a.json.empty() && !write_json(a.json, all))
        throw std::runtime_error("cannot write " + a.json);
    if (problems > 0) return 1;
    return a.fails_beyond_targets && missed > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::signal(SIGPIPE, SIG_IGN);
        auto a = parse(argc, argv);
        if (!a) {
            std::fputs(usage, stdout);
            return 0;
        }
        a->descriptors = raise_descriptor_limit();
        a->has_own_core = cores::pin_generator();
        return run(*a);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-bench: %s\n", e.what());
        return 2;
    }
}
