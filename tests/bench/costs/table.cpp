#include "table.hpp"

#include <algorithm>
#include <cstdio>

namespace bench::costs {
namespace {

constexpr bar most{};

void add(std::string& text, char const* what) {
    if (!text.empty()) text += ", ";
    text += what;
}

/// How many times an echo of as many bytes on that door, or a plain request over HTTP, that is; 0
/// where there is none.
double ratio(table const& t, row const& r) {
    auto const at = t.baselines.find(r.is_of_requests ? door::http : r.by);
    if (at == t.baselines.end()) return 0;
    auto const& base = at->second;
    if (r.is_of_requests)
        return base.requests == 0 ? 0 : r.seen.us_per_request() / base.us_per_request();
    return base.bytes == 0 ? 0 : r.seen.ms_per_mb() / base.ms_per_mb();
}

double dearness(row const& r) {
    return r.is_judged_by_requests() ? r.seen.us_per_request() / most.us_per_request
                                     : r.seen.ms_per_mb() / most.ms_per_mb;
}

std::string per_request(row const& r) {
    char text[40];
    std::snprintf(text, sizeof text, "%9.1f us", r.seen.us_per_request());
    return text;
}

std::string per_megabyte(row const& r) {
    char text[40];
    std::snprintf(text, sizeof text, "%9.1f ms", r.seen.ms_per_mb());
    return text;
}

/// What it is judged by.
std::string price(row const& r) {
    return r.is_judged_by_requests() ? per_request(r) : per_megabyte(r);
}

/// The same in the other unit, where there is one.
std::string other_price(row const& r) {
    if (!r.is_of_requests) return {};
    return r.is_judged_by_requests() ? per_megabyte(r) : per_request(r);
}

}  // namespace

std::string over(row const& r) {
    auto const& f = r.seen;
    if (!f.problem.empty()) return f.problem;
    std::string text;
    if (dearness(r) > 1) add(text, "CPU");
    if (f.stall_ms > most.stall_ms) add(text, "stall");
    // A request may have made a session.
    auto const made = f.sessions + (r.may_make_sessions ? f.requests : 0);
    auto const sessions = static_cast<double>(std::max<std::size_t>(made, 1));
    if (f.peak_mib > std::min(most.mib_a_session * sessions, most.mib_in_all)) add(text, "memory");
    if (f.kept_mib > most.kept_mib) add(text, "memory kept");
    return text;
}

figures least(figures const& a, figures const& b) {
    auto f = a;
    if (b.ms_per_mb() < a.ms_per_mb() || b.us_per_request() < a.us_per_request()) {
        f.cpu_ms = b.cpu_ms;
        f.bytes = b.bytes;
        f.requests = b.requests;
    }
    f.stall_ms = std::min(a.stall_ms, b.stall_ms);
    f.peak_mib = std::min(a.peak_mib, b.peak_mib);
    f.kept_mib = std::min(a.kept_mib, b.kept_mib);
    f.problem = b.problem;
    return f;
}

void print_head() {
    std::printf(
        "CPU of the server per megabyte (ms) or per request (us), as the row is judged, and in the "
        "other\n"
        "unit, where it is made of requests; x: times an echo of the same bytes in 64-byte "
        "messages, or a\n"
        "plain request; stall: the most that the server worked while an innocent client waited; "
        "resident\n"
        "memory at its highest and afterwards, above that before.\n\n"
        "%-14s %-44s %12s %12s %7s %8s %7s %7s\n",
        "door",
        "shape",
        "CPU",
        "or",
        "x",
        "stall ms",
        "MiB",
        "kept");
}

void print(table const& t, row const& r, bool judges) {
    auto const verdict = judges ? over(r) : r.seen.problem;
    std::printf("%-14s %-44s %12s %12s %7.1f %8.1f %7.1f %7.1f  %s%s%s\n",
                traits_of(r.by).name.data(),
                std::string(r.name).c_str(),
                price(r).c_str(),
                other_price(r).c_str(),
                ratio(t, r),
                r.seen.stall_ms,
                r.seen.peak_mib,
                r.seen.kept_mib,
                verdict.empty() ? "" : "! ",
                verdict.c_str(),
                r.seen.note.empty() ? "" : (" (" + r.seen.note + ")").c_str());
    std::fflush(stdout);
}

void print_summary(table const& t) {
    std::printf("\nThe most of each door:\n%-14s %12s  %-44s %8s %7s %7s\n",
                "door",
                "CPU",
                "by",
                "stall ms",
                "MiB",
                "kept");
    for (auto const& d : all_doors) {
        row const* dearest = nullptr;
        double stall = 0;
        double peak = 0;
        double kept = 0;
        for (auto const& r : t.rows) {
            if (r.by != d.id) continue;
            if (!dearest || dearness(r) > dearness(*dearest)) dearest = &r;
            stall = std::max(stall, r.seen.stall_ms);
            peak = std::max(peak, r.seen.peak_mib);
            kept = std::max(kept, r.seen.kept_mib);
        }
        if (dearest)
            std::printf("%-14s %12s  %-44s %8.1f %7.1f %7.1f\n",
                        d.name.data(),
                        price(*dearest).c_str(),
                        std::string(dearest->name).c_str(),
                        stall,
                        peak,
                        kept);
    }
}

unsigned print_rows_over(table const& t) {
    unsigned n = 0;
    std::printf(
        "\nOver the bar (%.0f ms a megabyte, %.0f us a request of up to a KB, %.0f ms of "
        "stall):\n",
        most.ms_per_mb,
        most.us_per_request,
        most.stall_ms);
    for (auto const& r : t.rows) {
        if (over(r).empty()) continue;
        ++n;
        print(t, r, true);
        std::printf("    attacks %s\n", std::string(r.attacks).c_str());
    }
    std::printf("%u of %zu rows\n", n, t.rows.size());
    return n;
}

unsigned print_problems(table const& t) {
    unsigned n = 0;
    for (auto const& r : t.rows) n += r.seen.problem.empty() ? 0u : 1u;
    std::printf("\n%u of %zu rows failed\n", n, t.rows.size());
    return n;
}

}  // namespace bench::costs
