#pragma once

#include <anywire/asio.hpp>
#include <anywire/client_context.hpp>
#include <anywire/executors.hpp>
#include <anywire/server.hpp>

#include "backend.hpp"
#include "support/running_server.hpp"
#include "support/scripted_server.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace anywire::test {

/// A server as the gateway has one: with a place for clients on each of its shards.
class gateway_server {
public:
    using place_finder = std::function<gateway::shard_place&()>;

    /// `set_up` mounts; it runs before the server does.
    gateway_server(server_options options,
                   std::function<void(server&, place_finder const&)> const& set_up)
        : server_(with_log(std::move(options))) {
        auto const threads = server_threads_;
        for (unsigned i = 0; i < threads; ++i) {
            contexts_.push_back(
                std::make_unique<client_context>(executors(server_.executor_of(i)), log_));
            places_.push_back({.index = i,
                               .executor = server_.executor_of(i),
                               .clients = contexts_.back().get(),
                               .log = log_});
        }
        set_up(server_, [this]() -> gateway::shard_place& { return here(); });
        thread_ = std::thread([this] { server_.run(); });
    }
    ~gateway_server() {
        end();
        places_.clear();
        contexts_.clear();  // before the executors that they are on
    }
    gateway_server(gateway_server const&) = delete;
    gateway_server& operator=(gateway_server const&) = delete;

    /// Ends its shards.
    void end() {
        if (!thread_.joinable()) return;
        server_.stop();
        thread_.join();
    }
    server* operator->() noexcept { return &server_; }
    std::uint16_t port() const { return server_.port(); }

    notes log{};

private:
    server_options with_log(server_options o) {
        server_threads_ = o.threads;
        log_ = {.level = log_level::info,
                .write = [this](log_level, std::string_view line) { log.add(std::string(line)); }};
        if (!o.log.write) o.log = log_;
        return o;
    }
    gateway::shard_place& here() {
        for (auto& p : places_)
            if (p.clients->is_here()) return p;
        throw std::logic_error("not on a shard");
    }

    unsigned server_threads_ = 1;
    log_sink log_{};
    server server_;
    std::vector<std::unique_ptr<client_context>> contexts_{};
    std::vector<gateway::shard_place> places_{};
    std::thread thread_{};
};

}  // namespace anywire::test
