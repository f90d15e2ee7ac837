#pragma once

#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace anywire::test {

/// The ids of open sessions, by the user that their request's target names: "...?user=ada".
class sessions_by_user {
public:
    void add(session const& s) {
        std::scoped_lock const lock(mutex_);
        auto const query = s.request().query();
        ids_[std::string(query.substr(query.find('=') + 1))] = s.id();
    }
    std::string id_of(std::string const& user) {
        std::scoped_lock const lock(mutex_);
        return ids_[user];
    }

private:
    std::mutex mutex_{};
    std::map<std::string, std::string> ids_{};
};

/// A server with a mount of each kind on one thread or more: they echo, note, and do what `more`
/// says.
struct echo_test_server {
    explicit echo_test_server(handlers more = {}, unsigned threads = 1, server_options options = {})
        : server(on_port(std::move(options), threads), [&](anywire::server& at) {
              auto app = noting_echo(seen);
              app.on_open = [this, inner = more.on_open](session& s) {
                  people.add(s);
                  if (inner) inner(s);
                  seen.add("open");
              };
              if (more.on_message) app.on_message = more.on_message;
              websocket_options ws_options;
              ws_options.subprotocols = {"v2", "v1"};
              ws = at.mount("/ws", ws_options, app);
              sockjs = at.mount("/echo", sockjs_options{.jsonp = true}, app);
          }) {}
    static server_options on_port(server_options options, unsigned threads) {
        options.port = 0;
        options.threads = threads;
        return options;
    }

    notes seen{};
    sessions_by_user people{};
    endpoint ws{};
    endpoint sockjs{};
    running_server server;
};

inline std::unique_ptr<raw_client> websocket(std::uint16_t port, std::string const& target) {
    auto c = std::make_unique<raw_client>(port);
    REQUIRE(c->upgrade(target).status == 101);
    return c;
}

}  // namespace anywire::test
