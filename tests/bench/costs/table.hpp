#pragma once

#include "intrusion.hpp"

#include <cstdint>
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
    bool is_of_requests = false;     ///< Made of whole requests, connections or sessions.
    bool may_make_sessions = false;  ///< Each of them may have made a session.

    /// A row that is made of requests is judged by them, unless they are longer than what a request
    /// may cost is worth in bytes: then it is its bytes that were paid with.
    bool is_judged_by_requests() const noexcept {
        return is_of_requests && seen.bytes <= seen.requests * longest_request;
    }
    static constexpr std::uint64_t longest_request = 1'000;  ///< 100 us at 100 ms a megabyte.
};

struct table {
    std::vector<row> rows{};
    std::map<door, figures> baselines{};
};

/// The bar, which no row may be over.
struct bar {
    double ms_per_mb = 100;       ///< CPU of what is judged by its bytes.
    double us_per_request = 100;  ///< CPU of what is judged by its requests, of a KB at most.
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
