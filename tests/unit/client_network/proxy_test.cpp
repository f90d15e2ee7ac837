#include "dialer.hpp"
#include "proxy_dialogue.hpp"
#include "proxy_rules.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

using namespace anywire;
using namespace std::string_literals;
using status = proxy_dialogue::status;
using kind = proxy_address::kind;

namespace {

/// Feeds all of `bytes` one by one: the last status.
status feed_slowly(proxy_dialogue& d, std::string_view bytes) {
    auto s = status::more;
    for (auto const c : bytes) {
        std::size_t used = 0;
        s = d.feed({&c, 1}, used);
        if (s != status::more) break;
        CHECK(used == 1);
    }
    return s;
}

client_url url_of(std::string const& text) {
    return parse_url(text).value();
}

proxy_rules rules(std::map<std::string, std::string> const& variables,
                  std::string const& option = {}) {
    std::string error;
    proxy_rules out(
        option,
        [&](char const* name) {
            auto const found = variables.find(name);
            return found == variables.end() ? std::string{} : found->second;
        },
        error);
    CHECK(error.empty());
    return out;
}

}  // namespace

TEST_CASE("a tunnel is asked for, with credentials, and opened by any 2xx") {
    auto const d = make_http_tunnel({.what = kind::http, .user = "u", .password = "p"}, "::1", 443);
    CHECK(d->take_output() ==
          "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n"
          "Proxy-Authorization: Basic dTpw\r\n\r\n");
    CHECK(feed_slowly(*d, "HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n") ==
          status::done);
    auto const again = make_http_tunnel({.what = kind::http}, "a.example", 80);
    std::size_t used = 0;
    std::string_view const answer("HTTP/1.0 299 Fine\r\n\r\nmore");
    CHECK(again->feed(answer, used) == status::done);
    CHECK(used == answer.size() - 4);
}

TEST_CASE("a proxy that refuses a tunnel, or is none, is told of") {
    auto const refused = make_http_tunnel({.what = kind::http}, "a.example", 80);
    CHECK(feed_slowly(*refused, "HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n") ==
          status::failed);
    CHECK(refused->http_status() == 407);
    CHECK(refused->failure() == "refused to open a way to the server: status 407");
    auto const none = make_http_tunnel({.what = kind::http}, "a.example", 80);
    CHECK(feed_slowly(*none, "220 smtp ready\r\n\r\n") == status::failed);
    CHECK(none->failure() == "does not answer as one: the answer is not one of HTTP/1.1");
    auto const endless = make_http_tunnel({.what = kind::http}, "a.example", 80);
    std::size_t used = 0;
    CHECK(endless->feed("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x'), used) ==
          status::failed);
}

TEST_CASE("SOCKS 5 without a password: names go to the proxy, addresses as bytes") {
    auto const d = make_socks5({.what = kind::socks5h}, "a.example", 0x1234);
    CHECK(d->take_output() == "\x05\x01\x00"s);
    CHECK(feed_slowly(*d, "\x05\x00"s) == status::more);
    CHECK(d->take_output() == "\x05\x01\x00\x03\x09"s + "a.example\x12\x34");
    CHECK(feed_slowly(*d, "\x05\x00\x00\x03\x02hi\x00\x01"s) == status::done);
    auto const v4 = make_socks5({.what = kind::socks5}, "127.0.0.1", 80);
    (void)v4->take_output();
    (void)feed_slowly(*v4, "\x05\x00"s);
    CHECK(v4->take_output() == "\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50"s);
    CHECK(feed_slowly(*v4, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s) == status::done);
    auto const v6 = make_socks5({.what = kind::socks5}, "::1", 80);
    (void)v6->take_output();
    (void)feed_slowly(*v6, "\x05\x00"s);
    CHECK(v6->take_output() == "\x05\x01\x00\x04"s + std::string(15, '\0') + "\x01\x00\x50"s);
    CHECK(feed_slowly(*v6, "\x05\x00\x00\x04"s + std::string(18, '\0')) == status::done);
}

TEST_CASE("SOCKS 5 with a password, right and wrong") {
    proxy_address const with{.what = kind::socks5, .user = "ann", .password = "pw"};
    auto const d = make_socks5(with, "::1", 80);
    CHECK(d->take_output() == "\x05\x02\x00\x02"s);
    CHECK(feed_slowly(*d, "\x05\x02"s) == status::more);
    CHECK(d->take_output() == "\x01\x03"s + "ann\x02pw");
    SECTION("right") {
        CHECK(feed_slowly(*d, "\x01\x00"s) == status::more);
        CHECK(d->take_output().starts_with("\x05\x01"));
    }
    SECTION("wrong") {
        CHECK(feed_slowly(*d, "\x01\x01"s) == status::failed);
        CHECK(d->failure() == "does not accept the password");
    }
}

TEST_CASE("a SOCKS proxy that refuses, or is none, is told of") {
    auto const fails = [](proxy_address const& p, std::string const& bytes) {
        auto const d = make_socks5(p, "a.example", 80);
        CHECK(feed_slowly(*d, bytes) == status::failed);
        return d->failure();
    };
    proxy_address const p{.what = kind::socks5h};
    CHECK(fails(p, "HT") == "is none of SOCKS 5");
    CHECK(fails(p, "\x05\xff"s) == "wants a user and a password, and has none");
    CHECK(fails(p, "\x05\x00\x04"s + "abcd") == "is none of SOCKS 5");
    CHECK(fails(p, "\x05\x00\x05\x05\x00\x01\x00"s) ==
          "refused to open a way to the server: connection refused");
    CHECK(fails(p, "\x05\x00\x05\x00\x00\x09\x00"s) ==
          "answers with an address of an unknown type");
    CHECK(fails({.what = kind::socks5h, .user = std::string(256, 'u')}, "\x05") ==
          "takes names, users and passwords of at most 255 bytes");
}

TEST_CASE("a proxy's URL is read as curl reads it") {
    std::string error;
    auto const p = parse_proxy("socks5h://ann:p%40ss@[::1]:99", error);
    CHECK(error.empty());
    CHECK(p == proxy_address{kind::socks5h, "::1", 99, "ann", "p@ss"});
    CHECK(parse_proxy("proxy.example", error) == proxy_address{kind::http, "proxy.example", 1080});
    CHECK(parse_proxy("http://proxy.example:80/", error).port == 80);
    CHECK(parse_proxy("socks5://[::1]", error).port == 1080);
    for (auto const* const bad : {"https://a", "socks4://a", "http://", "http://a:b", "a b"}) {
        (void)parse_proxy(bad, error);
        CHECK_FALSE(error.empty());
    }
    (void)parse_proxy("ftp://ann:secret@a", error);
    CHECK(error.find("secret") == std::string::npos);
}

TEST_CASE("the environment's proxies, and the option before them") {
    auto const http = url_of("http://a.example/");
    auto const https = url_of("https://a.example/");
    auto const r = rules({{"http_proxy", "h"}, {"HTTPS_PROXY", "s"}, {"ws_proxy", "w"}});
    CHECK(r.of(http, false).host == "h");
    CHECK(r.of(https, false).host == "s");
    CHECK(r.of(http, true).host == "w");
    CHECK(r.of(https, true).host == "s");
    auto const all = rules({{"all_proxy", "socks5://a"}, {"HTTP_PROXY", "cgi"}});
    CHECK(all.of(http, false).host == "a");
    CHECK(all.of(https, true).what == kind::socks5);
    CHECK(rules({{"all_proxy", "a"}}, "-").of(http, false).what == kind::none);
    CHECK(rules({{"all_proxy", "a"}}, "http://mine:1").of(https, true).host == "mine");
    CHECK(rules({}).of(http, false).what == kind::none);
}

TEST_CASE("hosts that no_proxy names go without") {
    auto const exempt = [](std::string const& entry, std::string const& url) {
        return is_exempt_by(entry, url_of(url));
    };
    CHECK(exempt("*", "http://a/"));
    CHECK(exempt("example.com", "http://example.com/"));
    CHECK(exempt("example.com", "http://a.EXAMPLE.com/"));
    CHECK(exempt(".example.com", "http://a.example.com/"));
    CHECK_FALSE(exempt("example.com", "http://badexample.com/"));
    CHECK(exempt("10.0.0.0/8", "http://10.9.8.7/"));
    CHECK_FALSE(exempt("10.0.0.0/8", "http://11.0.0.1/"));
    CHECK(exempt("127.0.0.1", "http://127.0.0.1/"));
    CHECK(exempt("[::1]", "http://[::1]/"));
    CHECK(exempt("fe80::/10", "http://[febf::1]/"));
    CHECK_FALSE(exempt("fe80::/10", "http://[fec0::1]/"));
    CHECK_FALSE(exempt("10.0.0.0/33", "http://10.0.0.1/"));
    auto const r = rules({{"http_proxy", "h"}, {"no_proxy", "b.example , c.example"}});
    CHECK(r.of(url_of("http://c.example/"), false).what == kind::none);
    CHECK(r.of(url_of("http://a.example/"), false).host == "h");
}

TEST_CASE("addresses are tried by turns of their families, the first one's first") {
    auto const at = [](char const* text) {
        return net::ip::tcp::endpoint{net::ip::make_address(text), 1};
    };
    CHECK(interleaved({at("::1"), at("::2"), at("::3"), at("1.1.1.1"), at("2.2.2.2")}) ==
          std::vector{at("::1"), at("1.1.1.1"), at("::2"), at("2.2.2.2"), at("::3")});
    CHECK(interleaved({at("1.1.1.1"), at("::1")}) == std::vector{at("1.1.1.1"), at("::1")});
    CHECK(interleaved({}).empty());
}
