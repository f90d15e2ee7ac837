// Lines and length-prefixed messages over TCP and Unix domain sockets.
#include "stream_backend.hpp"

#include "integration/gateway/stream_bench.hpp"
#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>

using namespace anywire;
using namespace anywire::test;
using gateway::framing_kind;
using namespace std::chrono_literals;
using namespace std::string_literals;

TEST_CASE("lines go both ways, and the end of the server is a goodbye") {
    scripted_server server;
    stream_bench route(route_to(server));
    link_bench bench;
    auto& link = bench.open(*route.backend);
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    CHECK(route.numbers().sessions == 1);
    CHECK(bench.send(link, "one"));
    CHECK(bench.send(link, "two", true));
    CHECK(peer.read_until("two\n") == "one\ntwo\n");
    peer.send("hello\nwor");
    peer.send("ld\r\n\nlast");
    peer.close();
    REQUIRE(bench.seen.wait_for("end "));
    CHECK(bench.seen.all() == std::vector<std::string>{"open ",
                                                       "message hello",
                                                       "message world",
                                                       "message ",
                                                       "message last",
                                                       "end clean 1000 "});
    CHECK(route.numbers().sessions == 0);
    CHECK(route.numbers().opened == 1);
    CHECK(route.numbers().lost == 0);
}

TEST_CASE("messages with their length in front go both ways, as bytes") {
    scripted_server server;
    auto settings = route_to(server);
    settings.stream = {.framing = framing_kind::length32, .binary = true};
    stream_bench route(settings);
    link_bench bench;
    auto& link = bench.open(*route.backend);
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    CHECK(bench.send(link, "a\nb"));
    CHECK(peer.read_exactly(7) == "\0\0\0\3a\nb"s);
    peer.send("\0\0\0\2\xff\n\0\0"s);
    REQUIRE(bench.seen.wait_for("binary \xff\n"));
    peer.close();
    REQUIRE(bench.seen.wait_for("end lost 1006 the server ended within a message"));
    CHECK(route.numbers().lost == 1);
}

TEST_CASE("a name leads to a server on whichever of its addresses one listens") {
    scripted_server server;  // on 127.0.0.1 only
    stream_bench route(route_to({"tcp://localhost:" + std::to_string(server.port())}));
    link_bench bench;
    bench.open(*route.backend);
    auto peer = server.accept();
    CHECK(bench.seen.wait_for("open "));
}

TEST_CASE("a server may listen on a Unix domain socket") {
    temp_folder folder;
    auto const path = folder.file("socket");
    auto const listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.copy(at.sun_path, sizeof at.sun_path - 1);
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0);
    REQUIRE(::listen(listener, 4) == 0);
    stream_bench route(route_to({"unix:" + path}));
    link_bench bench;
    auto& link = bench.open(*route.backend);
    raw_peer peer(::accept(listener, nullptr, nullptr));
    ::close(listener);
    REQUIRE(bench.seen.wait_for("open "));
    CHECK(bench.send(link, "hello"));
    CHECK(peer.read_until("\n") == "hello\n");
    std::string server;
    bench.run([&] { server = link.link->server(); });
    CHECK(server == "unix:" + path);
}

// -- which server ---------------------------------------------------------------------------------

TEST_CASE("a server that refuses is passed over for the next one") {
    scripted_server server;
    stream_bench route(route_to({refusing_url(), server.url("", "tcp")}));
    link_bench bench;
    for (std::size_t i = 1; i <= 2; ++i) {
        bench.open(*route.backend);
        auto peer = server.accept();
        CHECK(bench.seen.wait_for("open ", i));
    }
    CHECK(route.numbers(0).failed > 0);
    CHECK(route.numbers(0).sessions == 0);
    CHECK(route.numbers(0).last_failure.find("Connection refused") != std::string::npos);
}

TEST_CASE("where each server that was tried refuses, the gateway is a bad one") {
    stream_bench route(route_to({refusing_url(), refusing_url()}));
    link_bench bench;
    bench.open(*route.backend);
    REQUIRE(bench.seen.wait_for("refused "));
    auto const said = bench.seen.all().back();
    CHECK(said.find("refused 502 no server behind the gateway could be reached") == 0);
    CHECK(said.find("Connection refused") != std::string::npos);
}

TEST_CASE("where no server is healthy, the client is told when to try again") {
    auto settings = route_to({refusing_url()});
    settings.health = {.retry_after = 90s, .check_interval = 1s, .fall = 1};
    stream_bench route(settings);
    route.servers->on_checked(0, false, std::chrono::steady_clock::now(), "down");
    link_bench bench;
    bench.open(*route.backend);
    REQUIRE(bench.seen.wait_for("refused 503 no server behind the gateway is available"));
    CHECK(bench.seen.all().back().find("Retry-After: 90\r\n") != std::string::npos);
    CHECK(route.numbers().failed == 0);
}

TEST_CASE("a server that is silent is answered for with 504") {
    silent_server silent;
    auto settings = route_to({silent.url()});
    settings.connect_timeout = 100ms;
    stream_bench route(settings);
    link_bench bench;
    bench.open(*route.backend);
    REQUIRE(bench.seen.wait_for("refused 504 the server behind the gateway took too long"));
    CHECK(route.numbers().failed == 1);
}

TEST_CASE("a server that is silent leaves time for the next one") {
    silent_server silent;
    scripted_server server;
    auto settings = route_to({silent.url(), server.url("", "tcp")});
    settings.connect_timeout = 2s;
    stream_bench route(settings);
    link_bench bench;
    bench.open(*route.backend);
    auto peer = server.accept();
    CHECK(bench.seen.wait_for("open "));
}

TEST_CASE("a connection begins with who the client is") {
    scripted_server server;
    auto settings = route_to(server);
    settings.forward.proxy = gateway::proxy_header::v1;
    stream_bench route(settings);
    link_bench bench;
    auto& link = bench.open(*route.backend);
    auto peer = server.accept();
    auto const header = peer.read_until("\r\n");
    CHECK(header.find("PROXY TCP4 192.0.2.7 ") == 0);
    REQUIRE(bench.seen.wait_for("open "));
    CHECK(bench.send(link, "hello"));
    CHECK(peer.read_until("\n") == "hello\n");
}

TEST_CASE("URLs that lead to no stream are refused in a sentence") {
    std::string error;
    for (std::string_view const url : {"tcp://host",
                                       "tcp://host:0",
                                       "tcp://host:65536",
                                       "tcp://host:7x",
                                       "tcp://:7",
                                       "tcp://a:b:7",
                                       "tcp://user@host:7",
                                       "tcp://host:7/path",
                                       "unix:relative",
                                       "unix:",
                                       "http://host:7"}) {
        error.clear();
        CAPTURE(url);
        CHECK_FALSE(gateway::parse_stream_url(url, error));
        CHECK(error.find("write tcp://host:port or unix:/path/of/socket") != std::string::npos);
    }
    CHECK_FALSE(gateway::parse_stream_url("unix:/" + std::string(107, 'x'), error));
    CHECK_THROWS_AS(stream_bench(route_to({"tcp://host"})), std::invalid_argument);
    auto const v6 = gateway::parse_stream_url("tcp://[::1]:7/", error);
    REQUIRE(v6);
    CHECK(v6->host == "::1");
    CHECK(v6->port == 7);
    CHECK(gateway::parse_stream_url("unix:///run/x", error)->unix_socket == "/run/x");
}

// -- how it ends ----------------------------------------------------------------------------------

TEST_CASE("a reset is a loss") {
    scripted_server server;
    stream_bench route(route_to(server));
    link_bench bench;
    bench.open(*route.backend);
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    peer.reset();
    REQUIRE(bench.seen.wait_for("end lost 1006 the connection broke"));
    CHECK(route.numbers().lost == 1);
    CHECK(route.numbers().sessions == 0);
}

TEST_CASE("bytes that are no messages end the session with their code") {
    auto const [bytes, said] =
        GENERATE(table<std::string, std::string>({{"fine\nmuch too long", "end clean 1009 the"},
                                                  {"fine\nno \xff\n", "end clean 1007 the"}}));
    scripted_server server;
    auto settings = route_to(server);
    settings.limits.max_message = 10;
    stream_bench route(settings);
    link_bench bench;
    bench.open(*route.backend);
    auto peer = server.accept();
    peer.send(bytes);
    REQUIRE(bench.seen.wait_for(said));
    CHECK(bench.seen.count("message fine") == 1);
    CHECK(peer.read_to_end().empty());
}

TEST_CASE("a client's message with a line end ends its session after what it sent before") {
    scripted_server server;
    stream_bench route(route_to(server));
    link_bench bench;
    auto& link = bench.open(*route.backend);
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    bench.run([&] {
        link.link->send("fine");
        link.link->send("evil\nquit");
        link.link->send("later");
    });
    CHECK(peer.read_to_end() == "fine\n");
    CHECK(bench.seen.wait_for("end clean 1007 a message is one line here"));
}

TEST_CASE("a goodbye follows what was sent, and waits for the server's own") {
    scripted_server server;
    stream_bench route(route_to(server));
    link_bench bench;
    auto& link = bench.open(*route.backend);
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    bench.run([&] {
        link.link->send("last words");
        link.link->close(close_code::normal, {});
    });
    CHECK(peer.read_to_end() == "last words\n");
    peer.send("too late\n");
    CHECK(bench.seen.count("end ") == 0);
    peer.close();
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    CHECK(bench.seen.count("message ") == 0);
}

TEST_CASE("a server that does not end after a goodbye is left") {
    scripted_server server;
    auto settings = route_to(server);
    settings.limits.close_handshake = 50ms;
    stream_bench route(settings);
    link_bench bench;
    auto& link = bench.open(*route.backend);
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    bench.close(link);
    CHECK(bench.seen.wait_for("end clean 1000 "));
}

TEST_CASE("a link may be dropped at every stage, and nothing follows") {
    scripted_server server;
    silent_server silent;
    stream_bench route(route_to(server));
    stream_bench to_nobody(route_to({silent.url()}));
    link_bench bench;
    bench.open(*route.backend, [](noting_link& l) { l.link.reset(); });
    bench.drop(bench.open(*to_nobody.backend));
    CHECK(to_nobody.numbers().sessions == 0);
    CHECK(to_nobody.numbers().failed == 0);

    bench.open(*route.backend, [](noting_link& l) { l.then_open = [&l] { l.link.reset(); }; });
    auto in_open = server.accept();
    CHECK(in_open.read_to_end().empty());

    bench.open(*route.backend, [](noting_link& l) { l.then_message = [&l] { l.link.reset(); }; });
    auto in_message = server.accept();
    in_message.send("one\ntwo\n");
    (void)in_message.read_to_end();

    auto& open = bench.open(*route.backend);
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open ", 3));
    bench.run([&] {
        open.link->send("lost");
        open.link.reset();
    });
    CHECK(peer.read_to_end().empty());
    CHECK(bench.seen.count("message ") == 1);
    CHECK(bench.seen.count("end ") == 0);
    CHECK(bench.seen.count("refused ") == 0);
    CHECK(route.numbers().sessions == 0);
}
