#pragma once

#include "adapters/pubsub_link.hpp"
#include "adapters/sharded_link.hpp"
#include "adapters/streams_link.hpp"
#include "support/fake_redis.hpp"
#include "support/fake_sockets.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace anywire::test {

using strings = std::vector<std::string>;

/// One server: its sockets, and the adapter that connects them with others.
struct cluster_server {
    cluster_server(fake_redis& redis, redis::adapter_maker const& make, std::string const& nsp)
        : here(nsp) {
        (void)redis;
        adapter = make(here);
        adapter->init();
    }
    ~cluster_server() {
        adapter->close();
        here.end();
    }
    cluster_server(cluster_server const&) = delete;
    cluster_server& operator=(cluster_server const&) = delete;

    /// A socket joins, and the adapter hears of it.
    void add(std::string const& id, strings const& rooms = {}) {
        here.add(id, rooms);
        adapter->on_room(room_change::joined, id, id);
        for (auto const& r : rooms) adapter->on_room(room_change::joined, r, id);
    }

    fake_sockets here;
    std::unique_ptr<socketio::adapter> adapter{};
};

/// Servers that share a Redis, by the adapters of one kind: "pubsub", "sharded" or "streams".
struct cluster_world {
    explicit cluster_world(std::string kind, redis::adapter_options common = {})
        : kind_of(std::move(kind)) {
        common.counters = counters;
        options = common;
    }

    cluster_server& serve(std::string const& nsp = "/", bool recovers = false) {
        redis::adapter_maker make;
        // A process has a connection of its own.
        auto const port = redis.connect();
        if (kind_of == "pubsub")
            make = redis::make_pubsub_adapter(
                port, {.answers_on_own_channel = own_answers, .common = options});
        if (kind_of == "sharded")
            make = redis::make_sharded_adapter(port, {.mode = mode, .common = options});
        if (kind_of == "streams") make = redis::make_streams_adapter(port, {.common = options});
        auto const with_terms = [&](socketio::local_sockets& here) {
            static_cast<fake_sockets&>(here).recovery_terms.enabled = recovers;
            return make(here);
        };
        servers.push_back(std::make_unique<cluster_server>(redis, with_terms, nsp));
        redis.run();
        return *servers.back();
    }

    std::string kind_of;
    bool own_answers = false;  ///< Of "pubsub".
    redis::subscription_mode mode = redis::subscription_mode::dynamic;
    std::shared_ptr<redis::adapter_counters> counters = std::make_shared<redis::adapter_counters>();
    redis::adapter_options options{};
    fake_redis redis{};
    std::vector<std::unique_ptr<cluster_server>> servers{};
};

// -- what is told of answers ----------------------------------------------------------------------

struct fetched {
    void operator()(error_code e, std::vector<socketio::remote_socket> all) {
        ++calls;
        error = e;
        for (auto const& s : all) ids.push_back(s.id);
        std::sort(ids.begin(), ids.end());
        sockets = std::move(all);
    }
    int calls = 0;
    error_code error{};
    strings ids{};
    std::vector<socketio::remote_socket> sockets{};
};

struct answered {
    bool operator()(error_code e, std::span<socketio::arguments const> all) {
        ++calls;
        error = e;
        for (auto const& a : all) values.push_back(a[0].as_string().value_or("?"));
        std::sort(values.begin(), values.end());
        return true;
    }
    int calls = 0;
    error_code error{};
    strings values{};
};

struct named {
    void operator()(error_code e, strings all) {
        ++calls;
        error = e;
        std::sort(all.begin(), all.end());
        names = std::move(all);
    }
    int calls = 0;
    error_code error{};
    strings names{};
};

inline std::string some_kind() {
    return GENERATE(as<std::string>{}, "pubsub", "sharded", "streams");
}

}  // namespace anywire::test
