#pragma once

#include <anywire/server.hpp>

#include "engineio_client.hpp"
#include "support/pending_decisions.hpp"
#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace anywire::test {

inline std::string const friendly = "https://friend.example";
inline std::string const from_friend = "Origin: " + friendly + "\r\n";

/// A server with a mount of every dialect; `prepare` sets what their options have in common.
struct front {
    template <class Prepare>
    explicit front(Prepare prepare, handlers more = {}, server_options options = {})
        : server(logged(std::move(options)), [&](anywire::server& at) {
              auto app = noting_echo(seen);
              app.authorize = more.authorize;
              app.on_open = [this](session& s) {
                  seen.add("open " + std::string(s.subprotocol()));
              };
              app.on_message = [](session& s, message_view) {
                  s.send(message_view(std::string(s.subprotocol()) + "|" +
                                      std::string(s.request().header("sec-websocket-protocol"))));
              };
              websocket_options ws;
              prepare(ws);
              at.mount("/ws", ws, app);
              sockjs_options sockjs{
                  .htmlfile = true, .jsonp = true, .sockjs_url = "/sockjs.js", .cookie = true};
              prepare(sockjs);
              at.mount("/echo", sockjs, app);
              engineio_options eio;
              eio.jsonp = true;
              prepare(eio);
              at.mount("/eio", eio, app);
          }) {}

    server_options logged(server_options o) {
        o.port = 0;
        o.log.write = [this](log_level, std::string_view line) { lines.add(std::string(line)); };
        return o;
    }
    raw_client connect() const { return raw_client(server.port()); }
    std::string own(std::string const& scheme = "http") const {
        return "Origin: " + scheme + "://127.0.0.1:" + std::to_string(server.port()) + "\r\n";
    }
    bool logs(std::string const& text) {
        return lines.wait_until([&](auto const& all) {
            return std::any_of(all.begin(), all.end(), [&](std::string const& line) {
                return line.find(text) != std::string::npos;
            });
        });
    }

    notes seen{};
    notes lines{};
    running_server server;
};

constexpr auto nothing = [](auto&) {};

constexpr char const* sockets[] = {
    "/ws", "/echo/websocket", "/echo/000/abc/websocket", "/eio/?EIO=4&transport=websocket"};

inline std::string offering(std::string const& list) {
    return "Sec-WebSocket-Protocol: " + list + "\r\n";
}
inline std::string chosen(front const& f, char const* target, std::string const& list) {
    auto c = f.connect();
    auto const r = c.upgrade(target, offering(list));
    CHECK(r.status == 101);
    return r.header("Sec-WebSocket-Protocol");
}

/// The status for every way in that a page has; the last ones go without Origin.
inline std::vector<int> ways_in(front const& f,
                                std::string const& origin,
                                std::string const& referer) {
    // New sessions each time: a poll of one that is there waits for its heartbeat.
    static int calls = 0;
    auto const sessions = "/echo/000/" + std::to_string(++calls);
    std::vector<int> out;
    for (auto const* target : sockets) out.push_back(f.connect().upgrade(target, origin).status);
    out.push_back(f.connect().post(sessions + "a/xhr", "", origin).status);
    {
        auto c = f.connect();
        c.send(c.request_bytes("GET", sessions + "b/eventsource", {}, origin));
        out.push_back(c.read_head().status);
    }
    out.push_back(f.connect().get(engineio_test_server::polling(), origin).status);
    out.push_back(f.connect().get(sessions + "c/jsonp?c=f", referer).status);
    out.push_back(f.connect().get("/echo/iframe.html", referer).status);
    out.push_back(f.connect().get(engineio_test_server::polling() + "&j=0", referer).status);
    return out;
}

inline std::vector<int> const all_in{101, 101, 101, 101, 200, 200, 200, 200, 200, 200};
// The reference's only status for a WebSocket is 400.
inline std::vector<int> const all_out{403, 403, 403, 400, 403, 403, 403, 403, 403, 403};

}  // namespace anywire::test
