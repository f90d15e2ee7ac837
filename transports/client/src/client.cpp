#include <anywire/client_asio.hpp>
#include <anywire/client_coro.hpp>

#include "client/reconnector.hpp"
#include "client_waits.hpp"
#include "context_floor.hpp"
#include "core/ascii.hpp"
#include "io_host.hpp"
#include "network_terms.hpp"
#include "socket_network.hpp"

#include <atomic>
#include <iterator>
#include <list>
#include <utility>

namespace anywire {

/// A client as its context has it. It outlives the client where that was destroyed on another
/// thread, until the context has let go of it.
///
/// Thread: the context's, but for what says otherwise.
class client::impl final : public std::enable_shared_from_this<impl>, public client_events {
public:
    impl(client_context& on,
         client& self,
         profile_data const& profile,
         std::shared_ptr<client_handlers const> handlers,
         client_particulars own)
        : context_(on),
          floor_(client_access::share_floor(on)),
          self_(&self),
          handlers_(std::move(handlers)),
          network_(std::make_unique<socket_network>(*floor_, profile.network, std::move(own))),
          machine_(std::make_unique<reconnector>(*network_, profile.settings, *this)) {}

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
            if (waits_) waits_->before_close();
            machine.close(code, text);
        });
    }

    /// Calls `fn` with what is awaited and the machine, now or soon. Thread: any.
    template <class Function>
    void await(Function fn) {
        run([this, fn = std::move(fn)](reconnector& machine) mutable {
            if (!waits_) {
                auto const is_handled = handlers_ && handlers_->on_message;
                waits_ = std::make_unique<client_waits>(is_handled);
            }
            fn(*waits_, machine);
        });
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
        if (waits_) guarded([this] { waits_->on_open(); });
        call(&client_handlers::on_open);
    }
    void on_message(message_view m) override {
        if (waits_ && waits_->takes_messages())
            guarded([this, m] { waits_->on_message(*machine_, m); });
        else
            call(&client_handlers::on_message, m);
    }
    void on_drain() override { call(&client_handlers::on_drain); }
    void on_transport() override { call(&client_handlers::on_transport); }
    void on_close(close_event const& how) override {
        auto const alive = shared_from_this();
        if (waits_) guarded([this] { waits_->on_close(); });
        call(&client_handlers::on_close, how);
    }
    void on_failure(client_failure const& why) override {
        auto const alive = shared_from_this();
        if (waits_) guarded([&] { waits_->on_failure(why); });
        call(&client_handlers::on_failure, why);
    }
    void on_reconnecting(client_retry const& next) override {
        call(&client_handlers::on_reconnecting, next);
    }
    void on_end() override {
        auto const alive = shared_from_this();
        call(&client_handlers::on_end);
        if (waits_)
            guarded([this] {
                if (machine_) waits_->on_end(*machine_);
            });
    }

private:
    /// A function of `after`, in a list of its own.
    struct timer {
        timer(impl& of, session_loop& loop, std::function<void(client&)> called)
            : owner(of), fn(std::move(called)), deadline(loop, [this] { owner.on_timer(*this); }) {}

        impl& owner;
        std::function<void(client&)> fn;
        std::list<timer>::iterator at{};
        client_deadline deadline;
    };

    template <class Handler, class... A>
    void call(Handler client_handlers::*which, A const&... args) noexcept {
        if (!handlers_) return;
        if (auto const& fn = (*handlers_).*which) call_one(fn, args...);
    }

    /// The edge of a handler: what it throws costs the session. It may destroy the client.
    template <class Function, class... A>
    void call_one(Function const& fn, A const&... args) noexcept {
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
        auto& made = timers_.emplace_back(*this, loop, std::move(fn));
        made.at = std::prev(timers_.end());
        made.deadline.set(delay);
    }

    void on_timer(timer& due) {
        auto const fn = std::move(due.fn);
        timers_.erase(due.at);
        call_one(fn);
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
        if (waits_)
            (void)floor_->host().guard("the end of a client's coroutines",
                                       [this] { waits_->on_gone(); });
        // It may be in the middle of an event.
        (void)floor_->host().guard(
            "a client's network", [this] { floor_->host().post([gone = std::move(network_)] {}); });
    }

    client_context& context_;
    std::shared_ptr<context_floor> floor_;
    std::atomic<client*> self_;
    std::shared_ptr<client_handlers const> handlers_;
    std::unique_ptr<socket_network> network_;
    std::unique_ptr<reconnector> machine_;
    std::list<timer> timers_{};
    std::unique_ptr<client_waits> waits_{};  ///< Of coroutines, where there are any.
};

client_profile::client_profile(client_options options)
    : data_(std::make_shared<profile_data const>(make_profile(std::move(options), nullptr))) {}

client_options const& client_profile::options() const noexcept {
    return data_->settings->options;
}

client::client(client_context& on, client_options options, client_handlers handlers)
    : impl_(std::make_shared<impl>(on,
                                   *this,
                                   make_profile(std::move(options), &client_access::floor_of(on)),
                                   std::make_shared<client_handlers const>(std::move(handlers)),
                                   client_particulars{})) {}

client::client(client_context& on,
               client_profile const& profile,
               std::shared_ptr<client_handlers const> handlers,
               client_particulars own) {
    check_own(own, *profile.data_);
    impl_ = std::make_shared<impl>(on, *this, *profile.data_, std::move(handlers), std::move(own));
}

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
    impl_->close(may_be_sent(code) ? code : close_code::normal, text);
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

std::span<http_field const> client::response_fields() const noexcept {
    auto const* const machine = impl_->machine();
    return machine ? machine->response() : std::span<http_field const>{};
}

std::string_view client::response_header(std::string_view name) const noexcept {
    for (auto const& f : response_fields())
        if (iequals(f.name, name)) return f.value;
    return {};
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
    impl_->await([code = may_be_sent(code) ? code : close_code::normal,
                  text = std::string(text),
                  done = std::move(done)](client_waits& waits, reconnector& machine) mutable {
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
