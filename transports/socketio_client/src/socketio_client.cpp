#include <anywire/socketio_client.hpp>

#include "client/reconnector.hpp"
#include "client/settings.hpp"
#include "context_floor.hpp"
#include "io_host.hpp"
#include "socket_network.hpp"
#include "socketio/client/manager_core.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace anywire::socketio {
namespace {

class context_home final : public client_home {
public:
    explicit context_home(client_context& on) noexcept : on_(on) {}
    bool is_here() const noexcept override { return on_.is_here(); }
    void post(std::function<void()> fn) override { on_.post(std::move(fn)); }

private:
    client_context& on_;
};

client_options for_engine(client_options o) {
    o.engine.url = engine_url(o.url);
    o.engine.dialect = client_dialect::engineio;
    // Sockets keep what waits, so that nothing of one session is sent in another.
    o.engine.offline = while_disconnected::refuse;
    return o;
}

}  // namespace

/// The connection of one client.
class client::impl final : public client_wire {
public:
    impl(client_context& on, client_options o)
        : floor_(client_access::share_floor(on)),
          core_(std::make_shared<manager_core>(floor_->host().loop(),
                                               std::make_shared<context_home>(on),
                                               for_engine(std::move(o)))) {
        auto settings = check_settings(core_->opts().engine);
        if (!settings.value) throw std::invalid_argument(settings.wrong);
        std::string wrong;
        network_ = client_access::make_network(on, core_->opts().engine, wrong);
        if (!network_) throw std::invalid_argument(wrong);
        engine_ = std::make_unique<reconnector>(*network_, std::move(settings.value), *core_);
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
    std::unique_ptr<socket_network> network_{};
    std::unique_ptr<reconnector> engine_{};  // goes first
};

client::client(client_context& on, client_options options)
    : client(on, std::make_shared<impl>(on, std::move(options))) {}

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
