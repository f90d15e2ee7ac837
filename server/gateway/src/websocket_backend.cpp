#include "websocket_backend.hpp"

#include <anywire/client.hpp>

#include "core/ascii.hpp"
#include "forward_fields.hpp"
#include "no_server.hpp"
#include "server_claim.hpp"
#include "subprotocol_offer.hpp"
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
    std::string authority{};  ///< "ws://host:port": the URL without what may differ.
    std::string unix_socket{};
    bool is_engineio = false;
    std::optional<client_profile> profile{};  ///< Of WebSocket: what its clients share.
};

/// The URL that is connected to; what else `url` says goes into `server`. Splits
/// "ws+unix:/path/of/socket:/path" as the client of npm's ws does.
std::string take_url(std::string_view url, websocket_server& server) {
    if (url.starts_with("ws+unix:")) {
        url.remove_prefix(8);
        while (url.starts_with("//")) url.remove_prefix(1);
        auto const colon = url.find(':');
        server.unix_socket = url.substr(0, colon);
        return std::string("ws://localhost")
            .append(colon == url.npos ? "/" : url.substr(colon + 1));
    }
    if (!url.starts_with("engineio")) return std::string(url);
    server.is_engineio = true;
    return std::string(url.starts_with("engineios:") ? "https" : "http")
        .append(url.substr(url.find(':')));
}

/// Has all that the client asked for go along.
void append_asked(std::string& url, bool with_path) {
    auto const has_query = url.find('?') != url.npos;
    if (url.find('/', url.find("://") + 3) == url.npos && !has_query) url.append("/");
    if (with_path && !has_query) url.append("{path}");
    url.append(has_query ? "&{query}" : "?{query}");
}

websocket_server parse_server(std::string_view url) {
    websocket_server server;
    auto http = take_url(url, server);
    if (http.find('{') == http.npos) append_asked(http, !server.is_engineio);
    std::string wrong;
    auto parsed = text_template::parse(http, wrong);
    if (!parsed) throw std::invalid_argument("backend " + std::string(url) + ": " + wrong);
    if (!parsed->has_constant_server())
        throw std::invalid_argument("backend " + std::string(url) +
                                    ": a client's words must not choose the server");
    server.url = std::move(*parsed);
    server.authority = http.substr(0, http.find_first_of("/?{", http.find("://") + 3));
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

    bool send(message_view m) override;
    void close(close_code code, std::string_view text) override;
    void pause(bool is) override { is ? client_->pause() : client_->resume(); }
    std::size_t queued_bytes() const noexcept override { return client_->queued_bytes(); }
    std::string_view server() const noexcept override { return server_.url(); }

private:
    friend struct link_handlers;

    void attempt();
    void on_open(client& c);
    void on_failure(client_failure const& why);
    void on_close(close_event const& how);
    void on_drain();
    std::unique_ptr<client> make_client(websocket_server const& server, std::string_view url);
    void refuse_soon(link_refusal why);

    websocket_backend const& of_;
    shard_place& here_;
    link_events& events_;
    client_particulars own_{};
    std::vector<std::string> urls_{};  ///< For each server, expanded for this client.
    std::vector<std::size_t> tried_{};
    server_claim server_{};
    std::unique_ptr<client> client_{};
    /// What the client had no room for.
    std::optional<std::vector<std::pair<std::string, bool>>> unsent_{};
    std::optional<std::pair<close_code, std::string>> goodbye_{};  ///< It waits for `unsent_`.
    client_failure last_{};
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class websocket_backend final : public backend {
public:
    websocket_backend(route_settings const& s, std::shared_ptr<upstreams> servers)
        : settings_(s), servers_(std::move(servers)), fields_(fields_of(s.forward)) {
        for (std::size_t i = 0; i < servers_->size(); ++i) {
            auto server = parse_server(servers_->url(i));
            if (!server.is_engineio) {
                auto o = base_options(server);
                o.url = server.authority + "/";
                server.profile.emplace(std::move(o));
            }
            parsed_.push_back(std::move(server));
        }
    }

    std::unique_ptr<backend_link> open(shard_place& here,
                                       link_opening const& what,
                                       link_events& to) override {
        return std::make_unique<websocket_link>(*this, here, what, to);
    }

    route_settings const& settings() const noexcept { return settings_; }
    upstreams& servers() const noexcept { return *servers_; }
    websocket_server const& server(std::size_t i) const noexcept { return parsed_[i]; }
    /// What a client of its own has. Nothing where it is to be told 400.
    std::optional<client_particulars> particulars_for(link_opening const& what) const;
    client_options base_options(websocket_server const& server) const;

private:
    route_settings const settings_;
    std::shared_ptr<upstreams> servers_;
    forward_fields fields_;
    std::vector<websocket_server> parsed_{};
};

std::optional<client_particulars> websocket_backend::particulars_for(
    link_opening const& what) const {
    auto fields = fields_.of(what);
    if (!fields) return std::nullopt;
    client_particulars own;
    own.headers = std::move(*fields);
    own.protocols = offered_for(what, settings_.forward);
    own.preamble = proxy_preamble(
        settings_.forward.proxy, what.request.remote_address(), what.request.is_secure());
    return own;
}

client_options websocket_backend::base_options(websocket_server const& server) const {
    client_options o;
    o.dialect = server.is_engineio ? client_dialect::engineio : client_dialect::websocket;
    o.network.unix_socket = server.unix_socket;
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

/// A client that knows its link: all of them share their handlers.
class linked_client final : public client {
public:
    linked_client(websocket_link& of,
                  client_context& on,
                  client_profile const& profile,
                  std::shared_ptr<client_handlers const> handlers,
                  client_particulars own)
        : client(on, profile, std::move(handlers), std::move(own)), link(of) {}

    websocket_link& link;
};

struct link_handlers {
    static websocket_link& link_of(client& c) noexcept {
        return static_cast<linked_client&>(c).link;
    }
    static std::shared_ptr<client_handlers const> make() {
        client_handlers h;
        h.on_open = [](client& c) { link_of(c).on_open(c); };
        h.on_message = [](client& c, message_view m) { link_of(c).events_.on_link_message(m); };
        h.on_drain = [](client& c) { link_of(c).on_drain(); };
        h.on_close = [](client& c, close_event const& how) { link_of(c).on_close(how); };
        h.on_failure = [](client& c, client_failure const& why) { link_of(c).on_failure(why); };
        return std::make_shared<client_handlers const>(std::move(h));
    }
    static std::shared_ptr<client_handlers const> const& shared() {
        static auto const all = make();
        return all;
    }
};

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
    auto own = of.particulars_for(what);
    for (std::size_t i = 0; own && i < of_.servers().size(); ++i) {
        auto url = of_.server(i).url.expand(what, template_use::url);
        if (!url)
            own.reset();
        else
            urls_.push_back(std::move(*url));
    }
    if (!own) {
        refuse_soon({400,
                     "Bad Request",
                     {},
                     "the client asked for a path or sent a field that cannot be passed on"});
        return;
    }
    own_ = std::move(*own);
    attempt();
}

void websocket_link::refuse_soon(link_refusal why) {
    boost::asio::post(here_.executor, [this, alive = std::weak_ptr(alive_), why = std::move(why)] {
        if (!alive.expired()) events_.on_link_refused(why);
    });
}

void websocket_link::attempt() {
    server_ = server_claim(of_.servers(), steady_clock::now(), tried_);
    if (!server_) {
        auto const why = tried_.empty()                                  ? no_server::is_healthy
                         : last_.error == boost::system::errc::timed_out ? no_server::is_in_time
                                                                         : no_server::works;
        return refuse_soon(refusal_for(why, last_.text, of_.settings().health.retry_after));
    }
    auto const i = server_.server();
    tried_.push_back(i);
    client_ = make_client(of_.server(i), std::string_view(urls_[i]));
    client_->connect();
}

std::unique_ptr<client> websocket_link::make_client(websocket_server const& server,
                                                    std::string_view url) {
    if (server.profile) {
        own_.target = url.substr(server.authority.size());
        if (!own_.target.starts_with('/')) own_.target.insert(0, "/");
        return std::make_unique<linked_client>(
            *this, *here_.clients, *server.profile, link_handlers::shared(), own_);
    }
    auto o = of_.base_options(server);
    o.url = url;
    o.headers = own_.headers;
    o.network.preamble = own_.preamble;
    return std::make_unique<linked_client>(*this,
                                           *here_.clients,
                                           client_profile(std::move(o)),
                                           link_handlers::shared(),
                                           client_particulars{});
}

void websocket_link::on_open(client& c) {
    // There are many links, and most are idle: what only an attempt needs goes.
    own_ = {};
    urls_ = {};
    tried_ = {};
    server_.opened(steady_clock::now());
    response_headers fields;
    if (of_.settings().forward.set_cookie)
        for (auto const& f : c.response_fields())
            if (iequals(f.name, "set-cookie")) fields.add(f.name, f.value);
    events_.on_link_open(c.subprotocol(), std::move(fields));
}

void websocket_link::on_failure(client_failure const& why) {
    auto const now = steady_clock::now();
    if (is_answer(why)) {
        server_.refused(now);
        return events_.on_link_refused(
            {.status = why.status,
             .text = why.body.empty() ? std::string("Refused") : why.body,
             .fields = passed_on(why),
             .log = why.text});
    }
    server_.failed(now, why.text);
    last_ = why;
    attempt();
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
    if (!has_room) return;
    if (goodbye_) return client_->close(goodbye_->first, goodbye_->second);
    events_.on_link_drain();
}

void websocket_link::close(close_code code, std::string_view text) {
    if (unsent_)
        goodbye_.emplace(code, text);  // after what the client had no room for
    else
        client_->close(code, text);
}

void websocket_link::on_close(close_event const& how) {
    auto const is_lost =
        how.reason == close_reason::transport_lost || how.reason == close_reason::heartbeat_timeout;
    server_.closed(is_lost);
    if (how.reason == close_reason::server_closed || how.reason == close_reason::client_closed)
        return events_.on_link_end({true, how.code, how.text});
    if (is_lost) return events_.on_link_end({});
    // It broke the protocol, or sent what is too long: to connect again would not help.
    events_.on_link_end({true,
                         how.reason == close_reason::message_too_big ? close_code::message_too_big
                                                                     : close_code::internal_error,
                         "the server behind the gateway: " + std::string(to_string(how.reason))});
}

}  // namespace

std::shared_ptr<backend> make_websocket_backend(route_settings const& settings,
                                                std::shared_ptr<upstreams> servers) {
    return std::make_shared<websocket_backend>(settings, std::move(servers));
}

}  // namespace anywire::gateway
