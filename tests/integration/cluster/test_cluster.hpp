#pragma once

#include <anywire/cluster.hpp>
#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

/// The session id in an open packet, wherever it stands.
inline std::string sid_of(std::string_view text) {
    constexpr std::string_view key = "\"sid\":\"";
    auto const at = text.find(key);
    if (at == text.npos) throw std::runtime_error("no sid: " + std::string(text));
    auto const from = at + key.size();
    return std::string(text.substr(from, text.find('"', from) - from));
}

inline std::string const usual_secret = "a secret of the test's own nodes";

/// What a node of a test is made with.
struct node_terms {
    unsigned threads = 1;
    server_options server{};
    std::string secret = usual_secret;
    std::function<void(cluster_options&)> change{};
    engineio_options engineio{};
};

/// One server of several: Engine.IO on /eio, SockJS on /echo, a WebSocket on /ws, all of which echo
/// and note. Answers of SockJS say in X-Client whose request it was.
class test_node {
public:
    test_node(std::shared_ptr<session_registry> registry, node_terms const& terms)
        : server_(options_of(terms), [&](anywire::server& at) {
              cluster_options o{.registry = std::move(registry),
                                .secret = terms.secret,
                                .heartbeat = std::chrono::milliseconds(100),
                                .lives = std::chrono::milliseconds(60'000)};
              if (terms.change) terms.change(o);
              node_ = std::make_unique<cluster_node>(at, std::move(o));
              auto io = terms.engineio;
              eio = at.mount("/eio", std::move(io), noting_echo(seen));
              sockjs_options s{.htmlfile = true, .jsonp = true};
              s.headers = [](request const& r, response_headers& out) {
                  out.add("X-Client", r.remote_address());
              };
              sockjs = at.mount("/echo", std::move(s), noting_echo(seen));
              at.mount("/ws", websocket_options{}, noting_echo(seen));
          }) {}

    std::uint16_t port() const { return server_.port(); }
    running_server& server() noexcept { return server_; }
    cluster_node const& node() const noexcept { return *node_; }
    cluster_numbers numbers() const { return node_->numbers(); }
    std::uint16_t internal_port() const {
        auto const& text = node_->address();
        return static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
    }

    notes seen{};
    endpoint eio{};
    endpoint sockjs{};

private:
    static server_options options_of(node_terms const& t) {
        auto out = t.server;
        out.port = 0;
        out.threads = t.threads;
        return out;
    }

    std::unique_ptr<cluster_node> node_{};
    running_server server_;
};

/// Several nodes, and a balancer that never sends two requests in a row to the same one.
class test_cluster {
public:
    explicit test_cluster(std::size_t nodes, node_terms terms = {}) : terms_(std::move(terms)) {
        for (std::size_t i = 0; i < nodes; ++i) add();
    }

    test_node& add() { return add(terms_); }
    test_node& add(node_terms const& terms) {
        nodes_.push_back(std::make_unique<test_node>(registry_, terms));
        return *nodes_.back();
    }
    test_node& at(std::size_t i) { return *nodes_.at(i); }
    std::size_t size() const noexcept { return nodes_.size(); }
    void end(std::size_t i) { nodes_.at(i).reset(); }
    std::shared_ptr<session_registry> registry() const noexcept { return registry_; }

    /// A connection to the next node.
    std::uint16_t next_port() {
        do {
            last_ = (last_ + 1) % nodes_.size();
        } while (!nodes_[last_]);
        return nodes_[last_]->port();
    }
    raw_client next() { return raw_client(next_port()); }
    response get(std::string_view target, std::string_view fields = {}) {
        return next().get(target, fields);
    }
    response post(std::string_view target, std::string_view body, std::string_view fields = {}) {
        return next().post(target, body, fields);
    }
    cluster_numbers total() const {
        cluster_numbers out;
        for (auto const& n : nodes_) {
            if (!n) continue;
            auto const one = n->numbers();
            out.carried += one.carried;
            out.tunnelled += one.tunnelled;
            out.not_carried += one.not_carried;
            out.asked += one.asked;
            out.served += one.served;
            out.under_way += one.under_way;
        }
        return out;
    }

private:
    node_terms terms_;
    std::shared_ptr<session_registry> registry_ = make_memory_registry();
    std::vector<std::unique_ptr<test_node>> nodes_{};
    std::size_t last_ = 0;
};

inline std::string polling(std::string_view sid = {}) {
    std::string out("/eio/?EIO=4&transport=polling");
    return sid.empty() ? out : out.append("&sid=").append(sid);
}
inline std::string probing(std::string_view sid) {
    return std::string("/eio/?EIO=4&transport=websocket&sid=").append(sid);
}

inline constexpr std::string_view unknown_sid = R"({"code":1,"message":"Session ID unknown"})";

}  // namespace anywire::test
