// Active health checks against servers that come, go, and answer in all ways.

#include "prober.hpp"

#include "support/running_server.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/un.h>
#include <utility>
#include <vector>

using namespace anywire;
using namespace anywire::gateway;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view not_there = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

/// A prober at work.
class probing {
public:
    explicit probing(std::vector<std::string> const& urls,
                     health_settings health = {},
                     proxy_header proxy = proxy_header::none) {
        health.check_interval = 30ms;
        health.fall = health.rise = 1;
        settings_.health = health;
        settings_.forward.proxy = proxy;
        for (auto const& u : urls) settings_.backends.push_back({.url = u});
        servers = std::make_shared<upstreams>(settings_.backends, health);
        prober_ = std::make_unique<prober>(clients_, settings_, servers);
    }
    ~probing() { end(); }

    /// Ends it where it runs.
    void end() {
        std::promise<void> done;
        clients_.post([&] {
            prober_.reset();
            done.set_value();
        });
        done.get_future().wait();
    }
    /// Waits until the last that the log says of a server is that it is healthy, or not; what was
    /// wrong with it last.
    std::string wait_for(bool is_healthy, std::size_t server = 0) {
        auto const& url = servers->url(server);
        auto const is_so = [&](std::vector<std::string> const& lines) {
            auto const last = std::find_if(lines.rbegin(), lines.rend(), [&](auto const& line) {
                return line.find(url + " ") != line.npos;
            });
            auto const says_so = last == lines.rend() || last->find(" works again") != last->npos;
            return says_so == is_healthy;
        };
        if (!said_.wait_until(is_so)) throw std::runtime_error("its health stays as it is");
        auto const n = servers->numbers({})[server];
        CHECK(n.is_healthy == is_healthy);
        return n.last_failure;
    }

    std::shared_ptr<upstreams> servers{};

private:
    notes said_{};
    client_context clients_{
        {.level = log_level::info,
         .write = [this](log_level, std::string_view line) { said_.add(std::string(line)); }}};
    route_settings settings_{};
    std::unique_ptr<prober> prober_{};
};

/// A port of the loopback that nobody listens on, until somebody does.
std::uint16_t free_port() {
    return scripted_server().port();
}

std::string server_url(std::string_view scheme, std::uint16_t port, std::string_view path = {}) {
    return std::string(scheme) + "127.0.0.1:" + std::to_string(port) + std::string(path);
}

/// Listens on a Unix domain socket.
class unix_server {
public:
    explicit unix_server(std::string const& path)
        : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        path.copy(at.sun_path, sizeof at.sun_path - 1);
        if (::bind(descriptor_, reinterpret_cast<sockaddr const*>(&at), sizeof at) != 0 ||
            ::listen(descriptor_, 1'000) != 0)
            throw std::runtime_error("cannot listen on " + path);
    }
    unix_server(unix_server const&) = delete;
    unix_server& operator=(unix_server const&) = delete;
    ~unix_server() { ::close(descriptor_); }

    raw_peer accept() {
        pollfd entry{descriptor_, POLLIN, 0};
        if (::poll(&entry, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) <= 0)
            throw std::runtime_error("nobody connects");
        return raw_peer(::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    }

private:
    int descriptor_;
};

}  // namespace

TEST_CASE("each kind of URL says how its server is asked") {
    auto const of = [](std::string_view url, std::string_view path = {}) {
        return probe_of(url, path).value_or(probe_target{.url = "none"});
    };
    CHECK(of("ws://app:9000/live?x={query}", "/up") == probe_target{.url = "http://app:9000/up"});
    CHECK(of("wss://app/live", "/up?a=b") == probe_target{.url = "https://app/up?a=b"});
    CHECK(of("engineio://[::1]:3000/socket.io/", "/up") ==
          probe_target{.url = "http://[::1]:3000/up"});
    CHECK(of("engineios://app", "/up") == probe_target{.url = "https://app/up"});
    CHECK(of("https://app/hooks", "/up") == probe_target{.url = "https://app/up"});
    CHECK(of("ws://app/live") == probe_target{.host = "app", .port = 80});
    CHECK(of("wss://[::1]/live") == probe_target{.host = "::1", .port = 443});
    CHECK(of("http://app:8000/x") == probe_target{.host = "app", .port = 8000});
    CHECK(of("tcp://app:6000", "/up") == probe_target{.host = "app", .port = 6000});
    CHECK(of("unix:/run/a.sock", "/up") == probe_target{.unix_socket = "/run/a.sock"});
    CHECK(of("ws+unix:/run/a.sock:/x", "/up") ==
          probe_target{.url = "http://localhost/up", .unix_socket = "/run/a.sock"});
    CHECK(of("ws+unix:///run/a.sock") == probe_target{.unix_socket = "/run/a.sock"});
    CHECK(of("stdio:/bin/cat") == probe_target{.url = "none"});
    CHECK(of("ws://", "/up") == probe_target{.url = "none"});
}

TEST_CASE("a server that takes connections is healthy, and one that does not is not") {
    scripted_server there(1'000);  // connections that nobody takes wait
    auto const gone = free_port();
    probing p({server_url("ws://", there.port()), server_url("tcp://", gone)});
    CHECK(p.wait_for(false, 1).find("cannot connect to 127.0.0.1:") == 0);
    (void)there.accept();
    (void)there.accept();
    CHECK(p.wait_for(true, 0).empty());
    there.close();
    CHECK(p.wait_for(false, 0).find("cannot connect") == 0);
}

TEST_CASE("a server that comes back is found again") {
    temp_folder const folder;
    auto const path = folder.file("app.sock");
    probing p({"unix:" + path});
    CHECK(p.wait_for(false).find("cannot connect to the socket '" + path + "'") == 0);
    unix_server const back(path);
    p.wait_for(true);
}

TEST_CASE("the answer to a GET is what counts") {
    scripted_server server;
    probing p({server_url("ws://", server.port(), "/live")}, {.check_path = "/up"});
    auto const answer = [&](std::string_view with) {
        auto peer = server.accept();
        auto const head = peer.read_head();
        CHECK(head.starts_with("GET /up HTTP/1.1\r\nHost: 127.0.0.1:"));
        CHECK(head.find("\r\nUser-Agent: anywire-gateway\r\n") != std::string::npos);
        peer.send(with);
        CHECK(peer.read_to_end().empty());  // the next check has a connection of its own
    };
    answer(not_there);
    CHECK(p.wait_for(false) == "the check was answered with 404");
    answer(fine);
    p.wait_for(true);
    answer("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
    p.wait_for(false);
    answer("HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n");
    p.wait_for(true);
    answer("no HTTP\r\n\r\n");
    p.wait_for(false);
    answer("HTTP/1.1 204 No Content\r\n\r\n");
    p.wait_for(true);
    server.accept().reset();
    p.wait_for(false);
}

TEST_CASE("a body that is long, or does not end, is not waited for") {
    scripted_server server;
    probing p({server_url("http://", server.port())},
              {.check_timeout = 100ms, .check_path = "/up"});
    server.accept().send(not_there);
    p.wait_for(false);
    auto endless = server.accept();
    endless.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n");
    p.wait_for(true);
    server.accept().send(not_there);
    p.wait_for(false);
    auto long_one = server.accept();
    long_one.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(80'000, 'x'));
    p.wait_for(true);
}

TEST_CASE("a server that says nothing is unhealthy after the timeout") {
    scripted_server server;
    probing p({server_url("ws://", server.port())}, {.check_timeout = 50ms, .check_path = "/up"});
    auto const silent = server.accept();
    CHECK(p.wait_for(false) == "it did not answer within 50 ms");
}

TEST_CASE("a GET goes over a Unix domain socket, too") {
    temp_folder const folder;
    auto const path = folder.file("app.sock");
    unix_server server(path);
    probing p({"ws+unix:" + path + ":/live"}, {.check_path = "/up"});
    auto first = server.accept();
    CHECK(first.read_head().starts_with("GET /up HTTP/1.1\r\nHost: localhost\r\n"));
    first.send(not_there);
    p.wait_for(false);
    auto second = server.accept();
    second.read_head();
    second.send(fine);
    p.wait_for(true);
}

TEST_CASE("checks begin as the route's connections do, for no client") {
    scripted_server server;
    auto const v2 = std::string("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16);
    SECTION("a GET") {
        probing p({server_url("ws://", server.port())}, {.check_path = "/up"}, proxy_header::v1);
        auto peer = server.accept();
        CHECK(peer.read_exactly(15) == "PROXY UNKNOWN\r\n");
        CHECK(peer.read_head().starts_with("GET /up "));
    }
    SECTION("a connection") {
        probing p({server_url("tcp://", server.port())}, {}, proxy_header::v2);
        CHECK(server.accept().read_to_end() == v2);
    }
    SECTION("one with TLS") {
        probing p({server_url("wss://", server.port())}, {.check_path = "/up"}, proxy_header::v2);
        auto peer = server.accept();
        CHECK(peer.read_exactly(16) == v2);
        CHECK(peer.read_exactly(1) == "\x16");
    }
}

TEST_CASE("certificates of servers that cannot be read are an error at once") {
    route_settings s;
    s.health = {.check_interval = 1s, .check_path = "/up"};
    s.backend_ca = "/nowhere.pem";
    s.backends = {{.url = "wss://127.0.0.1:1"}};
    client_context clients;
    auto const servers = std::make_shared<upstreams>(s.backends, s.health);
    CHECK_THROWS_AS(prober(clients, s, servers), std::invalid_argument);
}

TEST_CASE("without an interval nothing is asked") {
    scripted_server server;
    route_settings s;
    s.backends = {{.url = server.url("/", "ws")}};
    client_context clients;
    auto const servers = std::make_shared<upstreams>(s.backends, s.health);
    auto none = std::make_unique<prober>(clients, s, servers);
    std::promise<void> done;
    clients.post([&] {
        none.reset();
        done.set_value();
    });
    done.get_future().wait();
    CHECK_FALSE(server.has_newcomer());
}

TEST_CASE("a prober ends in the midst of a check, and before the first") {
    scripted_server server;
    for (auto const* path : {"", "/up"}) {
        probing p({server_url("ws://", server.port())}, {.check_path = path});
        auto peer = server.accept();
        p.end();
        (void)peer.read_to_end();
    }
    for (int i = 0; i < 20; ++i) probing({server_url("ws://", server.port())}).end();
}

TEST_CASE("a context may go while a check is under way") {
    scripted_server server;
    route_settings s;
    s.health = {.check_interval = 10ms, .check_path = "/up"};
    s.backends = {{.url = server.url("/", "ws")}};
    auto const servers = std::make_shared<upstreams>(s.backends, s.health);
    auto clients = std::make_unique<client_context>();
    auto p = std::make_unique<prober>(*clients, s, servers);
    auto peer = server.accept();
    peer.read_head();
    peer.send(fine);
    clients->post([&] { p.reset(); });
    clients.reset();
    p.reset();
    CHECK(servers->numbers({})[0].sessions == 0);
}
