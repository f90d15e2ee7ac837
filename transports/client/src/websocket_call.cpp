#include "websocket_call.hpp"

#include "request_run.hpp"
#include "socket_network.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace anywire {
namespace {

// Of the body of a refusal; `client_failure` says so.
constexpr std::size_t most_of_a_refusal = 1024;

request_run::terms terms_of(socket_network& network, client_websocket_request const& r) {
    request_run::terms out;
    out.method = "GET";
    out.url = *r.url;
    for (auto const& f : r.fields)
        out.fields.push_back({std::string(f.name), std::string(f.value)});
    out.limits.head = network.limits().max_head;
    out.what = http::response_to::upgrade;
    out.timeout = r.timeout;
    auto const* const own = network.own_for(*r.url);
    if (!own) return out;
    out.fields.insert(out.fields.end(), own->headers.begin(), own->headers.end());
    if (own->target.empty()) return out;
    // It was checked when the client was made.
    if (auto there = parse_url(out.url.origin() + own->target)) {
        out.url.path = std::move(there->path);
        out.url.query = std::move(there->query);
    }
    return out;
}

std::vector<std::string> protocols_of(socket_network& network, client_websocket_request const& r) {
    auto const* const own = network.own_for(*r.url);
    if (own && !own->protocols.empty()) return own->protocols;
    return {r.protocols.begin(), r.protocols.end()};
}

}  // namespace

/// What becomes a WebSocket, or not. It goes as soon as it has opened one.
class websocket_call::handshake final : private request_run {
public:
    handshake(websocket_call& of, socket_network& network, client_websocket_request const& r)
        : request_run(network, terms_of(network, r)),
          call_(of),
          protocols_(protocols_of(network, r)),
          options_{.max_message = r.max_message,
                   .close_handshake = r.close_handshake,
                   .deflate = r.deflate} {
        start();
    }

private:
    error_code append_request(std::string& out,
                              std::span<websocket::request_field const> fields,
                              std::string_view target) override;
    void on_head(http::response_head const& head) override;
    void on_piece(std::string_view piece) override;
    void on_done() override { fail(refusal_); }
    void on_stream(http::response_head const& head,
                   byte_stream stream,
                   std::string_view rest) override;
    void on_failed(client_failure const& why) override;

    websocket::handshake_request asked() const;
    websocket::handshake_result check(http::response_head const& head) const;

    websocket_call& call_;
    std::vector<std::string> protocols_;
    websocket_link_options options_;
    std::string key_{};
    client_failure refusal_{};
    bool refused_ = false;
};

websocket_call::websocket_call(socket_network& network,
                               client_websocket_request const& r,
                               client_websocket_events& to)
    : to_(to), opening_(std::make_unique<handshake>(*this, network, r)) {}

websocket_call::~websocket_call() {
    if (open_) open_->abandon();
}

void websocket_call::send(message_view m, bool compress) {
    if (open_) open_->send_message(m, compress);
}

void websocket_call::ping() {
    if (open_) open_->send_ping();
}

void websocket_call::close(close_code code, std::string_view text) {
    if (open_) open_->close(code, text);
}

std::size_t websocket_call::unsent_bytes() const noexcept {
    return open_ ? open_->bytes_left() : 0;
}

void websocket_call::pause(bool is) {
    paused_ = is;
    if (open_) open_->pause(is);
}

// -- the handshake --------------------------------------------------------------------------------

websocket::handshake_request websocket_call::handshake::asked() const {
    websocket::handshake_request out;
    out.key = key_;
    out.protocols = protocols_;
    out.deflate = options_.deflate;
    return out;
}

error_code websocket_call::handshake::append_request(
    std::string& out, std::span<websocket::request_field const> fields, std::string_view target) {
    std::array<std::uint8_t, 16> random{};
    network().loop().fill_random(random);
    key_ = websocket::make_key(random);
    auto const host = url().authority();
    auto r = asked();
    r.host = host;
    r.target = target;
    r.fields = fields;
    return websocket::append_handshake_request(out, r);
}

websocket::handshake_result websocket_call::handshake::check(
    http::response_head const& head) const {
    auto const connection = head.joined("connection");
    auto const upgrade = head.joined("upgrade");
    auto const accept = head.joined("sec-websocket-accept");
    auto const protocol = head.joined("sec-websocket-protocol");
    auto const extensions = head.joined("sec-websocket-extensions");
    return websocket::check_handshake_response({.status = head.status,
                                                .connection = connection,
                                                .upgrade = upgrade,
                                                .accept = accept,
                                                .protocol = protocol,
                                                .extensions = extensions,
                                                .http_1_1 = head.version >= 11},
                                               asked());
}

void websocket_call::handshake::on_stream(http::response_head const& head,
                                          byte_stream stream,
                                          std::string_view rest) {
    auto const result = check(head);
    if (result.error) {
        client_failure why;
        why.stage = client_stage::handshake;
        why.error = result.error;
        why.status = head.status;
        why.text = url().origin() + ": " + std::string(result.why);
        return fail(std::move(why));
    }
    options_.agreed = result.deflate;
    auto& call = call_;
    auto& link = *new websocket_link(network().host(), std::move(stream), options_);
    link.attach(call.to_, call.open_);
    if (call.paused_) link.pause(true);
    auto const done = std::move(call.opening_);  // this, which goes when it returns
    presence::watch const here(call.presence_);
    call.to_.on_open(result.protocol, {.status = head.status, .fields = head.fields});
    if (!here.is_gone() && call.open_) call.open_->start(call.to_, call.open_, rest);
}

// -- what is no WebSocket -------------------------------------------------------------------------

void websocket_call::handshake::on_head(http::response_head const& head) {
    refused_ = true;
    refusal_.stage = client_stage::handshake;
    refusal_.error = errc::handshake_refused;
    refusal_.status = head.status;
    refusal_.text = url().origin() + " answered the WebSocket handshake with status " +
                    std::to_string(head.status);
    for (auto const& f : head.fields)
        refusal_.headers.push_back({std::string(f.name), std::string(f.value)});
}

void websocket_call::handshake::on_piece(std::string_view piece) {
    refusal_.body.append(piece.substr(0, most_of_a_refusal - refusal_.body.size()));
    if (refusal_.body.size() >= most_of_a_refusal) fail(refusal_);
}

void websocket_call::handshake::on_failed(client_failure const& why) {
    // What came of a refusal is enough, however it broke off.
    auto const told = refused_ ? refusal_ : why;
    call_.to_.on_failure(told);
}

}  // namespace anywire
