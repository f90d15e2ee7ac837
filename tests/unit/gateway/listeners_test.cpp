#include "settings_in_test.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <unistd.h>

using namespace anywire::gateway;

namespace {

/// Variables of the environment, as systemd sets them, until it goes.
class passed_sockets {
public:
    passed_sockets(char const* count, char const* names) {
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::setenv("LISTEN_FDS", count, 1);
        ::setenv("LISTEN_FDNAMES", names, 1);
        // They begin at descriptor 3, which has to be open.
        for (auto const fd : {3, 4})
            if (::fcntl(fd, F_GETFD) == -1) ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), fd);
    }
    ~passed_sockets() {
        for (auto const* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
            ::unsetenv(name);
    }
};

}  // namespace

TEST_CASE("listeners of the settings come first, then those of systemd with their TLS") {
    passed_sockets const passed("2", "web:other");
    auto s = good_settings();
    CHECK(listeners_of(s).size() == 1);
    s.systemd = {{.name = "other", .proxy_protocol = anywire::proxy_protocol::required}};
    s.systemd[0].tls.certificate = "a.pem";
    auto const all = listeners_of(s);
    REQUIRE(all.size() == 2);
    CHECK(all[0].port == 8080);
    CHECK(all[0].descriptor == -1);
    CHECK(all[1].descriptor == 4);
    CHECK(all[1].tls.certificate == "a.pem");
    CHECK(all[1].proxy_protocol == anywire::proxy_protocol::required);
    s.systemd = {{}};
    CHECK(listeners_of(s).size() == 3);
}

TEST_CASE("sockets that systemd has not passed are an error that says what to write") {
    auto s = good_settings();
    s.systemd = {{.name = "web"}};
    CHECK_THROWS_WITH(listeners_of(s), Catch::Contains("FileDescriptorName=web"));
    s.systemd = {{}};
    CHECK_THROWS_WITH(listeners_of(s), Catch::Contains("socket unit"));
    passed_sockets const passed("1", "other");
    s.systemd = {{.name = "web"}};
    CHECK_THROWS_AS(listeners_of(s), std::invalid_argument);
}
