// Forwarded addresses, hosts and cookies: what comes out is an address, a host, cookie-octets.
#include "ascii.hpp"
#include "cookie.hpp"
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

void check_forwarded(std::vector<field> const& fields) {
    static auto const trusted =
        *address_ranges::parse(std::vector<std::string>{"10.0.0.0/8", "fd00::/8"});
    static auto const all = *address_ranges::parse(std::vector<std::string>{"::/0"});
    request_view request;
    request.host = "own";
    request.fields = fields;
    for (auto const* ranges : {&trusted, &all}) {
        auto const c = resolve_client("10.0.0.1", "http", request, *ranges);
        require(all.contains(c.address));
        require(c.scheme == "http" || c.scheme == "https");
        require(is_valid_host(c.host));
        // Its own text is the address again: nothing else came with it.
        require(resolve_client(c.address, "http", {}, {}).address == c.address);
    }
    auto const untrusted = resolve_client("192.0.2.1", "http", request, trusted);
    require(untrusted.address == "192.0.2.1" && untrusted.host == "own");
}

void check_cookie(std::string_view header, std::string_view name) {
    auto const value = cookie_value(header, name);
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
    static constexpr std::string_view names[] = {
        "X-Forwarded-For", "x-forwarded-proto", "X-Forwarded-Host", "X-Forwarded-For", "Other"};
    for (auto const n : names) fields.push_back({n, take_element(bytes, '\n')});
    check_forwarded(fields);

    if (auto const r = address_ranges::parse(std::vector<std::string>{std::string(range)})) {
        auto const address = range.substr(0, range.find('/'));
        require(r->contains(address));
        (void)r->contains(name);
    }
    return 0;
}
