#pragma once

#include <anywire/error.hpp>
#include <anywire/socketio/ack.hpp>
#include <anywire/socketio/handler_shapes.hpp>

#include <any>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace anywire::socketio {

class socket;

/// One event, as catch-all listeners and middlewares see it.
///
/// Borrow: valid during the call.
class event {
public:
    event(std::string_view name, arguments const& args, std::shared_ptr<ack_channel> to)
        : name_(name), args_(args), to_(std::move(to)) {}

    std::string_view name() const noexcept { return name_; }
    arguments const& args() const noexcept { return args_; }
    /// Whether the client asked for an acknowledgement.
    bool wants_ack() const noexcept { return to_ != nullptr; }
    /// Answers in the handlers' stead.
    template <class... T>
    void answer(T const&... values) const {
        ack<T...>{to_}(values...);
    }
    std::shared_ptr<ack_channel> const& channel() const noexcept { return to_; }

private:
    std::string_view name_;
    arguments const& args_;
    std::shared_ptr<ack_channel> to_;
};

/// Why a middleware turns somebody away: `connect_error` at the client.
struct connect_error {
    std::string message{};
    /// What the client finds as `err.data`.
    std::optional<json_value> data{};
};

/// What a middleware calls when it has decided.
///
/// Thread: any, at once or later; only the first call counts. While one is kept and not called its
/// client waits; if all copies of it go without a call, it has refused.
class next {
public:
    using channel = std::function<void(std::optional<connect_error>, std::any data)>;
    explicit next(std::shared_ptr<channel> to) noexcept : to_(std::move(to)) {}

    void operator()() const {
        if (to_) (*to_)(std::nullopt, {});
    }
    /// The same, and `data` becomes the socket's `data()` if it holds something.
    void accept(std::any data) const {
        if (to_) (*to_)(std::nullopt, std::move(data));
    }
    void operator()(connect_error why) const {
        if (to_) (*to_)(std::move(why), {});
    }

private:
    std::shared_ptr<channel> to_;
};

/// How the answers to an emit are taken; an error says that they did not come, or not from all.
/// False when one did not fit the handler's signature.
using ack_handler = std::function<bool(error_code, std::span<arguments const>)>;

namespace detail {

/// What an event's handler becomes: says which argument did not fit. `Socket` is that of the side
/// that hears the event.
template <class Socket>
using basic_event_handler = std::function<std::optional<argument_error>(Socket&, event const&)>;
using event_handler = basic_event_handler<socket>;

using socketio::ack_handler;

}  // namespace detail
}  // namespace anywire::socketio
