#pragma once

#include "plan.hpp"

#include <cstdio>
#include <string>
#include <vector>

namespace bench {

/// What all rounds of a table found: `rounds[r][c]` is cell `c` in round `r`.
struct table {
    group of{};
    std::vector<std::vector<outcome>> rounds{};
};

/// Median, least and most of what rounds found; `count` 0: nothing.
struct spread {
    double median = 0, least = 0, most = 0;
    std::size_t count = 0;
};
spread spread_of(std::vector<double> values);

/// The figure of a cell over all rounds: CPU or bytes.
spread figure_of(table const& t, std::size_t cell);
/// The same as a ratio to another cell, taken within each round.
spread ratio_of(table const& t, std::size_t cell, std::size_t reference);
/// The number of the cell of that name; the number of cells when there is none.
std::size_t find_cell(group const& g, std::string const& name);
/// What went wrong with a cell in any round; empty: nothing.
std::string problem_of(table const& t, std::size_t cell);

void print_table(std::FILE* out, table const& t);
/// Prints every target and whether it is met; returns how many are missed.
unsigned print_targets(std::FILE* out, std::vector<table> const& all);
/// Prints of what kind the machine is, and of which versions the servers on Node.
void print_machine(std::FILE* out, std::string const& peers);
/// Writes all figures of all rounds; false when the file could not be written.
bool write_json(std::string const& file, std::vector<table> const& all);

}  // namespace bench
