#pragma once

#include "integration/gateway/link_bench.hpp"
#include "stream_backend.hpp"
#include "support/scripted_server.hpp"

#include <memory>
#include <string>
#include <vector>

namespace anywire::test {

inline gateway::route_settings route_to(std::vector<std::string> const& urls) {
    gateway::route_settings s;
    s.kind = gateway::backend_kind::stream;
    for (auto const& url : urls) s.backends.push_back({.url = url});
    s.connect_timeout = patience;
    return s;
}

inline gateway::route_settings route_to(scripted_server const& server) {
    return route_to(std::vector{server.url("", "tcp")});
}

/// A route, its servers and what leads to them.
struct stream_bench {
    explicit stream_bench(gateway::route_settings const& s)
        : servers(servers_of(s)), backend(gateway::make_stream_backend(s, servers)) {}

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
inline std::string refusing_url() {
    scripted_server gone;
    return gone.url("", "tcp");
}

}  // namespace anywire::test
