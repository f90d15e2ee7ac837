// Passwords, users, databases, unix sockets and TLS.

#include "support/certificate.hpp"
#include "support/redis_bench.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

TEST_CASE("a password lets in, and a wrong one is told") {
    redis_server server({"requirepass s3:cr@t"});
    auto const at = "@" + server.address();
    SECTION("in the URL") {
        redis_bench b(quick_redis("redis://:s3%3Acr%40t" + at));
        CHECK(b.run("PING").answer.text == "PONG");
    }
    SECTION("in the options") {
        auto o = quick_redis(server.url());
        o.password = "s3:cr@t";
        redis_bench b(o);
        CHECK(b.run("PING").answer.text == "PONG");
    }
    SECTION("a wrong one") {
        redis_bench b(quick_redis("redis://:wrong" + at));
        REQUIRE(b.log.wait_for("Redis: " + server.address() + " has refused: WRONGPASS"));
        CHECK(b.connection.health().last_error.find("WRONGPASS") != std::string::npos);
    }
    SECTION("none") {
        redis_bench b(quick_redis(server.url()));
        REQUIRE(b.log.wait_for("Redis: " + server.address() + " has refused: NOAUTH"));
    }
    SECTION("one that is changed is tried until it is right") {
        redis_bench root(quick_redis("redis://:s3%3Acr%40t" + at));
        redis_bench b(quick_redis("redis://:next" + at));
        REQUIRE(b.log.wait_for("Redis: "));
        CHECK(root.run("CONFIG", "SET", "requirepass", "next").answer.text == "OK");
        CHECK(b.run("PING").answer.text == "PONG");
    }
}

TEST_CASE("an ACL user does what he may, and hears what he may not") {
    redis_server server({"user default off",
                         "user app on >pw ~app:* &app:* +@all -flushall -debug",
                         "user root on >pw ~* &* +@all"});
    redis_bench b(quick_redis("redis://app:pw@" + server.address()));
    CHECK(b.run("SET", "app:k", "v").answer.text == "OK");
    auto const refused = b.run("FLUSHALL");
    CHECK(refused.error == redis::errc::error_reply);
    CHECK(refused.answer.text.starts_with("NOPERM"));
    auto const allowed = b.subscribe("app:c");
    auto const other = b.subscribe("other");
    CHECK(b.seen.wait_for("subscribed app:c"));
    CHECK(b.seen.wait_for("refused Redis answered with an error other"));
    CHECK(b.run("CLIENT", "GETNAME").answer.text == "anywire");
}

TEST_CASE("a user without the right to ping is served, too") {
    redis_server server({"user default on nopass ~* &* +@all -ping"});
    auto o = quick_redis(server.url());
    o.ping_interval = 500ms;
    redis_bench b(o);
    CHECK(b.run("SET", "k", "v").answer.text == "OK");
    auto const kept = b.subscribe("c");
    REQUIRE(b.seen.wait_for("subscribed c"));
    // An error, too, is a sign of life.
    auto const sent = b.connection.health().commands;
    CHECK(eventually([&] { return b.connection.health().commands >= sent + 6; }));
    CHECK(b.seen.count("lost") == 0);
}

TEST_CASE("a database is chosen, on a unix socket as well") {
    redis_server server;
    redis_bench zero(quick_redis(server.url()));
    redis_bench three(quick_redis("unix://" + server.socket_path() + "?db=3"));
    CHECK(three.run("SET", "k", "v").answer.text == "OK");
    CHECK(zero.run("GET", "k").answer.is_nil());
    CHECK(zero.run("INFO", "keyspace").answer.text.find("db3:keys=1") != std::string::npos);
    redis_bench none(quick_redis(server.url() + "/99"));
    CHECK(none.log.wait_for("Redis: " + server.address() + " has refused: ERR DB index"));
}

TEST_CASE("TLS, with the server's certificate checked and the client's own shown") {
    certificate issuer({.common_name = "issuer", .is_authority = true});
    certificate leaf({.names = {"localhost"}}, &issuer);
    certificate own({.common_name = "app"}, &issuer);
    redis_server server({"tls-port {port}",
                         "tls-cert-file " + leaf.certificate_file(),
                         "tls-key-file " + leaf.key_file(),
                         "tls-ca-cert-file " + issuer.certificate_file(),
                         "tls-auth-clients yes"});
    auto const tls_port = std::to_string(server.second_port());
    auto o = quick_redis("rediss://localhost:" + tls_port);
    o.tls.ca = issuer.certificate_file();
    o.tls.certificate = own.certificate_file();
    o.tls.key = own.key_file();
    SECTION("good") {
        redis_bench b(o);
        auto const kept = b.subscribe("c");
        REQUIRE(b.seen.wait_for("subscribed c"));
        b.connection.publish("c", std::string(200'000, 'x'));
        CHECK(b.seen.wait_for("message c xxx"));
        CHECK(b.run("PING").answer.text == "PONG");
    }
    SECTION("a name that the certificate does not have") {
        o.url = "rediss://127.0.0.1:" + tls_port;
        redis_bench b(o);
        CHECK(b.log.wait_for("Redis: "));
        CHECK(b.connection.current_state() == redis::state::connecting);
    }
    SECTION("an issuer who is not believed") {
        o.tls.ca = own.certificate_file();
        redis_bench b(o);
        CHECK(b.log.wait_for("Redis: "));
    }
    SECTION("no certificate of the client's") {
        o.tls.certificate.clear();
        o.tls.key.clear();
        redis_bench b(o);
        CHECK(b.log.wait_for("Redis: "));
    }
    SECTION("a file that is not there") {
        o.tls.ca = "/nonexistent.pem";
        CHECK_THROWS_AS(redis::connection(o), std::invalid_argument);
    }
}
