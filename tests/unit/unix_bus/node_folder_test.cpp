// The folder that nodes meet in.
#include "node_folder.hpp"

#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>
#include <vector>

using namespace anywire::mesh;
using anywire::test::temp_folder;
namespace fs = std::filesystem;
using strings = std::vector<std::string>;

namespace {

unsigned mode_of(std::string const& path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status.st_mode & 0777u;
}

/// A socket's file at which nobody listens any more.
void leave_dead_socket(std::string const& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    auto const s = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(s, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0);
    REQUIRE(::listen(s, 1) == 0);
    ::close(s);
}

}  // namespace

TEST_CASE("the folder is made for this user alone, with a socket in it until its node goes") {
    temp_folder const temp;
    auto const path = temp.file("bus");
    {
        node_folder const folder(path + "/", "1-a");
        CHECK(mode_of(path) == 0700);
        CHECK(mode_of(path + "/1-a.sock") == 0600);
        CHECK(folder.is_listed());
        CHECK(std::distance(fs::directory_iterator(path), {}) == 1);
    }
    CHECK(fs::is_empty(path));
}

TEST_CASE("a folder that others may write to is refused") {
    temp_folder const temp;
    for (auto const* wrong : {"others", "group"}) {
        auto const path = temp.file(wrong);
        fs::create_directory(path);
        fs::permissions(path, std::string(wrong) == "group" ? fs::perms(0720) : fs::perms(0702));
        CHECK_THROWS_WITH(node_folder(path, "1-a"), Catch::Contains("nobody else may write"));
    }
    temp.write("file", "");
    CHECK_THROWS_AS(node_folder(temp.file("file"), "1-a"), std::invalid_argument);
    fs::create_directory_symlink(temp.path(), temp.file("link"));
    CHECK_THROWS_AS(node_folder(temp.file("link"), "1-a"), std::invalid_argument);
    CHECK_THROWS_AS(node_folder("", "1-a"), std::invalid_argument);
    CHECK_THROWS_AS(node_folder("/tmp/" + std::string(70, 'x'), "1-a"), std::invalid_argument);
    CHECK_THROWS_AS(node_folder(temp.file("not/there"), "1-a"), std::system_error);
}

TEST_CASE("nodes find each other by their sockets' names, and nothing else") {
    temp_folder const temp;
    node_folder a(temp.file("bus"), "1-a");
    node_folder const b(temp.file("bus"), "2-b");
    for (auto const* other : {"x.txt", ".sock", "UPPER.sock", "3-c.sock-"})
        temp.write(std::string("bus/") + other, "");
    CHECK(a.others(10) == strings{"2-b"});
    CHECK(a.others(0).empty());
    auto const dialed = b.dial("1-a");
    REQUIRE(dialed >= 0);
    bool is_foreign = true;
    auto const taken = a.accept(is_foreign);
    CHECK(taken >= 0);
    CHECK_FALSE(is_foreign);
    CHECK(a.accept(is_foreign) == -1);
    CHECK(errno == EAGAIN);
    ::close(dialed);
    ::close(taken);
}

TEST_CASE("the socket of a dead node is removed by whoever finds it") {
    temp_folder const temp;
    node_folder const a(temp.file("bus"), "1-a");
    leave_dead_socket(temp.file("bus/2-b.sock"));
    CHECK(a.others(10) == strings{"2-b"});
    CHECK(a.dial("2-b") == -1);
    CHECK(errno == ECONNREFUSED);
    CHECK(a.others(10).empty());
    CHECK(a.dial("2-b") == -1);
    CHECK(errno == ENOENT);
}

TEST_CASE("a node whose socket's file has gone can list itself again") {
    temp_folder const temp;
    node_folder a(temp.file("bus"), "1-a");
    node_folder const b(temp.file("bus"), "2-b");
    fs::remove(temp.file("bus/1-a.sock"));
    CHECK_FALSE(a.is_listed());
    a.list();
    CHECK(a.is_listed());
    auto const dialed = b.dial("1-a");
    CHECK(dialed >= 0);
    ::close(dialed);
    // Somebody else's file is left alone.
    fs::remove(temp.file("bus/1-a.sock"));
    temp.write("bus/1-a.sock", "not ours");
    CHECK_FALSE(a.is_listed());
}
