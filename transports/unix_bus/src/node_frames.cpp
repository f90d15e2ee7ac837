#include "node_frames.hpp"

#include <algorithm>
#include <cstring>

namespace anywire::mesh {
namespace {

using std::string_view;

constexpr std::size_t length_size = 4;
constexpr std::size_t most_name = 64;

char byte_of(std::size_t n, unsigned shift) noexcept {
    return static_cast<char>(static_cast<unsigned char>(n >> shift));
}

std::size_t number_in(string_view bytes) noexcept {
    std::size_t n = 0;
    for (auto const c : bytes) n = n << 8 | static_cast<unsigned char>(c);
    return n;
}

void append_head(std::string& out, std::size_t body, node_frame_kind kind) {
    auto const n = body + 1;
    for (auto const shift : {24u, 16u, 8u, 0u}) out.push_back(byte_of(n, shift));
    out.push_back(static_cast<char>(kind));
}

}  // namespace

bool is_node_name(string_view name) noexcept {
    return !name.empty() && name.size() <= most_name &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
           });
}

void append_hello(std::string& out, string_view node) {
    append_head(out, node.size() + 1, node_frame_kind::hello);
    out.push_back(wire_version);
    out.append(node);
}

void append_subscribe(std::string& out, string_view channel, bool is_end) {
    append_head(
        out, channel.size(), is_end ? node_frame_kind::unsubscribe : node_frame_kind::subscribe);
    out.append(channel);
}

void append_told(std::string& out) {
    append_head(out, 0, node_frame_kind::told);
}

frame_ptr make_message(string_view channel, string_view payload) {
    auto const size = message_overhead + channel.size() + payload.size();
    frame_ptr made(anywire::frame::make(size, frame_kind::raw));
    std::string head;
    append_head(head, 2 + channel.size() + payload.size(), node_frame_kind::message);
    head.push_back(byte_of(channel.size(), 8));
    head.push_back(byte_of(channel.size(), 0));
    auto* at = made->data();
    for (auto const part : {string_view(head), channel, payload}) {
        if (!part.empty()) std::memcpy(at, part.data(), part.size());
        at += part.size();
    }
    return made;
}

// -- reading --------------------------------------------------------------------------------------

void frame_reader::feed(string_view bytes) {
    if (kept_.empty()) {
        in_ = bytes;
        return;
    }
    kept_.append(bytes);
    in_ = kept_;
}

/// What is left has not come whole.
frame_reader::event frame_reader::keep() {
    constexpr std::size_t usual = 4096;
    if (in_.empty()) {
        kept_.clear();
        if (kept_.capacity() > usual) std::string().swap(kept_);
    } else if (kept_.empty()) {
        kept_ = in_;
    } else {
        kept_.erase(0, kept_.size() - in_.size());
    }
    in_ = {};
    return event::more;
}

frame_reader::event frame_reader::fail(string_view why) {
    wrong_ = why;
    in_ = {};
    std::string().swap(kept_);
    return event::failed;
}

frame_reader::event frame_reader::next() {
    if (!wrong_.empty()) return event::failed;
    if (in_.size() < length_size) return keep();
    auto const n = number_in(in_.substr(0, length_size));
    if (n == 0) return fail("a frame without a kind");
    if (n > most_) return fail("a frame that is too long");
    if (in_.size() - length_size < n) return keep();
    auto const body = in_.substr(length_size, n);
    in_.remove_prefix(length_size + n);
    return read(body);
}

frame_reader::event frame_reader::read(string_view body) {
    auto const kind = static_cast<unsigned char>(body.front());
    body.remove_prefix(1);
    frame_ = {static_cast<node_frame_kind>(kind), body, {}};
    if ((kind == static_cast<unsigned char>(node_frame_kind::hello)) == is_greeted_)
        return fail(is_greeted_ ? "a second greeting" : "something before its greeting");
    switch (frame_.kind) {
        case node_frame_kind::hello: return read_greeting(body);
        case node_frame_kind::subscribe:
        case node_frame_kind::unsubscribe:
            if (body.empty() || body.size() > most_channel_bytes)
                return fail("a channel that is empty or too long");
            return event::frame;
        case node_frame_kind::told:
            return body.empty() ? event::frame : fail("a frame with too many bytes");
        case node_frame_kind::message: return read_message(body);
    }
    return fail("a frame of an unknown kind");
}

frame_reader::event frame_reader::read_greeting(string_view body) {
    if (body.empty() || body.front() != wire_version)
        return fail("the greeting of another version");
    frame_.name = body.substr(1);
    if (!is_node_name(frame_.name)) return fail("a name that is not valid");
    is_greeted_ = true;
    return event::frame;
}

frame_reader::event frame_reader::read_message(string_view body) {
    auto const size = number_in(body.substr(0, 2));
    if (body.size() < 2 || body.size() - 2 < size) return fail("a message that ends too early");
    frame_.name = body.substr(2, size);
    frame_.payload = body.substr(2 + size);
    return event::frame;
}

}  // namespace anywire::mesh
