// What a URL is taken apart into makes the same URL again, and nothing in it breaks a request line.
// The input is a URL; after a line end, a reference from there.
#include "client/url.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

bool is_visible(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

void check(client_url const& url) {
    require(url.path.starts_with('/'));
    require(is_visible(url.target()) && is_visible(url.authority()));
    require(url.target().find('#') == std::string::npos);
    require(!url.host.empty() && url.host.size() <= 254 && url.port != 0);
    if (url.target().size() > 4'000) return;
    auto const again = parse_url(url.origin() + url.target());
    require(again.has_value());
    require(again->is_same_origin(url) && again->target() == url.target());
    require(again->is_host_literal == url.is_host_literal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    auto const end = std::min(text.find('\n'), text.size());
    auto const url = parse_url(text.substr(0, end));
    if (!url) return 0;
    check(*url);
    auto const next = resolve_url(*url, text.substr(std::min(end + 1, text.size())));
    if (next) check(*next);
    return 0;
}
