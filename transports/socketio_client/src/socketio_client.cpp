#include <anywire/socketio_client.hpp>

#include "client/reconnector.hpp"
#include "context_floor.hpp"
#include "io_host.hpp"
#include "network_terms.hpp"
#include "socket_network.hpp"
#include "socketio/client/manager_core.hpp"

#include <string>
#include <utility>

namespace anywire::socketio {

struct client_profile_data {
    std::shared_ptr<client_options const> options{};
    profile_data engine{};
};

namespace {

class context_home final : public client_home {
public:
    explicit context_home(client_context& on) noexcept : on_(on) {}
    bool is_here() const noexcept override { return on_.is_here(); }
    void post(std::function<void()> fn) override { on_.post(std::move(fn)); }

private:
    client_context& on_;
};

/// Without a floor TLS is the profile's own.
client_profile_data make_data(client_options o, context_floor* floor) {
    o.engine.url = engine_url(o.url);
    o.engine.dialect = client_dialect::engineio;
    // Sockets keep what waits, so that nothing of one session is sent in another.
    o.engine.offline = while_disconnected::refuse;
    auto options = check_options(std::move(o));
    auto engine = make_profile(options->engine, floor);
    return {std::move(options), std::move(engine)};
}

std::unique_ptr<socket_network> network_of(context_floor& floor,
                                           profile_data const& of,
                                           client_particulars own) {
    check_own(own, of);
    return std::make_unique<socket_network>(floor, of.network, std::move(own));
}

}  // namespace

/// The connection of one client.
class client::impl final : public client_wire {
public:
    impl(client_context& on, client_profile_data const& of, client_particulars own)
        : floor_(client_access::share_floor(on)),
          core_(std::make_shared<manager_core>(
              floor_->host().loop(), std::make_shared<context_home>(on), of.options)),
          network_(network_of(*floor_, of.engine, std::move(own))),
          engine_(std::make_unique<reconnector>(*network_, of.engine.settings, *core_)) {
        core_->attach(*this);
    }
    ~impl() { end(); }

    std::shared_ptr<manager_core> const& core() const noexcept { return core_; }
    /// Drops the connection. Thread: the context's.
    void end() noexcept {
        core_->detach();
        engine_.reset();
        if (!network_) return;
        // It may be in the middle of an event.
        (void)floor_->host().guard(
            "a client's network", [this] { floor_->host().post([gone = std::move(network_)] {}); });
    }

    // -- client_wire
    void connect() override { engine_->connect(); }
    void close() override { engine_->close(close_code::normal, {}); }
    void give_up_session(close_reason why, std::string_view text) override {
        engine_->give_up_session(why, text);
    }
    result<void> send(std::span<message_view const> packet, bool compress) override {
        return engine_->send(packet, compress);
    }
    bool is_writable() const noexcept override { return engine_->is_writable(); }
    std::string_view transport() const noexcept override { return engine_->transport(); }
    std::string_view sid() const noexcept override { return engine_->sid(); }

private:
    std::shared_ptr<context_floor> floor_;
    std::shared_ptr<manager_core> core_;
    std::unique_ptr<socket_network> network_;
    std::unique_ptr<reconnector> engine_;  // goes first
};

client_profile::client_profile(client_options options)
    : data_(std::make_shared<client_profile_data const>(make_data(std::move(options), nullptr))) {}

client_options const& client_profile::options() const noexcept {
    return *data_->options;
}

client::client(client_context& on, client_options options)
    : client(on,
             std::make_shared<impl>(on,
                                    make_data(std::move(options), &client_access::floor_of(on)),
                                    client_particulars{})) {}

client::client(client_context& on, client_profile const& profile, client_particulars own)
    : client(on, std::make_shared<impl>(on, *profile.data_, std::move(own))) {}

client::client(client_context& on, std::shared_ptr<impl> made)
    : manager(made->core()), on_(on), impl_(std::move(made)) {}

client::~client() {
    core()->abandon();
    if (on_.is_here())
        impl_->end();
    else
        on_.post([gone = std::move(impl_)] { gone->end(); });
}

}  // namespace anywire::socketio
