#include "http_request.hpp"

#include "support/feed.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace anywire::http;
using status = request_reader::status;

/// What a request came to, copied out of the reader.
struct outcome {
    status end = status::need_more;
    unsigned error = 0;
    std::string method{}, target{}, path{}, query{}, host{}, body{};
    unsigned version = 0;
    bool keep_alive = false, upgrade = false, expect_continue = false;
    std::size_t fields = 0;
    std::size_t used = 0;  ///< Bytes consumed.
};

outcome copy_of(request_reader const& reader, status end, std::size_t used) {
    auto const& r = reader.request();
    outcome o{end, reader.error_status()};
    o.used = used;
    if (end != status::done) return o;
    o.method = r.method;
    o.target = r.target;
    o.path = r.path;
    o.query = r.query;
    o.host = r.host;
    o.body = r.body;
    o.version = r.version;
    o.keep_alive = r.keep_alive;
    o.upgrade = r.upgrade;
    o.expect_continue = r.expect_continue;
    o.fields = r.fields.size();
    return o;
}

/// Feeds pieces as a connection does: what is not consumed comes again, in a buffer of its own.
template <class Next>
outcome drive(request_limits const& limits, Next next) {
    request_reader reader(limits);
    std::size_t total = 0;
    std::string tail;
    auto end = status::need_more;
    while (end == status::need_more || end == status::head_complete) {
        std::string_view const piece = next();
        if (piece.empty()) break;
        tail.append(piece);
        // Exactly sized and freed, so that a view kept too long is seen by the sanitizer.
        auto const bytes = std::make_unique<std::vector<char>>(tail.begin(), tail.end());
        std::size_t used = 0;
        end = reader.feed({bytes->data(), bytes->size()}, used);
        total += used;
        tail.erase(0, used);
        if (end == status::done || end == status::error) return copy_of(reader, end, total);
        reader = request_reader(std::move(reader));  // as a move to the heap
    }
    return copy_of(reader, end, total);
}

/// Reads `bytes` in every way of cutting them, and checks that all come to the same.
outcome read(std::string const& bytes, request_limits const& limits = {}) {
    std::unique_ptr<outcome> first;
    anywire::test::feed_every_way(bytes, [&](auto next) {
        auto const o = drive(limits, next);
        if (!first) {
            first = std::make_unique<outcome>(o);
            return;
        }
        CHECK(o.end == first->end);
        CHECK(o.error == first->error);
        CHECK(o.method == first->method);
        CHECK(o.target == first->target);
        CHECK(o.path == first->path);
        CHECK(o.query == first->query);
        CHECK(o.host == first->host);
        CHECK(o.body == first->body);
        CHECK(o.version == first->version);
        CHECK(o.keep_alive == first->keep_alive);
        CHECK(o.upgrade == first->upgrade);
        CHECK(o.expect_continue == first->expect_continue);
        CHECK(o.fields == first->fields);
        if (o.end == status::done) CHECK(o.used == first->used);
    });
    return *first;
}

outcome read_with(std::string const& fields, std::string const& body = "") {
    return read("POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body);
}

unsigned error_of(std::string const& bytes, request_limits const& limits = {}) {
    auto const o = read(bytes, limits);
    CHECK((o.end == status::error) == (o.error != 0));
    return o.error;
}

unsigned error_with(std::string const& fields, std::string const& body = "") {
    return error_of("POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body);
}

unsigned error_of_chunks(std::string const& chunks) {
    return error_with("Transfer-Encoding: chunked\r\n", chunks);
}

}  // namespace

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

TEST_CASE("Transfer-Encoding is chunked, once, in HTTP/1.1 and without a length") {
    auto const chunks = "0\r\n\r\n";
    CHECK(read_with("Transfer-Encoding: CHUNKED\r\n", chunks).end == status::done);
    for (auto const* value : {"gzip",
                              "xchunked",
                              "chunked, gzip",
                              "gzip, chunked",
                              "chunked,",
                              ",chunked",
                              "chunked, chunked",
                              "chunked;q=1",
                              "\"chunked\"",
                              "",
                              "identity",
                              "chunked\v",
                              "\vchunked",
                              "chu nked",
                              "chunked\xa0"}) {
        CAPTURE(value);
        CHECK(error_with("Transfer-Encoding: " + std::string(value) + "\r\n", chunks) == 400);
    }
    CHECK(error_with("Transfer-Encoding : chunked\r\n", chunks) == 400);
    CHECK(error_with("Transfer-Encoding\t: chunked\r\n", chunks) == 400);
    CHECK(error_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks) ==
          400);
    CHECK(error_with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", chunks) == 400);
    CHECK(error_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunks) == 400);
    CHECK(error_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks) == 400);
    CHECK(error_with("Content-Length: 5\r\nTransfer-Encoding: gzip\r\n", chunks) == 400);
    CHECK(error_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
}

TEST_CASE("Content-Length is one number") {
    CHECK(read_with("Content-Length: 0\r\n").end == status::done);
    CHECK(read_with("Content-Length: 002\r\n", "hi").body == "hi");
    for (auto const* value : {"-1",
                              "+1",
                              "0x1",
                              "",
                              "1, 1",
                              "1,",
                              "1 1",
                              "1.0",
                              "1e1",
                              "a",
                              "18446744073709551621",
                              "99999999999999999999999",
                              "1;",
                              "\"1\""}) {
        CAPTURE(value);
        CHECK(error_with("Content-Length: " + std::string(value) + "\r\n", "x") == 400);
    }
    CHECK(error_with("Content-Length: 1\r\nContent-Length: 1\r\n", "x") == 400);
    CHECK(error_with("Content-Length: 1\r\nContent-Length: 2\r\n", "xx") == 400);
    CHECK(error_with("Content-Length : 1\r\n", "x") == 400);
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

TEST_CASE("chunks follow the grammar to the letter") {
    CHECK(read_with("Transfer-Encoding: chunked\r\n", "1\r\na\r\n000\r\n\r\n").body == "a");
    for (auto const* chunks : {"00000000000000005\r\nhello\r\n0\r\n\r\n",
                               "-5\r\nhello\r\n0\r\n\r\n",
                               "+5\r\nhello\r\n0\r\n\r\n",
                               "0x5\r\nhello\r\n0\r\n\r\n",
                               "\r\nhello\r\n0\r\n\r\n",
                               " 5\r\nhello\r\n0\r\n\r\n",
                               "5 \r\nhello\r\n0\r\n\r\n",
                               "5 ;a\r\nhello\r\n0\r\n\r\n",
                               ";a\r\nhello\r\n0\r\n\r\n",
                               "5_0\r\nhello\r\n0\r\n\r\n",
                               "g\r\n",
                               "5\nhello\r\n0\r\n\r\n",
                               "5\r\rhello\r\n0\r\n\r\n",
                               "5\r\nhello0\r\n\r\n",
                               "5\r\nhelloXX0\r\n\r\n",
                               "5\r\nhello\n0\r\n\r\n",
                               "5\r\nhello\r0\r\n\r\n",
                               "5\r\nhello\r\n0\r\nX\r\n",
                               "5\r\nhello\r\n0\r\n\rX",
                               "5\r\nhello\r\n0\n\n",
                               "5\r\nhello\r\n0\r\n\n",
                               "5;a\nb\r\nhello\r\n0\r\n\r\n",
                               "5;a\rb\r\nhello\r\n0\r\n\r\n"}) {
        CAPTURE(chunks);
        CHECK(error_of_chunks(chunks) == 400);
    }
    CHECK(error_of_chunks("100000005\r\nhello\r\n0\r\n\r\n") == 413);  // not 5 (mod 2^32)
}

TEST_CASE("trailers are checked and dropped") {
    auto const o = read_with("Transfer-Encoding: chunked\r\n",
                             "0\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nHost: y\r\n\r\n");
    CHECK(o.end == status::done);
    CHECK(o.fields == 2);
    CHECK(o.host == "h");
    CHECK(error_of_chunks("0\r\nno colon\r\n\r\n") == 400);
    CHECK(error_of_chunks("0\r\nA: b\r\n fold\r\n\r\n") == 400);
    CHECK(error_of_chunks("0\r\nA: b\n\r\n") == 400);
    CHECK(error_of_chunks(std::string("0\r\nA: \0\r\n\r\n", 12)) == 400);
    CHECK(error_of_chunks("0\r\n: b\r\n\r\n") == 400);
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

TEST_CASE("HTTP/1.1 asks for one valid Host") {
    auto const with = [](std::string const& fields) {
        return error_of("GET / HTTP/1.1\r\n" + fields + "\r\n");
    };
    CHECK(with("X: y\r\n") == 400);
    CHECK(with("Host: a\r\nHost: a\r\n") == 400);
    CHECK(error_of("GET / HTTP/1.0\r\n\r\n") == 0);
    for (auto const* host : {"a",
                             "a.b-c_d:1",
                             "127.0.0.1:65535",
                             "[::1]",
                             "[::ffff:1.2.3.4]:80",
                             "a:",
                             "xn--bcher-kva.example"}) {
        CAPTURE(host);
        CHECK(with("Host: " + std::string(host) + "\r\n") == 0);
    }
    for (auto const* host : {"",
                             "a b",
                             "a/b",
                             "a@b",
                             "a:b",
                             "a:123456",
                             ":80",
                             "[::1",
                             "[]",
                             "::1",
                             "a\"b",
                             "a,b",
                             "<a>",
                             "a:80:80",
                             "[::1]80",
                             "[::x]",
                             "a\xc3\xa4"}) {
        CAPTURE(host);
        CHECK(with("Host: " + std::string(host) + "\r\n") == 400);
    }
}

TEST_CASE("malformed field lines are refused, never repaired") {
    using namespace std::string_literals;
    for (auto const& line : {"X : y\r\n"s,
                             "X\t: y\r\n"s,
                             ": y\r\n"s,
                             "no colon\r\n"s,
                             "X: a\r\n b\r\n"s,
                             "X: a\r\n\tb\r\n"s,
                             "X: a\rb\r\n"s,
                             "X: a\nb: c\r\n"s,
                             "X: a\r\r\n"s,
                             "X: a\0b\r\n"s,
                             "X: a\x01\r\n"s,
                             "X: a\x7f\r\n"s,
                             "X\0: y\r\n"s,
                             "X(: y\r\n"s,
                             "X\xc3: y\r\n"s,
                             "X Y: z\r\n"s,
                             " X: y\r\n"s,
                             "X: \r\n \r\n"s,
                             "X:\v\r\n"s}) {
        CAPTURE(line);
        CHECK(error_with(line) == 400);
        CHECK(error_of("GET / HTTP/1.1\r\n" + line + "Host: h\r\n\r\n") == 400);
    }
    CHECK(error_with("X: \xc3\xa4\tb\r\n") == 0);  // obs-text and tabs are allowed
    CHECK(error_of("GET / HTTP/1.1\nHost: h\n\n") == 400);
    CHECK(error_of("GET / HTTP/1.1\r\nHost: h\r\n\n") == 400);
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

TEST_CASE("targets are paths of visible ASCII") {
    using namespace std::string_literals;
    auto const get = [](std::string const& target) {
        return error_of("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
    };
    for (auto const& target : {"/"s, "/%00"s, "/a|b\"<>^`{}\\"s, "//x"s, "/?"s, "/%zz"s})
        CHECK(get(target) == 0);
    for (auto const& target : {"/a b"s,
                               "/\t"s,
                               "/\0"s,
                               "/\x7f"s,
                               "/\xc3\xa4"s,
                               "/a#b"s,
                               ""s,
                               "a"s,
                               "?a"s,
                               "*"s,
                               "h:80"s,
                               "ftp://h/"s,
                               "http://"s,
                               "http:///a"s,
                               "http://h?x"s,
                               "http://u@h/"s,
                               "http://h:x/"s}) {
        CAPTURE(target);
        CHECK(get(target) == 400);
    }
}

TEST_CASE("the absolute form is its path, and names the host") {
    auto const o = read("GET HTTP://Other:81/p?q=/ HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(o.target == "/p?q=/");
    CHECK(o.path == "/p");
    CHECK(o.query == "q=/");
    CHECK(o.host == "Other:81");
    auto const bare = read("GET https://h HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
    CHECK(bare.target == "/");
    CHECK(bare.path == "/");
}

TEST_CASE("CONNECT and OPTIONS * pass on with their target as it is") {
    CHECK(read("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n").target == "h:443");
    CHECK(read("CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n").path == "/");
    CHECK(read("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").path == "*");
}

TEST_CASE("unknown methods pass on, what is no method does not") {
    auto const with = [](std::string const& method) {
        return error_of(method + " / HTTP/1.1\r\nHost: h\r\n\r\n");
    };
    CHECK(read("M-SEARCH / HTTP/1.1\r\nHost: h\r\n\r\n").method == "M-SEARCH");
    CHECK(with("BREW") == 0);
    CHECK(with(std::string(32, 'A')) == 0);
    CHECK(with(std::string(33, 'A')) == 501);
    CHECK(with(std::string(10240, 'A')) == 501);
    CHECK(with("get") == 400);
    CHECK(with("") == 400);
    CHECK(with("G(T") == 400);
    CHECK(error_of("\x16\x03\x01\x02") == 400);
    CHECK(error_of("GET\r\n\r\n") == 400);
}

TEST_CASE("the only versions are 1.0 and 1.1") {
    auto const with = [](std::string const& version) {
        return error_of("GET / " + version + "\r\nHost: h\r\n\r\n");
    };
    for (auto const* v : {"HTTP/9.9", "HTTP/2.0", "HTTP/0.9", "HTTP/1.2"}) CHECK(with(v) == 505);
    for (auto const* v : {"http/1.1",
                          "HTTP/1.1 ",
                          "HTTP/11",
                          "HTTP/1.10",
                          "HTTP/+1.1",
                          "HTTP/1,1",
                          "HTCPCP/1.0",
                          "",
                          "H",
                          "x HTTP/1.1"})
        CHECK(with(v) == 400);
    CHECK(error_of("GET /\r\n\r\n") == 400);
    CHECK(error_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505);
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

TEST_CASE("an expectation is 100-continue or refused") {
    CHECK(error_with("Expect: 200-ok\r\n") == 417);
    CHECK(error_with("Expect: 100-continue, x\r\n") == 417);
    CHECK(read_with("Expect: 100-CONTINUE\r\n").expect_continue);
    CHECK_FALSE(read("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expect_continue);
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
