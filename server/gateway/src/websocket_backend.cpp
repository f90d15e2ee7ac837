#include "websocket_backend.hpp"

#include <anywire/client.hpp>

#include "forward_fields.hpp"
#include "text_template.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace anywire::gateway {
namespace {

using std::chrono::steady_clock;

/// One server: how its clients are made.
struct websocket_server {
    text_template url{};
    std::string unix_socket{};
    bool is_engineio = false;
};

/// Splits "ws+unix:/path/of/socket:/path" as the client of npm's ws does.
websocket_server parse_server(std::string_view url) {
    websocket_server server;
    std::string http;
    if (url.starts_with("ws+unix:")) {
        url.remove_prefix(8);
        while (url.starts_with("//")) url.remove_prefix(1);
        auto const colon = url.find(':');
        server.unix_socket = url.substr(0, colon);
        http = "ws://localhost";
        http.append(colon == url.npos ? "/" : url.substr(colon + 1));
    } else if (url.starts_with("engineio")) {
        server.is_engineio = true;
        http = std::string(url.starts_with("engineios:") ? "https" : "http")
                   .append(url.substr(url.find(':')));
    } else {
        http = url;
    }
    if (http.find('{') == http.npos) {  // all that the client asked for goes along
        auto const has_query = http.find('?') != http.npos;
        if (!server.is_engineio && !has_query) http.append("{path}");
        http.append(has_query ? "&{query}" : "?{query}");
    }
    std::string wrong;
    auto parsed = text_template::parse(http, wrong);
    if (!parsed) throw std::invalid_argument("backend " + std::string(url) + ": " + wrong);
    server.url = std::move(*parsed);
    return server;
}

class websocket_backend;

forward_fields fields_of(forward_settings const& s) {
    std::string wrong;
    auto made = forward_fields::make(s, wrong);
    if (!made) throw std::invalid_argument(wrong);
    return std::move(*made);
}

/// A client of the library's that tries one server after the other until one takes the session.
class websocket_link final : public backend_link {
public:
    websocket_link(websocket_backend const& of,
                   shard_place& here,
                   link_opening const& what,
                   link_events& to);
    ~websocket_link() override;

    bool send(message_view m) override;
    void close(close_code code, std::string_view text) override;
    void pause(bool is) override { is ? client_->pause() : client_->resume(); }
    std::size_t queued_bytes() const noexcept override { return client_->queued_bytes(); }
    std::string_view server() const noexcept override;

private:
    enum class state : std::uint8_t { opening, open, over };

    void attempt();
    client_handlers make_handlers();
    void on_open(client& c);
    void on_failure(client_failure const& why);
    void on_close(close_event const& how);
    void on_drain();
    void refuse(link_refusal why);
    void refuse_soon(link_refusal why);

    websocket_backend const& of_;
    shard_place& here_;
    link_events& events_;
    client_options options_;
    std::vector<std::string> urls_{};  ///< For each server, expanded for this client.
    std::vector<std::size_t> tried_{};
    std::optional<std::size_t> server_{};
    std::unique_ptr<client> client_{};
    /// What the client had no room for.
    std::optional<std::vector<std::pair<std::string, bool>>> unsent_{};
    client_failure last_{};
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    state state_ = state::opening;
};

class websocket_backend final : public backend {
public:
    websocket_backend(route_settings const& s, std::shared_ptr<upstreams> servers)
        : settings_(s), servers_(std::move(servers)), fields_(fields_of(s.forward)) {
        for (std::size_t i = 0; i < servers_->size(); ++i)
            parsed_.push_back(parse_server(servers_->url(i)));
    }

    std::unique_ptr<backend_link> open(shard_place& here,
                                       link_opening const& what,
                                       link_events& to) override {
        return std::make_unique<websocket_link>(*this, here, what, to);
    }

    route_settings const& settings() const noexcept { return settings_; }
    upstreams& servers() const noexcept { return *servers_; }
    websocket_server const& server(std::size_t i) const noexcept { return parsed_[i]; }
    /// Nothing where the client is to be told 400.
    std::optional<client_options> options_for(link_opening const& what) const;

private:
    route_settings const settings_;
    std::shared_ptr<upstreams> servers_;
    forward_fields fields_;
    std::vector<websocket_server> parsed_{};
};

std::optional<client_options> websocket_backend::options_for(link_opening const& what) const {
    auto fields = fields_.of(what);
    if (!fields) return std::nullopt;
    client_options o;
    if (settings_.forward.subprotocols)
        for (auto const p : what.request.subprotocols()) o.protocols.emplace_back(p);
    o.headers = std::move(*fields);
    o.connect_timeout = settings_.connect_timeout;
    o.ping_interval = settings_.ping_interval;
    o.reconnect.enabled = false;
    o.offline = while_disconnected::refuse;
    o.max_queued_bytes = settings_.limits.max_queued_bytes;
    o.limits.max_message = settings_.limits.max_message;
    o.network.tls.verify = settings_.backend_verify;
    o.network.tls.ca = settings_.backend_ca;
    o.network.proxy = "-";
    o.network.cookies = false;
    o.transports = {"websocket"};
    return o;
}

/// Whether a failure is the application's own answer: the client gets it, and no other server is
/// asked.
bool is_answer(client_failure const& why) noexcept {
    return why.status >= 400 && why.status < 500 && why.status != 408 && why.status != 429;
}

/// What a client is told where no server takes it.
link_refusal no_server(client_failure const& last) {
    if (last.text.empty())
        return {503, "no server behind the gateway is available", {}, "no server is healthy"};
    auto const is_late = last.error == boost::system::errc::timed_out;
    return {is_late ? 504u : 502u,
            is_late ? "the server behind the gateway took too long"
                    : "no server behind the gateway could be reached",
            {},
            last.text};
}

/// The fields of a refusal that tell a client what to do.
response_headers passed_on(client_failure const& why) {
    response_headers out;
    for (auto const* name : {"WWW-Authenticate", "Retry-After"})
        if (auto const value = why.header(name); !value.empty()) out.add(name, value);
    return out;
}

websocket_link::websocket_link(websocket_backend const& of,
                               shard_place& here,
                               link_opening const& what,
                               link_events& to)
    : of_(of), here_(here), events_(to) {
    auto options = of.options_for(what);
    for (std::size_t i = 0; options && i < of_.servers().size(); ++i) {
        auto url = of_.server(i).url.expand(what, template_use::url);
        if (!url)
            options.reset();
        else
            urls_.push_back(std::move(*url));
    }
    if (!options) {
        refuse_soon({400,
                     "Bad Request",
                     {},
                     "the client asked for a path or sent a field that cannot be passed on"});
        return;
    }
    options_ = std::move(*options);
    attempt();
}

void websocket_link::refuse_soon(link_refusal why) {
    boost::asio::post(here_.executor, [this, alive = std::weak_ptr(alive_), why = std::move(why)] {
        if (!alive.expired()) refuse(why);
    });
}

websocket_link::~websocket_link() {
    if (!server_) return;
    if (state_ == state::opening) of_.servers().on_given_up(*server_);
    if (state_ == state::open) of_.servers().on_closed(*server_, false);
}

void websocket_link::attempt() {
    server_ = of_.servers().choose(steady_clock::now(), tried_);
    if (!server_) return refuse_soon(no_server(last_));
    tried_.push_back(*server_);
    auto const& server = of_.server(*server_);
    options_.url = urls_[*server_];
    options_.dialect = server.is_engineio ? client_dialect::engineio : client_dialect::websocket;
    options_.network.unix_socket = server.unix_socket;
    client_ = std::make_unique<client>(*here_.clients, options_, make_handlers());
    client_->connect();
}

client_handlers websocket_link::make_handlers() {
    client_handlers h;
    h.on_open = [this](client& c) { on_open(c); };
    h.on_message = [this](client&, message_view m) { events_.on_link_message(m); };
    h.on_drain = [this](client&) { on_drain(); };
    h.on_close = [this](client&, close_event const& how) { on_close(how); };
    h.on_failure = [this](client&, client_failure const& why) { on_failure(why); };
    return h;
}

void websocket_link::on_open(client& c) {
    state_ = state::open;
    of_.servers().on_opened(*server_, steady_clock::now());
    events_.on_link_open(c.subprotocol(), {});
}

void websocket_link::on_failure(client_failure const& why) {
    auto const now = steady_clock::now();
    if (is_answer(why)) {
        of_.servers().on_refused(*std::exchange(server_, std::nullopt), now);
        return refuse({.status = why.status,
                       .text = why.body.empty() ? std::string("Refused") : why.body,
                       .fields = passed_on(why),
                       .log = why.text});
    }
    of_.servers().on_failed(*std::exchange(server_, std::nullopt), now, why.text);
    last_ = why;
    attempt();
}

void websocket_link::refuse(link_refusal why) {
    state_ = state::over;
    events_.on_link_refused(std::move(why));
}

bool websocket_link::send(message_view m) {
    if (unsent_) {  // there should be none, but nothing is to be lost
        unsent_->push_back({std::string(m.data), m.binary});
        return false;
    }
    auto const sent = client_->send(m);
    if (sent || sent.error() != errc::send_queue_full) return true;
    unsent_.emplace().push_back({std::string(m.data), m.binary});
    return false;
}

void websocket_link::on_drain() {
    auto const unsent = std::exchange(unsent_, std::nullopt);
    if (!unsent) return;
    auto has_room = true;
    for (auto const& [data, is_binary] : *unsent) has_room = send({data, is_binary});
    if (has_room) events_.on_link_drain();
}

void websocket_link::close(close_code code, std::string_view text) {
    // What the client had no room for goes before the goodbye, if it can.
    client_->close(code, text);
}

void websocket_link::on_close(close_event const& how) {
    state_ = state::over;
    auto const is_lost =
        how.reason == close_reason::transport_lost || how.reason == close_reason::heartbeat_timeout;
    of_.servers().on_closed(*server_, is_lost);
    if (how.reason == close_reason::server_closed || how.reason == close_reason::client_closed)
        return events_.on_link_end({true, how.code, how.text});
    if (is_lost) return events_.on_link_end({});
    // It broke the protocol, or sent what is too long: to connect again would not help.
    events_.on_link_end({true,
                         how.reason == close_reason::message_too_big ? close_code::message_too_big
                                                                     : close_code::internal_error,
                         "the server behind the gateway: " + std::string(to_string(how.reason))});
}

std::string_view websocket_link::server() const noexcept {
    return server_ ? std::string_view(of_.servers().url(*server_)) : std::string_view{};
}

}  // namespace

std::shared_ptr<backend> make_websocket_backend(route_settings const& settings,
                                                std::shared_ptr<upstreams> servers) {
    return std::make_shared<websocket_backend>(settings, std::move(servers));
}

}  // namespace anywire::gateway
