// Where a server listens besides addresses: Unix domain sockets, and sockets that it has inherited.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <system_error>

using namespace anywire;
using namespace anywire::test;
using Catch::Matchers::Contains;

namespace {

/// Says who the client is.
handlers who() {
    return {.on_open = [](session& s) { (void)s.send(s.request().remote_address()); }};
}

void set_up(server& at) {
    at.mount("/echo", sockjs_options{}, echo());
    at.mount("/who", websocket_options{}, who());
}

server_options only(listener_options l, unsigned threads = 1) {
    server_options o{.address = "", .threads = threads};
    o.listeners.push_back(std::move(l));
    return o;
}

std::string who_by(std::string const& path, std::string_view fields = {}) {
    raw_client c(0, {.path = path});
    if (c.upgrade("/who", fields).status != 101) return "refused";
    return c.read_message();
}

/// A socket that listens, as a program that starts servers passes it.
int listening_on(sockaddr const* address, socklen_t size) {
    auto const s = ::socket(address->sa_family, SOCK_STREAM, 0);
    REQUIRE(::bind(s, address, size) == 0);
    REQUIRE(::listen(s, 16) == 0);
    return s;
}
int listening_on_loopback() {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return listening_on(reinterpret_cast<sockaddr const*>(&any), sizeof any);
}
sockaddr_un unix_at(std::string const& path) {
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    path.copy(out.sun_path, sizeof out.sun_path - 1);
    return out;
}
int listening_on_path(std::string const& path) {
    auto const at = unix_at(path);
    return listening_on(reinterpret_cast<sockaddr const*>(&at), sizeof at);
}
/// As a crash leaves it.
void leave_socket_at(std::string const& path) {
    ::close(listening_on_path(path));
    REQUIRE(std::filesystem::is_socket(path));
}

}  // namespace

TEST_CASE("a Unix domain socket serves what an address does, on all threads") {
    auto const threads = GENERATE(1u, 4u);
    temp_folder const folder;
    auto const path = folder.file("live.sock");
    {
        running_server s(only({.path = path}, threads), set_up);
        CHECK(s->port() == 0);
        CHECK(s->url() == "unix:" + path);
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        CHECK((status.st_mode & 0777u) == 0660u);
        for (int i = 0; i < 16; ++i) {
            raw_client c(0, {.path = path});
            CHECK(c.get("/echo").body == "Welcome to SockJS!\n");
            auto const session = "/echo/000/s" + std::to_string(i);
            CHECK(c.post(session + "/xhr").body == "o\n");
            CHECK(c.post(session + "/xhr_send", R"(["hello"])").status == 204);
            CHECK(c.post(session + "/xhr").body == "a[\"hello\"]\n");
        }
        CHECK(who_by(path) == "unix:");
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("the permissions of a socket's file are those of `mode`") {
    temp_folder const folder;
    auto const path = folder.file("live.sock");
    running_server const s(only({.path = path, .mode = 0600}), set_up);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777u) == 0600u);
    CHECK_THROWS_WITH(server(only({.path = folder.file("x"), .mode = 01777})), Contains("mode"));
}

TEST_CASE("a server beside an address listens at a Unix domain socket, too") {
    temp_folder const folder;
    auto o = on_free_port();
    o.listeners.push_back({.path = folder.file("live.sock")});
    running_server const s(o, set_up);
    CHECK(raw_client(s.port()).get("/echo").status == 200);
    CHECK(raw_client(0, {.path = folder.file("live.sock")}).get("/echo").status == 200);
}

TEST_CASE("a socket file that nobody listens at is replaced") {
    temp_folder const folder;
    auto const path = folder.file("live.sock");
    leave_socket_at(path);
    running_server const s(only({.path = path}), set_up);
    CHECK(who_by(path) == "unix:");
}

TEST_CASE("a socket that is in use, and a file that is no socket, are left alone") {
    temp_folder const folder;
    auto const path = folder.file("live.sock");
    SECTION("in use") {
        running_server const s(only({.path = path}), set_up);
        CHECK_THROWS_AS(server(only({.path = path})), std::system_error);
        CHECK_THROWS_WITH(server(only({.path = path})), Contains("somebody listens at it"));
        CHECK(who_by(path) == "unix:");
    }
    SECTION("a file") {
        std::ofstream(path) << "precious";
        CHECK_THROWS_WITH(server(only({.path = path})), Contains("is no socket"));
        CHECK(std::filesystem::file_size(path) == 8);
    }
    SECTION("a link to a stale socket") {
        leave_socket_at(folder.file("other.sock"));
        std::filesystem::create_symlink(folder.file("other.sock"), path);
        CHECK_THROWS_WITH(server(only({.path = path})), Contains("is no socket"));
        CHECK(std::filesystem::exists(folder.file("other.sock")));
    }
    SECTION("no folder") {
        CHECK_THROWS_WITH(server(only({.path = folder.file("no/live.sock")})),
                          Contains("no/live.sock"));
    }
    SECTION("a path that is too long") {
        CHECK_THROWS_WITH(server(only({.path = "/tmp/" + std::string(103, 'x')})),
                          Contains("107 bytes"));
    }
}

TEST_CASE("only its own file is removed by a server that ends") {
    temp_folder const folder;
    auto const path = folder.file("live.sock");
    {
        running_server const s(only({.path = path}), set_up);
        std::filesystem::remove(path);
        leave_socket_at(path);
    }
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("of servers that start at once at a stale path one gets it") {
    temp_folder const folder;
    auto const path = folder.file("live.sock");
    for (int round = 0; round < 20; ++round) {
        leave_socket_at(path);
        std::atomic<int> refused{0};
        std::atomic<bool> go{false};
        std::vector<std::unique_ptr<server>> made(4);
        std::vector<std::thread> starting;
        for (auto& m : made)
            starting.emplace_back([&] {
                while (!go) std::this_thread::yield();
                try {
                    m = std::make_unique<server>(only({.path = path}));
                } catch (std::system_error const&) {
                    ++refused;
                }
            });
        go = true;
        for (auto& t : starting) t.join();
        CHECK(refused == 3);
        CHECK(std::filesystem::is_socket(path));
        made.clear();
        CHECK_FALSE(std::filesystem::exists(path));
    }
}

TEST_CASE("limits per address are not for a Unix domain socket, unless a proxy says who it is") {
    temp_folder const folder;
    auto const path = folder.file("live.sock");
    auto o = only({.path = path});
    o.limits = {.max_connections_per_address = 1,
                .max_sessions_per_address = 1,
                .max_handshakes_per_second_per_address = 1,
                .handshake_burst = std::chrono::milliseconds(0)};
    o.trusted_proxies = {"unix:"};
    running_server const s(o, set_up);
    raw_client first(0, {.path = path});
    REQUIRE(first.upgrade("/who").status == 101);
    CHECK(who_by(path) == "unix:");
    std::string_view const forwarded = "X-Forwarded-For: 203.0.113.9\r\n";
    raw_client second(0, {.path = path});
    REQUIRE(second.upgrade("/who", forwarded).status == 101);
    CHECK(second.read_message() == "203.0.113.9");
    CHECK(who_by(path, forwarded) == "refused");
    CHECK(who_by(path, "X-Forwarded-For: 203.0.113.10\r\n") == "203.0.113.10");
}

TEST_CASE("nobody at a Unix domain socket is believed before \"unix:\" is trusted") {
    temp_folder const folder;
    running_server const s(only({.path = folder.file("live.sock")}), set_up);
    CHECK(who_by(folder.file("live.sock"), "X-Forwarded-For: 203.0.113.9\r\n") == "unix:");
}

TEST_CASE("a socket that was inherited is served on all threads") {
    auto const threads = GENERATE(1u, 4u);
    SECTION("of an address") {
        running_server s(only({.descriptor = listening_on_loopback()}, threads), set_up);
        CHECK(s->url() == "http://127.0.0.1:" + std::to_string(s.port()));
        for (int i = 0; i < 16; ++i) CHECK(raw_client(s.port()).get("/echo").status == 200);
        raw_client c(s.port());
        REQUIRE(c.upgrade("/who").status == 101);
        CHECK(c.read_message() == "127.0.0.1");
    }
    SECTION("of a path, whose file stays") {
        temp_folder const folder;
        auto const path = folder.file("live.sock");
        {
            running_server s(only({.descriptor = listening_on_path(path)}, threads), set_up);
            CHECK(s->url() == "unix:" + path);
            CHECK(who_by(path) == "unix:");
        }
        CHECK(std::filesystem::exists(path));
        CHECK_THROWS(raw_client(0, {.path = path}));  // but nobody listens any more
    }
}

TEST_CASE("a descriptor that does not listen is refused, and stays open") {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    auto const file = ::open("/dev/null", O_RDONLY);
    for (auto const bad : {pair[0], file, 12345}) {
        CHECK_THROWS_AS(server(only({.descriptor = bad})), std::invalid_argument);
        CHECK((bad == 12345 || ::fcntl(bad, F_GETFD) >= 0));
    }
    for (auto const d : {pair[0], pair[1], file}) ::close(d);
}

TEST_CASE("places that make no sense are refused") {
    temp_folder const folder;
    CHECK_THROWS_WITH(server({.address = ""}), Contains("no listeners"));
    CHECK_THROWS_WITH(server(only({.path = folder.file("a"), .descriptor = 7})),
                      Contains("a path and a descriptor"));
    auto twice = only({.descriptor = 7});
    twice.listeners.push_back({.descriptor = 7});
    CHECK_THROWS_WITH(server(twice), Contains("same descriptor"));
}
