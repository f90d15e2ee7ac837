// Lines and length-prefixed messages over TCP and Unix domain sockets.
#include "stream_backend.hpp"

#include <anywire/executors.hpp>

#include "integration/gateway/link_bench.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <malloc.h>

using namespace anywire;
using namespace anywire::test;
using gateway::framing_kind;
using gateway::make_stream_backend;
using gateway::route_settings;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

route_settings route_to(std::vector<std::string> const& urls) {
    route_settings s;
    s.kind = gateway::backend_kind::stream;
    for (auto const& url : urls) s.backends.push_back({.url = url});
    s.connect_timeout = patience;
    return s;
}

route_settings route_to(scripted_server const& server) {
    return route_to(std::vector{server.url("", "tcp")});
}

/// A route, its servers and what leads to them.
struct stream_bench {
    explicit stream_bench(route_settings const& s)
        : servers(servers_of(s)), backend(make_stream_backend(s, servers)) {}

    gateway::upstream_numbers numbers(std::size_t server = 0) const {
        return servers->numbers(std::chrono::steady_clock::now())[server];
    }

    std::shared_ptr<gateway::upstreams> servers;
    std::shared_ptr<gateway::backend> backend;
};

/// A port that takes no connection: its queue is full.
class silent_server {
public:
    silent_server() : server_(0) {
        for (auto& s : fillers_) {
            s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            sockaddr_in to{};
            to.sin_family = AF_INET;
            to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            to.sin_port = htons(server_.port());
            (void)::connect(s, reinterpret_cast<sockaddr const*>(&to), sizeof to);
        }
    }
    ~silent_server() {
        for (auto const s : fillers_) ::close(s);
    }
    silent_server(silent_server const&) = delete;
    silent_server& operator=(silent_server const&) = delete;

    std::string url() const { return server_.url("", "tcp"); }

private:
    scripted_server server_;
    int fillers_[4];
};

/// A port where nobody listens.
std::string refusing_url() {
    scripted_server gone;
    return gone.url("", "tcp");
}

}  // namespace

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

TEST_CASE("where no server takes it, the client may try again later") {
    auto settings = route_to({refusing_url(), refusing_url()});
    settings.health = {.max_failures = 1, .retry_after = 90s};
    stream_bench route(settings);
    link_bench bench;
    bench.open(*route.backend);
    REQUIRE(bench.seen.wait_for("refused "));
    auto const first = bench.seen.all().back();
    CHECK(first.find("refused 503 no server behind the gateway could be reached") == 0);
    CHECK(first.find("Connection refused") != std::string::npos);
    CHECK(first.find("Retry-After: 1\r\n") != std::string::npos);
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

// -- as fast as the other side --------------------------------------------------------------------

TEST_CASE("a server that does not read is not sent more than the bound, and then the rest") {
    scripted_server server;
    auto settings = route_to(server);
    settings.limits.max_queued_bytes = 100'000;
    stream_bench route(settings);
    link_bench bench;
    auto& link = bench.open(*route.backend);
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    std::string const message(9'999, 'x');
    std::size_t sent = 1;
    std::size_t queued = 0;
    while (bench.send(link, message)) ++sent;
    bench.run([&] { queued = link.link->queued_bytes(); });
    CHECK(queued > 0);
    CHECK(queued <= 110'000);
    CHECK(bench.seen.count("drain") == 0);
    CHECK(peer.read_exactly(sent * 10'000).size() == sent * 10'000);
    REQUIRE(bench.seen.wait_for("drain"));
    bench.run([&] { queued = link.link->queued_bytes(); });
    CHECK(queued == 0);
    CHECK(bench.send(link, "more"));
    CHECK(peer.read_until("\n") == "more\n");
}

TEST_CASE("a server that never reads is lost after the stall") {
    scripted_server server;
    auto settings = route_to(server);
    settings.limits.write_stall = 100ms;
    stream_bench route(settings);
    link_bench bench;
    auto& link = bench.open(*route.backend);
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    std::string const message(100'000, 'x');
    bench.run([&] {
        for (int i = 0; i < 200; ++i) link.link->send(message);
    });
    CHECK(bench.seen.wait_for("end lost 1006 the server does not read"));
}

TEST_CASE("a paused link is not read, and misses nothing, not even a last line and the end") {
    scripted_server server;
    stream_bench route(route_to(server));
    link_bench bench;
    auto& link = bench.open(*route.backend,
                            [](noting_link& l) { l.then_open = [&l] { l.link->pause(true); }; });
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    peer.send("first\nsecond\nlast");
    peer.close();
    // One message for each resume.
    bench.run([&] { link.then_message = [&link] { link.link->pause(true); }; });
    for (std::size_t i = 1; i <= 3; ++i) {
        CHECK(bench.seen.count("message ") == i - 1);
        bench.pause(link, false);
        REQUIRE(bench.seen.wait_for("message ", i));
    }
    CHECK(bench.seen.count("message last") == 1);
    CHECK(bench.seen.count("end ") == 0);
    bench.pause(link, false);
    CHECK(bench.seen.wait_for("end clean 1000 "));
    CHECK(bench.seen.count("message ") == 3);
}

TEST_CASE("while a link is paused, its server feels it") {
    scripted_server server;
    stream_bench route(route_to(server));
    link_bench bench;
    auto& link = bench.open(*route.backend, [](noting_link& l) {
        l.is_quiet = true;
        l.then_open = [&l] { l.link->pause(true); };
    });
    auto peer = server.accept();
    REQUIRE(bench.seen.wait_for("open "));
    std::string const line = std::string(999, 'x') + '\n';
    std::string bytes;
    for (int i = 0; i < 64; ++i) bytes += line;
    std::size_t sent = 0;
    for (;;) {
        auto const n = ::send(peer.descriptor(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (n < 0) break;
        sent += static_cast<std::size_t>(n);
        REQUIRE(sent < 100'000'000);
    }
    CHECK(link.bytes == 0);
    bench.pause(link, false);
    CHECK(eventually([&] { return link.messages == sent / 1'000; }));
}

TEST_CASE("many lines in one read are told in turns, all of them") {
    scripted_server server;
    stream_bench route(route_to(server));
    link_bench bench;
    auto& link = bench.open(*route.backend, [](noting_link& l) { l.is_quiet = true; });
    auto peer = server.accept();
    peer.send(std::string(100'000, '\n'));
    peer.close();
    REQUIRE(bench.seen.wait_for("end clean 1000 "));
    CHECK(link.messages == 100'000);
}

// A sanitizer's allocator counts by itself.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("an idle link costs less than 1.5 KB") {
    constexpr std::size_t count = 100;
    scripted_server server(256);
    stream_bench route(route_to(server));
    boost::asio::io_context io;
    client_context context(io.get_executor());
    gateway::shard_place here{.clients = &context};
    notes seen;
    auto const from = kept_request("/");
    std::vector<std::unique_ptr<noting_link>> links;
    std::vector<raw_peer> peers;
    for (std::size_t i = 0; i < 2 * count; ++i)
        links.push_back(std::make_unique<noting_link>(seen));
    peers.reserve(2 * count);
    std::size_t opened = 0;
    for (auto& l : links) {
        l->then_open = [&opened] { ++opened; };
        l->is_quiet = true;
    }
    auto const open_until = [&](std::size_t n) {
        for (auto i = opened; i < n; ++i)
            links[i]->link = route.backend->open(here, {.request = from}, *links[i]);
        while (opened < n) io.run_one();
        while (peers.size() < n) {
            peers.push_back(server.accept());
            peers.back().send("hello\n");
            auto& l = *links[peers.size() - 1];
            l.link->send("hello");
            while (l.messages == 0) io.run_one();
            CHECK(peers.back().read_until("\n") == "hello\n");
        }
    };
    open_until(count);  // with all that is there once
    auto const before = ::mallinfo2().uordblks;
    open_until(2 * count);
    auto const each = (::mallinfo2().uordblks - before) / count;
    CAPTURE(each);
    CHECK(each < 1'500);
    links.clear();
}
#endif
