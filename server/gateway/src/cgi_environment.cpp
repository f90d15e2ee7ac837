#include "cgi_environment.hpp"

#include "core/ascii.hpp"
#include "core/percent.hpp"
#include "front_query.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace anywire::gateway {
namespace {

/// Variables in the order in which they were set first.
class variables {
public:
    void set(std::string_view name, std::string_view value) {
        auto const found = find(name);
        auto& line = found ? *found : lines_.emplace_back();
        line.assign(name).append("=").append(value);
    }
    /// The same for a field that may be there several times.
    void add(std::string_view name, std::string_view value) {
        auto const found = find(name);
        if (!found) return set(name, value);
        found->append(name == "HTTP_COOKIE" ? "; " : ", ").append(value);
    }
    std::vector<std::string> take() { return std::move(lines_); }

private:
    std::string* find(std::string_view name) {
        for (auto& line : lines_)
            if (line.size() > name.size() && line[name.size()] == '=' && line.starts_with(name))
                return &line;
        return nullptr;
    }

    std::vector<std::string> lines_{};
};

/// The variable of a field; empty where it has none. '_' would be the same as '-'.
std::string variable_of(std::string_view field) {
    std::string name = "HTTP_";
    for (auto const c : field) {
        if (!is_alpha(c) && !is_digit(c) && c != '-') return {};
        auto const l = to_lower(c);
        name.push_back(c == '-' ? '_' : is_alpha(c) ? static_cast<char>(l - 32) : c);
    }
    return name == "HTTP_PROXY" ? std::string{} : name;
}

bool is_variable_name(std::string_view name) noexcept {
    return !name.empty() && !is_digit(name.front()) &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return is_alpha(c) || is_digit(c) || c == '_';
           });
}

void set_own(variables& out) {
    for (auto const* const name : {"PATH", "HOME", "LANG"})
        if (auto const* const value = std::getenv(name)) out.set(name, value);
}

/// Host and port that the client asked for.
void set_server(variables& out, request const& r) {
    auto host = asked_host(r);
    std::string_view port = r.is_secure() ? "443" : "80";
    auto const colon = host.rfind(':');
    if (colon != host.npos && host.find(']', colon) == host.npos) {
        if (colon + 1 < host.size()) port = host.substr(colon + 1);
        host = host.substr(0, colon);
    }
    out.set("SERVER_NAME", host.empty() ? "localhost" : host);
    out.set("SERVER_PORT", port);
}

}  // namespace

std::optional<cgi_environment> cgi_environment::make(route_settings const& settings,
                                                     std::string& error) {
    cgi_environment out;
    if (settings.path != "/") out.script_name_ = settings.path;
    out.fields_ = forward_fields::make(settings.forward, error);
    if (!out.fields_) return std::nullopt;
    for (auto const& [name, value] : settings.program.environment) {
        if (!is_variable_name(name)) {
            error.append("'").append(name).append(
                "' is no name of a variable; it has letters, digits and '_', no digit first");
            return std::nullopt;
        }
        auto parsed = text_template::parse(value, error);
        if (!parsed) return std::nullopt;
        out.own_.emplace_back(name, std::move(*parsed));
    }
    return out;
}

std::optional<std::vector<std::string>> cgi_environment::of(link_opening const& from) const {
    auto const& r = from.request;
    auto const below = percent_decoded(from.below);
    if (climbs(from.below) || below.find('\0') != below.npos) return std::nullopt;
    auto const fields = fields_->of(from);
    if (!fields) return std::nullopt;

    variables out;
    set_own(out);
    out.set("GATEWAY_INTERFACE", "CGI/1.1");
    out.set("SERVER_SOFTWARE", "anywire-gateway");
    out.set("SERVER_PROTOCOL", "HTTP/1.1");
    set_server(out, r);
    if (r.is_secure()) out.set("HTTPS", "on");
    out.set("REQUEST_METHOD", "GET");
    out.set("REQUEST_URI", r.target());
    out.set("SCRIPT_NAME", script_name_);
    out.set("PATH_INFO", below);
    out.set("QUERY_STRING", query_for_backend(from));
    out.set("REMOTE_ADDR", r.remote_address());
    out.set("REMOTE_HOST", r.remote_address());
    out.set("UNIQUE_ID", from.session);
    for (auto const& f : *fields)
        if (auto const name = variable_of(f.name); !name.empty()) out.add(name, f.value);
    for (auto const& [name, value] : own_) {
        auto const text = value.expand(from, template_use::field);
        if (!text) return std::nullopt;
        out.set(name, *text);
    }
    return out.take();
}

}  // namespace anywire::gateway
