#pragma once

#include "support/raw_client.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace anywire::test {

/// One connection that a scripted server has taken: blocks, with a limit, and does what the test
/// says.
///
/// Errors: throws `std::runtime_error` when something does not come within `patience`.
class raw_peer {
public:
    explicit raw_peer(int descriptor) noexcept : descriptor_(descriptor) {}
    raw_peer(raw_peer&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), got_(std::move(other.got_)) {}
    raw_peer& operator=(raw_peer&&) = delete;
    ~raw_peer() { close(); }

    /// Sends all; false when the peer has gone.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            auto const n =
                ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n > 0)
                bytes.remove_prefix(static_cast<std::size_t>(n));
            else if (errno == EAGAIN)
                wait(POLLOUT);
            else
                return false;
        }
        return true;
    }
    /// Sends until the peer has gone, or so many bytes are out: how many.
    std::size_t send_endlessly(std::string_view piece, std::size_t most) {
        std::size_t sent = 0;
        while (sent < most && send(piece)) sent += piece.size();
        return sent;
    }
    std::string read_until(std::string_view mark) {
        std::size_t at = 0;
        while ((at = got_.find(mark)) == std::string::npos)
            if (!read_more()) throw std::runtime_error("the client ended before: " + got_);
        return take(at + mark.size());
    }
    std::string read_exactly(std::size_t size) {
        while (got_.size() < size)
            if (!read_more()) throw std::runtime_error("the client ended before: " + got_);
        return take(size);
    }
    /// All that comes until the end.
    std::string read_to_end() {
        while (read_more()) {
        }
        return take(got_.size());
    }
    bool read_more() {
        char buffer[65536];
        for (;;) {
            auto const n = ::recv(descriptor_, buffer, sizeof buffer, MSG_DONTWAIT);
            if (n > 0) {
                got_.append(buffer, static_cast<std::size_t>(n));
                return true;
            }
            if (n == 0 || errno != EAGAIN) return false;
            wait(POLLIN);
        }
    }
    /// Reads a request's head.
    std::string read_head() { return read_until("\r\n\r\n"); }
    /// Answers a WebSocket handshake; `more` follows in the same segment.
    void accept_websocket(std::string_view more = {}, std::string_view fields = {});
    /// A frame of the client's, unmasked.
    ws_frame read_frame() {
        auto const byte = [](std::string_view s, std::size_t i) {
            return static_cast<std::size_t>(static_cast<unsigned char>(s[i]));
        };
        auto const head = read_exactly(2);
        if ((byte(head, 1) & 0x80) == 0) throw std::runtime_error("a frame without a mask");
        auto size = byte(head, 1) & 0x7f;
        if (auto const more = size == 126 ? 2u : size == 127 ? 8u : 0u; more != 0) {
            auto const long_size = read_exactly(more);
            size = 0;
            for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte(long_size, i);
        }
        auto const mask = read_exactly(4);
        auto payload = read_exactly(size);
        for (std::size_t i = 0; i < size; ++i)
            payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
        return {static_cast<unsigned>(byte(head, 0) & 0x0f),
                payload,
                (byte(head, 0) & 0x80) != 0,
                (byte(head, 0) & 0x40) != 0};
    }

    void close() {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }
    void end_sending() { ::shutdown(descriptor_, SHUT_WR); }
    void reset() {
        linger const now{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }
    int descriptor() const noexcept { return descriptor_; }

private:
    void wait(short events) {
        if (!await_events(descriptor_, events))
            throw std::runtime_error("nothing happened on the connection for too long");
    }
    std::string take(std::size_t size) {
        auto taken = got_.substr(0, size);
        got_.erase(0, size);
        return taken;
    }

    int descriptor_;
    std::string got_{};
};

/// The unmasked frame that a server sends.
inline std::string server_frame(unsigned opcode, std::string_view payload, bool fin = true) {
    std::string out(1, static_cast<char>((fin ? 0x80u : 0u) | opcode));
    if (payload.size() < 126) {
        out.push_back(static_cast<char>(payload.size()));
    } else if (payload.size() < 65536) {
        out.push_back('\x7e');
        out.push_back(static_cast<char>(payload.size() >> 8));
        out.push_back(static_cast<char>(payload.size() & 0xff));
    } else {
        out.push_back('\x7f');
        for (int shift = 56; shift >= 0; shift -= 8)
            out.push_back(static_cast<char>(payload.size() >> shift & 0xff));
    }
    return out.append(payload);
}

/// Listens on a free port of the loopback; what it says is the test's.
class scripted_server {
public:
    explicit scripted_server(int backlog = 16)
        : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        if (::bind(descriptor_, reinterpret_cast<sockaddr const*>(&at), sizeof at) != 0 ||
            ::listen(descriptor_, backlog) != 0 ||
            ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
            throw std::runtime_error("cannot listen");
        port_ = ntohs(at.sin_port);
    }
    scripted_server(scripted_server const&) = delete;
    scripted_server& operator=(scripted_server const&) = delete;
    ~scripted_server() { close(); }

    std::uint16_t port() const noexcept { return port_; }
    std::string url(std::string_view path = "/", std::string_view scheme = "http") const {
        return std::string(scheme) + "://127.0.0.1:" + std::to_string(port_) + std::string(path);
    }
    raw_peer accept() {
        if (!await_events(descriptor_, POLLIN)) throw std::runtime_error("nobody connects");
        auto const peer = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (peer < 0) throw std::runtime_error("cannot accept");
        return raw_peer(peer);
    }
    /// Whether somebody waits to be accepted.
    bool has_newcomer() const {
        pollfd entry{descriptor_, POLLIN, 0};
        return ::poll(&entry, 1, 0) > 0;
    }
    void close() {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }

private:
    int descriptor_;
    std::uint16_t port_ = 0;
};

}  // namespace anywire::test
