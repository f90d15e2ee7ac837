#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace anywire::test {

/// How long a test waits for what must come. Far beyond what a loaded machine needs.
inline constexpr std::chrono::seconds patience{30};

/// Waits for events on a socket; false when none came within `patience`. A signal that comes
/// meanwhile, as libFuzzer's alarm every few seconds, is no end to it.
inline bool await_events(int descriptor, short events) {
    using std::chrono::milliseconds;
    using std::chrono::steady_clock;
    auto const end = steady_clock::now() + patience;
    for (;;) {
        auto const left = std::chrono::ceil<milliseconds>(end - steady_clock::now()).count();
        pollfd entry{descriptor, events, 0};
        auto const n = ::poll(&entry, 1, static_cast<int>(std::max(left, decltype(left){0})));
        if (n >= 0 || errno != EINTR) return n > 0;
    }
}

/// One HTTP response, as far as tests look at it.
struct response {
    int status = 0;
    std::string head{};  ///< Status line and fields.
    std::string body{};

    /// The first field of that name, in any case; empty when there is none.
    std::string header(std::string_view name) const {
        auto const lower = [](std::string_view s) {
            std::string out(s);
            std::transform(out.begin(), out.end(), out.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
            });
            return out;
        };
        auto const at = lower(head).find("\r\n" + lower(name) + ": ");
        if (at == std::string::npos) return {};
        auto const from = at + name.size() + 4;
        return head.substr(from, head.find("\r\n", from) - from);
    }
};

/// One WebSocket frame as a server sends it.
struct ws_frame {
    unsigned opcode = 0;
    std::string payload{};
    bool fin = true;
    bool is_compressed = false;

    unsigned close_code() const {
        if (opcode != 8 || payload.size() < 2) return 0;
        return static_cast<unsigned>(static_cast<unsigned char>(payload[0])) << 8 |
               static_cast<unsigned char>(payload[1]);
    }
};

/// A masked WebSocket frame as a client sends it.
inline std::string client_frame(unsigned opcode, std::string_view payload, bool fin = true) {
    constexpr char mask[4] = {0x1f, 0x2e, 0x3d, 0x4c};
    std::string out(1, static_cast<char>((fin ? 0x80u : 0u) | opcode));
    auto const size = payload.size();
    auto const put = [&](unsigned bytes) {
        for (auto n = bytes; n-- > 0;) out.push_back(static_cast<char>(size >> (8 * n) & 0xff));
    };
    if (size < 126) {
        out.push_back(static_cast<char>(0x80u | size));
    } else if (size < 65536) {
        out.push_back(static_cast<char>(0x80u | 126));
        put(2);
    } else {
        out.push_back(static_cast<char>(0x80u | 127));
        put(8);
    }
    out.append(mask, 4);
    for (std::size_t i = 0; i < size; ++i)
        out.push_back(static_cast<char>(payload[i] ^ mask[i & 3]));
    return out;
}

/// A close frame with a code.
inline std::string client_close(unsigned code) {
    std::string const payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return client_frame(8, payload);
}

/// What a connection is made with.
struct client_options {
    int receive_buffer = 0;  ///< SO_RCVBUF; 0 leaves the system's.
    std::string address = "127.0.0.1";
    std::string source{};  ///< The address to connect from; empty leaves it to the system.
    std::string path{};    ///< Of a Unix domain socket, in place of address and port.
};

/// A client that blocks, with a limit, and shows exactly what came over the wire.
///
/// Errors: throws `std::runtime_error` when something does not come within `patience`, or the
///         connection ends before it has come.
class raw_client {
public:
    explicit raw_client(std::uint16_t port, client_options const& options = {}) : port_(port) {
        descriptor_ = ::socket(options.path.empty() ? AF_INET : AF_UNIX,
                               SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                               0);
        if (descriptor_ < 0) throw std::runtime_error("no socket");
        if (auto const size = options.receive_buffer; size != 0)
            ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        if (!options.source.empty()) {
            auto const from = address_of(options.source, 0);
            ::bind(descriptor_, reinterpret_cast<sockaddr const*>(&from), sizeof from);
        }
        auto const to = address_of(options.address, port);
        auto const file = path_of(options.path);
        auto const done =
            options.path.empty()
                ? ::connect(descriptor_, reinterpret_cast<sockaddr const*>(&to), sizeof to)
                : ::connect(descriptor_, reinterpret_cast<sockaddr const*>(&file), sizeof file);
        if (done != 0 && errno != EINPROGRESS) refuse("cannot connect");
        wait(POLLOUT);
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) refuse("cannot connect");
    }
    virtual ~raw_client() { close(); }
    raw_client(raw_client const&) = delete;
    raw_client& operator=(raw_client const&) = delete;

    // ---- bytes ---------------------------------------------------------------------------------

    /// Sends all, or throws when the peer has gone.
    void send(std::string_view bytes) {
        if (!try_send(bytes)) throw std::runtime_error("the peer does not take bytes any more");
    }

    /// Sends all; false when the peer has gone.
    virtual bool try_send(std::string_view bytes) { return try_send_plain(bytes); }

    /// Reads what has come, waiting for the first byte. False at the end of the stream; a reset
    /// counts as one, and `was_reset` says so.
    virtual bool read_more() {
        char buffer[65536];
        auto const n = read_plain(buffer, sizeof buffer);
        if (n == 0) return false;
        received_.append(buffer, n);
        return true;
    }

    /// Reads until the bytes not yet taken hold `mark`; takes all up to its end.
    std::string read_until(std::string_view mark) {
        std::size_t at = 0;
        while ((at = received_.find(mark)) == std::string::npos) need_more("a mark");
        return take(at + mark.size());
    }
    std::string read_exactly(std::size_t size) {
        while (received_.size() < size) need_more("bytes");
        return take(size);
    }
    /// Everything up to the end of the stream.
    std::string read_to_end() {
        while (read_more()) {
        }
        return take(received_.size());
    }
    /// True when the peer ends the stream without another byte.
    bool is_ended_by_peer() { return read_to_end().empty(); }
    bool was_reset() const { return reset_; }
    /// What has been received and not been taken.
    std::string const& received() const { return received_; }

    void end_sending() { ::shutdown(descriptor_, SHUT_WR); }
    void close() {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }
    /// Closes with a reset instead of an orderly end.
    void reset() {
        linger const now{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }
    int descriptor() const { return descriptor_; }

    // ---- HTTP ----------------------------------------------------------------------------------

    /// The bytes of one request; a POST always has a Content-Length.
    std::string request_bytes(std::string_view method,
                              std::string_view target,
                              std::string_view body = {},
                              std::string_view fields = {}) const {
        std::string out(method);
        out.append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1:");
        out.append(std::to_string(port_)).append("\r\n").append(fields);
        if (method == "POST" || !body.empty())
            out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
        return out.append("\r\n").append(body);
    }
    response get(std::string_view target, std::string_view fields = {}) {
        send(request_bytes("GET", target, {}, fields));
        return read_response();
    }
    response post(std::string_view target,
                  std::string_view body = {},
                  std::string_view fields = {}) {
        send(request_bytes("POST", target, body, fields));
        return read_response();
    }
    /// Head only, of a final response: any 100 (Continue) before it is skipped.
    response read_head() {
        response r;
        do {
            r.head = read_until("\r\n\r\n");
            if (!r.head.starts_with("HTTP/1.")) throw std::runtime_error("no response: " + r.head);
            r.status = std::atoi(r.head.c_str() + 9);
        } while (r.status == 100);
        return r;
    }
    response read_response() {
        auto r = read_head();
        if (r.status == 101 || r.status == 204 || r.status == 304) return r;
        if (r.header("Transfer-Encoding") == "chunked") {
            for (auto chunk = read_chunk(); !chunk.empty(); chunk = read_chunk()) r.body += chunk;
        } else if (auto const length = r.header("Content-Length"); !length.empty()) {
            r.body = read_exactly(static_cast<std::size_t>(std::atol(length.c_str())));
        } else {
            r.body = read_to_end();
        }
        return r;
    }
    /// One chunk of a chunked body; the last one is empty.
    std::string read_chunk() {
        auto const size = std::strtoul(read_until("\r\n").c_str(), nullptr, 16);
        auto chunk = read_exactly(size);
        if (read_exactly(2) != "\r\n") throw std::runtime_error("a chunk without its end");
        return chunk;
    }

    // ---- WebSocket -----------------------------------------------------------------------------

    std::string upgrade_bytes(std::string_view target, std::string_view fields = {}) const {
        std::string all(
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        return request_bytes("GET", target, {}, all.append(fields));
    }
    response upgrade(std::string_view target, std::string_view fields = {}) {
        send(upgrade_bytes(target, fields));
        return read_response();
    }
    void send_text(std::string_view text) { send(client_frame(1, text)); }
    ws_frame read_frame() {
        auto const head = read_exactly(2);
        auto const byte = [](std::string_view s, std::size_t i) {
            return static_cast<std::size_t>(static_cast<unsigned char>(s[i]));
        };
        auto size = byte(head, 1) & 0x7f;
        if (auto const more = size == 126 ? 2u : size == 127 ? 8u : 0u; more != 0) {
            auto const long_size = read_exactly(more);
            size = 0;
            for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte(long_size, i);
        }
        return {static_cast<unsigned>(byte(head, 0) & 0x0f),
                read_exactly(size),
                (byte(head, 0) & 0x80) != 0,
                (byte(head, 0) & 0x40) != 0};
    }
    /// The next text or binary message, pings answered; throws when a close comes instead.
    std::string read_message() {
        for (;;) {
            auto const f = read_frame();
            if (f.opcode == 1 || f.opcode == 2) return f.payload;
            if (f.opcode == 9) send(client_frame(10, f.payload));
            if (f.opcode == 8)
                throw std::runtime_error("closed with " + std::to_string(f.close_code()));
        }
    }
    /// Reads on to the close frame.
    ws_frame read_close() {
        for (;;)
            if (auto f = read_frame(); f.opcode == 8) return f;
    }

protected:
    /// Waits for events on the socket.
    void wait(short events) {
        if (!await_events(descriptor_, events))
            throw std::runtime_error("nothing happened on the connection for too long");
    }
    bool try_send_plain(std::string_view bytes) {
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
    /// 0 at the end of the stream.
    std::size_t read_plain(char* to, std::size_t room) {
        for (;;) {
            auto const n = ::recv(descriptor_, to, room, MSG_DONTWAIT);
            if (n >= 0) return static_cast<std::size_t>(n);
            if (errno != EAGAIN) {
                reset_ = true;
                return 0;
            }
            wait(POLLIN);
        }
    }
    void append_received(std::string_view bytes) { received_.append(bytes); }

private:
    static sockaddr_in address_of(std::string const& text, std::uint16_t port) {
        sockaddr_in out{};
        out.sin_family = AF_INET;
        out.sin_port = htons(port);
        ::inet_pton(AF_INET, text.c_str(), &out.sin_addr);
        return out;
    }
    static sockaddr_un path_of(std::string const& path) {
        sockaddr_un out{};
        out.sun_family = AF_UNIX;
        path.copy(out.sun_path, sizeof out.sun_path - 1);
        return out;
    }
    [[noreturn]] void refuse(char const* why) {
        close();
        throw std::runtime_error(why);
    }
    void need_more(char const* what) {
        if (!read_more())
            throw std::runtime_error(std::string("the connection ended before ") + what +
                                     " came: '" + received_.substr(0, 200) + "'");
    }
    std::string take(std::size_t size) {
        auto taken = received_.substr(0, size);
        received_.erase(0, size);
        return taken;
    }

    std::uint16_t port_;
    int descriptor_ = -1;
    std::string received_{};
    bool reset_ = false;
};

}  // namespace anywire::test
