// TLS from the client's end: what is believed, and the words in which it is told what is not.

#include <anywire/server.hpp>

#include "support/certificate.hpp"
#include "support/client_bench.hpp"

#include <catch2/catch.hpp>

#include <openssl/sha.h>
#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using wire_bench = anywire::test::client_bench;

namespace {

struct secured {
    explicit secured(tls_options const& tls)
        : server(options(tls), [&](anywire::server& s) {
              s.mount("/ws", websocket_options{}, noting_echo(seen));
              s.route("GET", "/hi", [](route_request const& r) {
                  return http_answer{.body = r.is_secure() ? "secure" : "plain"};
              });
          }) {}
    static server_options options(tls_options const& tls) {
        auto o = on_free_port();
        o.listeners = {{.port = 0, .tls = tls}};
        return o;
    }
    std::string url(std::string_view host = "localhost") const {
        return "https://" + std::string(host) + ":" + std::to_string(server.port(1)) + "/hi";
    }
    notes seen{};
    running_server server;
};

anywire::client_options trusting(certificate const& issuer) {
    anywire::client_options o;
    o.network.tls.ca = issuer.certificate_file();
    return o;
}

std::string pin_of(certificate const& c) {
    unsigned char* der = nullptr;
    auto const size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c.native()), &der);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(der, static_cast<std::size_t>(size), digest);
    OPENSSL_free(der);
    std::string out;
    append_base64(out, {reinterpret_cast<char const*>(digest), sizeof digest});
    return out;
}

}  // namespace

TEST_CASE("requests and WebSockets go over TLS to who shows the right certificate") {
    certificate issuer({.common_name = "issuer", .is_authority = true});
    certificate leaf({.names = {"localhost"}}, &issuer);
    secured s(leaf.options());
    auto o = trusting(issuer);
    SECTION("by its issuer") {}
    SECTION("by its issuer and its key") {
        o.network.tls.pinned_keys = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", pin_of(leaf)};
    }
    wire_bench client(o);
    client.fetch(s.url());
    REQUIRE(client.seen.wait_for("end"));
    CHECK(client.seen.count("body secure") == 1);
    client.fetch(s.url());
    REQUIRE(client.seen.wait_for("end", 2));
    client.run([&] { CHECK(client.network().links().size() == 1); });
    client.open("wss://localhost:" + std::to_string(s.server.port(1)) + "/ws");
    REQUIRE(client.seen.wait_for("open"));
    client.send(std::string(300'000, 'x'));
    REQUIRE(client.seen.wait_for("message xxx"));
    client.run([&] { client.socket().close(close_code::normal, {}); });
    CHECK(client.seen.wait_for("closed 1000 client_closed clean"));
}

TEST_CASE("a certificate that is not to be believed ends the handshake, and it is told why") {
    certificate issuer({.common_name = "issuer", .is_authority = true});
    SECTION("self-signed") {
        certificate alone({.names = {"localhost"}});
        secured s(alone.options());
        wire_bench client(trusting(issuer));
        client.fetch(s.url());
        CHECK(
            client.seen.wait_for("failed tls 0: the certificate of 'localhost' is not believed: "
                                 "self-signed certificate"));
    }
    SECTION("the system's issuers only") {
        certificate leaf({.names = {"localhost"}}, &issuer);
        secured s(leaf.options());
        wire_bench client;
        client.fetch(s.url());
        CHECK(
            client.seen.wait_for("failed tls 0: the certificate of 'localhost' is not believed: "
                                 "unable to get local issuer certificate"));
    }
    SECTION("another host's") {
        certificate leaf({.names = {"elsewhere.example"}}, &issuer);
        secured s(leaf.options());
        wire_bench client(trusting(issuer));
        client.open("wss://localhost:" + std::to_string(s.server.port(1)) + "/ws");
        CHECK(
            client.seen.wait_for("failed tls 0: the certificate of 'localhost' is not believed: "
                                 "hostname mismatch"));
    }
    SECTION("one of a name for an address") {
        certificate leaf({.names = {"localhost"}}, &issuer);
        secured s(leaf.options());
        wire_bench client(trusting(issuer));
        client.fetch(s.url("127.0.0.1"));
        CHECK(
            client.seen.wait_for("failed tls 0: the certificate of '127.0.0.1' is not believed: "
                                 "IP address mismatch"));
    }
    SECTION("one that has expired") {
        certificate leaf({.names = {"localhost"}, .valid_from = -7200, .valid_until = -3600},
                         &issuer);
        secured s(leaf.options());
        wire_bench client(trusting(issuer));
        client.fetch(s.url());
        CHECK(
            client.seen.wait_for("failed tls 0: the certificate of 'localhost' is not believed: "
                                 "certificate has expired"));
    }
    SECTION("another key than is pinned") {
        certificate leaf({.names = {"localhost"}}, &issuer);
        secured s(leaf.options());
        auto o = trusting(issuer);
        o.network.tls.pinned_keys = {pin_of(issuer)};
        wire_bench client(o);
        client.fetch(s.url());
        CHECK(client.seen.wait_for(
            "failed tls 0: the public key of 'localhost' is none of network.tls.pinned_keys"));
    }
}

TEST_CASE("names and verification are as the options say") {
    certificate issuer({.common_name = "issuer", .is_authority = true});
    certificate leaf({.names = {"inside.example"}}, &issuer);
    secured s(leaf.options());
    auto o = trusting(issuer);
    SECTION("another name than the URL's") {
        o.network.tls.server_name = "inside.example";
    }
    SECTION("nobody is verified") {
        o.network.tls.verify = false;
    }
    wire_bench client(o);
    client.fetch(s.url("127.0.0.1"));
    REQUIRE(client.seen.wait_for("end"));
    CHECK(client.seen.count("body secure") == 1);
}

TEST_CASE("a server that asks for a certificate gets the client's") {
    certificate issuer({.common_name = "issuer", .is_authority = true});
    certificate leaf({.names = {"localhost"}}, &issuer);
    certificate own({.common_name = "device 7"}, &issuer);
    auto tls = leaf.options();
    tls.clients = client_auth::required;
    tls.client_ca = issuer.certificate_file();
    secured s(tls);
    auto o = trusting(issuer);
    SECTION("it has one") {
        o.network.tls.certificate = own.certificate_file();
        o.network.tls.key = own.key_file();
        wire_bench client(o);
        client.fetch(s.url());
        CHECK(client.seen.wait_for("body secure"));
    }
    SECTION("it has none") {
        wire_bench client(o);
        client.fetch(s.url());
        CHECK(client.seen.wait_for("failed "));
        CHECK(client.seen.count("end") == 0);
    }
}

TEST_CASE("what is no TLS, ends or is silent, fails as TLS") {
    scripted_server server;
    certificate any;
    auto const url = server.url("/", "https");
    auto o = trusting(any);
    wire_bench client(o);
    SECTION("plain HTTP") {
        client.fetch(url);
        auto peer = server.accept();
        peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        CHECK(
            client.seen.wait_for("failed tls 0: the TLS handshake with '127.0.0.1' failed: wrong "
                                 "version number"));
    }
    SECTION("an end") {
        client.fetch(url);
        auto peer = server.accept();
        REQUIRE(peer.read_more());
        peer.end_sending();
        CHECK(client.seen.wait_for("failed tls 0: "));
    }
    SECTION("a reset") {
        client.fetch(url);
        auto peer = server.accept();
        REQUIRE(peer.read_more());  // before that it is the connection that fails
        peer.reset();
        CHECK(client.seen.wait_for("failed tls 0: "));
    }
    SECTION("silence") {
        client.fetch(url, {.timeout = 1s});
        auto peer = server.accept();
        CHECK(client.seen.wait_for("failed tls 0: the TLS handshake with 127.0.0.1:"));
        (void)peer.read_to_end();
    }
}

TEST_CASE("files and pins that are not good are refused before anything is tried") {
    certificate a;
    certificate b;
    client_context context;
    anywire::client_options o;
    std::string wrong;
    auto& tls = o.network.tls;
    SECTION("a store that is not there") {
        tls.ca = "/nowhere/ca.pem";
    }
    SECTION("a certificate without a key") {
        tls.certificate = a.certificate_file();
    }
    SECTION("another's key") {
        tls.certificate = a.certificate_file();
        tls.key = b.key_file();
    }
    SECTION("a pin that is not one") {
        tls.pinned_keys = {"c2hvcnQ="};
    }
    SECTION("a proxy that is not one") {
        o.network.proxy = "ftp://x";
    }
    CHECK(client_access::make_network(context, o, wrong) == nullptr);
    CHECK(wrong.find("network.") != std::string::npos);
}
