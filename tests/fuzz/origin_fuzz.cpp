// Origins from a peer: a foreign one never passes, whatever its spelling.
#include "ascii.hpp"
#include "origin.hpp"

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

using namespace anywire::http;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

std::string_view take_line(std::string_view& bytes) {
    return take_element(bytes, '\n');
}

std::string lower(std::string_view s) {
    std::string out(s);
    for (char& c : out) c = to_lower(c);
    return out;
}

bool is_one_of(std::string const& s, std::initializer_list<char const*> all) {
    for (auto const* one : all)
        if (s == one) return true;
    return false;
}

/// What the fixed policy of this target allows, judged by the text alone.
bool may_pass(std::string_view origin) {
    auto o = lower(origin);
    if (is_one_of(o, {"null", "file://", "app://."}) && (o != "null" || origin == "null"))
        return true;
    if (o.starts_with("wss://")) o = "https" + o.substr(3);
    if (o.starts_with("ws://")) o = "http" + o.substr(2);
    if (o == "http://localhost") return true;
    if (o.starts_with("http://localhost:") &&
        o.find_first_not_of("0123456789", 17) == std::string::npos)
        return std::strtoul(o.c_str() + 17, nullptr, 10) <= 65535;
    if (is_one_of(o, {"https://own.example", "https://good.net"})) return true;
    if (o.starts_with("https://") && o.find_first_of("/@?#\\ ", 8) == o.npos) {
        // Ports may be written out, and with leading zeros.
        auto const colon = o.rfind(':');
        bool const has_port = colon > 5;
        if (has_port && std::strtoul(o.c_str() + colon + 1, nullptr, 10) != 443) return false;
        auto const host = o.substr(8, has_port ? colon - 8 : o.npos);
        if (is_one_of(host, {"own.example", "good.net"})) return true;
        return host.ends_with(".wild.org") && host.size() > 9;
    }
    return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view bytes(reinterpret_cast<char const*>(data), size);
    auto const origin = take_line(bytes);
    auto const referer = take_line(bytes);
    auto const site = take_line(bytes);
    auto const host = take_line(bytes);
    auto const entry = take_line(bytes);

    static origin_policy const policy{{"https://good.net",
                                       "https://*.wild.org",
                                       "http://localhost:*",
                                       "null",
                                       "file://",
                                       "app://."}};
    origin_request r{.origin_header = origin,
                     .has_origin = true,
                     .sec_fetch_site = site,
                     .referer = referer,
                     .scheme = "https",
                     .host = "own.example"};
    require(!allows_origin(policy, r) || may_pass(origin));
    require(allows_origin(policy, r) == allows_originless_get(policy, r));
    require(allows_origin({{"*"}}, r));

    r.has_origin = false;
    require(allows_origin(policy, r));
    auto const page = referer.substr(0, referer.find_first_of("/?#", referer.find("://") + 3));
    require(!allows_originless_get(policy, r) || site == "same-origin" || may_pass(page));

    // An own host or an entry that is none lets nobody in by accident.
    r = {.origin_header = origin, .has_origin = true, .scheme = "http", .host = host};
    if (allows_origin({}, r))
        require(lower(origin).starts_with("http://") || lower(origin).starts_with("ws://"));
    // What a callback is asked about is "null" or an origin: it fits into a line of a response.
    for (auto const originless : {false, true}) {
        auto const asked = page_origin(r, originless);
        require(asked.find_first_of(";, \r\n\"'*/?#", asked.find("://") + 3) == asked.npos);
        require(explain_refusal(r, originless, "peer", false).find_first_of("\r\n") ==
                std::string::npos);
    }
    origin_policy const odd{{std::string(entry)}};
    auto const sources = frame_ancestors(odd, page_origin(r, false));
    require(sources.find_first_of(";,\r\n") == sources.npos);
    if (check_origin_option(entry)) {
        require(frame_ancestors(odd) == "'self'");
        r.host = "";
        require(!allows_origin(odd, r));
    }
    return 0;
}
