// The whole server over real connections: whatever a client sends, however it is cut and however
// the client leaves, the server serves the next one.
//
// The first byte of an input chooses how the client ends (bits 0-1: half-close, reset, close, not
// at all) and the pieces it sends in; the rest is what it sends.

#include <anywire/server.hpp>

#include "support/raw_client.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace {

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

/// What a client may take for a request, and for the next one.
constexpr auto allowed = 200ms;

/// One server for all inputs, with every transport on and times so short that sessions go.
class target {
public:
    target() : server_(options()) {
        handlers const app{.on_message = [](session& s, message_view m) {
            if (m.data == "close") s.close(static_cast<close_code>(3000), "bye");
            if (m.data == "join") s.join("group");
            (void)s.send(m);
        }};
        session_limits const limits{.max_message = 4096,
                                    .max_queued_bytes = 16 * 1024,
                                    .max_burst_bytes = 64 * 1024,
                                    .burst_grace = 50ms,
                                    .close_handshake = 50ms};
        server_.mount(
            "/ws",
            websocket_options{.limits = limits, .origins = {"*"}, .deflate = {.enabled = true}},
            app);
        server_.mount("/echo",
                      sockjs_options{.limits = limits,
                                     .origins = {"*"},
                                     .htmlfile = true,
                                     .jsonp = true,
                                     .sockjs_url = "/sockjs.js",
                                     .cookie = true,
                                     .heartbeat = 100ms,
                                     .disconnect_delay = 50ms},
                      app);
        thread_ = std::thread([this] { server_.run(); });
    }
    ~target() {
        server_.stop();
        thread_.join();
    }
    target(target const&) = delete;
    target& operator=(target const&) = delete;

    std::uint16_t port() const { return server_.port(); }

private:
    static server_options options() {
        server_options o;
        o.port = 0;
        o.limits = {.header = 2048,
                    .request_head = allowed,
                    .request_body = allowed,
                    .keep_alive = allowed};
        return o;
    }
    server server_;
    std::thread thread_{};
};

/// One connection that asks whether the server is well, kept for all inputs where it can be.
///
/// Where the machine leaves us waiting, a connection may end for what we were late with, fresh ones
/// too: so only one that was not late has to be answered. A server that hangs makes us late as
/// well, which is why there is an end to that.
void ask_for_health(std::uint16_t port) {
    using clock = std::chrono::steady_clock;
    static std::unique_ptr<raw_client> c;
    static clock::time_point since;  // before the server could begin to count
    auto const end = clock::now() + patience;
    std::string seen;
    do {
        auto const now = clock::now();
        if (!c) since = now;
        try {
            if (!c) c = std::make_unique<raw_client>(port);
            seen = c->get("/echo").body;
            if (seen == "Welcome to SockJS!\n") {
                since = now;
                return;
            }
        } catch (std::runtime_error const& e) {
            seen = e.what();  // as if the answer were a wrong one
        }
        c.reset();
        if (clock::now() - since < allowed / 2) break;
    } while (clock::now() < end);
    std::fprintf(stderr, "the server is not well: %s\n", seen.c_str());
    std::abort();
}

void send_in_pieces(raw_client& c, std::string_view bytes, std::size_t piece) {
    while (!bytes.empty()) {
        if (!c.try_send(bytes.substr(0, piece))) return;
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2 || size > 16 * 1024) return 0;
    static target const server;
    auto const how = data[0];
    std::string_view const bytes(reinterpret_cast<char const*>(data) + 1, size - 1);
    // At most 64 pieces an input: each is a system call on both sides.
    auto const piece = std::max<std::size_t>(bytes.size() / 64 + 1, how >> 2);
    raw_client c(server.port());
    send_in_pieces(c, bytes, piece);
    if ((how & 3) == 0) c.end_sending();
    if ((how & 3) == 1) c.reset();
    if ((how & 3) == 2) c.close();
    ask_for_health(server.port());
    if (c.descriptor() >= 0) c.reset();  // orderly ends would use up the ports in a long search
    return 0;
}
