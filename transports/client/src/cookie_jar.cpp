#include "cookie_jar.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <utility>

namespace anywire {
namespace {

/// Spec: RFC 6265, section 5.1.3.
bool domain_matches(std::string_view host, std::string_view domain) noexcept {
    if (host == domain) return true;
    return host.size() > domain.size() && host.ends_with(domain) &&
           host[host.size() - domain.size() - 1] == '.';
}

/// Spec: RFC 6265, section 5.1.4.
bool path_matches(std::string_view path, std::string_view of_cookie) noexcept {
    if (path == of_cookie) return true;
    return path.starts_with(of_cookie) &&
           (of_cookie.ends_with('/') || path[of_cookie.size()] == '/');
}

std::string default_path(std::string_view path) {
    auto const last = path.rfind('/');
    return last == 0 || last == std::string_view::npos ? "/" : std::string(path.substr(0, last));
}

bool has_control(std::string_view text) noexcept {
    return std::any_of(text.begin(), text.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

/// Spec: RFC 6265, section 5.1.1, "delimiter".
bool is_delimiter(char c) noexcept {
    auto const b = static_cast<unsigned char>(c);
    return b == 0x09 || (b >= 0x20 && b <= 0x2f) || (b >= 0x3b && b <= 0x40) ||
           (b >= 0x5b && b <= 0x60) || (b >= 0x7b && b <= 0x7e);
}

/// A number of `least` to `most` digits at the start, followed by no digit.
bool take_number(std::string_view& text, std::size_t least, std::size_t most, int& out) noexcept {
    std::size_t n = 0;
    out = 0;
    while (n < text.size() && is_digit(text[n])) {
        if (n == most) return false;
        out = out * 10 + (text[n++] - '0');
    }
    text.remove_prefix(n);
    return n >= least;
}

struct date_parts {
    int hour = -1, minute = 0, second = 0, day = -1, month = -1, year = -1;
};

bool take_time(std::string_view t, date_parts& d) noexcept {
    int hour = 0, minute = 0, second = 0;
    if (!take_number(t, 1, 2, hour) || !t.starts_with(':')) return false;
    t.remove_prefix(1);
    if (!take_number(t, 1, 2, minute) || !t.starts_with(':')) return false;
    t.remove_prefix(1);
    if (!take_number(t, 1, 2, second)) return false;
    d.hour = hour;
    d.minute = minute;
    d.second = second;
    return true;
}

int month_of(std::string_view t) noexcept {
    constexpr std::array<std::string_view, 12> names{
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
    for (std::size_t i = 0; i < names.size(); ++i)
        if (istarts_with(t, names[i])) return static_cast<int>(i) + 1;
    return -1;
}

void take_token(std::string_view token, date_parts& d) noexcept {
    if (d.hour < 0 && take_time(token, d)) return;
    int n = 0;
    if (auto t = token; d.day < 0 && take_number(t, 1, 2, n)) {
        d.day = n;
        return;
    }
    if (auto const m = month_of(token); d.month < 0 && m > 0) {
        d.month = m;
        return;
    }
    if (auto t = token; d.year < 0 && take_number(t, 2, 4, n)) d.year = n;
}

date_parts parts_of(std::string_view text) noexcept {
    date_parts d;
    for (std::size_t at = 0; at < text.size();) {
        while (at < text.size() && is_delimiter(text[at])) ++at;
        auto const begin = at;
        while (at < text.size() && !is_delimiter(text[at])) ++at;
        if (at > begin) take_token(text.substr(begin, at - begin), d);
    }
    return d;
}

}  // namespace

bool parse_cookie_date(std::string_view text, std::int64_t& out) noexcept {
    auto d = parts_of(text);
    if (d.hour < 0 || d.day < 1 || d.month < 1 || d.year < 0) return false;
    if (d.year >= 70 && d.year <= 99) d.year += 1900;
    if (d.year >= 0 && d.year <= 69) d.year += 2000;
    std::chrono::year_month_day const day{std::chrono::year{d.year},
                                          std::chrono::month{static_cast<unsigned>(d.month)},
                                          std::chrono::day{static_cast<unsigned>(d.day)}};
    if (!day.ok() || d.year < 1601 || d.hour > 23 || d.minute > 59 || d.second > 59) return false;
    auto const days = std::chrono::sys_days(day).time_since_epoch().count();
    out = ((std::int64_t{days} * 24 + d.hour) * 60 + d.minute) * 60 + d.second;
    return true;
}

void cookie_jar::apply_max_age(std::string_view value,
                               std::int64_t now,
                               cookie& out,
                               bool& has_max_age) {
    auto const negative = value.starts_with('-');
    auto const digits = value.substr(negative ? 1 : 0);
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return;
    constexpr std::int64_t longest_life = 400LL * 86'400;
    std::int64_t seconds = longest_life;
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    out.expires = negative || seconds == 0 ? 0 : now + std::min(seconds, longest_life);
    out.persists = has_max_age = true;
}

/// False where the cookie is for hosts that are not the server's.
bool cookie_jar::apply_domain(std::string_view value, client_url const& from, cookie& out) {
    if (value.starts_with('.')) value.remove_prefix(1);
    if (value.empty()) return true;
    std::string domain(value);
    std::transform(domain.begin(), domain.end(), domain.begin(), to_lower);
    out.host_only =
        domain == from.host && (from.is_host_literal || domain.find('.') == std::string::npos);
    if (out.host_only) return true;
    // "com" would have it sent to everybody; who is an address has no one above it.
    if (from.is_host_literal || domain.find('.') == std::string::npos || domain.ends_with('.') ||
        !domain_matches(from.host, domain))
        return false;
    out.domain = std::move(domain);
    return true;
}

bool cookie_jar::apply(std::string_view attribute,
                       std::string_view value,
                       client_url const& from,
                       std::int64_t now,
                       cookie& out,
                       bool& has_max_age) {
    if (iequals(attribute, "expires")) {
        std::int64_t when = 0;
        if (!has_max_age && parse_cookie_date(value, when)) {
            out.expires = when;
            out.persists = true;
        }
    } else if (iequals(attribute, "max-age")) {
        apply_max_age(value, now, out, has_max_age);
    } else if (iequals(attribute, "domain")) {
        return apply_domain(value, from, out);
    } else if (iequals(attribute, "path")) {
        out.path = value.starts_with('/') ? std::string(value) : default_path(from.path);
    } else if (iequals(attribute, "secure")) {
        out.secure = true;
    }
    return true;
}

bool cookie_jar::parse(client_url const& from,
                       std::string_view set_cookie,
                       std::int64_t now,
                       cookie& out) {
    if (set_cookie.size() > longest || has_control(set_cookie)) return false;
    auto const pair = take_element(set_cookie, ';');
    auto const equals = pair.find('=');
    if (equals == std::string_view::npos) return false;
    out.name = trim(pair.substr(0, equals));
    out.value = trim(pair.substr(equals + 1));
    if (out.name.empty()) return false;
    out.domain = from.host;
    out.path = default_path(from.path);
    auto has_max_age = false;
    while (!set_cookie.empty()) {
        auto const attribute = take_element(set_cookie, ';');
        auto const split = std::min(attribute.find('='), attribute.size());
        auto const value =
            split < attribute.size() ? trim(attribute.substr(split + 1)) : std::string_view{};
        if (!apply(trim(attribute.substr(0, split)), value, from, now, out, has_max_age))
            return false;
    }
    // Who is not secure can neither set such a cookie nor take its place.
    return !out.secure || from.secure;
}

void cookie_jar::set(client_url const& from, std::string_view set_cookie, std::int64_t now) {
    cookie made;
    if (!parse(from, set_cookie, now, made)) return;
    std::erase_if(all_, [now](cookie const& c) { return c.persists && c.expires <= now; });
    auto const same = std::find_if(all_.begin(), all_.end(), [&](cookie const& c) {
        return c.name == made.name && c.domain == made.domain && c.path == made.path &&
               c.host_only == made.host_only;
    });
    if (same != all_.end() && same->secure && !from.secure) return;
    auto const ends = made.persists && made.expires <= now;
    if (same != all_.end()) {
        if (ends)
            all_.erase(same);
        else
            *same = std::move(made);
        return;
    }
    if (ends) return;
    make_room(made.domain);
    all_.push_back(std::move(made));
}

void cookie_jar::make_room(std::string_view domain) {
    auto const is_its = [domain](cookie const& c) { return c.domain == domain; };
    if (std::count_if(all_.begin(), all_.end(), is_its) >= std::ptrdiff_t{most_of_one})
        all_.erase(std::find_if(all_.begin(), all_.end(), is_its));
    else if (all_.size() >= most)
        all_.erase(all_.begin());
}

void cookie_jar::append(std::string& out, client_url const& to, std::int64_t now) {
    std::erase_if(all_, [now](cookie const& c) { return c.persists && c.expires <= now; });
    std::vector<cookie const*> sent;
    for (auto const& c : all_) {
        auto const is_for = c.host_only ? c.domain == to.host : domain_matches(to.host, c.domain);
        if (is_for && path_matches(to.path, c.path) && (!c.secure || to.secure)) sent.push_back(&c);
    }
    std::stable_sort(sent.begin(), sent.end(), [](cookie const* a, cookie const* b) {
        return a->path.size() > b->path.size();
    });
    for (auto const* c : sent) {
        if (!out.empty()) out.append("; ");
        out.append(c->name).append("=").append(c->value);
    }
}

}  // namespace anywire
