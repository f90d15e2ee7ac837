// Set-Cookie fields, one a line: what is kept goes back to its host only, in one sound field.
#include "cookie_jar.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

std::string sent(cookie_jar& jar, char const* to, std::int64_t now) {
    std::string out;
    jar.append(out, parse_url(to).value(), now);
    for (auto const c : out) {
        auto const byte = static_cast<unsigned char>(c);
        require(byte >= 0x20 && byte != 0x7f);
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    constexpr std::int64_t now = 1'700'000'000;
    static auto const from = parse_url("https://a.b.example/x/y").value();
    std::string_view bytes(reinterpret_cast<char const*>(data), size);
    cookie_jar jar;
    while (!bytes.empty()) {
        auto const end = bytes.find('\n');
        jar.set(from, bytes.substr(0, end), now);
        bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
    }
    require(jar.size() <= cookie_jar::most_of_one * 2);
    (void)sent(jar, "https://a.b.example/x/y", now);
    require(sent(jar, "https://elsewhere/x/y", now).empty());
    require(sent(jar, "https://bb.example/x/y", now).empty());
    require(sent(jar, "https://10.0.0.1/x/y", now).empty());
    // Nobody's expiry is later than this.
    (void)sent(jar, "http://b.example/x/y", std::int64_t{1} << 60);
    return 0;
}
