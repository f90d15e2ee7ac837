#include <anywire/client.hpp>

#include "outcome.hpp"
#include "screen.hpp"
#include "talk.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

namespace anywire::cli {
namespace {

using clock = std::chrono::steady_clock;

struct attempt {
    char const* title;
    std::vector<std::string> transports;
    bool upgrade = false;
};

std::vector<attempt> attempts_of(settings const& s) {
    auto const wants = [&s](char const* name) {
        auto const& chosen = s.options.transports;
        return chosen.empty() || std::find(chosen.begin(), chosen.end(), name) != chosen.end();
    };
    std::vector<attempt> all;
    auto const add = [&](char const* name) {
        if (wants(name)) all.push_back({name, {name}, false});
    };
    add("websocket");
    if (s.options.dialect == client_dialect::sockjs) {
        add("xhr-streaming");
        add("eventsource");
        add("xhr-polling");
    }
    if (s.options.dialect == client_dialect::engineio) {
        add("polling");
        if (wants("polling") && wants("websocket"))
            all.push_back({"polling, upgraded", {"polling", "websocket"}, true});
    }
    return all;
}

/// What one attempt has brought to light.
///
/// Thread: the context's writes, the main one reads when the client has gone.
struct findings {
    clock::time_point const began = clock::now();
    clock::time_point opened{};
    clock::time_point upgraded{};
    clock::time_point head{};  // of the last answer
    clock::time_point body{};  // its first piece
    bool has_failed = false;
    std::string failure{};
    std::string closed{};
    std::string status{};
    std::string on_the_way{};  // what fields say of servers
    std::size_t requests = 0;

    void see(client_trace const& t);
};

/// "Server: nginx, Via: 1.1 proxy"
std::string servers_in(std::string_view head) {
    std::string found;
    while (!head.empty()) {
        auto const line = head.substr(0, head.find('\n'));
        head.remove_prefix(std::min(head.size(), line.size() + 1));
        std::string name(line.substr(0, line.find(':')));
        for (auto& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
        if (name != "server" && name != "via") continue;
        if (!found.empty()) found += ", ";
        found += printable(line, 100);
    }
    return found;
}

void findings::see(client_trace const& t) {
    if (t.sent) {
        if (t.what.starts_with("GET ") || t.what.starts_with("POST ") ||
            t.what.starts_with("WebSocket "))
            ++requests;
        return;
    }
    if (!t.what.empty() && t.what[0] >= '1' && t.what[0] <= '5') {
        status = t.what;
        head = clock::now();
        body = {};
        if (auto servers = servers_in(t.data); !servers.empty()) on_the_way = std::move(servers);
    }
    if (t.what == "body" && body == clock::time_point{}) body = clock::now();
}

std::string seen_text(findings const& f) {
    std::string text;
    auto const add = [&text](std::string const& more) {
        if (!text.empty()) text += "; ";
        text += more;
    };
    if (f.upgraded != clock::time_point{})
        add("upgraded after " + milliseconds(f.upgraded - f.began));
    if (f.has_failed) add(f.failure);
    auto const is_held =
        f.has_failed && f.head != clock::time_point{} && f.body == clock::time_point{};
    if (is_held && f.status == "200")
        add("the answer began after " + milliseconds(f.head - f.began) +
            " and nothing followed: something on the way holds streams back");
    if (!f.closed.empty()) add(f.closed);
    if (!f.on_the_way.empty()) add(f.on_the_way);
    return text;
}

/// Runs one attempt; true if a session opened and held.
bool run(settings const& s, attempt const& a, screen& out) {
    auto options = s.options;
    options.transports = a.transports;
    options.upgrade = a.upgrade;
    options.fall_back = false;
    options.reconnect.enabled = false;
    findings found;
    options.trace = [&](client_trace const& t) {
        found.see(t);
        if (s.trace) out.trace(t);
    };
    outcome end;
    client_handlers h;
    h.on_open = [&](client&) {
        found.opened = clock::now();
        end.set_open();
    };
    h.on_transport = [&](client&) { found.upgraded = clock::now(); };
    h.on_close = [&](client&, close_event const& how) {
        if (!end.is_set())
            found.closed = "cut after " + milliseconds(clock::now() - found.opened) + " (" +
                           describe(how) + ")";
    };
    h.on_failure = [&](client&, client_failure const& why) {
        found.has_failed = true;
        found.failure = describe(why);
    };
    h.on_end = [&](client&) { end.set_ended(); };

    client_context context;
    client c(context, options, h);
    c.connect();
    auto const is_open = end.wait_open(0);
    if (is_open) {
        end.wait(s.watch, exit_code::done);
        end.set(exit_code::done);
        c.close();
        end.wait_ended();
    }
    auto const works =
        is_open && found.closed.empty() && (!a.upgrade || found.upgraded != clock::time_point{});
    auto const time = is_open ? milliseconds(found.opened - found.began) : std::string("-");
    std::printf("%-18s %-5s %9s  %s\n",
                a.title,
                works ? "yes" : "no",
                time.c_str(),
                seen_text(found).c_str());
    std::fflush(stdout);
    return works;
}

}  // namespace

exit_code probe(settings const& s) {
    screen out(s.quiet);
    out.note("probing " + s.options.url + " as " + name_of(s.speaks) + ", " +
             std::to_string(static_cast<int>(s.watch)) + " s each");
    std::printf("%-18s %-5s %9s  %s\n", "transport", "works", "open in", "seen");
    auto result = exit_code::no_way;
    for (auto const& a : attempts_of(s))
        if (run(s, a, out)) result = exit_code::done;
    return result;
}

}  // namespace anywire::cli
