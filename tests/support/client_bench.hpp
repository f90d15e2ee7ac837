#pragma once

#include <anywire/client_context.hpp>

#include "context_floor.hpp"
#include "core/base64.hpp"
#include "socket_network.hpp"
#include "support/running_server.hpp"
#include "support/scripted_server.hpp"
#include "websocket/handshake.hpp"

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace anywire::test {

inline void raw_peer::accept_websocket(std::string_view more, std::string_view fields) {
    auto const head = read_head();
    std::string_view const name = "Sec-WebSocket-Key: ";
    auto const from = head.find(name) + name.size();
    auto const key = head.substr(from, head.find('\r', from) - from);
    std::string answer(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    answer.append("Sec-WebSocket-Accept: ").append(websocket::accept_key(key)).append("\r\n");
    send(answer.append(fields).append("\r\n").append(more));
}

/// Notes what becomes of one request: "head 200", "body ...", "end", "failed stage: text".
class noting_response final : public client_response_events {
public:
    explicit noting_response(notes& to) noexcept : notes_(to) {}

    void on_head(client_response const& head) override {
        std::string line = "head " + std::to_string(head.status);
        if (auto const type = head.field("content-type"); !type.empty())
            line.append(" ").append(type);
        notes_.add(line);
        if (then) then();
    }
    void on_body(std::string_view piece) override {
        bytes += piece.size();
        notes_.add("body " + std::string(piece.substr(0, 200)));
        if (then_body) then_body();
    }
    void on_end() override {
        notes_.add("end");
        if (then_end) then_end();
    }
    void on_failure(client_failure const& why) override {
        if (!why.error) notes_.add("no error code!");
        notes_.add("failed " + std::string(to_string(why.stage)) + " " +
                   std::to_string(why.status) + ": " + why.text);
        if (then_end) then_end();
    }

    std::function<void()> then{};
    std::function<void()> then_body{};
    std::function<void()> then_end{};
    std::atomic<std::size_t> bytes{0};

private:
    notes& notes_;
};

/// The same for a WebSocket: "open proto", "message ...", "closed code reason clean".
class noting_websocket final : public client_websocket_events {
public:
    explicit noting_websocket(notes& to) noexcept : notes_(to) {}

    void on_open(std::string_view protocol, client_response const&) override {
        notes_.add("open " + std::string(protocol));
        if (then_open) then_open();
    }
    void on_failure(client_failure const& why) override {
        if (!why.error) notes_.add("no error code!");
        notes_.add("failed " + std::string(to_string(why.stage)) + " " +
                   std::to_string(why.status) + ": " + why.text +
                   (why.body.empty() ? "" : " | " + why.body));
        if (then_closed) then_closed();
    }
    void on_message(message_view m) override {
        bytes += m.data.size();
        notes_.add((m.binary ? "binary " : "message ") + std::string(m.data.substr(0, 200)));
        if (then_message) then_message();
    }
    void on_alive() override { notes_.add("alive"); }
    void on_sent() override { notes_.add("sent"); }
    void on_closed(close_event const& how, bool clean) override {
        notes_.add("closed " + std::to_string(static_cast<unsigned>(how.code)) + " " +
                   std::string(to_string(how.reason)) + (clean ? " clean " : " unclean ") +
                   std::string(how.text));
        if (then_closed) then_closed();
    }

    std::function<void()> then_open{};
    std::function<void()> then_message{};
    std::function<void()> then_closed{};
    std::atomic<std::size_t> bytes{0};

private:
    notes& notes_;
};

/// What a bench asks for.
struct bench_request {
    std::string method = "GET";
    std::string body{};
    std::string content_type{};
    std::vector<websocket::request_field> fields{};
    bool streamed = false;
    bool is_once = false;
    std::size_t max_body = 0;
    std::chrono::milliseconds timeout{patience};
};

/// What a bench opens a WebSocket with.
struct bench_handshake {
    std::vector<websocket::request_field> fields{};
    std::vector<std::string> protocols{};
    websocket::deflate_options deflate{};
    std::size_t max_message = 1'000'000;
    std::chrono::milliseconds timeout{patience};
    std::chrono::milliseconds close_handshake{patience};
};

/// A network on a context of its own.
class client_bench {
public:
    explicit client_bench(anywire::client_options options = {}) : options_(std::move(options)) {
        if (options_.network.proxy.empty()) options_.network.proxy = "-";
        std::string wrong;
        network_ = client_access::make_network(context_, options_, wrong);
        if (!network_) throw std::runtime_error(wrong);
    }
    ~client_bench() {
        run([this] {
            calls_.clear();
            sockets_.clear();
            network_.reset();
        });
    }

    /// Runs `fn` where the clients run, and waits for it.
    template <class Function>
    void run(Function fn) {
        std::promise<void> done;
        context_.post([&] {
            fn();
            done.set_value();
        });
        if (done.get_future().wait_for(patience) != std::future_status::ready)
            throw std::runtime_error("the context does not run");
    }

    noting_response& fetch(std::string const& url, bench_request const& what = {}) {
        responses_.push_back(std::make_unique<noting_response>(seen));
        auto& to = *responses_.back();
        run([&] {
            auto const parsed = parse_url(url).value();
            calls_.push_back(network_->fetch({.method = what.method,
                                              .url = &parsed,
                                              .fields = what.fields,
                                              .content_type = what.content_type,
                                              .body = what.body,
                                              .max_body = what.max_body,
                                              .timeout = what.timeout,
                                              .is_once = what.is_once,
                                              .streamed = what.streamed},
                                             to));
        });
        return to;
    }
    noting_websocket& open(std::string const& url, bench_handshake const& what = {}) {
        opened_.push_back(std::make_unique<noting_websocket>(seen));
        auto& to = *opened_.back();
        run([&] {
            auto const parsed = parse_url(url).value();
            sockets_.push_back(network_->open_websocket({.url = &parsed,
                                                         .fields = what.fields,
                                                         .protocols = what.protocols,
                                                         .deflate = what.deflate,
                                                         .max_message = what.max_message,
                                                         .timeout = what.timeout,
                                                         .close_handshake = what.close_handshake},
                                                        to));
        });
        return to;
    }
    void send(std::string_view text, bool binary = false, bool compress = true) {
        run([&] { sockets_.back()->send({text, binary}, compress); });
    }

    client_call& call() { return *calls_.back(); }
    client_websocket& socket() { return *sockets_.back(); }
    void drop_calls() { calls_.clear(); }      // where the clients run
    void drop_sockets() { sockets_.clear(); }  // the same
    socket_network& network() { return *network_; }

    notes seen{};

private:
    anywire::client_options options_;
    client_context context_{};
    std::unique_ptr<socket_network> network_{};
    std::vector<std::unique_ptr<noting_response>> responses_{};
    std::vector<std::unique_ptr<noting_websocket>> opened_{};
    std::vector<std::unique_ptr<client_call>> calls_{};
    std::vector<std::unique_ptr<client_websocket>> sockets_{};
};

}  // namespace anywire::test
