// The line dialect on a server, with a client that speaks plain HTTP and plain TCP.
#include <anywire/server.hpp>

#include "line_dialect.hpp"
#include "line_transport.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

namespace net = boost::asio;
using net::ip::tcp;

namespace {

int failed = 0;

void expect(bool good, char const* what, std::string const& got) {
    if (good) return;
    ++failed;
    std::printf("not so: %s\n%s\n", what, got.c_str());
}

class client {
public:
    explicit client(std::uint16_t port) : socket_(loop_) {
        socket_.connect({net::ip::address_v4::loopback(), port});
    }
    void send(std::string const& bytes) { net::write(socket_, net::buffer(bytes)); }
    /// Everything up to and with `end`.
    std::string read_until(std::string const& end) {
        auto const n = net::read_until(socket_, net::dynamic_buffer(read_), end);
        auto out = read_.substr(0, n);
        read_.erase(0, n);
        return out;
    }
    std::string read_all() {
        boost::system::error_code ignored;
        net::read(socket_, net::dynamic_buffer(read_), ignored);
        return std::move(read_);
    }

private:
    net::io_context loop_{};
    tcp::socket socket_;
    std::string read_{};
};

std::string request(std::string const& line, std::string const& fields, std::string const& body) {
    return line + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void try_http(std::uint16_t port) {
    std::string const session = "/lines/0123456789abcdef";
    client down(port);
    down.send(request("GET " + session, "", ""));
    auto const head = down.read_until("data: hello");
    expect(head.starts_with("HTTP/1.1 200 ") && head.find("text/event-stream") != head.npos,
           "an event stream opens the session",
           head);
    client up(port);
    up.send(request("POST " + session, "", "one\ntwo\n"));
    auto const taken = up.read_until("\r\n\r\n");
    expect(taken.starts_with("HTTP/1.1 204 "), "lines are taken", taken);
    auto const echo = down.read_until("+two");
    expect(echo.find("+one") != echo.npos, "both come back", echo);

    client second(port);
    second.send(request("GET " + session, "Connection: close\r\n", ""));
    auto const busy = second.read_all();
    expect(busy.starts_with("HTTP/1.1 409 "), "one stream at a time", busy);
    client nobody(port);
    nobody.send(request("POST /lines/ffffffffffffffff", "Connection: close\r\n", "x"));
    auto const missing = nobody.read_all();
    expect(missing.starts_with("HTTP/1.1 404 "), "a session has to be there", missing);
    client foreign(port);
    foreign.send(request(
        "POST " + session, "Origin: http://elsewhere.example\r\nConnection: close\r\n", "x"));
    auto const refused = foreign.read_all();
    expect(refused.starts_with("HTTP/1.1 403 "), "a foreign page is refused", refused);
    client bytes(port);
    bytes.send(request(
        "POST " + session, "Content-Type: application/octet-stream\r\nConnection: close\r\n", "x"));
    auto const wrong = bytes.read_all();
    expect(wrong.starts_with("HTTP/1.1 400 "), "bytes are no lines", wrong);

    up.send(request("POST " + session, "", "bye"));
    auto const last = down.read_until("bye 1000");
    expect(last.find("+bye") == last.npos, "the session says goodbye", last);
    auto const rest = down.read_until("0\r\n\r\n");
    expect(rest == "\n\n\r\n0\r\n\r\n", "the stream ends in order", rest);
}

void try_tcp(std::uint16_t port) {
    client tcp(port);
    tcp.send("one\ntwo\nbye\n");
    auto const heard = tcp.read_all();
    expect(heard == "hello\n+one\n+two\nbye 1000\n", "the same over TCP", heard);
}

}  // namespace

int main() {
    anywire::server server({.port = 0, .threads = 2});
    server.mount("/lines",
                 lines::line_options{},
                 {.on_message = [](anywire::session& s, anywire::message_view m) {
                     m.data == "bye" ? s.close() : (void)s.send(m);
                 }});
    // The first shard's thread has the sessions over TCP.
    tcp::acceptor acceptor(server.executor_of(0), {net::ip::address_v4::loopback(), 0});
    acceptor.async_accept([&](boost::system::error_code ec, tcp::socket socket) {
        if (!ec)
            std::make_shared<lines::line_transport>(std::move(socket))->start(server, "/lines");
    });
    std::thread runs([&] { server.run(); });
    try_http(server.port());
    try_tcp(acceptor.local_endpoint().port());
    server.drain(std::chrono::seconds(3));
    runs.join();
    std::printf("%s\n", failed == 0 ? "all is well" : "failed");
    return failed;
}
