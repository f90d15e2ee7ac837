#include "gateway_numbers.hpp"

#include <array>
#include <cstdio>

/// The status page.
namespace anywire::gateway {
namespace {

constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--page:#f4f6f8;--card:#fff;--line:#dde3e9;--soft:#5b6875;--accent:#0b7a70;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--page:#10161c;--card:#18212a;--line:#2b3742;--soft:#9aa8b5;--accent:#4fd1c2;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1rem;background:var(--page);font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.25rem;margin:0}h2{font-size:1.125rem;margin:0 0 .5rem}
.top{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:.5rem;margin-bottom:1rem}
.soft{color:var(--soft);font-size:.875rem}
.card{padding:1rem 1.125rem;margin-bottom:1rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;overflow-x:auto}
.grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));margin-bottom:1rem}
.grid .card{margin:0}.grid b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25rem 1rem .25rem 0;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:600;font-size:.875rem;color:var(--soft)}
tr:last-child td{border-bottom:0}
.n{text-align:right;font-variant-numeric:tabular-nums}
.good{color:var(--accent)}.bad{color:var(--bad)}
td.why{white-space:normal;color:var(--soft);font-size:.875rem}
)css";

std::string escaped(std::string_view text) {
    std::string out;
    for (auto const c : text) {
        switch (c) {
            case '<': out.append("&lt;"); break;
            case '>': out.append("&gt;"); break;
            case '&': out.append("&amp;"); break;
            case '"': out.append("&quot;"); break;
            default: out.push_back(c);
        }
    }
    return out;
}

/// "1.2 GB", as people read bytes.
std::string in_bytes(std::uint64_t n) {
    constexpr std::array units{"B", "KB", "MB", "GB", "TB"};
    auto value = static_cast<double>(n);
    std::size_t unit = 0;
    for (; value >= 1'000 && unit + 1 < units.size(); ++unit) value /= 1'000;
    std::array<char, 40> text{};
    auto const* const format = unit == 0 ? "%.0f %s" : "%.1f %s";
    auto const size = std::snprintf(text.data(), text.size(), format, value, units[unit]);
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string in_time(std::chrono::seconds time) {
    auto const all = time.count();
    if (all < 60) return std::to_string(all) + " s";
    if (all < 3'600) return std::to_string(all / 60) + " min";
    if (all < 86'400) return std::to_string(all / 3'600) + " h";
    return std::to_string(all / 86'400) + " days";
}

class page {
public:
    page& add(std::string_view html) {
        out_.append(html);
        return *this;
    }
    page& text(std::string_view t) { return add(escaped(t)); }
    page& number(std::uint64_t n) { return add(std::to_string(n)); }
    void tile(std::string_view name, std::string_view value) {
        add("<div class=card><span class=soft>").text(name).add("</span><b>").text(value);
        add("</b></div>\n");
    }
    void cell(std::uint64_t n) { add("<td class=n>").number(n).add("</td>"); }
    void state(bool is_good, std::string_view good, std::string_view bad) {
        add(is_good ? "<span class=good>" : "<span class=bad>").text(is_good ? good : bad);
        add("</span>");
    }
    std::string take() { return std::move(out_); }

private:
    std::string out_{};
};

void add_tiles(page& to, gateway_numbers const& n) {
    std::uint64_t sessions = 0, opened = 0, queued = 0;
    for (auto const& m : n.service.mounts) {
        sessions += m.sessions;
        opened += m.opened;
        queued += m.queued_bytes;
    }
    to.add("<div class=grid>\n");
    to.tile("Sessions", std::to_string(sessions));
    to.tile("Opened", std::to_string(opened));
    to.tile("Connections", std::to_string(n.service.connections));
    to.tile("Requests", std::to_string(n.service.requests));
    to.tile("Received", in_bytes(n.service.bytes_in));
    to.tile("Sent", in_bytes(n.service.bytes_out));
    to.tile("Waiting", in_bytes(queued));
    to.add("</div>\n");
}

void add_transports(page& to, gateway_numbers const& n) {
    to.add(
        "<section class=card><h2>Transports</h2><table><tr><th>Route</th><th>Dialect</th>"
        "<th>Transport</th><th class=n>Sessions</th><th class=n>Messages in</th>"
        "<th class=n>Messages out</th><th class=n>In</th><th class=n>Out</th></tr>\n");
    for (auto const& m : n.service.mounts) {
        for (auto const& t : m.traffic) {
            if (t.sessions == 0 && t.messages_in == 0 && t.messages_out == 0) continue;
            to.add("<tr><td>").text(m.path).add("</td><td>").text(t.dialect).add("</td><td>");
            to.text(t.transport).add("</td>");
            to.cell(t.sessions);
            to.cell(t.messages_in);
            to.cell(t.messages_out);
            to.add("<td class=n>").add(in_bytes(t.bytes_in)).add("</td><td class=n>");
            to.add(in_bytes(t.bytes_out)).add("</td></tr>\n");
        }
    }
    to.add("</table></section>\n");
}

void add_route(page& to, route_numbers const& r) {
    to.add("<section class=card><h2>").text(r.path).add("</h2><p class=soft>");
    to.number(r.links).add(" links, ").number(r.refused).add(" refused, ").number(r.lost);
    to.add(" lost, ").number(r.resumed).add(" resumed</p>\n");
    to.add(
        "<table><tr><th>Backend</th><th>State</th><th class=n>Sessions</th><th class=n>Opened"
        "</th><th class=n>Failed</th><th class=n>Lost</th><th>Last failure</th></tr>\n");
    for (auto const& b : r.backends) {
        to.add("<tr><td>").text(b.name).add("</td><td>");
        to.state(b.is_healthy, "healthy", "unhealthy");
        to.add("</td>");
        to.cell(b.sessions);
        to.cell(b.opened);
        to.cell(b.failed);
        to.cell(b.lost);
        to.add("<td class=why>").text(b.last_failure).add("</td></tr>\n");
    }
    to.add("</table></section>\n");
}

}  // namespace

std::string to_html(gateway_numbers const& n) {
    page to;
    to.add(
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content=\"width=device-width, initial-scale=1\">"
        "<meta http-equiv=refresh content=5><title>anywire-gateway</title><style>");
    to.add(style).add("</style></head><body>\n<div class=top><h1>anywire-gateway ");
    to.text(n.version).add("</h1><span class=soft>");
    if (n.is_leaving)
        to.add("<span class=bad>draining</span>");
    else
        to.state(is_ready(n), "ready", "not ready: a route has no healthy backend");
    to.add(", up ").add(in_time(n.uptime)).add("</span></div>\n");
    add_tiles(to, n);
    for (auto const& r : n.routes) add_route(to, r);
    add_transports(to, n);
    to.add(
        "<p class=soft>Numbers since the gateway began; the page is made anew every 5 seconds. "
        "<a href=/metrics>Metrics</a>, <a href=\"/metrics?format=json\">JSON</a></p>"
        "</body></html>\n");
    return to.take();
}

}  // namespace anywire::gateway
