// A test with real sockets: a client whose WebSocket is refused by a proxy on the way.

#include <anywire/fault_proxy.hpp>
#include <anywire/server.hpp>

#include <cstdio>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace {

/// What a server on this port answers to a WebSocket handshake; its first line.
std::string handshake(std::uint16_t port) {
    auto const fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string got;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
        std::string const head =
            "GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        if (::write(fd, head.data(), head.size()) > 0) {
            char buffer[4096];
            for (;;) {
                auto const n = ::read(fd, buffer, sizeof buffer);
                if (n <= 0) break;
                got.append(buffer, static_cast<std::size_t>(n));
                if (got.find("\r\n") != std::string::npos) break;
            }
        }
    }
    ::close(fd);
    return got.substr(0, got.find("\r\n"));
}

}  // namespace

int main() {
    anywire::server server{{.address = "127.0.0.1", .port = 0}};
    server.mount("/chat", anywire::websocket_options{}, {});
    std::thread runs([&] { server.run(); });

    anywire::testing::fault_proxy proxy{
        {.choose = anywire::testing::by_prefix({{.prefix = "/", .port = server.port()}})}};
    auto const plain = handshake(proxy.port());
    proxy.set({.refuse_upgrades = 502});
    auto const refused = handshake(proxy.port());

    server.stop();
    runs.join();
    std::printf("%s\n%s\n", plain.c_str(), refused.c_str());
    auto const good = plain.starts_with("HTTP/1.1 101") && refused.starts_with("HTTP/1.1 502") &&
                      proxy.of("/").refused == 1;
    return good ? 0 : 1;
}
