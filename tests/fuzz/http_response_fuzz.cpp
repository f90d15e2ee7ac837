// A server's answer: the same is read of it however it was cut, and no more than the limits let.
#include "response_reader.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire::http;

namespace {

constexpr response_limits limits{.head = 300, .fields = 8, .body = 100, .chunk_overhead = 50};

void require(bool held) {
    if (!held) std::abort();
}

struct outcome {
    unsigned status = 0;
    std::size_t fields = 0;
    std::string body{};
    std::string wrong{};
    std::size_t used = 0;
    bool done = false;
    bool keeps_alive = false;
    friend bool operator==(outcome const&, outcome const&) = default;
};

/// True when that was the last event.
bool note(response_reader::event e, response_reader const& r, outcome& out) {
    using event = response_reader::event;
    switch (e) {
        case event::more: return false;
        case event::head:
            require(out.status == 0 && r.has_head());
            out.status = r.head().status;
            require(r.head().fields.size() <= limits.fields);
            for (auto const& f : r.head().fields) out.fields += f.name.size() + f.value.size();
            require(out.fields <= limits.head);
            return false;
        case event::piece:
            require(!r.piece().empty() && out.status != 0);
            out.body += r.piece();
            return false;
        case event::done:
            out.done = true;
            out.keeps_alive = r.keeps_alive();
            return true;
        case event::failed:
            out.wrong = r.failure();
            require(!out.wrong.empty());
            return true;
    }
    return true;
}

outcome read(std::string_view bytes, response_to what, std::size_t most_at_once) {
    response_reader reader(limits, what);
    outcome out;
    while (!bytes.empty()) {
        auto piece = bytes.substr(0, most_at_once);
        auto const size = piece.size();
        for (;;) {
            auto const e = reader.next(piece);
            if (e == response_reader::event::more) {
                require(piece.empty());
                break;
            }
            if (!note(e, reader, out)) continue;
            out.used += size - piece.size();
            if (!out.done) out.used = 0;  // how far it got depends on the cuts
            return out;
        }
        out.used += size;
        bytes.remove_prefix(size);
    }
    require(note(reader.on_end(true), reader, out));
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const what = static_cast<response_to>(data[0] % 4);
    std::size_t const cut = data[0] / 4 + 1;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    auto whole = read(bytes, what, bytes.size() + 1);
    require(whole.body.size() <= limits.body);
    for (auto const most : {cut, std::size_t{1}}) {
        auto pieces = read(bytes, what, most);
        // Of a body that is refused, more or less had been given by then.
        if (!whole.wrong.empty()) pieces.body = whole.body;
        require(pieces == whole);
    }
    return 0;
}
