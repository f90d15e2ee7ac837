#include "websocket_client.hpp"

#include <string>
#include <unistd.h>

namespace bench {
namespace {

std::string& scratch() {
    static std::string text;
    text.clear();
    return text;
}

void append_target(std::string& out, transport t) {
    static unsigned counter = 0;
    switch (t) {
        case transport::sockjs_ws:
            out += "/sockjs/000/w" + std::to_string(::getpid()) + "x" + std::to_string(++counter) +
                   "/websocket";
            return;
        case transport::sockjs_raw: out += "/sockjs/websocket"; return;
        case transport::engineio_ws: out += "/engine.io/?EIO=4&transport=websocket"; return;
        case transport::socketio_ws: out += "/socket.io/?EIO=4&transport=websocket"; return;
        default: out += "/ws"; return;
    }
}

std::uint64_t big_endian(std::string_view bytes) noexcept {
    std::uint64_t n = 0;
    for (auto const c : bytes) n = n << 8 | static_cast<unsigned char>(c);
    return n;
}

}  // namespace

void websocket_client::open() {
    is_open_ = is_upgraded_ = leaves_ = false;
    tail_.clear();
    fragments_.clear();
    stream_.connect(context_.server);
}

void websocket_client::on_connected(stream&) {
    auto& request = scratch();
    request += "GET ";
    append_target(request, over());
    request +=
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    if (context_.deflate) request += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    request += "\r\n";
    stream_.write(request);
}

void websocket_client::send(unsigned count) {
    auto& out = scratch();
    if (context_.frames) {
        for (unsigned i = 0; i < count; ++i)
            out += (*context_.frames)[(sent + i) % context_.frames->size()];
    } else {
        append_frames(out, speaks(), *context_.text, sent, count);
    }
    sent += count;
    sent_at = steady::now();
    stream_.write(out);
}

void websocket_client::reply(std::string_view unit) {
    auto& out = scratch();
    append_frame(out, 0x81, unit);
    stream_.write(out);
}

void websocket_client::leave() {
    leaves_ = true;
    auto& out = scratch();
    append_frame(out, 0x88, "\x03\xe8");
    stream_.write(out);
}

void websocket_client::abort() noexcept {
    is_open_ = false;
    stream_.close(true);
}

void websocket_client::on_lost(stream&) {
    if (leaves_) {
        left();
        return;
    }
    gone(is_open_ ? "the server closed the connection" : "the connection was refused");
}

bool websocket_client::left() {
    is_open_ = leaves_ = false;
    stream_.close();
    context_.events.on_left(*this);
    return false;
}

void websocket_client::on_data(stream&, std::string_view data) {
    auto const was_kept = !tail_.empty();
    if (was_kept) data = tail_.append(data);
    std::size_t used = 0;
    if (!is_upgraded_) {
        auto const n = take_response(data);
        if (n < 0) return gone("the handshake was refused");
        used = static_cast<std::size_t>(n);
    }
    if (is_upgraded_) {
        auto const n = take_frames(data.substr(used));
        if (n < 0) return;
        used += static_cast<std::size_t>(n);
    }
    if (was_kept)
        tail_.erase(0, used);
    else
        tail_.assign(data.substr(used));
}

long websocket_client::take_response(std::string_view data) {
    auto const end = data.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    auto const head = data.substr(0, end);
    if (!head.starts_with("HTTP/1.1 101")) return -1;
    if (context_.deflate && head.find("permessage-deflate") == std::string_view::npos) return -1;
    is_upgraded_ = true;
    if (speaks() == dialect::plain) {
        is_open_ = true;
        context_.events.on_open(*this);
    }
    return static_cast<long>(end + 4);
}

websocket_client::frame websocket_client::decode(std::string_view data) noexcept {
    if (data.size() < 2) return {};
    auto const first = static_cast<unsigned char>(data[0]);
    std::size_t size = static_cast<unsigned char>(data[1]) & 0x7Fu;
    std::size_t const header = size < 126 ? 2 : size == 126 ? 4 : 10;
    if (data.size() < header) return {};
    if (header > 2) size = big_endian(data.substr(2, header - 2));
    if (data.size() - header < size) return {};
    return {.payload = data.substr(header, size),
            .size = header + size,
            .op = first & 0x0Fu,
            .fin = (first & 0x80u) != 0,
            .rsv1 = (first & 0x40u) != 0};
}

long websocket_client::take_frames(std::string_view data) {
    std::size_t used = 0;
    while (auto const size = decode(data.substr(used)).size) {
        if (!take_frame(decode(data.substr(used)))) return -1;
        used += size;
    }
    return static_cast<long>(used);
}

bool websocket_client::take_frame(frame const& f) {
    if (f.op == 8) {
        if (leaves_) return left();
        gone("the server said goodbye");
        return false;
    }
    if (f.op == 9) {
        auto& out = scratch();
        append_frame(out, 0x8A, f.payload);
        stream_.write(out);
    }
    if (f.op > 2 || leaves_) return true;
    if (f.op != 0) compressed_ = f.rsv1;
    auto payload = f.payload;
    if (!f.fin || f.op == 0) {
        fragments_.append(f.payload);
        if (!f.fin) return true;
        payload = fragments_;
    }
    auto const goes_on = take(payload, compressed_);
    fragments_.clear();
    if (!goes_on) gone("the server said something unexpected");
    return goes_on;
}

}  // namespace bench
