// Certificates of a TLS listener: read again while it serves, several by name, and clients' own.

#include <anywire/server.hpp>

#include "support/certificate.hpp"
#include "support/running_server.hpp"
#include "support/temp_folder.hpp"
#include "support/tls_client.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>
#include <thread>

using namespace anywire;
using namespace anywire::test;
using Catch::Matchers::Contains;

namespace {

struct free_openssl {
    void operator()(X509* c) const noexcept { X509_free(c); }
    void operator()(SSL_SESSION* s) const noexcept { SSL_SESSION_free(s); }
};
using session_ptr = std::unique_ptr<SSL_SESSION, free_openssl>;

/// Says who the client is to `authorize`, which lets it in if it has a certificate or need not.
struct secured {
    explicit secured(tls_options tls, unsigned threads = 1)
        : server(
              [&] {
                  auto o = on_free_port(threads);
                  o.tls = std::move(tls);
                  o.log = {.write = [this](log_level, std::string_view line) {
                      seen.add(std::string(line));
                  }};
                  return o;
              }(),
              [this](anywire::server& at) {
                  at.mount("/echo", sockjs_options{}, echo());
                  auto app = echo();
                  app.authorize = [this](request const& r, decision decide) {
                      auto const c = r.certificate();
                      seen.add(c ? "client " + std::string(c->subject) : "client without");
                      if (c) {
                          fingerprint = c->fingerprint;
                          pem = c->pem;
                      }
                      decide.accept();
                  };
                  app.on_open = [](session& s) {
                      auto const c = s.request().certificate();
                      (void)s.send(c ? c->subject : "nobody");
                  };
                  at.mount("/who", websocket_options{}, app);
              }) {}

    notes seen{};
    std::string fingerprint{};
    std::string pem{};
    running_server server;
};

/// The common name of the certificate that a client is shown which names `host`, "" for none.
std::string shown_to(std::uint16_t port, char const* host, int newest = 0) {
    tls_client c(port, {}, 0, newest);
    if (*host != '\0') SSL_set_tlsext_host_name(c.native(), host);
    if (!c.shake_hands()) return "refused";
    std::unique_ptr<X509, free_openssl> const shown(SSL_get1_peer_certificate(c.native()));
    char name[256] = "";
    X509_NAME_get_text_by_NID(
        X509_get_subject_name(shown.get()), NID_commonName, name, sizeof name);
    return name;
}

void present(tls_client const& c, certificate const& own) {
    REQUIRE(SSL_use_certificate(c.native(), own.native()) == 1);
    REQUIRE(SSL_use_PrivateKey(c.native(), own.key()) == 1);
}

/// A ticket of the server, for another connection. TLS 1.3 has it after the handshake.
session_ptr ticket_from(tls_client& c) {
    REQUIRE(c.get("/echo").status == 200);
    return session_ptr(SSL_get1_session(c.native()));
}

/// A client of TLS 1.3 uses a ticket once: each use is that of a copy.
void use(session_ptr const& ticket, tls_client const& by) {
    session_ptr const copy(SSL_SESSION_dup(ticket.get()));
    REQUIRE(SSL_set_session(by.native(), copy.get()) == 1);
}

bool is_resumed(std::uint16_t port, session_ptr const& ticket, int version) {
    tls_client c(port, {}, version, version);
    use(ticket, c);
    REQUIRE(c.get("/echo").status == 200);
    return SSL_session_reused(c.native()) == 1;
}

/// "http/1.1", "none" where the server takes no notice, "refused".
std::string agreed(std::uint16_t port, std::string_view offered) {
    tls_client c(port);
    SSL_set_alpn_protos(c.native(),
                        reinterpret_cast<unsigned char const*>(offered.data()),
                        static_cast<unsigned>(offered.size()));
    if (!c.shake_hands()) return "refused";
    unsigned char const* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(c.native(), &chosen, &size);
    return size == 0 ? "none" : std::string(reinterpret_cast<char const*>(chosen), size);
}

}  // namespace

TEST_CASE("certificates are read again, connections in progress keep theirs") {
    auto const threads = GENERATE(1u, 4u);
    certificate const files({.common_name = "old"});
    certificate const renewed({.common_name = "new"});
    secured s(files.options(), threads);
    tls_client open(s.server.port());
    REQUIRE(open.upgrade("/who").status == 101);
    CHECK(open.read_message() == "nobody");
    CHECK(shown_to(s.server.port(), "") == "old");

    files.replace_files_by(renewed);
    CHECK(shown_to(s.server.port(), "") == "old");
    CHECK(s.server->reload_certificates().empty());
    for (int i = 0; i < 8; ++i) CHECK(shown_to(s.server.port(), "") == "new");
    open.send_text("still here");
    CHECK(open.read_message() == "still here");
}

TEST_CASE("a file that is of no use leaves the certificate as it is, and the log says so") {
    certificate const files({.common_name = "old"});
    certificate const other({.common_name = "new"});
    secured s(files.options());
    SECTION("a key of another certificate, as in the middle of a renewal") {
        std::filesystem::copy_file(other.certificate_file(),
                                   files.certificate_file(),
                                   std::filesystem::copy_options::overwrite_existing);
    }
    SECTION("no file") {
        std::filesystem::remove(files.certificate_file());
    }
    SECTION("half a file") {
        std::filesystem::resize_file(files.certificate_file(), 100);
    }
    CHECK_THAT(s.server->reload_certificates(), Contains(files.certificate_file()));
    CHECK(s.seen.wait_for("certificates were not reloaded: "));
    CHECK(shown_to(s.server.port(), "") == "old");
    files.replace_files_by(other);
    CHECK(s.server->reload_certificates().empty());
    CHECK(shown_to(s.server.port(), "") == "new");
}

TEST_CASE("certificates may be read again at any time, from any thread") {
    certificate const files;
    secured s(files.options(), 2);
    std::atomic<bool> done{false};
    std::thread reloading([&] {
        while (!done) (void)s.server->reload_certificates();
    });
    for (int i = 0; i < 100; ++i) CHECK(tls_client(s.server.port()).get("/echo").status == 200);
    done = true;
    reloading.join();
}

TEST_CASE("session tickets are good across a reload, but not when other clients are believed") {
    auto const version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    certificate const files;
    certificate const ca({.common_name = "CA", .is_authority = true});
    certificate const other_ca({.common_name = "other CA", .is_authority = true});
    certificate const own({.common_name = "device 7"}, &ca);
    auto tls = files.options();
    SECTION("without client certificates") {
        secured s(tls);
        tls_client c(s.server.port(), {}, version, version);
        auto const ticket = ticket_from(c);
        CHECK(is_resumed(s.server.port(), ticket, version));
        CHECK(s.server->reload_certificates().empty());
        CHECK(is_resumed(s.server.port(), ticket, version));
    }
    SECTION("with them") {
        tls.clients = client_auth::optional;
        tls.client_ca = ca.certificate_file();
        secured s(tls);
        tls_client c(s.server.port(), {}, version, version);
        present(c, own);
        auto const ticket = ticket_from(c);
        CHECK(s.server->reload_certificates().empty());
        CHECK(is_resumed(s.server.port(), ticket, version));
        // A connection that was resumed is still the client's.
        tls_client again(s.server.port(), {}, version, version);
        use(ticket, again);
        REQUIRE(again.upgrade("/who").status == 101);
        CHECK(again.read_message() == "CN=device 7");

        ca.replace_files_by(other_ca);
        CHECK(s.server->reload_certificates().empty());
        CHECK_FALSE(is_resumed(s.server.port(), ticket, version));
    }
}

TEST_CASE("who names a host is shown that host's certificate") {
    auto const version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    certificate const first({.common_name = "first", .names = {"www.example.com"}});
    certificate const wild({.common_name = "wild", .names = {"*.example.com", "example.net"}});
    certificate const named({.common_name = "named"});
    auto tls = first.options();
    tls.more = {{wild.certificate_file(), wild.key_file()},
                {named.certificate_file(), named.key_file(), {"chat.example.com", "*.chat.test"}}};
    secured s(tls);
    auto const shown = [&](char const* host) { return shown_to(s.server.port(), host, version); };
    CHECK(shown("") == "first");
    CHECK(shown("unknown.test") == "first");
    CHECK(shown("www.example.com") == "first");
    CHECK(shown("other.example.com") == "wild");
    CHECK(shown("EXAMPLE.net") == "wild");
    CHECK(shown("chat.example.com") == "named");
    CHECK(shown("a.chat.test") == "named");
    CHECK(shown("a.b.chat.test") == "first");

    certificate const renewed({.common_name = "renewed", .names = {"*.example.com"}});
    wild.replace_files_by(renewed);
    CHECK(s.server->reload_certificates().empty());
    CHECK(shown("other.example.com") == "renewed");
    CHECK(shown("example.net") == "first");
}

TEST_CASE("a client proves who it is where that is required") {
    certificate const files;
    certificate const ca({.common_name = "CA", .is_authority = true});
    certificate const own({.common_name = "device 7"}, &ca);
    certificate const stranger({.common_name = "device 7"});
    auto tls = files.options();
    tls.client_ca = ca.certificate_file();
    auto const version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    auto const served = [&](secured const& s, certificate const* with) {
        tls_client c(s.server.port(), {}, version, version);
        if (with) present(c, *with);
        // In TLS 1.3 a client is through before the server has looked at its certificate.
        return c.try_send(c.request_bytes("GET", "/echo")) && c.read_more();
    };
    SECTION("required") {
        tls.clients = client_auth::required;
        secured s(tls);
        CHECK(served(s, &own));
        CHECK_FALSE(served(s, nullptr));
        CHECK_FALSE(served(s, &stranger));
        tls_client c(s.server.port(), {}, version, version);
        present(c, own);
        REQUIRE(c.upgrade("/who").status == 101);
        CHECK(c.read_message() == "CN=device 7");
        CHECK(s.seen.count("client CN=device 7") == 1);
        CHECK(s.fingerprint.size() == 64);
        CHECK_THAT(s.pem, Catch::Matchers::StartsWith("-----BEGIN CERTIFICATE-----\n"));
    }
    SECTION("optional") {
        tls.clients = client_auth::optional;
        secured s(tls);
        CHECK(served(s, &own));
        CHECK(served(s, nullptr));
        CHECK_FALSE(served(s, &stranger));
        tls_client c(s.server.port(), {}, version, version);
        REQUIRE(c.upgrade("/who").status == 101);
        CHECK(c.read_message() == "nobody");
    }
    SECTION("off") {
        tls.client_ca.clear();
        secured s(tls);
        CHECK(served(s, &stranger));
        tls_client c(s.server.port(), {}, version, version);
        present(c, own);
        REQUIRE(c.upgrade("/who").status == 101);
        CHECK(c.read_message() == "nobody");
    }
}

TEST_CASE("versions and ciphers are as told") {
    certificate const files;
    auto tls = files.options();
    SECTION("TLS 1.3 only") {
        tls.oldest = tls_version::tls1_3;
        secured const s(tls);
        CHECK_FALSE(tls_client(s.server.port(), {}, 0, TLS1_2_VERSION).shake_hands());
        CHECK(tls_client(s.server.port()).shake_hands());
    }
    SECTION("ciphers") {
        tls.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
        tls.cipher_suites = "TLS_CHACHA20_POLY1305_SHA256";
        secured const s(tls);
        tls_client older(s.server.port(), {}, 0, TLS1_2_VERSION);
        REQUIRE(older.shake_hands());
        CHECK(std::string(SSL_get_cipher(older.native())) == "ECDHE-ECDSA-AES256-GCM-SHA384");
        tls_client newer(s.server.port());
        REQUIRE(newer.shake_hands());
        CHECK(std::string(SSL_get_cipher(newer.native())) == "TLS_CHACHA20_POLY1305_SHA256");
    }
}

TEST_CASE("of the protocols that a client offers HTTP/1 is taken, and none is no offer") {
    certificate const files;
    secured const s(files.options());
    CHECK(agreed(s.server.port(), "\x02h2\x08http/1.1") == "http/1.1");
    CHECK(agreed(s.server.port(), "\x08http/1.0") == "http/1.0");
    CHECK(agreed(s.server.port(), "") == "none");
    CHECK(agreed(s.server.port(), "\x02h2") == "refused");
    CHECK(agreed(s.server.port(), "\x04xmpp\x04imap") == "refused");
}

TEST_CASE("TLS options that make no sense are refused, by name") {
    certificate const files;
    certificate const nameless({.common_name = "no name"});
    auto const refusal = [](tls_options const& tls) {
        try {
            server const s({.port = 0, .tls = tls});
        } catch (std::invalid_argument const& e) {
            return std::string(e.what());
        }
        return std::string("taken");
    };
    auto tls = files.options();
    CHECK(refusal(tls) == "taken");
    SECTION("ciphers") {
        tls.ciphers = "NO-SUCH-CIPHER";
        CHECK_THAT(refusal(tls), Contains("tls.ciphers"));
    }
    SECTION("cipher suites") {
        tls.cipher_suites = "TLS_NO_SUCH";
        CHECK_THAT(refusal(tls), Contains("tls.cipher_suites"));
    }
    SECTION("clients without those that they are believed by") {
        tls.clients = client_auth::required;
        CHECK_THAT(refusal(tls), Contains("tls.client_ca"));
    }
    SECTION("those without clients") {
        tls.client_ca = files.certificate_file();
        CHECK_THAT(refusal(tls), Contains("tls.client_ca"));
    }
    SECTION("a file without a certificate, and one that is not there") {
        tls.clients = client_auth::optional;
        tls.client_ca = files.key_file();
        CHECK_THAT(refusal(tls), Contains("tls.client_ca"));
        tls.client_ca = files.key_file() + ".not";
        CHECK_THAT(refusal(tls), Contains("cannot read the file tls.client_ca"));
    }
    SECTION("half of a further certificate") {
        tls.more = {{files.certificate_file(), ""}};
        CHECK_THAT(refusal(tls), Contains("tls.more"));
    }
    SECTION("a further one whose files are of no use") {
        tls.more = {{files.certificate_file(), nameless.key_file()}};
        CHECK_THAT(refusal(tls), Contains("does not belong"));
    }
    SECTION("a further one that is for no host") {
        tls.more = {{nameless.certificate_file(), nameless.key_file()}};
        CHECK_THAT(refusal(tls), Contains("names no host"));
    }
    SECTION("a further one for what is no host") {
        tls.more = {{files.certificate_file(), files.key_file(), {"https://a"}}};
        CHECK_THAT(refusal(tls), Contains("'https://a'"));
    }
    SECTION("further ones without a first") {
        CHECK_THAT(refusal({.more = {{files.certificate_file(), files.key_file()}}}),
                   Contains("tls.more"));
    }
    SECTION("clients without TLS") {
        CHECK_THAT(refusal({.clients = client_auth::required, .client_ca = "x"}),
                   Contains("there is no TLS"));
    }
}
