#include <anywire/client_asio.hpp>
#include <anywire/client_coro.hpp>

#include "client/reconnector.hpp"
#include "client_waits.hpp"
#include "context_floor.hpp"
#include "io_host.hpp"
#include "socket_network.hpp"

#include <atomic>
#include <list>
#include <stdexcept>
#include <utility>

namespace anywire {
namespace {

/// RFC 6455, section 7.4.2: those that are an application's.
close_code to_app_code(close_code code) noexcept {
    auto const n = static_cast<unsigned>(code);
    return n == 1'000 || (n >= 3'000 && n <= 4'999) ? code : close_code::normal;
}

std::shared_ptr<client_settings const> settings_of(client_options options) {
    auto checked = check_settings(std::move(options));
    if (!checked.value) throw std::invalid_argument(checked.wrong);
    return std::move(checked.value);
}

std::unique_ptr<socket_network> network_of(client_context& on, client_options const& options) {
    std::string wrong;
    auto made = client_access::make_network(on, options, wrong);
    if (!made) throw std::invalid_argument("client_options::network: " + wrong);
    return made;
}

}  // namespace

/// A client as its context has it. It outlives the client where that was destroyed on another
/// thread, until the context has let go of it.
///
/// Thread: the context's, but for what says otherwise.
class client::impl final : public std::enable_shared_from_this<impl>, public client_events {
public:
    impl(client_context& on, client& self, client_options options, client_handlers handlers)
        : context_(on),
          floor_(client_access::share_floor(on)),
          self_(&self),
          handlers_(std::move(handlers)),
          settings_(settings_of(std::move(options))),
          network_(network_of(on, settings_->options)),
          machine_(std::make_unique<reconnector>(*network_, settings_, *this)) {}

    /// Runs `fn` with the machine: now if this is the context's thread, else soon. Thread: any.
    template <class Function>
    void run(Function fn) {
        if (context_.is_here()) {
            if (machine_) fn(*machine_);
            return;
        }
        context_.post([self = shared_from_this(), fn = std::move(fn)]() mutable {
            if (self->machine_ && self->self_.load()) fn(*self->machine_);
        });
    }

    /// The client goes. Thread: any.
    void leave() {
        self_ = nullptr;
        if (context_.is_here()) return drop();
        context_.post([self = shared_from_this()] { self->drop(); });
    }

    result<void> send(message_view m) {
        if (context_.is_here())
            return machine_ ? machine_->send(m) : make_error_code(errc::session_closed);
        run([this, data = std::string(m.data), is_binary = m.binary](reconnector& machine) {
            auto const sent = machine.send({data, is_binary});
            if (!sent) log_unsent(sent.error());
        });
        return {};
    }

    void after(std::chrono::milliseconds delay, std::function<void(client&)> fn) {
        run([this, delay, fn = std::move(fn)](reconnector&) mutable { arm(delay, std::move(fn)); });
    }

    void close(close_code code, std::string_view text) {
        run([this, code, text = std::string(text)](reconnector& machine) {
            waits_.before_close();
            machine.close(code, text);
        });
    }

    /// Calls `fn` with what is awaited and the machine, now or soon. Thread: any.
    template <class Function>
    void await(Function fn) {
        run([this, fn = std::move(fn)](reconnector& machine) mutable { fn(waits_, machine); });
    }
    /// Runs `fn`, a part of a coroutine of the client's, unless the client goes first. Thread: any.
    void go_on(std::function<void()> fn) {
        floor_->host().post([self = shared_from_this(), fn = std::move(fn)] {
            if (self->self_.load()) self->guarded(fn);
        });
    }
    context_floor& floor() noexcept { return *floor_; }

    /// Null once the client has gone.
    reconnector const* machine() const noexcept { return machine_.get(); }

    // -- client_events
    void on_open() override {
        auto const alive = shared_from_this();
        guarded([this] { waits_.on_open(); });
        call(handlers_.on_open);
    }
    void on_message(message_view m) override {
        if (waits_.takes_messages())
            guarded([this, m] { waits_.on_message(*machine_, m); });
        else
            call(handlers_.on_message, m);
    }
    void on_drain() override { call(handlers_.on_drain); }
    void on_transport() override { call(handlers_.on_transport); }
    void on_close(close_event const& how) override {
        auto const alive = shared_from_this();
        guarded([this] { waits_.on_close(); });
        call(handlers_.on_close, how);
    }
    void on_failure(client_failure const& why) override {
        auto const alive = shared_from_this();
        guarded([&] { waits_.on_failure(why); });
        call(handlers_.on_failure, why);
    }
    void on_reconnecting(client_retry const& next) override {
        call(handlers_.on_reconnecting, next);
    }
    void on_end() override {
        auto const alive = shared_from_this();
        call(handlers_.on_end);
        guarded([this] {
            if (machine_) waits_.on_end(*machine_);
        });
    }

private:
    struct timer {
        std::function<void(client&)> fn;
        client_deadline deadline;
    };

    /// The edge of a handler: what it throws costs the session. It may destroy the client.
    template <class Handler, class... A>
    void call(Handler const& fn, A const&... args) noexcept {
        auto* const self = self_.load();
        if (fn && self) guarded([&] { fn(*self, args...); });
    }

    template <class Function>
    void guarded(Function const& fn) noexcept {
        auto const alive = shared_from_this();
        try {
            fn();
        } catch (...) {
            floor_->host().log().failed("a handler of a client");
            (void)floor_->host().guard("the end of a client's session", [this] {
                if (machine_)
                    machine_->give_up_session(close_reason::handler_failed, "a handler failed");
            });
        }
    }

    void arm(std::chrono::milliseconds delay, std::function<void(client&)> fn) {
        auto& loop = network_->loop();
        loop.wake();
        auto const at = timers_.emplace(timers_.end());
        at->reset(new timer{std::move(fn), {loop, [this, at] { on_timer(at); }}});
        (*at)->deadline.set(delay);
    }

    void on_timer(std::list<std::unique_ptr<timer>>::iterator at) {
        auto const due = std::move(*at);
        timers_.erase(at);
        call(due->fn);
    }

    void log_unsent(error_code why) {
        floor_->host().log().write(log_level::info,
                                   "a message that a client was given on another thread was not "
                                   "queued: ",
                                   why.message());
    }

    void drop() noexcept {
        timers_.clear();
        machine_.reset();
        (void)floor_->host().guard("the end of a client's coroutines",
                                   [this] { waits_.on_gone(); });
        // It may be in the middle of an event.
        (void)floor_->host().guard(
            "a client's network", [this] { floor_->host().post([gone = std::move(network_)] {}); });
    }

    client_context& context_;
    std::shared_ptr<context_floor> floor_;
    std::atomic<client*> self_;
    client_handlers const handlers_;
    std::shared_ptr<client_settings const> settings_;
    std::unique_ptr<socket_network> network_;
    std::unique_ptr<reconnector> machine_;
    std::list<std::unique_ptr<timer>> timers_{};
    client_waits waits_{static_cast<bool>(handlers_.on_message)};
};

client::client(client_context& on, client_options options, client_handlers handlers)
    : impl_(std::make_shared<impl>(on, *this, std::move(options), std::move(handlers))) {}

client::~client() {
    impl_->leave();
}

void client::connect() {
    impl_->run([](reconnector& machine) { machine.connect(); });
}

result<void> client::send(message_view m) {
    return impl_->send(m);
}

void client::close(close_code code, std::string_view text) {
    impl_->close(to_app_code(code), text);
}

void client::reconnect() {
    impl_->run([](reconnector& machine) { machine.reconnect(); });
}

bool client::is_open() const noexcept {
    auto const* const machine = impl_->machine();
    return machine && machine->is_open();
}

std::string_view client::transport() const noexcept {
    auto const* const machine = impl_->machine();
    return machine ? machine->transport() : std::string_view{};
}

std::string_view client::sid() const noexcept {
    auto const* const machine = impl_->machine();
    return machine ? machine->sid() : std::string_view{};
}

std::string_view client::subprotocol() const noexcept {
    auto const* const machine = impl_->machine();
    return machine ? machine->subprotocol() : std::string_view{};
}

std::size_t client::queued_bytes() const noexcept {
    auto const* const machine = impl_->machine();
    return machine ? machine->queued_bytes() : 0;
}

void client::pause() {
    impl_->run([](reconnector& machine) { machine.pause(true); });
}

void client::resume() {
    impl_->run([](reconnector& machine) { machine.pause(false); });
}

void client::after(std::chrono::milliseconds delay, std::function<void(client&)> fn) {
    impl_->after(delay, std::move(fn));
}

// -- in coroutines --------------------------------------------------------------------------------

void client::begin_connect(std::function<void(client_result)> done) {
    impl_->await([done = std::move(done)](client_waits& waits, reconnector& machine) mutable {
        waits.connect(machine, std::move(done));
    });
}

void client::begin_receive(std::function<void(result<message>)> done) {
    impl_->await([done = std::move(done)](client_waits& waits, reconnector& machine) mutable {
        waits.receive(machine, std::move(done));
    });
}

void client::begin_close(close_code code, std::string_view text, std::function<void()> done) {
    impl_->await([code = to_app_code(code), text = std::string(text), done = std::move(done)](
                     client_waits& waits, reconnector& machine) mutable {
        waits.close(machine, code, text, std::move(done));
    });
}

std::function<void()> client::make_receive_canceller() {
    return [weak = std::weak_ptr(impl_)] {
        if (auto const kept = weak.lock())
            kept->await([](client_waits& waits, reconnector&) { waits.give_up_receiving(); });
    };
}

std::function<void(std::function<void()>)> poster_of(client& c) {
    return [weak = std::weak_ptr(c.impl_)](std::function<void()> fn) {
        if (auto const kept = weak.lock()) kept->go_on(std::move(fn));
    };
}

boost::asio::any_io_executor detail::client_executor::of(client& c) {
    return c.impl_->floor().host().executor();
}

}  // namespace anywire
