// What another process of the host may send to a node: the same is read of it however it was cut,
// no frame is longer than the limit, and what was read says the same when it is written again.
#include "node_frames.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire::mesh;

namespace {

constexpr std::size_t most = 300;

void require(bool held) {
    if (!held) std::abort();
}

std::string again(node_frame const& f) {
    std::string out;
    switch (f.kind) {
        case node_frame_kind::hello: append_hello(out, f.name); break;
        case node_frame_kind::subscribe: append_subscribe(out, f.name); break;
        case node_frame_kind::unsubscribe: append_subscribe(out, f.name, true); break;
        case node_frame_kind::told: append_told(out); break;
        case node_frame_kind::message: out = make_message(f.name, f.payload)->ws(); break;
    }
    return out;
}

/// All frames, written again, and what was wrong.
std::vector<std::string> read(std::string_view bytes, std::size_t piece) {
    using event = frame_reader::event;
    std::vector<std::string> out;
    frame_reader reader(most);
    while (!bytes.empty()) {
        auto const now = bytes.substr(0, piece);
        bytes.remove_prefix(now.size());
        reader.feed(now);
        for (auto e = reader.next(); e != event::more; e = reader.next()) {
            if (e == event::failed) {
                require(!reader.wrong().empty() && reader.next() == event::failed);
                out.emplace_back(reader.wrong());
                return out;
            }
            auto const& f = reader.frame();
            require(f.name.size() + f.payload.size() <= most + message_overhead);
            require((f.kind == node_frame_kind::hello) == out.empty());
            if (f.kind == node_frame_kind::hello) require(is_node_name(f.name));
            out.push_back(again(f));
        }
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::size_t const cut = data[0] % 64 + 1;
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    auto const whole = read(bytes, bytes.size() + 1);
    require(read(bytes, cut) == whole);
    require(read(bytes, 1) == whole);
    // Frames are what they were.
    std::size_t at = 0;
    for (auto const& frame : whole) {
        if (bytes.substr(at, frame.size()) != frame) {
            require(&frame == &whole.back());  // what was wrong
            break;
        }
        at += frame.size();
    }
    return 0;
}
