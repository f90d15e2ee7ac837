#include "report.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <sys/utsname.h>
#include <unistd.h>

namespace bench {
namespace {

bool is_memory(group const& g) {
    return g.what.what == work::idle;
}

double figure(group const& g, outcome const& o) {
    return is_memory(g) ? o.bytes_per_client : o.cpu_us;
}

template <class Get>
spread over_rounds(table const& t, std::size_t cell, Get get) {
    std::vector<double> values;
    for (auto const& round : t.rounds)
        if (round[cell].problem.empty()) values.push_back(get(round[cell]));
    return spread_of(values);
}

/// As many digits as mean something.
std::string text_of(double value) {
    char text[32];
    std::snprintf(text,
                  sizeof text,
                  value >= 1000  ? "%.0f"
                  : value >= 100 ? "%.1f"
                                 : "%.2f",
                  value);
    return text;
}

std::string range_of(spread const& s) {
    return text_of(s.least) + "-" + text_of(s.most);
}

void print_row(std::FILE* out, table const& t, std::size_t i, std::size_t anchor) {
    auto const& c = t.of.cells[i];
    std::fprintf(out, "  %-11s %-22s ", c.server.c_str(), c.label.c_str());
    auto const problem = problem_of(t, i);
    auto const f = figure_of(t, i);
    if (!problem.empty()) std::fprintf(out, "FAILED: %s ", problem.c_str());
    if (f.count == 0) {
        std::fputs("\n", out);
        return;
    }
    std::fprintf(out, "%8s  %-16s", text_of(f.median).c_str(), range_of(f).c_str());
    if (anchor < t.of.cells.size()) {
        auto const r = ratio_of(t, i, anchor);
        if (r.count > 0)
            std::fprintf(out, " %6s  %-12s", text_of(r.median).c_str(), range_of(r).c_str());
    }
    if (!is_memory(t.of)) {
        auto const median = [&](auto get) { return over_rounds(t, i, get).median; };
        std::fprintf(out,
                     " %9.0f %9.0f %9.0f",
                     median([](auto const& o) { return o.p50_us; }),
                     median([](auto const& o) { return o.p99_us; }),
                     median([](auto const& o) { return o.per_second; }));
    }
    std::fputs("\n", out);
}

std::string first_line(char const* file, char const* field) {
    auto* const f = std::fopen(file, "r");
    if (!f) return {};
    char line[512];
    std::string found;
    while (found.empty() && std::fgets(line, sizeof line, f)) {
        std::string const text(line);
        if (!text.starts_with(field)) continue;
        auto const colon = text.find(": ");
        found = text.substr(colon == std::string::npos ? 0 : colon + 2);
        while (!found.empty() && found.back() == '\n') found.pop_back();
    }
    std::fclose(f);
    return found;
}

void print_versions(std::FILE* out, std::string const& peers) {
    char version[64] = "?\n";
    if (auto* const node = ::popen("node --version", "r")) {
        if (!std::fgets(version, sizeof version, node)) version[0] = '\0';
        ::pclose(node);
    }
    std::string text(version);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    std::fprintf(out, "Node %s", text.c_str());
    for (auto const* name : {"ws", "sockjs", "engine.io", "socket.io", "bufferutil"}) {
        auto const file = peers + "/node_modules/" + name + "/package.json";
        auto found = first_line(file.c_str(), "  \"version\"");
        std::erase_if(found, [](char c) { return c == '"' || c == ','; });
        std::fprintf(out, ", %s %s", name, found.empty() ? "?" : found.c_str());
    }
    std::fputs("\n", out);
}

void print_target(std::FILE* out, table const& t, target const& wanted, unsigned& missed) {
    auto const row = find_cell(t.of, wanted.row);
    if (row == t.of.cells.size() || figure_of(t, row).count == 0) return;
    std::fprintf(out, "  %-14s %-28s ", t.of.name.c_str(), wanted.row.c_str());
    auto const is_hold = t.of.what.what == work::hold;
    auto found =
        is_hold ? over_rounds(t, row, [](auto const& o) { return o.p99_us; }) : figure_of(t, row);
    auto const reference = find_cell(t.of, wanted.reference);
    if (!wanted.reference.empty()) {
        if (reference == t.of.cells.size() || figure_of(t, reference).count == 0) {
            std::fprintf(out, "needs %s to be measured, too\n", wanted.reference.c_str());
            return;
        }
        found = ratio_of(t, row, reference);
    }
    auto const is_met = found.median <= wanted.factor;
    if (!is_met) ++missed;
    std::fprintf(out,
                 "%7s (%s)  wanted <= %s%s%s  %s\n",
                 text_of(found.median).c_str(),
                 range_of(found).c_str(),
                 text_of(wanted.factor).c_str(),
                 !wanted.reference.empty() ? " x "
                 : is_hold                 ? " us for 99 %"
                                           : " bytes",
                 wanted.reference.c_str(),
                 is_met ? "met" : "MISSED");
}

}  // namespace

spread spread_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    auto const n = values.size();
    auto const median = (values[(n - 1) / 2] + values[n / 2]) / 2;
    return {.median = median, .least = values.front(), .most = values.back(), .count = n};
}

spread figure_of(table const& t, std::size_t cell) {
    return over_rounds(t, cell, [&](outcome const& o) { return figure(t.of, o); });
}

spread ratio_of(table const& t, std::size_t cell, std::size_t reference) {
    std::vector<double> values;
    for (auto const& round : t.rounds) {
        auto const& a = round[cell];
        auto const& b = round[reference];
        auto const is_paired = a.anchor_us > 0 && t.of.cells[reference].name() == t.of.anchor;
        auto const to = is_paired ? a.anchor_us : figure(t.of, b);
        if (a.problem.empty() && b.problem.empty() && to > 0)
            values.push_back(figure(t.of, a) / to);
    }
    return spread_of(values);
}

std::size_t find_cell(group const& g, std::string const& name) {
    auto const at = std::find_if(
        g.cells.begin(), g.cells.end(), [&](cell const& c) { return c.name() == name; });
    return static_cast<std::size_t>(at - g.cells.begin());
}

std::string problem_of(table const& t, std::size_t cell) {
    for (auto const& round : t.rounds)
        if (!round[cell].problem.empty()) return round[cell].problem;
    return {};
}

void print_table(std::FILE* out, table const& t) {
    auto const anchor = find_cell(t.of, t.of.anchor);
    std::fprintf(out, "\n%s: %s\n", t.of.name.c_str(), t.of.title.c_str());
    std::fprintf(out, "  %-11s %-22s %8s  %-16s", "server", "transport", "median", "range");
    if (anchor < t.of.cells.size())
        std::fprintf(out, " %6s  %-12s", "ratio", ("to " + t.of.anchor).c_str());
    if (!is_memory(t.of)) std::fprintf(out, " %9s %9s %9s", "p50 us", "p99 us", "per s");
    std::fputs("\n", out);
    for (std::size_t i = 0; i < t.of.cells.size(); ++i) print_row(out, t, i, anchor);
    std::fflush(out);
}

unsigned print_targets(std::FILE* out, std::vector<table> const& all) {
    unsigned missed = 0;
    std::fputs("\ntargets (median of the ratios within a round, and their range)\n", out);
    for (auto const& t : all)
        for (auto const& wanted : t.of.targets) print_target(out, t, wanted, missed);
    return missed;
}

void print_machine(std::FILE* out, std::string const& peers) {
    utsname system{};
    ::uname(&system);
    char date[32];
    auto const now = std::time(nullptr);
    std::strftime(date, sizeof date, "%Y-%m-%d", std::localtime(&now));
    double load[3]{};
    if (::getloadavg(load, 3) < 0) load[0] = -1;
    std::fprintf(out,
                 "%s, %ld cores of %s, %s %s, compiler %s, load %.1f before the start\n",
                 date,
                 ::sysconf(_SC_NPROCESSORS_ONLN),
                 first_line("/proc/cpuinfo", "model name").c_str(),
                 system.sysname,
                 system.release,
                 __VERSION__,
                 load[0]);
    if (!peers.empty()) print_versions(out, peers);
    if (load[0] > 0.5)
        std::fputs("The machine is NOT idle: ratios are worth more than microseconds.\n", out);
    std::fputs(
        "Servers one after the other within a round, in an order drawn anew each round, with the\n"
        "generator on a core of its own. CPU is the server process's own, user and system, as the\n"
        "kernel's scheduler counts it. Ratios are medians of the ratios within a round.\n"
        "Memory is anonymous resident memory, garbage collected where there is any.\n",
        out);
}

bool write_json(std::string const& file, std::vector<table> const& all) {
    auto* const out = std::fopen(file.c_str(), "w");
    if (!out) return false;
    std::fputs("{\"groups\":[", out);
    for (auto const* comma = ""; auto const& t : all) {
        std::fprintf(out, "%s\n{\"name\":\"%s\",\"rows\":[", comma, t.of.name.c_str());
        comma = ",";
        for (std::size_t i = 0; i < t.of.cells.size(); ++i) {
            auto const& c = t.of.cells[i];
            std::fprintf(
                out,
                "%s\n {\"server\":\"%s\",\"transport\":\"%s\",\"problem\":\"%s\",\"rounds\":[",
                i ? "," : "",
                c.server.c_str(),
                c.label.c_str(),
                problem_of(t, i).c_str());
            for (std::size_t r = 0; r < t.rounds.size(); ++r) {
                auto const& o = t.rounds[r][i];
                std::fprintf(
                    out,
                    "%s{\"cpu_us\":%.4f,\"per_second\":%.1f,\"p50_us\":%.2f,\"p99_us\":%.2f,"
                    "\"bytes_per_client\":%.1f,\"anchor_us\":%.4f,\"messages\":%llu}",
                    r ? "," : "",
                    o.cpu_us,
                    o.per_second,
                    o.p50_us,
                    o.p99_us,
                    o.bytes_per_client,
                    o.anchor_us,
                    static_cast<unsigned long long>(o.messages));
            }
            std::fputs("]}", out);
        }
        std::fputs("]}", out);
    }
    std::fputs("\n]}\n", out);
    return std::fclose(out) == 0;
}

}  // namespace bench
