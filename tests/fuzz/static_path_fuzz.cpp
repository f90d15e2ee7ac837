// No path leaves its folder; lists of entity tags of any form end.
#include "static_path.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire::http;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const bytes(reinterpret_cast<char const*>(data), size);
    if (auto const path = static_path(bytes)) {
        require(!path->empty() && path->front() != '/' && path->back() != '/');
        require(path->size() <= bytes.size() + 10);
        require(path->find_first_of(std::string_view("\0\\%;:\r\n", 7)) == path->npos);
        require(path->find("//") == path->npos);
        require(("/" + *path).find("/.") == path->npos);
        (void)content_type_of(*path);
        // What was decoded is decoded: a second time changes nothing.
        require(static_path("/" + *path) == path || path->size() >= 1024);
    }
    require(!content_type_of(bytes).empty());
    if (etag_matches(bytes, "\"tag\""))
        require(bytes.find("\"tag\"") != bytes.npos || bytes.find('*') != bytes.npos);
    (void)etag_matches("\"a\", W/\"b\"", bytes);
    return 0;
}
