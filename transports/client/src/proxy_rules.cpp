#include "proxy_rules.hpp"

#include "address_text.hpp"
#include "core/ascii.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace anywire {
namespace {

constexpr std::uint16_t default_port = 1080;

/// The option's text, or the first variable that is set.
std::string first_of(proxy_rules::environment const& variables,
                     std::initializer_list<char const*> names) {
    for (auto const* const name : names)
        if (auto value = variables(name); !value.empty()) return value;
    return {};
}

/// Whether the first `bits` of both are the same.
bool share_prefix(http::address_bytes const& a,
                  http::address_bytes const& b,
                  unsigned bits) noexcept {
    for (std::size_t i = 0; i < a.size() && bits != 0; ++i) {
        auto const n = bits < 8 ? bits : 8;
        auto const mask = static_cast<unsigned>(0xff00 >> n) & 0xff;
        if ((a[i] & mask) != (b[i] & mask)) return false;
        bits -= n;
    }
    return true;
}

bool is_in_range(std::string_view range, std::string_view host) noexcept {
    auto const slash = range.find('/');
    auto const network = http::parse_address(range.substr(0, slash));
    auto const address = http::parse_address(host);
    if (!network || !address) return false;
    auto const v4 = range.find(':') == std::string_view::npos;
    if (v4 != (host.find(':') == std::string_view::npos)) return false;
    unsigned const whole = v4 ? 32 : 128;
    auto bits = whole;
    if (slash != std::string_view::npos) {
        auto const text = range.substr(slash + 1);
        auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), bits);
        if (ec != std::errc{} || end != text.data() + text.size() || bits > whole) return false;
    }
    return share_prefix(*network, *address, v4 ? bits + 96 : bits);
}

}  // namespace

proxy_address parse_proxy(std::string_view text, std::string& error) {
    error.clear();
    proxy_address out;
    auto const whole = text;
    out.what = proxy_address::kind::http;
    if (auto const end = text.find("://"); end != std::string_view::npos) {
        auto const scheme = text.substr(0, end);
        if (iequals(scheme, "socks5"))
            out.what = proxy_address::kind::socks5;
        else if (iequals(scheme, "socks5h"))
            out.what = proxy_address::kind::socks5h;
        else if (!iequals(scheme, "http"))
            out.what = proxy_address::kind::none;
        text.remove_prefix(end + 3);
    }
    // Its authority is one of HTTP's, but for the port that it has by default.
    auto const authority = text.substr(0, text.find('/'));
    auto const url = parse_url("http://" + std::string(authority) + "/");
    if (out.what == proxy_address::kind::none || !url) {
        error = "network.proxy '" + std::string(whole.substr(whole.rfind('@') + 1)) +
                "' is not the URL of a proxy; write \"http://host:port\", \"socks5://host:port\" "
                "or \"socks5h://host:port\"";
        return {};
    }
    out.host = url->host;
    out.user = url->user;
    out.password = url->password;
    auto const host_and_port = authority.substr(authority.rfind('@') + 1);
    auto const colon = host_and_port.rfind(':');
    auto const has_port = colon != std::string_view::npos &&
                          host_and_port.find(']', colon) == std::string_view::npos &&
                          colon + 1 < host_and_port.size();
    out.port = has_port ? url->port : default_port;
    return out;
}

proxy_rules::proxy_rules(std::string const& option,
                         environment const& variables,
                         std::string& error) {
    error.clear();
    if (option == "-") return;
    if (!option.empty()) {
        http_ = parse_proxy(option, error);
        https_ = ws_ = wss_ = http_;
        return;
    }
    auto const read = [&](std::initializer_list<char const*> names, proxy_address& out) {
        auto const text = first_of(variables, names);
        if (text.empty() || !error.empty()) return;
        out = parse_proxy(text, error);
        if (!error.empty())
            error.insert(0, std::string("the environment's ") + *names.begin() + ": ");
    };
    // In capitals http_proxy is a field of a request to a CGI program (CVE-2016-5388).
    read({"http_proxy", "all_proxy", "ALL_PROXY"}, http_);
    read({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}, https_);
    read({"ws_proxy", "WS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"}, ws_);
    read({"wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}, wss_);
    auto const text = first_of(variables, {"no_proxy", "NO_PROXY"});
    for (std::string_view list = text; !list.empty();)
        if (auto const entry = take_element(list); !entry.empty()) exempt_.emplace_back(entry);
}

bool is_exempt_by(std::string_view entry, client_url const& url) noexcept {
    if (entry == "*") return true;
    if (url.is_host_literal) {
        if (entry.starts_with('[') && entry.ends_with(']'))
            entry = entry.substr(1, entry.size() - 2);
        return is_in_range(entry, url.host);
    }
    if (entry.starts_with('.')) entry.remove_prefix(1);
    std::string_view const host = url.host;
    if (entry.empty() || host.size() < entry.size()) return false;
    auto const before = host.size() - entry.size();
    return iequals(host.substr(before), entry) && (before == 0 || host[before - 1] == '.');
}

bool proxy_rules::is_exempt(client_url const& url) const noexcept {
    for (auto const& entry : exempt_)
        if (is_exempt_by(entry, url)) return true;
    return false;
}

proxy_address const& proxy_rules::of(client_url const& url, bool is_websocket) const noexcept {
    if (is_exempt(url)) return none_;
    if (is_websocket) return url.secure ? wss_ : ws_;
    return url.secure ? https_ : http_;
}

}  // namespace anywire
