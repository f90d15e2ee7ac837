// anywire-bench-bare: what a bare Asio socket costs. The library's frame codec and handshake, one
// read buffer for all, one write a read; no session, limit, timer or rule. A message that begins
// with "b" goes to all clients, any other back to its sender.
#include "baseline.hpp"
#include "websocket/frame.hpp"
#include "websocket/handshake.hpp"
#include "websocket/reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace {

namespace websocket = anywire::websocket;
using boost::system::error_code;

class connection;

struct shared {
    std::array<char, 64 * 1024> in{};
    std::string out{};
    std::string published{};
    std::vector<connection*> all{};
    websocket::reader_options options{.max_message = 4u << 20};
};

void append_frame(std::string& out, websocket::opcode op, std::string_view payload) {
    std::array<char, websocket::max_header> header;
    auto const n =
        websocket::write_header_before(header.data() + header.size(), op, payload.size());
    out.append(header.data() + header.size() - n, n).append(payload);
}

class connection {
public:
    connection(bench::tcp_socket socket, shared& s)
        : socket_(std::move(socket)), shared_(s), reader_(s.options) {
        socket_.non_blocking(true);
        socket_.set_option(bench::net::ip::tcp::no_delay(true));
        wait();
    }
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    void send(std::string_view data) {
        if (!rest_.empty()) {
            rest_.append(data);
            return;
        }
        auto const n = ::send(socket_.native_handle(), data.data(), data.size(), MSG_NOSIGNAL);
        auto const done = n > 0 ? static_cast<std::size_t>(n) : 0;
        if (done == data.size() || (n < 0 && errno != EAGAIN)) return;
        rest_.assign(data.substr(done));
        wait_to_write();
    }

private:
    void wait() {
        ++waits_;
        socket_.async_wait(bench::tcp_socket::wait_read, [this](error_code ec) {
            --waits_;
            ec || !read() ? end() : wait();
        });
    }

    void wait_to_write() {
        ++waits_;
        socket_.async_wait(bench::tcp_socket::wait_write, [this](error_code ec) {
            --waits_;
            if (ec || dead_) return end();
            auto const left = std::move(rest_);
            rest_.clear();
            send(left);
        });
    }

    /// False: the connection has come to its end.
    bool read() {
        if (dead_) return false;
        auto const n =
            ::recv(socket_.native_handle(), shared_.in.data(), shared_.in.size(), MSG_DONTWAIT);
        if (n < 0) return errno == EAGAIN;
        if (n == 0) return false;
        auto* const data = shared_.in.data();
        if (is_upgraded_) return take(data, data + n);
        return upgrade({data, static_cast<std::size_t>(n)});
    }

    bool upgrade(std::string_view bytes) {
        constexpr std::string_view field = "Sec-WebSocket-Key: ";
        head_.append(bytes);
        if (!head_.ends_with("\r\n\r\n")) return head_.size() < 8'192;
        auto const at = head_.find(field);
        if (at == std::string::npos) return false;
        send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: " +
            websocket::accept_key(std::string_view(head_).substr(at + field.size(), 24)) +
            "\r\n\r\n");
        head_ = {};
        is_upgraded_ = true;
        shared_.all.push_back(this);
        return true;
    }

    bool take(char* at, char* end) {
        using kind = websocket::event_kind;
        auto goes_on = true;
        shared_.out.clear();
        for (auto e = reader_.next(at, end); goes_on && e.kind != kind::none;
             e = reader_.next(at, end)) {
            if (e.kind == kind::text && e.data.starts_with('b'))
                publish(e.data);
            else if (e.kind == kind::text || e.kind == kind::binary)
                append_frame(
                    shared_.out,
                    e.kind == kind::text ? websocket::opcode::text : websocket::opcode::binary,
                    e.data);
            else if (e.kind == kind::ping)
                append_frame(shared_.out, websocket::opcode::pong, e.data);
            else if (e.kind == kind::close || e.kind == kind::error)
                goes_on = false;
            if (e.kind == kind::close)
                append_frame(shared_.out, websocket::opcode::close, "\x03\xe8");
        }
        if (!shared_.out.empty()) send(shared_.out);
        return goes_on;
    }

    void publish(std::string_view text) {
        shared_.published.clear();
        append_frame(shared_.published, websocket::opcode::text, text);
        for (auto* const c : shared_.all) c->send(shared_.published);
    }

    void end() {
        if (!dead_) {
            dead_ = true;
            auto const at = std::find(shared_.all.begin(), shared_.all.end(), this);
            if (at != shared_.all.end()) {
                *at = shared_.all.back();
                shared_.all.pop_back();
            }
            error_code ignored;
            socket_.close(ignored);
        }
        if (waits_ == 0) delete this;
    }

    bench::tcp_socket socket_;
    shared& shared_;
    websocket::message_reader reader_;
    std::string head_{};
    std::string rest_{};
    unsigned waits_ = 0;
    bool is_upgraded_ = false;
    bool dead_ = false;
};

void accept(bench::tcp_acceptor& acceptor, shared& s) {
    acceptor.async_accept([&](error_code ec, bench::tcp_socket socket) {
        if (!ec) new connection(std::move(socket), s);
        accept(acceptor, s);
    });
}

}  // namespace

int main() {
    bench::net::io_context context(1);
    shared s;
    auto acceptor = bench::listen(context);
    accept(acceptor, s);
    context.run();
}
