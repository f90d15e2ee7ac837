#include "settings.hpp"

#include <anywire/redis/connection.hpp>

#include "core/percent.hpp"
#include "slots.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace anywire::redis {
namespace {

constexpr std::uint16_t server_port = 6379;
constexpr std::uint16_t sentinel_port = 26379;
constexpr std::size_t longest_url = 4'096;

bool has_control(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
    });
}

bool read_database(std::string_view text, int& out) noexcept {
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc{} && end == text.data() + text.size() && out >= 0;
}

/// Takes "user:password@" off.
void take_sign_in(std::string_view& rest, redis_url& out) {
    auto const at = rest.substr(0, rest.find('/')).rfind('@');
    if (at == std::string_view::npos) return;
    auto const both = rest.substr(0, at);
    auto const colon = both.find(':');
    out.user = percent_decoded(both.substr(0, colon));
    if (colon != std::string_view::npos) out.password = percent_decoded(both.substr(colon + 1));
    rest.remove_prefix(at + 1);
}

char const* read_socket(std::string_view rest, redis_url& out) {
    auto const question = rest.find('?');
    out.server.unix_socket = percent_decoded(rest.substr(0, question));
    if (!out.server.unix_socket.starts_with('/')) return "the path of its socket is not absolute";
    constexpr std::size_t longest_path = 107;  // the kernel's own
    if (out.server.unix_socket.size() > longest_path) return "the path of its socket is too long";
    if (question == std::string_view::npos) return nullptr;
    auto const query = rest.substr(question + 1);
    if (!query.starts_with("db=") || !read_database(query.substr(3), out.database))
        return "after '?' there may only be 'db=' and a number";
    return nullptr;
}

char const* read_host(std::string_view rest, redis_url& out) {
    auto const slash = rest.find('/');
    auto address = parse_address(rest.substr(0, slash), server_port);
    if (!address) return "its port is not a number from 1 to 65535";
    if (address->host.empty()) return "it has no host";
    out.server = std::move(*address);
    if (slash == std::string_view::npos || slash + 1 == rest.size()) return nullptr;
    if (!read_database(rest.substr(slash + 1), out.database))
        return "its path is not the number of a database";
    return nullptr;
}

bool read_addresses(std::vector<std::string> const& from,
                    std::uint16_t port,
                    std::vector<dial_target>& to,
                    std::string& wrong) {
    for (auto const& text : from) {
        auto address = parse_address(text, port);
        if (!address || address->host.empty() || has_control(text)) {
            wrong = "redis::options: '" + text + "' is not an address such as 'host:6379'";
            return false;
        }
        to.push_back(std::move(*address));
    }
    return true;
}

/// One sentence, or null.
char const* check_times(options const& o) noexcept {
    using std::chrono::milliseconds;
    auto const& r = o.reconnect;
    if (o.connect_timeout <= milliseconds{0}) return "connect_timeout is more than 0";
    if (o.command_timeout < milliseconds{0}) return "command_timeout is not negative";
    if (o.finish_timeout < milliseconds{0}) return "finish_timeout is not negative";
    if (o.ping_interval <= milliseconds{0}) return "ping_interval is more than 0";
    if (r.delay <= milliseconds{0} || r.delay_max < r.delay)
        return "reconnect.delay is more than 0, and delay_max not less than it";
    return r.jitter >= 0 && r.jitter <= 1 ? nullptr : "reconnect.jitter is from 0 to 1";
}

/// One sentence, or null.
char const* check_options(options const& o) noexcept {
    if (auto const* const why = check_times(o)) return why;
    auto const& l = o.limits;
    if (l.max_nesting < 2 || l.max_nesting > 7) return "limits.max_nesting is from 2 to 7";
    if (l.max_string == 0 || l.max_reply == 0 || l.max_elements == 0 || l.max_command == 0)
        return "a limit is more than 0";
    if (o.client_name.size() > 100 || has_control(o.client_name))
        return "client_name has at most 100 bytes, and no spaces";
    if (!o.sentinel.addresses.empty() && !o.cluster.empty())
        return "sentinels and a cluster are not to be had together";
    if (!o.sentinel.addresses.empty() && o.sentinel.master.empty())
        return "sentinel.master is not empty";
    return nullptr;
}

}  // namespace

std::optional<redis_url> parse_redis_url(std::string_view text, std::string& wrong) {
    redis_url out;
    auto const refuse = [&](char const* why) {
        wrong = std::string("the URL of Redis is not valid: ") + why;
        return std::nullopt;
    };
    if (text.size() > longest_url || has_control(text))
        return refuse("it is longer than 4096 bytes, or has spaces");
    auto const end = text.find("://");
    auto const scheme = text.substr(0, end);
    if (end == std::string_view::npos ||
        (scheme != "redis" && scheme != "rediss" && scheme != "unix"))
        return refuse("it does not begin with redis://, rediss:// or unix://");
    auto rest = text.substr(end + 3);
    out.secure = scheme == "rediss";
    take_sign_in(rest, out);
    auto const* const why = scheme == "unix" ? read_socket(rest, out) : read_host(rest, out);
    if (why) return refuse(why);
    return out;
}

std::shared_ptr<settings> make_settings(options given, std::string& wrong) {
    auto made = std::make_shared<settings>();
    if (auto const* const why = check_options(given)) {
        wrong = std::string("redis::options: ") + why;
        return nullptr;
    }
    if (!read_addresses(given.sentinel.addresses, sentinel_port, made->sentinels, wrong) ||
        !read_addresses(given.cluster, server_port, made->nodes, wrong))
        return nullptr;
    if (!given.url.empty() || !made->is_cluster()) {
        auto url = parse_redis_url(given.url, wrong);
        if (!url) return nullptr;
        made->url = std::move(*url);
        if (made->is_cluster() && made->url.server.unix_socket.empty())
            made->nodes.push_back(made->url.server);
    }
    if (!given.user.empty()) made->url.user = given.user;
    if (!given.password.empty()) made->url.password = given.password;
    if (given.database >= 0) made->url.database = given.database;
    if (made->is_cluster() && made->url.database != 0) {
        wrong = "redis::options: a cluster has database 0 only";
        return nullptr;
    }
    made->given = std::move(given);
    return made;
}

std::string check(options const& o) {
    std::string wrong;
    (void)make_settings(o, wrong);
    return wrong;
}

}  // namespace anywire::redis
