// Forwarded addresses, hosts and cookies: what comes out is an address, a host, cookie-octets.
#include "ascii.hpp"
#include "core/cookie.hpp"
#include "forwarded.hpp"
#include "request_guard.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire::http;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

/// What a trusted proxy appends is found, whatever a client has written before it.
void check_appended(request_view const& request, address_ranges const& trusted) {
    for (auto const& f : request.fields) {
        if (!iequals(f.name, "Forwarded")) continue;
        auto const value = std::string(f.value) + ", for=\"[2001:db8::1]:1\";proto=https;host=www";
        field const appended{"Forwarded", value};
        request_view behind;
        behind.host = "own";
        behind.fields = {&appended, 1};
        auto const c =
            resolve_client("10.0.0.1", "http", behind, trusted, anywire::proxy_fields::forwarded);
        require(c.address == "2001:db8::1" && c.scheme == "https" && c.host == "www");
    }
}

void check_forwarded(std::vector<field> const& fields) {
    static auto const trusted =
        *address_ranges::parse(std::vector<std::string>{"10.0.0.0/8", "fd00::/8"});
    static auto const all = *address_ranges::parse(std::vector<std::string>{"::/0"});
    request_view request;
    request.host = "own";
    request.fields = fields;
    using anywire::proxy_fields;
    for (auto const kind :
         {proxy_fields::any, proxy_fields::x_forwarded, proxy_fields::forwarded}) {
        for (auto const* ranges : {&trusted, &all}) {
            auto const c = resolve_client("10.0.0.1", "http", request, *ranges, kind);
            require(all.contains(c.address) && c.trusted);
            require(c.scheme == "http" || c.scheme == "https");
            require(is_valid_host(c.host));
            require(c.port == 0 || kind != proxy_fields::forwarded);
            // Its own text is the address again: nothing else came with it.
            require(resolve_client(c.address, "http", {}, {}).address == c.address);
        }
        auto const untrusted = resolve_client("192.0.2.1", "http", request, trusted, kind);
        require(untrusted.address == "192.0.2.1" && untrusted.host == "own");
        require(untrusted.scheme == "http" && untrusted.port == 0 && !untrusted.trusted);
    }
    check_appended(request, trusted);
}

void check_cookie(std::string_view header, std::string_view name) {
    auto const value = anywire::cookie_value(header, name);
    for (char const c : value)
        require(c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\');
    if (!value.empty())
        require(header.find(std::string(name).append("=").append(value)) != header.npos ||
                header.find(std::string(name).append("=\"").append(value)) != header.npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view bytes(reinterpret_cast<char const*>(data), size);
    auto const name = take_element(bytes, '\n');
    auto const range = take_element(bytes, '\n');
    check_cookie(bytes, name);

    std::vector<field> fields;
    static constexpr std::string_view names[] = {"X-Forwarded-For",
                                                 "x-forwarded-proto",
                                                 "X-Forwarded-Host",
                                                 "X-Forwarded-For",
                                                 "Other",
                                                 "Forwarded",
                                                 "X-Forwarded-Port",
                                                 "X-Forwarded-Ssl",
                                                 "Front-End-Https",
                                                 "Forwarded"};
    for (auto const n : names) fields.push_back({n, take_element(bytes, '\n')});
    check_forwarded(fields);

    if (auto const r = address_ranges::parse(std::vector<std::string>{std::string(range)})) {
        auto const address = range.substr(0, range.find('/'));
        require(r->contains(address));
        (void)r->contains(name);
    }
    return 0;
}
