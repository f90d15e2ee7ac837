#include "relay_settings.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace anywire::stomp {
namespace {

constexpr std::uint16_t plain_port = 61613;
constexpr std::uint16_t secure_port = 61614;
constexpr std::size_t longest_url = 4'096;

bool has_control(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
    });
}

bool read_port(std::string_view text, std::uint16_t& out) noexcept {
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc{} && end == text.data() + text.size() && out != 0;
}

/// "host", "host:port", "[v6]" and "[v6]:port"; one sentence's end, or null.
char const* read_address(std::string_view text, dial_target& out) {
    auto const bracket = text.starts_with('[') ? text.find(']') : 0;
    if (bracket == text.npos) return "its address has no ']'";
    auto const colon = text.find(':', bracket);
    auto host = text.substr(0, colon);
    if (bracket != 0) host = host.substr(1, bracket - 1);
    if (host.empty()) return "it has no host";
    out.host = host;
    if (colon != text.npos && !read_port(text.substr(colon + 1), out.port))
        return "its port is not a number from 1 to 65535";
    return nullptr;
}

void require(bool good, std::string const& what) {
    if (!good) throw std::invalid_argument("stomp::relay_options: " + what);
}

void check(relay_options const& o) {
    require(o.heart_beat.count() >= 0, "heart_beat is not negative");
    require(o.reconnect_delay.count() > 0, "reconnect_delay is more than 0");
    require(o.connect_timeout.count() > 0, "connect_timeout is more than 0");
    require(o.max_held > 0 && o.max_unsent > 0, "max_held and max_unsent are more than 0");
    require(o.max_frame >= 1024, "max_frame is at least 1024");
}

/// Whether ActiveMQ takes it for more than a name: options, or several destinations.
bool says_more(std::string_view name) noexcept {
    return name.find_first_of("?,") != name.npos;
}

std::string escaped(std::string_view name) {
    std::string made;
    for (auto const c : name) {
        if (c == '/')
            made.append("%2F");
        else if (c == '%')
            made.append("%25");
        else
            made.push_back(c);
    }
    return made;
}

}  // namespace

std::optional<broker_url> parse_broker_url(std::string_view text, std::string& wrong) {
    auto const refuse = [&](char const* why) {
        wrong = std::string("the URL of the broker is not valid: ") + why;
        return std::nullopt;
    };
    if (text.size() > longest_url || has_control(text))
        return refuse("it is longer than 4096 bytes, or has spaces");
    auto const end = text.find("://");
    auto const scheme = text.substr(0, end);
    if (end == text.npos || (scheme != "stomp" && scheme != "stomps" && scheme != "tcp"))
        return refuse("it does not begin with stomp://, stomps:// or tcp://");
    broker_url made{.server = {}, .secure = scheme == "stomps"};
    made.server.port = made.secure ? secure_port : plain_port;
    auto rest = text.substr(end + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.find_first_of("/@?#") != rest.npos)
        return refuse("after its host there may only be a port");
    if (auto const* const why = read_address(rest, made.server)) return refuse(why);
    return made;
}

link_route relay_settings::route() const {
    boost::system::error_code not_literal;
    (void)net::ip::make_address(url.server.host, not_literal);
    link_route way;
    way.server = url.server;
    way.host = url.server.host;
    way.is_literal = !not_literal;
    way.port = url.server.port;
    way.tls = tls;
    return way;
}

std::shared_ptr<relay_settings> make_relay_settings(relay_options given) {
    auto made = std::make_shared<relay_settings>();
    check(given);
    std::string wrong;
    auto url = parse_broker_url(given.url, wrong);
    if (!url) throw std::invalid_argument("stomp::relay_options: " + wrong);
    made->url = *std::move(url);
    if (made->url.secure) {
        made->tls = std::make_shared<client_tls const>(given.tls, wrong);
        require(wrong.empty(), wrong);
    }
    if (given.system_login.empty()) {
        given.system_login = given.login;
        given.system_passcode = given.passcode;
    }
    made->given = std::move(given);
    return made;
}

std::optional<std::string> broker_destination(relay_settings const& how,
                                              std::string_view destination) {
    std::string_view of;
    for (auto const& p : how.prefixes)
        if (destination.starts_with(p) && destination.substr(p.size()).starts_with('/')) of = p;
    if (of.empty()) return std::nullopt;
    auto const name = destination.substr(of.size() + 1);
    if (says_more(name)) return std::nullopt;
    auto made = std::string(of) + "/";
    switch (how.given.nested) {
        case nested_destinations::escaped: return made.append(escaped(name));
        case nested_destinations::kept: return made.append(name);
        case nested_destinations::dots: break;
    }
    // "/topic/a.b" would be the same as "/topic/a/b".
    if (name.find('.') != name.npos) return std::nullopt;
    made.append(name);
    std::replace(made.begin() + static_cast<std::ptrdiff_t>(of.size()) + 1, made.end(), '/', '.');
    return made;
}

}  // namespace anywire::stomp
