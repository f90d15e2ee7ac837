#include "bare_client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <sys/socket.h>

namespace bench {

namespace websocket = anywire::websocket;
using boost::system::error_code;

bare_client::bare_client(net::io_context& loop, std::uint16_t port, bare_shared& s)
    : socket_(loop.get_executor()), shared_(s), reader_(s.options, websocket::role::client) {
    socket_.async_connect({net::ip::address_v4::loopback(), port}, [this](error_code ec) {
        if (ec) return shared_.all.fail("cannot connect: " + ec.message());
        socket_.non_blocking(true);
        socket_.set_option(net::ip::tcp::no_delay(true));
        ask();
        wait();
    });
}

void bare_client::ask() {
    std::array<std::uint8_t, 16> random{};
    shared_.random(random);
    auto const key = websocket::make_key(random);
    shared_.out.clear();
    if (websocket::append_handshake_request(shared_.out,
                                            {.host = "127.0.0.1", .target = "/ws", .key = key}))
        return shared_.all.fail("no handshake");
    flush();
}

void bare_client::wait() {
    socket_.async_wait(tcp_socket::wait_read, [this](error_code ec) {
        if (ec || !read()) return shared_.all.fail("a bare connection ended");
        wait();
    });
}

bool bare_client::read() {
    auto& in = shared_.in;
    auto const n = ::recv(socket_.native_handle(), in.data(), in.size(), MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN;
    if (n == 0) return false;
    if (is_open_) return take(in.data(), in.data() + n);
    return on_head({in.data(), static_cast<std::size_t>(n)});
}

bool bare_client::on_head(std::string_view bytes) {
    head_.append(bytes);
    if (!head_.ends_with("\r\n\r\n")) return head_.size() < 8'192;
    if (!head_.starts_with("HTTP/1.1 101 ")) return false;
    head_ = {};
    is_open_ = true;
    shared_.all.on_open([this] {
        shared_.out.clear();
        append_messages(turns_.next(shared_.all));
        flush();
    });
    return true;
}

bool bare_client::take(char* at, char* end) {
    using kind = websocket::event_kind;
    shared_.out.clear();
    for (auto e = reader_.next(at, end); e.kind != kind::none; e = reader_.next(at, end)) {
        if (e.kind == kind::close || e.kind == kind::error) return false;
        if (e.kind != kind::text) continue;
        append_messages(turns_.after_answer(shared_.all));
        shared_.all.on_answer();
    }
    flush();
    return true;
}

void bare_client::append_messages(std::size_t count) {
    auto& out = shared_.out;
    for (; count > 0; --count) {
        auto const& text = shared_.all.text;
        auto const begin = out.size() + (text.size() < 126 ? 6 : text.size() <= 0xffff ? 8 : 14);
        out.resize(begin);
        out.append(text);
        std::array<unsigned char, 4> random{};
        shared_.random(random);
        std::uint32_t key = 0;
        std::memcpy(&key, random.data(), sizeof key);
        (void)websocket::mask_frame_before(
            out.data() + begin, websocket::opcode::text, text.size(), key, false);
    }
}

void bare_client::flush() {
    auto const& out = shared_.out;
    if (out.empty()) return;
    auto const n = ::send(socket_.native_handle(), out.data(), out.size(), MSG_NOSIGNAL);
    if (n != static_cast<ssize_t>(out.size())) shared_.all.fail("the socket is full");
}

}  // namespace bench
