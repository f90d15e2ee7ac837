// What a proxy answers, HTTP's or SOCKS's: it opens the way or fails with a sentence, however cut.
#include "proxy_dialogue.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

using namespace anywire;
using status = proxy_dialogue::status;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

struct outcome {
    status what = status::more;
    std::string sent{};
    std::string failure{};
    std::size_t used = 0;
    friend bool operator==(outcome const&, outcome const&) = default;
};

outcome read(std::unique_ptr<proxy_dialogue> d, std::string_view bytes, std::size_t most_at_once) {
    outcome out;
    out.sent = d->take_output();
    while (!bytes.empty()) {
        std::size_t used = 0;
        auto const piece = bytes.substr(0, most_at_once);
        out.what = d->feed(piece, used);
        out.sent += d->take_output();
        require(used <= piece.size() && out.sent.size() < 2000);
        out.used += used;
        bytes.remove_prefix(used);
        if (out.what != status::more) break;
        require(used == piece.size());
    }
    if (out.what == status::failed) {
        out.failure = d->failure();
        require(!out.failure.empty());
        out.used = 0;
        out.sent.clear();  // how far it got depends on the cuts
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::size_t const cut = data[0] / 4 + 1;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    auto const make = [&] {
        proxy_address p{.what = proxy_address::kind::socks5};
        if ((data[0] & 2) != 0) p.user = p.password = "me";
        return (data[0] & 1) != 0 ? make_socks5(p, "a.example", 443)
                                  : make_http_tunnel(p, "a.example", 443);
    };
    auto const whole = read(make(), bytes, bytes.size() + 1);
    require(read(make(), bytes, cut) == whole);
    require(read(make(), bytes, 1) == whole);
    return 0;
}
