#include "sockjs/url.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire::sockjs;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

bool is_segment(std::string_view s) {
    return !s.empty() && s.find_first_of("/.") == s.npos;
}

bool same(route const& a, route const& b) {
    return a.kind == b.kind && a.server == b.server && a.session == b.session;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const path(reinterpret_cast<char const*>(data), size);
    auto const r = parse_path(path);
    require(allowed_methods(r.kind).empty() == (r.kind == endpoint_kind::none));
    if (r.kind == endpoint_kind::none) {
        require(r.server.empty() && r.session.empty());
        return 0;
    }

    // One slash behind a path changes nothing, two make it another path.
    if (!path.ends_with('/')) require(same(parse_path(path + "/"), r));
    require(parse_path(path + "//").kind == endpoint_kind::none);

    if (r.session.empty()) {
        require(r.server.empty());
        require(r.kind <= endpoint_kind::raw_websocket);
        return 0;
    }
    // The parts make up the path again.
    require(is_segment(r.server) && is_segment(r.session));
    std::string head = "/";
    head.append(r.server).append("/").append(r.session).append("/");
    require(path.starts_with(head));
    auto name = path.substr(head.size());
    if (name.ends_with('/')) name.pop_back();
    require(same(parse_path(head + name), r));
    require(parse_path("/a/b/" + name).kind == r.kind);
    return 0;
}
