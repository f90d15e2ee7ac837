// The PROXY protocol's header: what comes out is an address, or nothing, however it was cut.
#include "address_text.hpp"
#include "proxy_header.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire::http;

namespace {

using status = proxy_header_reader::status;

void require(bool held) {
    if (!held) std::abort();
}

struct outcome {
    status what = status::more;
    std::string text{};
    bool is_secure = false;
    std::size_t used = 0;
    friend bool operator==(outcome const&, outcome const&) = default;
};

outcome read(std::string_view bytes, std::size_t most_at_once) {
    proxy_header_reader reader;
    outcome out;
    while (!bytes.empty()) {
        std::size_t used = 0;
        auto const piece = bytes.substr(0, most_at_once);
        out.what = reader.feed(piece, used);
        require(used <= piece.size());
        out.used += used;
        bytes.remove_prefix(used);
        if (out.what != status::more) break;
        require(used == piece.size());  // else it would wait for bytes that are there
    }
    if (out.what == status::done) {
        out.text = reader.client().address;
        out.is_secure = reader.client().is_secure;
    } else if (out.what == status::error) {
        out.text = reader.error_text();
        out.used = 0;  // how far it got depends on the cuts
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::size_t const cut = data[0] % 64 + 1;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    auto const whole = read(bytes, bytes.size() + 1);
    require(whole.used <= proxy_header_reader::longest);
    require(read(bytes, cut) == whole);
    require(read(bytes, 1) == whole);
    if (whole.what == status::error) require(!whole.text.empty());
    if (whole.what == status::more) require(bytes.size() < proxy_header_reader::longest);
    if (whole.what != status::done) return 0;
    if (whole.text.empty() || whole.text == unix_address) return 0;
    auto const address = parse_address(whole.text);
    require(address && to_text(*address) == whole.text);
    return 0;
}
