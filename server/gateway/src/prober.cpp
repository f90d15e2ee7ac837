#include "prober.hpp"

#include <anywire/client_options.hpp>

#include "client/url.hpp"
#include "client_tls.hpp"
#include "context_floor.hpp"
#include "dialer.hpp"
#include "forward_fields.hpp"
#include "socket_network.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace anywire::gateway {
namespace {

using namespace std::chrono_literals;

constexpr auto most_before_first = std::chrono::milliseconds(1'000);
constexpr std::size_t most_body = 64u << 10;

/// What a URL is as http or https; empty where a server of it speaks no HTTP.
std::string_view http_scheme(std::string_view url) noexcept {
    for (auto const* const plain : {"ws://", "engineio://", "http://"})
        if (url.starts_with(plain)) return "http://";
    for (auto const* const secure : {"wss://", "engineios://", "https://"})
        if (url.starts_with(secure)) return "https://";
    return {};
}

std::optional<probe_target> probe_of_unix_websocket(std::string_view rest,
                                                    std::string_view check_path) {
    while (rest.starts_with("//")) rest.remove_prefix(1);
    probe_target made;
    made.unix_socket = rest.substr(0, rest.find(':'));
    if (!check_path.empty()) made.url = "http://localhost" + std::string(check_path);
    return made;
}

client_options options_of(route_settings const& s, probe_target const& target) {
    client_options o;
    o.network.tls.verify = s.backend_verify;
    o.network.tls.ca = s.backend_ca;
    o.network.proxy = "-";
    o.network.unix_socket = target.unix_socket;
    o.network.cookies = false;
    o.network.preamble = proxy_preamble(s.forward.proxy, {}, false);
    o.limits.max_redirects = 0;
    return o;
}

}  // namespace

std::optional<probe_target> probe_of(std::string_view url, std::string_view check_path) {
    constexpr std::string_view unix_websocket = "ws+unix:";
    constexpr std::string_view unix_stream = "unix:";
    constexpr std::string_view tcp_stream = "tcp://";
    if (url.starts_with(unix_websocket))
        return probe_of_unix_websocket(url.substr(unix_websocket.size()), check_path);
    probe_target made;
    if (url.starts_with(unix_stream)) {
        made.unix_socket = url.substr(unix_stream.size());
        return made;
    }
    auto const is_tcp = url.starts_with(tcp_stream);
    std::string text(is_tcp ? "http://" : http_scheme(url));
    if (text.empty()) return std::nullopt;
    auto const rest = url.substr(url.find("://") + 3);
    text.append(rest.substr(0, rest.find_first_of("/?{")));
    auto const server = parse_url(text);
    if (!server) return std::nullopt;
    if (!is_tcp && !check_path.empty()) {
        made.url = text.append(check_path);
        return made;
    }
    made.host = server->host;
    made.port = server->port;
    return made;
}

/// The checks of one server, one after the other.
///
/// Thread: the context's.
class prober::check final : private timer_node,
                            private dialer::events,
                            private client_response_events {
public:
    check(client_context& on,
          route_settings const& s,
          probe_target target,
          std::shared_ptr<upstreams> servers,
          std::size_t server)
        : on_(on),
          floor_(client_access::share_floor(on)),
          host_(floor_->host()),
          health_(s.health),
          options_(options_of(s, target)),
          target_(std::move(target)),
          servers_(std::move(servers)),
          server_(server) {}

    /// The timer's node is a base: it would go after the wheel that it is in.
    ~check() { disarm(); }
    check(check const&) = delete;
    check& operator=(check const&) = delete;

    void start() {
        wait(std::min(health_.check_interval, most_before_first) * random_part() / parts);
    }

private:
    enum class state : std::uint8_t { waiting, asking };
    static constexpr int parts = 1'000;

    int random_part() { return static_cast<int>(host_.loop().random_u32() % parts); }
    void wait(std::chrono::milliseconds delay) {
        state_ = state::waiting;
        arm(delay);
    }
    void arm(std::chrono::milliseconds delay) {
        due_ = host_.loop().now() + std::max<tick>(to_ticks(delay), 1);
        disarm();
        host_.loop().wheel().arm(*this, due_);
    }
    void on_timer(tick now) override {
        if (!not_after(due_, now)) return host_.loop().wheel().arm(*this, due_);
        if (state_ == state::waiting) return ask();
        if (status_ != 0) return judge(std::exchange(status_, 0u));
        end(false,
            "it did not answer within " + std::to_string(health_.check_timeout.count()) + " ms");
    }

    void ask() {
        state_ = state::asking;
        body_ = 0;
        arm(health_.check_timeout);
        if (!target_.url.empty()) return fetch();
        dialer_ =
            std::make_unique<dialer>(host_,
                                     dial_options{.next_address = options_.network.next_address},
                                     static_cast<dialer::events&>(*this));
        dialer_->start({target_.host, target_.port, target_.unix_socket});
    }
    void fetch() {
        auto const url = parse_url(target_.url);
        std::string wrong = url ? std::string() : "the path of the check cannot be asked for";
        if (url) network_ = client_access::make_network(on_, options_, wrong);
        if (!network_) return end(false, wrong);
        static constexpr websocket::request_field agent{"User-Agent", "anywire-gateway"};
        call_ = network_->fetch({.url = &*url, .fields = {&agent, 1}, .streamed = true}, *this);
    }

    /// What was asked with goes a moment later: it may be what has called.
    void end(bool is_good, std::string_view why) {
        if (servers_->on_checked(server_, is_good, std::chrono::steady_clock::now(), why))
            host_.log().write(log_level::info,
                              servers_->url(server_),
                              is_good ? " works again" : " does not work: ",
                              why);
        call_.reset();
        dialer_.reset();
        if (network_)
            host_.post([floor = floor_,
                        done = std::shared_ptr<socket_network>(std::move(network_))]() mutable {
                done.reset();
            });
        auto const tenth = health_.check_interval / 10;
        wait(health_.check_interval - tenth + 2 * tenth * random_part() / parts);
    }
    void judge(unsigned status) {
        auto const is_good = status >= 200 && status < 400;
        end(is_good,
            is_good ? std::string() : "the check was answered with " + std::to_string(status));
    }

    // -- dialer::events
    void on_dialed(int descriptor) override {
        // It may wait for the preamble, and say so in its log where none comes.
        auto const& preamble = options_.network.preamble;
        if (!preamble.empty())
            (void)::send(descriptor, preamble.data(), preamble.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        ::close(descriptor);
        end(true, {});
    }
    void on_dial_failed(client_failure const& why) override {
        auto const text = why.text;
        end(false, text);
    }

    // -- client_response_events
    void on_head(client_response const& head) override { status_ = head.status; }
    /// Read to its end, so that the server does not see the connection break; not for ever.
    void on_body(std::string_view piece) override {
        body_ += piece.size();
        if (body_ > most_body) judge(std::exchange(status_, 0u));
    }
    void on_end() override { judge(std::exchange(status_, 0u)); }
    void on_failure(client_failure const& why) override {
        // A redirect is an answer, and so is one whose body breaks off.
        auto const status = std::max(std::exchange(status_, 0u), why.status);
        if (status != 0) return judge(status);
        auto const text = why.text;
        end(false, text);
    }

    client_context& on_;
    std::shared_ptr<context_floor> floor_;  // the context may go first, where it runs nothing more
    io_host& host_;
    health_settings const health_;
    client_options const options_;
    probe_target const target_;
    std::shared_ptr<upstreams> servers_;
    std::size_t const server_;
    state state_ = state::waiting;
    tick due_ = 0;
    unsigned status_ = 0;  // of the answer that has begun
    std::size_t body_ = 0;
    std::unique_ptr<socket_network> network_{};
    std::unique_ptr<client_call> call_{};
    std::unique_ptr<dialer> dialer_{};
};

prober::prober(client_context& on,
               route_settings const& settings,
               std::shared_ptr<upstreams> servers) {
    if (settings.health.check_interval.count() <= 0) return;
    auto is_secure = false;
    for (std::size_t i = 0; i < servers->size(); ++i) {
        auto target = probe_of(servers->url(i), settings.health.check_path);
        if (!target) continue;
        is_secure |= target->url.starts_with("https:");
        checks_.push_back(std::make_unique<check>(on, settings, std::move(*target), servers, i));
    }
    if (is_secure) {
        std::string wrong;
        tls_ = client_access::floor_of(on).tls(options_of(settings, {}).network.tls, wrong);
        if (!tls_) throw std::invalid_argument(wrong);
    }
    on.post([this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        for (auto const& c : checks_) c->start();
    });
}

prober::~prober() = default;

}  // namespace anywire::gateway
