#include "embedded/beast_server.hpp"
#include "support/certificate.hpp"
#include "support/raw_client.hpp"
#include "support/tls_client.hpp"

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
namespace net = boost::asio;
using net::ip::tcp;

namespace {

handlers echo() {
    return {.on_message = [](session& s, message_view m) { s.send(m); }};
}

/// A Beast server on a loop of its own, with a service beside its routes.
class embedded_server {
public:
    using executor_maker = std::function<executors(net::io_context&)>;

    explicit embedded_server(
        unsigned threads = 1,
        executor_maker const& on = [](net::io_context& c) { return c.get_executor(); })
        : live(on(loop)), threads_(threads) {
        live.mount("/ws", websocket_options{}, echo());
        live.mount("/echo", sockjs_options{}, echo());
        live.mount("/engine.io", engineio_options{}, echo());
    }
    ~embedded_server() {
        if (running_.empty()) return;
        live.async_drain(1s, net::use_future).get();
        loop.stop();
        for (auto& t : running_) t.join();
    }
    embedded_server(embedded_server const&) = delete;
    embedded_server& operator=(embedded_server const&) = delete;

    void start(net::ssl::context* tls = nullptr) {
        net::co_spawn(loop, example::listen(acceptor, tls, live), net::detached);
        for (unsigned i = 0; i < threads_; ++i) running_.emplace_back([this] { loop.run(); });
    }
    std::uint16_t port() const { return acceptor.local_endpoint().port(); }

    net::io_context loop{};
    tcp::acceptor acceptor{loop, {net::ip::address_v4::loopback(), 0}};
    service live;

private:
    unsigned threads_;
    std::vector<std::thread> running_{};
};

/// What every embedding has to do, seen by a client: keep-alive between both servers, pipelining
/// across them, every kind of transport, a WebSocket.
template <class Client>
void check_both_servers(std::uint16_t port) {
    Client client(port);
    CHECK(client.get("/own").body == "beast answers /own\n");
    CHECK(client.get("/echo").body == "Welcome to SockJS!\n");
    CHECK(client.get("/own?2").body == "beast answers /own?2\n");
    CHECK(client.post("/echo/000/a/xhr").body == "o\n");
    CHECK(client.post("/echo/000/a/xhr_send", R"(["hello"])").status == 204);
    CHECK(client.post("/echo/000/a/xhr").body == "a[\"hello\"]\n");
    CHECK(client.get("/own?3").body == "beast answers /own?3\n");

    // Four requests in one segment, for both in turns.
    client.send(client.request_bytes("GET", "/echo") + client.request_bytes("GET", "/own/4") +
                client.request_bytes("GET", "/echo/info") + client.request_bytes("GET", "/own/5"));
    CHECK(client.read_response().body == "Welcome to SockJS!\n");
    CHECK(client.read_response().body == "beast answers /own/4\n");
    CHECK(client.read_response().body.find("\"websocket\":true") != std::string::npos);
    CHECK(client.read_response().body == "beast answers /own/5\n");

    // A request that comes byte by byte, to the server that has the connection and to the other.
    for (auto const* target : {"/echo", "/own/slow", "/own/slow", "/echo"}) {
        for (auto const c : client.request_bytes("GET", target)) client.send({&c, 1});
        CHECK(client.read_response().status == 200);
    }

    CHECK(client.upgrade("/ws").status == 101);
    client.send_text("one");
    CHECK(client.read_message() == "one");
    std::string const large(300'000, 'x');
    client.send_text(large);
    CHECK(client.read_message() == large);
    client.send(client_close(1000));
    CHECK(client.read_close().close_code() == 1000);
}

}  // namespace

TEST_CASE("a Beast server and a service share a port, connection by connection") {
    embedded_server server;
    server.start();
    check_both_servers<raw_client>(server.port());
}

TEST_CASE("they share TLS connections, too") {
    certificate const files;
    net::ssl::context tls(net::ssl::context::tls_server);
    tls.use_certificate_chain_file(files.certificate_file());
    tls.use_private_key_file(files.key_file(), net::ssl::context::pem);
    embedded_server server;
    server.start(&tls);
    check_both_servers<tls_client>(server.port());
}

TEST_CASE("a service works on strands of a loop that several threads run") {
    embedded_server server(3, [](net::io_context& c) {
        std::vector<net::strand<net::io_context::executor_type>> all;
        for (int i = 0; i < 3; ++i) all.push_back(net::make_strand(c));
        return executors(all);
    });
    server.start();
    std::vector<std::thread> clients;
    std::atomic<int> failed{0};
    for (int i = 0; i < 4; ++i)
        clients.emplace_back([&, i] {
            try {
                auto const path = "/echo/000/s" + std::to_string(i);
                raw_client poll(server.port());
                raw_client socket(server.port());
                if (poll.post(path + "/xhr").body != "o\n") ++failed;
                if (socket.upgrade("/ws").status != 101) ++failed;
                for (int n = 0; n < 50; ++n) {
                    auto const text = std::to_string(n);
                    if (poll.post(path + "/xhr_send", "[\"" + text + "\"]").status != 204) ++failed;
                    if (poll.post(path + "/xhr").body != "a[\"" + text + "\"]\n") ++failed;
                    socket.send_text(text);
                    if (socket.read_message() != text) ++failed;
                    if (poll.get("/own").status != 200) ++failed;
                }
            } catch (std::exception const& e) {
                UNSCOPED_INFO(e.what());
                ++failed;
            }
        });
    for (auto& t : clients) t.join();
    CHECK(failed == 0);
}

TEST_CASE("what a program sends from a timer of its own leaves at once") {
    embedded_server server;
    endpoint ticks = server.live.mount("/ticks", websocket_options{}, echo());
    std::atomic<session*> opened{nullptr};
    server.live.mount("/direct",
                      websocket_options{},
                      {.on_open = [&](session& s) { opened = &s; },
                       .on_message = [](session& s, message_view m) { s.send(m); }});
    server.start();
    raw_client group(server.port());
    raw_client direct(server.port());
    CHECK(group.upgrade("/ticks").status == 101);
    CHECK(direct.upgrade("/direct").status == 101);
    direct.send_text("here");
    CHECK(direct.read_message() == "here");
    REQUIRE(opened != nullptr);
    net::steady_timer timer(server.loop, 1ms);
    timer.async_wait([&](boost::system::error_code) {
        ticks.broadcast("tick");
        (*opened).send("tock");
        (*opened).after(1ms, [](session& s) { s.send("later"); });
    });
    CHECK(group.read_message() == "tick");
    CHECK(direct.read_message() == "tock");
    CHECK(direct.read_message() == "later");
}

TEST_CASE("a Unix domain socket is served as any other") {
    net::io_context loop;
    service live(loop.get_executor());
    live.mount("/ws", websocket_options{}, echo());
    using unix_socket = net::local::stream_protocol::socket;
    unix_socket ours(loop);
    unix_socket theirs(loop);
    net::local::connect_pair(ours, theirs);
    boost::beast::flat_buffer buffer;
    boost::beast::http::request<boost::beast::http::empty_body> head{
        boost::beast::http::verb::get, "/ws", 11};
    head.set("Host", "localhost");
    std::optional<bool> came_back;
    live.async_serve(std::move(ours), head, std::move(buffer), [&](auto back) {
        came_back = static_cast<bool>(back);
    });
    while (theirs.available() == 0) REQUIRE(loop.run_one_for(patience) != 0);
    // No handshake: it is refused, and the connection waits for the next request.
    std::string got(4096, '\0');
    got.resize(theirs.read_some(net::buffer(got)));
    CHECK(got.starts_with("HTTP/1.1 400 "));
    CHECK_FALSE(came_back);
    net::write(theirs, net::buffer(std::string("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n")));
    while (!came_back) REQUIRE(loop.run_one_for(patience) != 0);
    CHECK(came_back == true);
    live.stop();
    loop.run();
}

TEST_CASE("a drain gives every client its goodbye, and then nothing of the service runs") {
    net::io_context loop;
    tcp::acceptor acceptor(loop, {net::ip::address_v4::loopback(), 0});
    std::atomic<int> closed{0};
    auto live = std::make_unique<service>(loop.get_executor());
    auto app = echo();
    app.on_close = [&](session&, close_event const& how) {
        if (how.reason == close_reason::shutting_down) ++closed;
    };
    live->mount("/ws", websocket_options{}, app);
    live->mount("/echo", sockjs_options{}, app);
    net::co_spawn(loop, example::listen(acceptor, nullptr, *live), net::detached);
    std::thread runner([&] { loop.run(); });
    auto const port = acceptor.local_endpoint().port();
    raw_client socket(port);
    raw_client poll(port);
    CHECK(socket.upgrade("/ws").status == 101);
    CHECK(poll.post("/echo/000/a/xhr").body == "o\n");
    poll.send(poll.request_bytes("POST", "/echo/000/a/xhr"));
    auto drained = live->async_drain(20s, net::use_future);
    CHECK(socket.read_close().close_code() == 1001);
    socket.send(client_close(1001));  // else its end comes after `close_handshake`
    CHECK(poll.read_response().body.starts_with("c["));
    CHECK(poll.is_ended_by_peer());
    drained.get();
    CHECK(closed == 2);
    net::post(loop, [&] {
        acceptor.close();
        live.reset();
    });
    runner.join();  // nothing is left that the loop would wait for
}

TEST_CASE("a service may go while its executor runs on, with clients of every kind") {
    net::io_context loop;
    auto const keeps = net::make_work_guard(loop);
    tcp::acceptor acceptor(loop, {net::ip::address_v4::loopback(), 0});
    auto live = std::make_unique<service>(loop.get_executor());
    live->mount("/ws", websocket_options{}, echo());
    live->mount("/echo", sockjs_options{}, echo());
    net::co_spawn(loop, example::listen(acceptor, nullptr, *live), net::detached);
    std::thread runner([&] { loop.run(); });
    auto const port = acceptor.local_endpoint().port();
    raw_client socket(port);
    raw_client poll(port);
    CHECK(socket.upgrade("/ws").status == 101);
    CHECK(poll.post("/echo/000/a/xhr").body == "o\n");
    poll.send(poll.request_bytes("POST", "/echo/000/a/xhr"));
    std::promise<void> gone;
    net::post(loop, [&] {
        acceptor.close();
        live.reset();
        gone.set_value();
    });
    gone.get_future().get();
    CHECK(socket.is_ended_by_peer());
    CHECK(poll.is_ended_by_peer());
    net::post(loop, [&] { loop.stop(); });
    runner.join();
}

TEST_CASE("an executor of an unknown kind is refused, with what to give") {
    CHECK_THROWS_WITH(executors(net::any_io_executor(net::system_executor())),
                      Catch::Matchers::Contains("give the executor of an io_context"));
}
