#pragma once

#include "client/network.hpp"
#include "session/session_loop.hpp"

#include <boost/system/errc.hpp>

#include <chrono>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A client's network without sockets: what is asked is written down, and the test answers.
namespace anywire::test {

using strings = std::vector<std::string>;

[[nodiscard]] inline client_failure broken(std::string text = "the connection broke") {
    return {.stage = client_stage::request,
            .error = make_error_code(boost::system::errc::connection_reset),
            .text = std::move(text)};
}

/// What a machine promises its network. Fuzz targets stand on this, too, so it is not Catch2's.
inline void require_promise(bool is_kept, std::string const& what) {
    if (!is_kept) throw std::logic_error(what);
}

/// A request that was made. Stays when its call has gone.
struct fake_call {
    std::string method{};
    std::string url{};
    std::string path{};  ///< Without the query.
    std::string query{};
    std::string body{};
    std::string content_type{};
    strings fields{};  ///< "Name: value".
    std::chrono::milliseconds timeout{0};
    std::size_t max_body = 0;
    bool streamed = false;
    bool is_once = false;
    client_response_events* events = nullptr;  ///< Null once it has ended or was dropped.
    bool is_dropped = false;
    bool is_paused = false;

    bool is_open() const noexcept { return events != nullptr; }
    /// The whole answer, in one go.
    void answer(unsigned status, std::string_view text, std::string_view type = "text/plain") {
        begin(status, type);
        piece(text);
        finish();
    }
    void begin(unsigned status, std::string_view type = "text/plain") {
        http_field const field{"Content-Type", type};
        if (events) events->on_head({.status = status, .fields = {&field, 1}});
    }
    void piece(std::string_view text) {
        // A copy of its own, so that a sanitizer sees who keeps it.
        std::string const own(text);
        if (events && !own.empty()) events->on_body(own);
    }
    void finish() {
        if (auto* const to = std::exchange(events, nullptr)) to->on_end();
    }
    void fail(client_failure const& why = broken()) {
        if (auto* const to = std::exchange(events, nullptr)) to->on_failure(why);
    }
    void cut() { fail(); }
};

/// A WebSocket that was asked for.
struct fake_socket {
    std::string url{};
    std::string path{};
    std::string query{};
    strings protocols{};
    strings fields{};
    std::chrono::milliseconds timeout{0};
    std::size_t max_message = 0;
    bool deflate = false;
    client_websocket_events* events = nullptr;
    bool is_dropped = false;
    bool is_open = false;
    bool is_paused = false;
    int pings = 0;
    std::vector<std::pair<std::string, bool>> sent{};
    strings plain{};  ///< Those sent that shall not be compressed.
    std::size_t unsent = 0;
    std::string goodbye{};  ///< "code text" of `close`.

    /// The texts sent since the last call; binary ones in brackets.
    strings take() {
        strings out;
        for (auto const& [data, is_binary] : std::exchange(sent, {}))
            out.push_back(is_binary ? "<" + data + ">" : data);
        return out;
    }
    void open(std::string_view protocol = {}, std::span<http_field const> answered = {}) {
        is_open = true;
        if (events) events->on_open(protocol, {.status = 101, .fields = answered});
    }
    void fail(client_failure const& why = broken()) {
        if (auto* const to = std::exchange(events, nullptr)) to->on_failure(why);
    }
    void message(std::string_view text, bool is_binary = false) {
        std::string const own(text);
        if (events) events->on_message({own, is_binary});
    }
    void live() {
        if (events) events->on_alive();
    }
    /// What was sent is with the kernel.
    void drain() {
        if (std::exchange(unsent, 0) > 0 && events) events->on_sent();
    }
    void closed(unsigned code, bool clean = true, std::string_view text = {}) {
        std::string const own(text);
        auto const reason = clean ? close_reason::server_closed : close_reason::transport_lost;
        if (auto* const to = std::exchange(events, nullptr))
            to->on_closed({reason, static_cast<close_code>(code), own}, clean);
    }
    void cut() { is_open ? closed(1006, false) : fail(); }
};

class fake_network final : public client_network {
public:
    explicit fake_network(unsigned seed = 1)
        : random(seed), loop_(0, 1000, sink_, [this](auto bytes) {
              for (auto& b : bytes) b = static_cast<unsigned char>(random());
          }) {}

    std::mt19937 random;
    std::vector<std::shared_ptr<fake_call>> calls{};
    std::vector<std::shared_ptr<fake_socket>> sockets{};

    /// The newest one whose path ends so, and that is open.
    fake_call& call(std::string_view path_end, std::string_view method = {}) {
        for (auto at = calls.rbegin(); at != calls.rend(); ++at)
            if ((*at)->is_open() && (*at)->path.ends_with(path_end) &&
                (method.empty() || (*at)->method == method))
                return **at;
        throw std::logic_error("no open call of " + std::string(method) + ' ' +
                               std::string(path_end));
    }
    std::size_t open_calls() const {
        std::size_t n = 0;
        for (auto const& c : calls) n += c->is_open();
        return n;
    }
    std::size_t open_sockets() const {
        std::size_t n = 0;
        for (auto const& s : sockets) n += s->events != nullptr;
        return n;
    }
    fake_socket& socket() {
        require_promise(!sockets.empty(), "no WebSocket");
        return *sockets.back();
    }
    void advance(std::chrono::milliseconds by) {
        for (auto left = to_ticks(by); left > 0; --left) loop_.advance(loop_.now() + 1);
    }

    std::unique_ptr<client_call> fetch(client_request const& r,
                                       client_response_events& to) override {
        auto c = std::make_shared<fake_call>();
        c->method = r.method;
        c->url = r.url->origin() + r.url->target();
        c->path = r.url->path;
        c->query = r.url->query;
        c->body = r.body;
        c->content_type = r.content_type;
        for (auto const& f : r.fields)
            c->fields.push_back(std::string(f.name).append(": ").append(f.value));
        c->timeout = r.timeout;
        c->max_body = r.max_body;
        c->streamed = r.streamed;
        c->is_once = r.is_once;
        c->events = &to;
        calls.push_back(c);
        return std::make_unique<call_handle>(std::move(c));
    }
    std::unique_ptr<client_websocket> open_websocket(client_websocket_request const& r,
                                                     client_websocket_events& to) override {
        auto s = std::make_shared<fake_socket>();
        s->url = r.url->origin() + r.url->target();
        s->path = r.url->path;
        s->query = r.url->query;
        s->protocols.assign(r.protocols.begin(), r.protocols.end());
        for (auto const& f : r.fields)
            s->fields.push_back(std::string(f.name).append(": ").append(f.value));
        s->timeout = r.timeout;
        s->max_message = r.max_message;
        s->deflate = r.deflate.enabled;
        s->events = &to;
        sockets.push_back(s);
        return std::make_unique<socket_handle>(std::move(s));
    }
    session_loop& loop() noexcept override { return loop_; }

private:
    class call_handle final : public client_call {
    public:
        explicit call_handle(std::shared_ptr<fake_call> c) : call_(std::move(c)) {}
        ~call_handle() override {
            call_->is_dropped = call_->events != nullptr;
            call_->events = nullptr;
        }
        void pause(bool is) override { call_->is_paused = is; }

    private:
        std::shared_ptr<fake_call> call_;
    };
    class socket_handle final : public client_websocket {
    public:
        explicit socket_handle(std::shared_ptr<fake_socket> s) : socket_(std::move(s)) {}
        ~socket_handle() override {
            socket_->is_dropped = socket_->events != nullptr;
            socket_->events = nullptr;
        }
        void send(message_view m, bool compress) override {
            require_promise(socket_->is_open && socket_->events, "sends to no open WebSocket");
            require_promise(socket_->goodbye.empty(), "sends after its goodbye");
            socket_->sent.emplace_back(std::string(m.data), m.binary);
            if (!compress) socket_->plain.emplace_back(m.data);
            socket_->unsent += m.data.size() + 6;
        }
        void ping() override {
            require_promise(socket_->is_open && socket_->goodbye.empty(),
                            "pings too early or late");
            ++socket_->pings;
        }
        void close(close_code code, std::string_view text) override {
            require_promise(socket_->is_open && socket_->events, "closes no open WebSocket");
            require_promise(socket_->goodbye.empty(), "closes twice");
            socket_->goodbye = std::to_string(static_cast<unsigned>(code)).append(" ").append(text);
        }
        std::size_t unsent_bytes() const noexcept override { return socket_->unsent; }
        void pause(bool is) override { socket_->is_paused = is; }

    private:
        std::shared_ptr<fake_socket> socket_;
    };

    log_sink sink_{};
    session_loop loop_;
};

}  // namespace anywire::test
