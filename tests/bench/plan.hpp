#pragma once

#include "workload.hpp"

#include <optional>
#include <string>
#include <vector>

namespace bench {

/// A server that can be started, and what it speaks.
struct server_spec {
    std::string name{};
    std::vector<std::string> command{};
    std::vector<transport> speaks{};
    bool has_options = false;  ///< Takes `--tls CERT KEY` and `--deflate`.
    bool is_node = false;      ///< Collects its garbage at SIGUSR2.
};

/// One row of a table: a server, and how clients talk to it.
struct cell {
    std::string server{};
    std::string label{};  ///< The transport's name, or what else tells it from other rows.
    std::vector<transport> transports{};
    std::vector<std::string> options{};  ///< Added to the server's command.

    std::string name() const { return server + " " + label; }
};

/// What the issue of the project asks of a row: at most `factor` times another row of its table, or
/// `factor` in the table's unit where `reference` is empty: bytes, or of `work::hold` microseconds
/// that 99 % of the echoes stay below.
struct target {
    std::string row{};
    std::string reference{};
    double factor = 1;
};

/// One table: a workload, run against all its cells in turns.
struct group {
    std::string name{};
    std::string title{};
    workload what{};
    std::vector<cell> cells{};
    std::string anchor{};  ///< The row that ratios are taken against.
    std::vector<target> targets{};
    unsigned least_rounds = 1;
    unsigned most_rounds = 1'000;
    bool is_tls = false;
    bool is_fresh = false;  ///< Every round starts its server anew.
};

/// How much of everything.
struct scale {
    unsigned rounds = 5;
    timing time{};
    /// For what a server on Node has not done before.
    milliseconds first_warm{1'000};
    std::uint64_t first_warm_messages = 50'000;
    unsigned few = 50, many = 500, crowd = 5'000, hold = 19'000;
    unsigned idle = 5'000;
    milliseconds hold_time{30'000};  ///< Longer than a client lives that answers no heartbeat.
    milliseconds limit{3'600'000};   ///< No table is begun after so long.
    bool has_crowds = true;
    bool has_all_echoes = true;
};

/// All tables. `servers`: the first is ours; `anchor` names the one whose plain WebSocket is the
/// measure.
std::vector<group> make_plan(std::vector<server_spec> const& servers,
                             std::string const& anchor,
                             scale const& s);

/// The most that an idle client of this transport may cost, in bytes; 0: no budget.
double idle_budget(transport t);

}  // namespace bench
