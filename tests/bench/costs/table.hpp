#pragma once

#include "intrusion.hpp"

#include <map>
#include <string>
#include <vector>

namespace bench::costs {

/// One shape behind one door, and what it cost.
struct row {
    std::string_view name{};
    std::string_view attacks{};
    door by = door::http;
    figures seen{};
    bool counts_requests = false;
};

struct table {
    std::vector<row> rows{};
    std::map<door, figures> baselines{};
};

/// The bar, which no row may be over.
struct bar {
    double ms_per_mb = 100;       ///< CPU of what is judged by its bytes.
    double us_per_request = 100;  ///< CPU of what is judged by its requests.
    double stall_ms = 250;        ///< The longest that an innocent client waited.
    double mib_a_session = 20;    ///< Resident while it lasts: the hard bound of a queue, and room.
    double mib_in_all = 256;      ///< The same of all sessions of one attacker.
    double kept_mib = 8;          ///< Resident afterwards.
};

/// What a row is over, in words; empty: nothing.
std::string over(row const& r);

/// The lesser figure of each kind.
figures least(figures const& a, figures const& b);

void print_head();
void print(table const& t, row const& r, bool judges);
/// The dearest of each door.
void print_summary(table const& t);
/// Names the rows over the bar again and returns how many there are.
unsigned print_rows_over(table const& t);
/// The same for those that could not be run.
unsigned print_problems(table const& t);

}  // namespace bench::costs
