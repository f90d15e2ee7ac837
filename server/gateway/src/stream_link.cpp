#include "stream_link.hpp"

#include <anywire/client_context.hpp>

#include "context_floor.hpp"
#include "forward_fields.hpp"
#include "framed_link_end.hpp"
#include "no_server.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace anywire::gateway {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr dial_options dialing{.keep_alive = 60s, .next_address = 250ms};

}  // namespace

/// Tries one server after the other. Destroying it gives up.
class stream_link::opening final : public dialer::events, private timer_node {
public:
    opening(stream_link& of, shard_place& here, link_opening const& what)
        : of_(of),
          host_(client_access::floor_of(*here.clients).host()),
          preamble_(proxy_preamble(of.of_->settings.forward.proxy,
                                   what.request.remote_address(),
                                   what.request.is_secure())) {
        until_ = host_.loop().now() + to_ticks(of_.of_->settings.connect_timeout);
        // The link's user hears of nothing before it has the link.
        host_.post([this, alive = std::weak_ptr(alive_)] {
            if (!alive.expired()) attempt();
        });
    }
    opening(opening const&) = delete;
    opening& operator=(opening const&) = delete;

    io_host& host() noexcept { return host_; }
    /// What a connection begins with.
    std::string_view preamble() const noexcept { return preamble_; }

private:
    void attempt() {
        auto& route = *of_.of_;
        auto const now = host_.loop().now();
        auto const is_over = not_after(until_, now);
        if (!is_over) of_.server_ = server_claim(*route.servers, steady_clock::now(), tried_);
        if (!of_.server_) return of_.refuse(make_refusal());
        tried_.push_back(of_.server_.server());
        // A server that is silent leaves some time for those that are not.
        auto const left = until_ - now;
        auto const is_last = tried_.size() >= route.servers->size();
        host_.loop().wheel().arm(*this, now + (is_last ? left : (left + 1) / 2));
        dialer_ = std::make_unique<dialer>(host_, dialing, *this);
        dialer_->start(route.targets[of_.server_.server()]);  // may be the end of `*this`
    }

    void on_dialed(int descriptor) override { of_.on_dialed(descriptor); }
    void on_dial_failed(client_failure const& why) override {
        is_late_ = false;
        failed(why.text);
    }
    void on_timer(tick) override {
        is_late_ = true;
        auto const& name = of_.of_->targets[of_.server_.server()];
        failed(name.text() + " took no connection in time");
    }

    void failed(std::string why) {
        disarm();
        last_ = std::move(why);
        of_.server_.failed(steady_clock::now(), last_);
        attempt();
    }

    link_refusal make_refusal() const {
        auto const why = tried_.empty() ? no_server::is_healthy
                         : is_late_     ? no_server::is_in_time
                                        : no_server::works;
        return refusal_for(why, last_, of_.of_->settings.health.retry_after);
    }

    stream_link& of_;
    io_host& host_;
    std::string preamble_;
    std::unique_ptr<dialer> dialer_{};
    std::vector<std::size_t> tried_{};
    std::string last_{};  ///< Why the last one took no connection.
    tick until_ = 0;
    bool is_late_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

stream_link::stream_link(std::shared_ptr<stream_route const> of,
                         shard_place& here,
                         link_opening const& what,
                         link_events& to)
    : of_(std::move(of)), events_(to), opening_(std::make_unique<opening>(*this, here, what)) {}

stream_link::~stream_link() {
    if (connection_) connection_->abandon();
}

void stream_link::on_dialed(int descriptor) {
    auto const done = std::move(opening_);
    auto const& s = of_->settings;
    server_.opened(steady_clock::now());
    auto* const made = new framed_connection(done->host(),
                                             byte_stream(descriptor, nullptr),
                                             {.framing = {.kind = s.stream.framing,
                                                          .binary = s.stream.binary,
                                                          .max_message = s.limits.max_message},
                                              .max_queued = s.limits.max_queued_bytes,
                                              .write_stall = s.limits.write_stall,
                                              .goodbye = s.limits.close_handshake});
    made->start(*this, connection_, done->preamble());
    events_.on_link_open({}, {});
}

void stream_link::refuse(link_refusal why) {
    auto const done = std::move(opening_);
    events_.on_link_refused(std::move(why));
}

void stream_link::on_framed_end(framed_end why) {
    std::string text;
    auto const how = to_link_end(why, of_->settings.limits.max_message, text);
    server_.closed(!how.is_clean);
    events_.on_link_end(how);
}

bool stream_link::send(message_view m) {
    return !connection_ || connection_->send_message(m.data);
}

void stream_link::close(close_code, std::string_view) {
    if (connection_) connection_->close();
}

void stream_link::pause(bool is) {
    if (connection_) connection_->pause(is);
}

std::size_t stream_link::queued_bytes() const noexcept {
    return connection_ ? connection_->queued_bytes() : 0;
}

std::string_view stream_link::server() const noexcept {
    return opening_ ? std::string_view{} : server_.url();
}

}  // namespace anywire::gateway
