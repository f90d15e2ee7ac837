#pragma once

#include "stomp/server/relay.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace anywire::test {

/// A frame as a broker got it, or sends it.
struct broker_frame {
    stomp::command what{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};

    std::string header(std::string_view name) const {
        for (auto const& [known, value] : headers)
            if (known == name) return value;
        return {};
    }
};

/// What a client has at the fake broker.
struct broker_peer {
    stomp::relay_request asked{};
    stomp::relay_link::events* client = nullptr;  ///< Null when its link has gone.
    std::vector<broker_frame> got{};
    bool is_full = false;
    bool can_say = true;  ///< Destinations, that is.
    unsigned resumes = 0;

    void let_in(stomp::version v = stomp::version::v1_2, stomp::heart_beat granted = {}) {
        REQUIRE(client);
        client->on_relay_up(v, granted);
    }
    bool send(broker_frame const& f) {
        REQUIRE(client);
        stomp::frame_view view{.what = f.what, .body = f.body};
        for (auto const& [name, value] : f.headers) view.headers.push_back({name, value});
        return client->on_relay_frame(view);
    }
    bool receipt(std::string const& id) {
        return send({.what = stomp::command::receipt, .headers = {{"receipt-id", id}}});
    }
    std::vector<broker_frame> take() { return std::exchange(got, {}); }
};

/// A broker elsewhere of which a test says what it does.
class fake_broker final : public stomp::broker_relay {
public:
    std::vector<std::shared_ptr<broker_peer>> peers{};
    std::vector<stomp::published_ptr> sent{};  ///< By the application.
    bool has_room = true;
    bool lets_in = true;  ///< At once.

    broker_peer& last() {
        REQUIRE_FALSE(peers.empty());
        return *peers.back();
    }

    void attach(std::shared_ptr<shard_group>, stomp::options const&) override {}
    void on_shards_gone() noexcept override {}
    std::unique_ptr<stomp::relay_link> open(std::size_t,
                                            stomp::relay_request what,
                                            stomp::relay_link::events& to) override {
        auto peer = std::make_shared<broker_peer>();
        peer->asked = std::move(what);
        peer->client = &to;
        peers.push_back(peer);
        if (lets_in) peer->let_in();
        return std::make_unique<link>(peer);
    }
    result<void> send(stomp::published_ptr p) override {
        if (!has_room) return errc::send_queue_full;
        sent.push_back(std::move(p));
        return {};
    }

    stomp::relay_numbers numbers() const noexcept override {
        return {.is_there = lets_in, .held_bytes = sent.size()};
    }

private:
    class link final : public stomp::relay_link {
    public:
        explicit link(std::shared_ptr<broker_peer> of) : peer_(std::move(of)) {}
        ~link() override { peer_->client = nullptr; }
        bool forward(stomp::frame_view const& f) override {
            if (!peer_->can_say) return false;
            broker_frame kept{.what = f.what, .body = std::string(f.body)};
            for (auto const& h : f.headers) kept.headers.emplace_back(h.name, h.value);
            peer_->got.push_back(std::move(kept));
            return true;
        }
        bool is_full() const noexcept override { return peer_->is_full; }
        void resume() override { ++peer_->resumes; }

    private:
        std::shared_ptr<broker_peer> peer_;
    };
};

}  // namespace anywire::test
