#include "unit/transports/read_request.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>

using namespace anywire::test;

TEST_CASE("a request is read the same whole and in pieces") {
    auto const o = read(
        "POST /chat/1?t=xhr&x=? HTTP/1.1\r\nHost: example.com:8080\r\nX-Empty:\r\n"
        "Content-Length: 5\r\n\r\nhello");
    CHECK(o.end == status::done);
    CHECK(o.method == "POST");
    CHECK(o.target == "/chat/1?t=xhr&x=?");
    CHECK(o.path == "/chat/1");
    CHECK(o.query == "t=xhr&x=?");
    CHECK(o.host == "example.com:8080");
    CHECK(o.body == "hello");
    CHECK(o.version == 11);
    CHECK(o.keep_alive);
    CHECK_FALSE(o.upgrade);
    CHECK(o.fields == 3);
}

TEST_CASE("a whole request is read in place") {
    std::string const bytes =
        "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhiGET / HTTP/1.1\r\n";
    request_reader reader(request_limits{});
    std::size_t used = 0;
    REQUIRE(reader.feed(bytes, used) == status::done);
    CHECK(used == bytes.find("GET"));
    auto const& r = reader.request();
    CHECK(r.method.data() == bytes.data());
    CHECK(r.body.data() == bytes.data() + bytes.find("hi"));
    CHECK(r.fields[0].value.data() == bytes.data() + bytes.find("h\r\n"));
}

TEST_CASE("one chunk is read in place, several are joined") {
    std::string const head = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n";
    std::string const bytes = head + "2\r\nhi\r\n0\r\n\r\n";
    request_reader reader(request_limits{});
    std::size_t used = 0;
    REQUIRE(reader.feed(bytes, used) == status::done);
    CHECK(used == bytes.size());
    CHECK(reader.request().body.data() == bytes.data() + bytes.find("hi"));
    CHECK(read(head + "2\r\nhi\r\n00A;x=\"y\"\r\n, everyone\r\n0;z\r\nT: v\r\n\r\n").body ==
          "hi, everyone");
}

TEST_CASE("the head is announced once, before the body") {
    request_reader reader(request_limits{});
    std::size_t used = 0;
    std::string const head =
        "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n";
    CHECK(reader.feed(head, used) == status::head_complete);
    CHECK(used == head.size());
    CHECK(reader.request().expect_continue);
    CHECK(reader.request().header("content-length") == "4");
    CHECK(reader.feed("ab", used) == status::need_more);
    CHECK(used == 2);
    CHECK(reader.feed("cdGET", used) == status::done);
    CHECK(used == 2);
    CHECK(reader.request().body == "abcd");
    CHECK(reader.request().path == "/a");
}

TEST_CASE("a body that comes whole after its head is read in place") {
    request_reader reader(request_limits{});
    std::size_t used = 0;
    REQUIRE(reader.feed("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n", used) ==
            status::head_complete);
    std::string const body = "hi";
    REQUIRE(reader.feed(body, used) == status::done);
    CHECK(reader.request().body.data() == body.data());
}

TEST_CASE("pipelined requests are read one at a time, with blank lines between") {
    std::string const bytes =
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
    std::string_view rest = bytes;
    request_reader reader(request_limits{});
    std::size_t used = 0;
    REQUIRE(reader.feed(rest, used) == status::done);
    CHECK(reader.request().path == "/1");
    rest.remove_prefix(used);
    reader.reset();
    CHECK_FALSE(reader.started());
    REQUIRE(reader.feed(rest, used) == status::done);
    CHECK(reader.request().path == "/2");
    CHECK(used == rest.size());
}

TEST_CASE("blank lines alone do not start a request, and too many are refused") {
    request_reader reader(request_limits{});
    std::size_t used = 0;
    CHECK(reader.feed("\r\n\r", used) == status::need_more);
    CHECK(used == 2);
    CHECK_FALSE(reader.started());
    CHECK(read("\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").end == status::done);
    CHECK(error_of("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
    CHECK(error_of("\rGET / HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
}

TEST_CASE("the connection is kept as version and Connection say") {
    CHECK(read_with("Connection: keep-alive\r\n").keep_alive);
    CHECK_FALSE(read_with("Connection: foo, Close\r\n").keep_alive);
    CHECK_FALSE(read("GET / HTTP/1.0\r\n\r\n").keep_alive);
    CHECK(read("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
    CHECK_FALSE(read("GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n").keep_alive);
    CHECK(read("GET / HTTP/1.0\r\n\r\n").version == 10);
}

TEST_CASE("an upgrade takes the field and the Connection option, in HTTP/1.1") {
    CHECK(read_with("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n").upgrade);
    CHECK(read_with("Upgrade: h2c\r\nConnection: x\r\nConnection: upgrade\r\n").upgrade);
    CHECK_FALSE(read_with("Upgrade: websocket\r\n").upgrade);
    CHECK_FALSE(read_with("Connection: upgrade\r\n").upgrade);
    CHECK_FALSE(
        read("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").upgrade);
}

TEST_CASE("fields are found in any case, lists across fields") {
    std::string const bytes =
        "GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br\r\nAccept-encoding:  gzip , x\t\r\n\r\n";
    request_reader reader(request_limits{});
    std::size_t used = 0;
    REQUIRE(reader.feed(bytes, used) == status::done);
    auto const& r = reader.request();
    CHECK(r.header("ACCEPT-ENCODING") == "br");
    CHECK(r.header("Accept").empty());
    CHECK(r.count("accept-encoding") == 2);
    CHECK(r.has_header("host"));
    CHECK_FALSE(r.has_header("hos"));
    CHECK(r.list_contains("accept-encoding", "GZIP"));
    CHECK(r.list_contains("accept-encoding", "x"));
    CHECK_FALSE(r.list_contains("accept-encoding", "zip"));
}

TEST_CASE("a body over the limit is refused by its announcement") {
    request_limits const limits{.body = 10};
    std::string const head = "POST /a HTTP/1.1\r\nHost: h\r\n";
    CHECK(read(head + "Content-Length: 10\r\n\r\n0123456789", limits).end == status::done);
    CHECK(error_of(head + "Content-Length: 11\r\n\r\n", limits) == 413);
    CHECK(error_of(head + "Content-Length: 10000000000\r\n\r\n") == 413);
    CHECK(error_of(head + "Content-Length: 18446744073709551615\r\n\r\n") == 413);
    auto const chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
    CHECK(read(chunked + "9\r\n012345678\r\n1\r\n9\r\n0\r\n\r\n", limits).body == "0123456789");
    CHECK(error_of(chunked + "9\r\n012345678\r\n2\r\n", limits) == 413);
    CHECK(error_of(chunked + "ffffffffffffffff\r\n", limits) == 413);
}

TEST_CASE("chunk extensions and trailers together have a limit") {
    request_limits const limits{.chunk_overhead = 20};
    std::string const head = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    auto const over = [&](std::string const& chunks) { return error_of(head + chunks, limits); };
    CHECK(over("1;0123456789\r\na\r\n0;45678\r\nA:b\r\n\r\n") == 0);
    CHECK(over("1;0123456789\r\na\r\n0;456789\r\nA:b\r\n\r\n") == 431);
    CHECK(over("0\r\nA: " + std::string(30, 'x')) == 431);
    CHECK(over("0;" + std::string(30, 'x')) == 431);
    std::string many;
    for (int i = 0; i < 21; ++i) many += "1;\r\na\r\n";
    CHECK(over(many) == 431);
}

TEST_CASE("a bare LF and a folded line are refused without waiting for the end") {
    request_reader reader(request_limits{});
    std::size_t used = 0;
    CHECK(reader.feed("GET / HTTP/1.1\n", used) == status::error);
    reader.reset();
    CHECK(reader.feed("GET / HTTP/1.1\r\n X: y\r\n", used) == status::error);
    CHECK(reader.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n", used) == status::error);
    CHECK(used == 0);
}

TEST_CASE("heads are held to their limits while they come") {
    request_limits const limits{.header = 200, .line = 100, .fields = 3};
    auto const line = [&](std::size_t size) {
        return "GET /" + std::string(size - 16, 'a') + " HTTP/1.1\r\n";
    };
    CHECK(error_of(line(100) + "Host: h\r\n\r\n", limits) == 0);
    CHECK(error_of(line(101) + "Host: h\r\n\r\n", limits) == 414);
    CHECK(error_of("GET /" + std::string(95, 'a'), limits) == 414);
    std::string const head = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    CHECK(error_of(head + std::string(200 - 4 - head.size(), 'x') + "\r\n\r\n", limits) == 0);
    CHECK(error_of(head + std::string(201 - 4 - head.size(), 'x') + "\r\n\r\n", limits) == 431);
    CHECK(error_of(head + std::string(200 - head.size(), 'x'), limits) == 431);
    CHECK(error_of("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nA: b\r\n\r\n", limits) == 0);
    CHECK(error_of("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nA: b\r\nA: b\r\n\r\n", limits) == 431);
    CHECK(error_of(line(100), {.header = 90, .line = 100}) == 431);
}

TEST_CASE("more fields than fit the reader are read all the same") {
    std::string bytes = "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n";
    for (int i = 0; i < 98; ++i) bytes += "X: y\r\n";
    CHECK(read(bytes + "\r\nz").fields == 100);
    CHECK(error_of(bytes + "X: y\r\n\r\nz") == 431);
}

TEST_CASE("a read request survives the move of its reader") {
    request_reader reader(request_limits{});
    std::size_t used = 0;
    std::string const head = "POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n";
    REQUIRE(reader.feed(head, used) == status::head_complete);
    REQUIRE(reader.feed("a", used) == status::need_more);
    REQUIRE(reader.feed("bc", used) == status::done);
    auto const moved = std::make_unique<request_reader>(std::move(reader));
    CHECK(moved->request().body == "abc");
    CHECK(moved->request().query == "b");
    CHECK(moved->request().header("host") == "h");
    CHECK_FALSE(reader.started());
}

TEST_CASE("a long cookie and a long target pass by default, and the refusal names the option") {
    request_limits const defaults;
    auto const text = [&](std::string const& bytes) {
        request_reader reader(defaults);
        std::size_t used = 0;
        (void)reader.feed(bytes, used);
        return std::to_string(reader.error_status()) + " " + std::string(reader.error_text());
    };
    std::string const host = " HTTP/1.1\r\nHost: h\r\n";
    auto const cookie = [&](std::size_t size) {
        return "GET /" + host + "Cookie: " + std::string(size, 'c') + "\r\n\r\n";
    };
    auto const target = [&](std::size_t size) {
        return "GET /" + std::string(size, 't') + host + "\r\n";
    };
    CHECK(text(cookie(12 * 1024)) == "0 ");
    CHECK(text(target(9 * 1024)) == "0 ");
    CHECK(text(cookie(16 * 1024)).starts_with("431 "));
    CHECK(text(target(16 * 1024)).starts_with("414 "));
    for (auto const& refused : {cookie(16 * 1024), target(16 * 1024)})
        CHECK(text(refused).find("server_limits::header ") != std::string::npos);
    std::string many = "GET /" + host;
    for (int i = 0; i < 101; ++i) many += "A: b\r\n";
    CHECK(text(many + "\r\n").find("server_limits::header_fields ") != std::string::npos);
}
