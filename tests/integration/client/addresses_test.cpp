// A name with several addresses. The linker has the resolver of this program be the one below: see
// test_client_wire in tests/CMakeLists.txt.

#include "support/client_bench.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

extern "C" {
int __real_getaddrinfo(char const*, char const*, addrinfo const*, addrinfo**);
int __wrap_getaddrinfo(char const*, char const*, addrinfo const*, addrinfo**);

/// "127.0.0.2.then.127.0.0.1.test" has these two addresses, in this order; "v6" is ::1, as names of
/// URLs have no colons.
int __wrap_getaddrinfo(char const* node,
                       char const* service,
                       addrinfo const* hints,
                       addrinfo** to) {
    std::string const name = node ? node : "";
    std::string_view const mark = ".then.";
    auto const at = name.find(mark);
    if (at == std::string::npos) return __real_getaddrinfo(node, service, hints, to);
    auto const address = [](std::string one) { return one == "v6" ? "::1" : one; };
    auto const first = address(name.substr(0, at));
    auto const second = address(name.substr(at + mark.size(), name.rfind('.') - at - mark.size()));
    auto const wrong = __real_getaddrinfo(first.c_str(), service, hints, to);
    return wrong != 0 ? wrong : __real_getaddrinfo(second.c_str(), service, hints, &(*to)->ai_next);
}
}

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using wire_bench = anywire::test::client_bench;

namespace {

/// Listens at 127.0.0.2, and has no room for anybody: who connects hears nothing.
class silent_address {
public:
    explicit silent_address(std::uint16_t port) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(port);
        ::inet_pton(AF_INET, "127.0.0.2", &at.sin_addr);
        auto const* const address = reinterpret_cast<sockaddr const*>(&at);
        if (::bind(listener_, address, sizeof at) != 0 || ::listen(listener_, 0) != 0 ||
            ::connect(only_one_, address, sizeof at) != 0)
            throw std::runtime_error("127.0.0.2 cannot be listened at");
    }
    silent_address(silent_address const&) = delete;
    silent_address& operator=(silent_address const&) = delete;
    ~silent_address() {
        ::close(only_one_);
        ::close(listener_);
    }

private:
    int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    int only_one_ = ::socket(AF_INET, SOCK_STREAM, 0);
};

std::string url_of(std::string const& name, scripted_server const& server) {
    return "http://" + name + ".test:" + std::to_string(server.port()) + "/";
}

void gets_through(wire_bench& client, scripted_server& server, std::string const& name) {
    client.fetch(url_of(name, server));
    auto peer = server.accept();
    (void)peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    CHECK(client.seen.wait_for("end"));
    CHECK(client.seen.count("failed") == 0);
}

}  // namespace

TEST_CASE("the next address of a name is tried while the first is silent") {
    scripted_server server;
    silent_address const silent(server.port());
    wire_bench client({.network = {.next_address = 25ms}});
    gets_through(client, server, "127.0.0.2.then.127.0.0.1");
}

TEST_CASE("the next address of a name is tried at once when the first refuses") {
    scripted_server server;
    wire_bench client({.network = {.next_address = 1h}});
    gets_through(client, server, "127.0.0.3.then.127.0.0.1");
}

TEST_CASE("127.0.0.1 is tried at once when ::1 refuses, or is not there") {
    scripted_server server;
    wire_bench client({.network = {.next_address = 1h}});
    gets_through(client, server, "v6.then.127.0.0.1");
}

TEST_CASE("a name of which no address answers is told of") {
    std::uint16_t port = 0;
    {
        scripted_server const gone;
        port = gone.port();
    }
    wire_bench client;
    client.fetch("http://127.0.0.2.then.127.0.0.3.test:" + std::to_string(port) + "/");
    CHECK(client.seen.wait_for("failed connect"));
    CHECK(client.seen.count("failed") == 1);
}
