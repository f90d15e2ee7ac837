// What is wrong with options is said before run(), in a sentence that says what to change.

#include <anywire/server.hpp>
#include <anywire/socketio.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

using namespace anywire;
using namespace anywire::test;
using Catch::Matchers::Contains;

/// What `attempt` throws as an `Exception`; empty when it throws nothing.
template <class Exception>
std::string said_by(std::function<void()> const& attempt) {
    try {
        attempt();
    } catch (Exception const& e) {
        return e.what();
    }
    return {};
}

std::string refused_options(server_options const& options) {
    return said_by<std::invalid_argument>([&] { server const s(options); });
}

template <class Options>
std::string refused_mount(Options const& options, std::string const& path = "/a") {
    return said_by<std::invalid_argument>([&] {
        server s(on_free_port());
        s.mount(path, options, echo());
    });
}

}  // namespace

TEST_CASE("a port that is taken is named, with what to change") {
    auto const threads = GENERATE(1u, 2u);
    server const first(on_free_port(threads));
    auto const taken = first.port();
    for (auto const more : {1u, 2u}) {
        CAPTURE(threads, more);
        auto const said = said_by<std::system_error>(
            [&] { server const second({.port = taken, .threads = more}); });
        CHECK_THAT(said, Contains("127.0.0.1:" + std::to_string(taken)));
        CHECK_THAT(said, Contains("the port is taken; choose another"));
    }
}

TEST_CASE("a name is no address to listen on") {
    CHECK_THAT(refused_options({.address = "localhost", .port = 0}),
               Contains("'localhost' is not an IP address; names are not resolved"));
    CHECK_THAT(refused_options({.port = 0, .listeners = {{.address = "example.com", .port = 0}}}),
               Contains("'example.com' is not an IP address"));
}

TEST_CASE("an address that is not this machine's cannot be listened on") {
    CHECK_THAT(
        said_by<std::system_error>([] { server const s({.address = "192.0.2.1", .port = 0}); }),
        Contains("cannot listen on 192.0.2.1:0"));
}

TEST_CASE("TLS files that cannot be read are named") {
    CHECK_THAT(refused_options({.port = 0, .tls = {"/nowhere/chain.pem", "/nowhere/key.pem"}}),
               Contains("cannot read the TLS certificate chain '/nowhere/chain.pem'"));
}

TEST_CASE("server options out of range are refused") {
    auto const check_limits = [](auto change, char const* words) {
        auto options = on_free_port();
        change(options.limits);
        CHECK_THAT(refused_options(options), Contains(words));
    };
    CHECK_THAT(refused_options({.port = 0, .threads = 257}),
               Contains("threads must be at most 256"));
    CHECK_THAT(refused_options({.port = 0, .trusted_proxies = {"10.0.0.0/33"}}),
               Contains("trusted_proxies must be IP addresses, networks"));
    check_limits([](server_limits& l) { l.header = 100; },
                 "limits.header must be 256 bytes to 1 MiB");
    check_limits([](server_limits& l) { l.header_fields = 0; }, "limits.header_fields");
    using std::chrono::milliseconds;
    for (auto const member : {&server_limits::tls_handshake,
                              &server_limits::request_head,
                              &server_limits::request_body,
                              &server_limits::keep_alive})
        check_limits([&](server_limits& l) { l.*member = milliseconds(0); }, "must be positive");
}

TEST_CASE("mount options out of range are refused with the mount's name") {
    using std::chrono::milliseconds;
    CHECK_THAT(refused_mount(websocket_options{.limits = {.max_message = 0}}),
               Contains("mount '/a'") && Contains("limits.max_message"));
    CHECK_THAT(refused_mount(sockjs_options{.limits = {.max_queued_bytes = 10}}),
               Contains("limits.max_queued_bytes"));
    CHECK_THAT(refused_mount(websocket_options{.limits = {.write_stall = milliseconds(0)}}),
               Contains("limits.write_stall"));
    CHECK_THAT(refused_mount(websocket_options{.limits = {.close_handshake = milliseconds(-1)}}),
               Contains("limits.close_handshake"));
    CHECK_THAT(refused_mount(websocket_options{.limits = {.authorize_timeout = milliseconds(0)}}),
               Contains("limits.authorize_timeout"));
    CHECK_THAT(refused_mount(websocket_options{.ping_timeout = milliseconds(0)}),
               Contains("ping_timeout"));
    CHECK_THAT(refused_mount(websocket_options{.deflate = {.server_window_bits = 8}}),
               Contains("deflate.server_window_bits"));
    CHECK_THAT(refused_mount(websocket_options{.deflate = {.level = 10}}),
               Contains("deflate.level"));
    CHECK_THAT(refused_mount(sockjs_options{.heartbeat = milliseconds(0)}), Contains("heartbeat"));
    CHECK_THAT(refused_mount(sockjs_options{.disconnect_delay = milliseconds(0)}),
               Contains("disconnect_delay"));
    CHECK_THAT(refused_mount(sockjs_options{.response_limit = 0}), Contains("response_limit"));
    CHECK_THAT(refused_mount(sockjs_options{.sockjs_url = "sockjs.js"}), Contains("sockjs_url"));
}

TEST_CASE("origins that are none are refused") {
    for (auto const* const wrong :
         {"example.com", "https://example.com/path", "", "https://*.", "NULL"}) {
        CAPTURE(wrong);
        CHECK_THAT(refused_mount(websocket_options{.origins = {wrong}}), Contains("mount '/a'"));
        CHECK_THAT(refused_mount(sockjs_options{.origins = {"https://good.example", wrong}}),
                   Contains("mount '/a'"));
    }
}

TEST_CASE("a path is mounted once, and begins with a slash") {
    CHECK_THAT(refused_mount(websocket_options{}, "a"),
               Contains("mount 'a': a path starts with '/'"));
    CHECK_THAT(refused_mount(websocket_options{}, ""), Contains("a path starts with '/'"));

    server s(on_free_port());
    s.mount("/a", sockjs_options{}, echo());
    s.mount("/", sockjs_options{}, echo());
    auto const again = [&](std::string const& path) {
        return said_by<std::invalid_argument>([&] { s.mount(path, sockjs_options{}, echo()); });
    };
    CHECK_THAT(again("/a"), Contains("mount '/a': the path is taken"));
    CHECK_THAT(again("/a/"), Contains("the path is taken"));
    CHECK_THAT(again("/"), Contains("the path is taken"));
    CHECK_THAT(said_by<std::invalid_argument>([&] { s.serve_files("/a", "/", {}); }),
               Contains("the path is taken"));
    CHECK_FALSE(
        said_by<std::invalid_argument>([&] { s.serve_files("/f", "/nowhere/at/all"); }).empty());
}

TEST_CASE("a mount whose handlers are all empty is a line in the log") {
    notes log;
    auto options = on_free_port();
    options.log.write = [&log](log_level, std::string_view line) { log.add(std::string(line)); };
    server s(options);
    s.mount("/a", websocket_options{}, {});
    CHECK(log.count("mount '/a': no handler is set") == 1);
    s.mount("/b", websocket_options{}, {.on_open = [](session&) {}});
    CHECK(log.count("mount '/b'") == 0);
}

TEST_CASE("a certificate without its key is refused, and a key without its certificate") {
    CHECK_THAT(refused_options({.port = 0, .tls = {.certificate = "a.pem"}}),
               Contains("tls.certificate is given without its private key"));
    CHECK_THAT(refused_options({.port = 0, .listeners = {{.port = 0, .tls = {.key = "k.pem"}}}}),
               Contains("tls.key is given without the certificate"));
}

TEST_CASE("what cannot be set up after run says so, and so does a second run") {
    running_server s(on_free_port(),
                     [](server& at) { at.mount("/echo", sockjs_options{}, echo()); });
    CHECK(raw_client(s.port()).get("/echo").status == 200);
    auto const late = [](std::function<void()> const& attempt) {
        return said_by<std::logic_error>(attempt);
    };
    CHECK_THAT(late([&] { s->mount("/a", socketio::server{}); }),
               Contains("mount '/a' after run: a socketio::server has to be mounted before"));
    CHECK_THAT(late([&] { s->run(); }), Contains("run was called before"));
    s->stop();
    CHECK(s.wait_for_end());
    CHECK_THAT(late([&] { s->run(); }), Contains("run was called before"));
}

TEST_CASE("an unknown listener has no port") {
    server const s(on_free_port());
    CHECK(s.port() != 0);
    CHECK_THROWS_AS(s.port(1), std::out_of_range);
}
