#include "backend_url.hpp"
#include "core/ascii.hpp"
#include "core/log_text.hpp"
#include "problem_list.hpp"
#include "text_template.hpp"

#include <algorithm>
#include <string>

namespace anywire::gateway {
namespace {

using namespace std::chrono_literals;

std::string_view name_of(backend_kind k) noexcept {
    switch (k) {
        case backend_kind::websocket: return "WebSocket";
        case backend_kind::engineio: return "Engine.IO";
        case backend_kind::program: return "a program";
        case backend_kind::hooks: return "HTTP hooks";
        case backend_kind::stream: break;
    }
    return "a stream";
}

void check_servers(problem_list& to, std::string const& route, route_settings const& r) {
    auto const key = route + ".backend";
    if (r.backends.empty())
        to.add(key,
               "the route has no backend",
               "write backends = [\"ws://127.0.0.1:9000\"], or --backend ws://127.0.0.1:9000");
    for (std::size_t i = 0; i < r.backends.size(); ++i) {
        auto const& b = r.backends[i];
        auto const at = item_key(key, i);
        to.check_number(at + ".weight", b.weight, 1, 1'000);
        if (auto wrong = check_backend_url(b.url); !wrong.text.empty()) {
            to.add(at + ".url",
                   "the URL of a backend is not valid: " + wrong.text,
                   std::move(wrong.remedy));
            continue;
        }
        if (auto const kind = kind_of(b.url); kind && *kind != r.kind)
            to.add(at + ".url",
                   std::string("one backend is ").append(name_of(*kind)) + ", and the route's " +
                       std::string("first is ").append(name_of(r.kind)),
                   "give backends of another kind a route of their own");
        std::string error;
        // The words of a program are its own, braces and all.
        if (r.kind != backend_kind::program && !text_template::parse(b.url, error))
            to.add(at + ".url",
                   error,
                   "write variables as {path}, {query}, {query.NAME} or {address}, and a brace as "
                   "{{");
    }
    auto const is_secure = [](backend_address const& b) { return is_secure_url(b.url); };
    if (!r.backend_ca.empty() && std::ranges::none_of(r.backends, is_secure))
        to.add(route + ".backend_ca",
               "no backend of the route speaks TLS",
               "write its URL with wss://, https:// or engineios://, or leave backend_ca out");
}

void check_health(problem_list& to, std::string const& route, route_settings const& r) {
    auto const key = route + ".health";
    auto const& h = r.health;
    to.check_number(key + ".max_failures", h.max_failures, 0, 1'000);
    to.check_time(key + ".retry_after", h.retry_after, 1ms);
    to.check_time(key + ".check_interval", h.check_interval, 0ms);
    to.check_time(key + ".check_timeout", h.check_timeout, 1ms);
    to.check_number(key + ".fall", h.fall, 1, 1'000);
    to.check_number(key + ".rise", h.rise, 1, 1'000);
    to.check_time(key + ".slow_start", h.slow_start, 0ms);
    auto const is_good = [](char c) { return c > ' ' && c < '\x7f' && c != '#' && c != '{'; };
    auto const& path = h.check_path;
    if (!path.empty() && (!path.starts_with('/') || !std::ranges::all_of(path, is_good)))
        to.add(key + ".check_path",
               "the path " + shown(path) + " is not one that a request can have",
               "write it as /health");
    if (!path.empty() && r.kind == backend_kind::stream)
        to.add(key + ".check_path",
               "a path is asked for over HTTP, which the backend does not speak",
               "leave it out: the check is then that it takes a connection");
    if (h.check_interval > 0ms && r.kind == backend_kind::program)
        to.add(key + ".check_interval",
               "a program is started for each session, so there is nothing to ask",
               "leave it out");
}

/// NAME, as programs take it.
bool is_variable_name(std::string_view name) {
    return !name.empty() && !is_digit(name.front()) &&
           std::ranges::all_of(name, [](char c) { return is_alpha(c) || is_digit(c) || c == '_'; });
}

void check_program(problem_list& to, std::string const& route, route_settings const& r) {
    auto const key = route + ".program";
    auto const& p = r.program;
    if (r.kind != backend_kind::program && (!p.folder.empty() || !p.environment.empty()))
        to.add(key,
               std::string("the backend is ").append(name_of(r.kind)) + ", not a program",
               "leave [route.program] out, or write a backend as \"stdio:PROGRAM\"");
    auto const environment = key + ".environment.";
    for (auto const& [name, value] : p.environment)
        if (!is_variable_name(name))
            to.add(environment + name,
                   shown(name) + " is not the name of a variable",
                   "write it of A-Z, a-z, 0-9 and _, as APP_USER");
    to.check_number(key + ".max_processes", p.max_processes, 1, 100'000);
    to.check_time(key + ".end_grace", p.end_grace, 1ms);
}

void check_hooks(problem_list& to, std::string const& route, route_settings const& r) {
    auto const key = route + ".hooks";
    auto const& h = r.hooks;
    if (r.kind != backend_kind::hooks &&
        (!h.publish_path.empty() || !h.publish_secret.empty() || !h.secret.empty()))
        to.add(key,
               std::string("the backend is ").append(name_of(r.kind)) + ", not HTTP hooks",
               "leave [route.hooks] out, or write a backend as \"http://HOST:PORT/PATH\"");
    auto const is_good = [](char c) {
        return c > ' ' && c < '\x7f' &&
               std::string_view("?#{}%:").find(c) == std::string_view::npos;
    };
    auto const& path = h.publish_path;
    if (!path.empty() && (!path.starts_with('/') || !std::ranges::all_of(path, is_good)))
        to.add(key + ".publish_path",
               "the path " + shown(path) + " is not one that a request can have",
               "write it as /publish/live");
    constexpr std::size_t least_secret = 16;
    if (!path.empty() && h.publish_secret.size() < least_secret)
        to.add(key + ".publish_secret",
               h.publish_secret.empty() ? "whoever reaches publish_path could write to clients"
                                        : "publish_secret has less than 16 characters",
               "name a file as publish_secret_file, with what `openssl rand -hex 16` prints");
    if (path.empty() && !h.publish_secret.empty())
        to.add(key + ".publish_secret",
               "there is no publish_path that it is for",
               "add publish_path = \"/publish/live\", or leave it out");
    to.check_time(key + ".timeout", h.timeout, 1ms);
    to.check_number(key + ".max_in_flight", h.max_in_flight, 1, 100'000);
}

}  // namespace

void check_route_backends(problem_list& to, std::string const& key, route_settings const& r) {
    check_servers(to, key, r);
    to.check_time(key + ".connect_timeout", r.connect_timeout, 1ms);
    to.check_time(key + ".ping_interval", r.ping_interval, 0ms);
    check_health(to, key, r);
    check_program(to, key, r);
    check_hooks(to, key, r);
}

}  // namespace anywire::gateway
