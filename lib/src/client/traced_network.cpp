#include "client/traced_network.hpp"

#include <string>
#include <utility>

namespace anywire {
namespace {

/// Says what belongs to one request or WebSocket.
class teller {
public:
    teller(traced_network::tracer const& to, std::uint64_t number)
        : to_(to), exchange_("#" + std::to_string(number)) {}

    void sent(std::string_view what, std::string_view data = {}, bool binary = false) const {
        to_({true, exchange_, what, data, binary});
    }
    void came(std::string_view what, std::string_view data = {}, bool binary = false) const {
        to_({false, exchange_, what, data, binary});
    }
    void came(client_response const& head) const {
        std::string fields;
        for (auto const& f : head.fields)
            fields.append(f.name).append(": ").append(f.value).append("\n");
        came(std::to_string(head.status), fields);
    }
    void failed(client_failure const& why) const {
        came("failed in " + std::string(to_string(why.stage)), why.text);
    }

private:
    traced_network::tracer to_;
    std::string exchange_;
};

std::string fields_of(std::span<websocket::request_field const> fields) {
    std::string text;
    for (auto const& f : fields) text.append(f.name).append(": ").append(f.value).append("\n");
    return text;
}

// Who hears an event may destroy the object that tells it: nothing of it is used after that.

class traced_call final : public client_call, private client_response_events {
public:
    traced_call(teller tells, client_response_events& to) : tells_(std::move(tells)), to_(to) {}

    void begin(client_network& real, client_request const& r) {
        tells_.sent(std::string(r.method) + " " + r.url->origin() + r.url->target(),
                    fields_of(r.fields));
        if (!r.body.empty()) tells_.sent("body", r.body);
        real_ = real.fetch(r, *this);
    }
    void pause(bool is) override { real_->pause(is); }

private:
    void on_head(client_response const& head) override {
        tells_.came(head);
        to_.on_head(head);
    }
    void on_body(std::string_view piece) override {
        tells_.came("body", piece);
        to_.on_body(piece);
    }
    void on_end() override {
        tells_.came("end");
        to_.on_end();
    }
    void on_failure(client_failure const& why) override {
        tells_.failed(why);
        to_.on_failure(why);
    }

    teller tells_;
    client_response_events& to_;
    std::unique_ptr<client_call> real_{};
};

class traced_websocket final : public client_websocket, private client_websocket_events {
public:
    traced_websocket(teller tells, client_websocket_events& to)
        : tells_(std::move(tells)), to_(to) {}

    void begin(client_network& real, client_websocket_request const& r) {
        tells_.sent("WebSocket " + r.url->origin() + r.url->target(), fields_of(r.fields));
        real_ = real.open_websocket(r, *this);
    }

    void send(message_view m, bool compress) override {
        tells_.sent(m.binary ? "binary" : "text", m.data, m.binary);
        real_->send(m, compress);
    }
    void ping() override {
        tells_.sent("ping");
        real_->ping();
    }
    void close(close_code code, std::string_view text) override {
        tells_.sent("close " + std::to_string(static_cast<unsigned>(code)), text);
        real_->close(code, text);
    }
    std::size_t unsent_bytes() const noexcept override { return real_->unsent_bytes(); }
    void pause(bool is) override { real_->pause(is); }

private:
    void on_open(std::string_view protocol, client_response const& response) override {
        tells_.came(response);
        to_.on_open(protocol, response);
    }
    void on_failure(client_failure const& why) override {
        tells_.failed(why);
        to_.on_failure(why);
    }
    void on_message(message_view m) override {
        tells_.came(m.binary ? "binary" : "text", m.data, m.binary);
        to_.on_message(m);
    }
    void on_alive() override {
        tells_.came("alive");
        to_.on_alive();
    }
    void on_sent() override { to_.on_sent(); }
    void on_closed(close_event const& how, bool clean) override {
        tells_.came("closed " + std::to_string(static_cast<unsigned>(how.code)), how.text);
        to_.on_closed(how, clean);
    }

    teller tells_;
    client_websocket_events& to_;
    std::unique_ptr<client_websocket> real_{};
};

}  // namespace

std::unique_ptr<client_call> traced_network::fetch(client_request const& r,
                                                   client_response_events& to) {
    auto call = std::make_unique<traced_call>(teller(to_, ++number_), to);
    call->begin(real_, r);
    return call;
}

std::unique_ptr<client_websocket> traced_network::open_websocket(client_websocket_request const& r,
                                                                 client_websocket_events& to) {
    auto socket = std::make_unique<traced_websocket>(teller(to_, ++number_), to);
    socket->begin(real_, r);
    return socket;
}

}  // namespace anywire
