#include "unit/transports/read_request.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace anywire::test;

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

TEST_CASE("an expectation is 100-continue or refused") {
    CHECK(error_with("Expect: 200-ok\r\n") == 417);
    CHECK(error_with("Expect: 100-continue, x\r\n") == 417);
    CHECK(read_with("Expect: 100-CONTINUE\r\n").expect_continue);
    CHECK_FALSE(read("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expect_continue);
}
