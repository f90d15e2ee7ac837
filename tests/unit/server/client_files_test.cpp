#include "client_files.hpp"

#include "service_core.hpp"
#include "shard.hpp"
#include "support/fake_exchange.hpp"
#include "support/temp_folder.hpp"
#include "testing/memory_host.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

/// The `dist` folder of a package: the bundle, a map, and what is not to be served.
class dist {
public:
    explicit dist(std::string_view bundle = "/*!\n * Socket.IO v4.8.1\n */\nvar io;\n") {
        folder_.write("socket.io.js", bundle);
        folder_.write("socket.io.js.map", "{}");
        folder_.write("index.js", "secret");
    }
    std::string path() const { return folder_.path(); }

private:
    temp_folder folder_{};
};

struct reply {
    bool served = false;
    std::string head{};  ///< "status type fields"; empty when nobody answered.
    std::string body{};
};

/// Asks for what lies below the mount, and shows the answer.
reply ask(client_files const& files,
          std::string_view below,
          std::vector<http::field> const& fields = {},
          std::string_view method = "GET") {
    service_core core{service_options{}};
    shard here(0,
               core,
               std::unique_ptr<shard_host>(std::make_unique<memory_host>(
                   0, core.options.log, [](std::span<unsigned char>) {})));
    http::client_info const client;
    http::request_view head;
    head.method = method;
    head.fields = fields;
    fake_exchange to;
    reply r;
    r.served = files.serve({here, to, head, client, below, nullptr});
    CHECK(to.ended == r.served);
    r.head = to.head;
    r.body = to.body;
    return r;
}

bool has(reply const& r, std::string_view part) {
    return r.head.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a bundle is served with its type, and to be asked for again with its version") {
    dist const folder;
    client_files const files(folder.path());
    auto const r = ask(files, "/socket.io.js");
    CHECK(r.served);
    CHECK(r.head ==
          "200 application/javascript; charset=utf-8 Cache-Control: public, max-age=0\r\n"
          "Vary: Accept-Encoding\r\nETag: \"4.8.1\"\r\n");
    CHECK(r.body == "/*!\n * Socket.IO v4.8.1\n */\nvar io;\n");
    CHECK(ask(files, "/socket.io.js", {}, "HEAD").head == r.head);
}

TEST_CASE("what is no bundle that was there, or no GET, is left to others") {
    dist const folder;
    client_files const files(folder.path());
    for (auto const* below : {"",
                              "/",
                              "socket.io.js",
                              "/socket.io.js/",
                              "//socket.io.js",
                              "/SOCKET.IO.JS",
                              "/socket.io.min.js",
                              "/index.js",
                              "/../socket.io.js",
                              "/%73ocket.io.js"}) {
        CAPTURE(below);
        auto const r = ask(files, below);
        CHECK_FALSE(r.served);
        CHECK(r.head.empty());
    }
    for (auto const* method : {"POST", "PUT", "OPTIONS", "get"})
        CHECK_FALSE(ask(files, "/socket.io.js", {}, method).served);
}

TEST_CASE("all eight bundles of the package are served where they are") {
    temp_folder const folder;
    for (auto const* stem :
         {"socket.io", "socket.io.min", "socket.io.msgpack.min", "socket.io.esm.min"})
        for (auto const* end : {".js", ".js.map"}) folder.write(std::string(stem) + end, stem);
    client_files const files(folder.path());
    for (auto const* stem :
         {"socket.io", "socket.io.min", "socket.io.msgpack.min", "socket.io.esm.min"}) {
        auto const path = std::string("/") + stem;
        CHECK(has(ask(files, path + ".js"), "200 application/javascript; charset=utf-8 "));
        CHECK(has(ask(files, path + ".js.map"), "200 application/json; charset=utf-8 "));
        CHECK(ask(files, path + ".js").body == stem);
    }
}

TEST_CASE("the files are read once: what happens to the folder later changes nothing") {
    temp_folder const folder;
    folder.write("socket.io.js", "Socket.IO v1.0.0");
    client_files const files(folder.path());
    folder.write("socket.io.js", "Socket.IO v2.0.0");
    folder.write("socket.io.min.js", "late");
    auto const r = ask(files, "/socket.io.js");
    CHECK(r.body == "Socket.IO v1.0.0");
    CHECK(has(r, "ETag: \"1.0.0\"\r\n"));
    CHECK_FALSE(ask(files, "/socket.io.min.js").served);
}

TEST_CASE("bundles go compressed to whom takes gzip, maps never do") {
    dist const folder;
    client_files const files(folder.path());
    auto const packed = ask(files, "/socket.io.js", {{"Accept-Encoding", "br, gzip"}});
    CHECK(has(packed, "Content-Encoding: gzip\r\n"));
    CHECK(packed.body.starts_with("\x1f\x8b"));
    for (auto const* coding : {"identity", "deflate", "br", "gzip;q=0"}) {
        CAPTURE(coding);
        auto const r = ask(files, "/socket.io.js", {{"Accept-Encoding", coding}});
        CHECK_FALSE(has(r, "Content-Encoding"));
        CHECK(r.body.starts_with("/*!"));
    }
    auto const map = ask(files, "/socket.io.js.map", {{"Accept-Encoding", "gzip"}});
    CHECK_FALSE(has(map, "Content-Encoding"));
    CHECK(map.body == "{}");
}

TEST_CASE("who has this version already gets no body") {
    dist const folder;
    client_files const files(folder.path());
    for (auto const* tag : {"\"4.8.1\"", "W/\"4.8.1\"", "\"4.8.0\", \"4.8.1\"", "*"}) {
        CAPTURE(tag);
        auto const r = ask(files, "/socket.io.js", {{"If-None-Match", tag}});
        CHECK(has(r, "304  "));
        CHECK(has(r, "ETag: \"4.8.1\"\r\n"));
        CHECK(r.body.empty());
    }
    CHECK(has(ask(files, "/socket.io.js", {{"If-None-Match", "\"4.8.0\""}}), "200 "));
}

TEST_CASE(
    "the version is what the bundle's first comment says, else its bytes tell it from others") {
    auto const tag_of = [](std::string_view bundle) {
        dist const folder(bundle);
        auto const head = ask(client_files(folder.path()), "/socket.io.js").head;
        auto const at = head.find("ETag: ");
        return head.substr(at + 6, head.find("\r\n", at) - at - 6);
    };
    CHECK(tag_of("/* Socket.IO v5.0.0-alpha.1\n") == "\"5.0.0-alpha.1\"");
    CHECK(tag_of("Socket.IO v4.8.1") == "\"4.8.1\"");
    auto const one = tag_of("one");
    CHECK(one.size() > 2);
    CHECK(one == tag_of("one"));
    CHECK(one != tag_of("two"));
    // Too late to be the comment at its beginning.
    CHECK(tag_of(std::string(300, ' ') + "Socket.IO v4.8.1").size() > 8);
}

TEST_CASE("a folder without socket.io.js is refused by its name") {
    temp_folder const folder;
    folder.write("socket.io.min.js", "Socket.IO v4.8.1");
    CHECK_THROWS_AS(client_files(folder.path()), std::invalid_argument);
    CHECK_THROWS_WITH(client_files(folder.path() + "/none"),
                      Catch::Contains("'" + folder.path() + "/none'"));
}
