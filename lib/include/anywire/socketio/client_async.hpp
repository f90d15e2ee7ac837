#pragma once

#include <anywire/operation.hpp>
#include <anywire/socketio/answer_types.hpp>
#include <anywire/socketio/client_socket.hpp>
#include <anywire/started.hpp>
#include <anywire/task.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace anywire::socketio {

/// How to come back to a client's context, while the client is there.
anywire::detail::poster poster_of(client_socket& s);

template <class F>
std::future<void> client_socket::start(F f) {
    static_assert(std::is_same_v<std::invoke_result_t<F&, client_socket&>, task<void>>,
                  "write [](sio::client_socket& socket) -> anywire::task<> { ... }");
    return anywire::detail::start_coroutine(*this, std::move(f));
}

template <class... R, class... A>
ANYWIRE_AWAITED auto client_socket::async_emit(std::string_view name, A&&... args) {
    return sender(*this).async_emit<R...>(name, std::forward<A>(args)...);
}

template <class... R, class... A>
ANYWIRE_AWAITED auto client_socket::sender::async_emit(std::string_view name, A&&... args) {
    detail::check_awaited_arguments<A&&...>();
    auto begin = [to = *this,
                  event_name = std::string(name),
                  event = detail::encode_event(name, args...)](auto done) mutable {
        auto const sent = to.socket_.send(to.flags_,
                                          event_name,
                                          std::move(event),
                                          detail::make_ack_handler(detail::ack_to<R...>(done)));
        if (!sent)
            done(result<detail::answer_type<R...>>(boost::system::in_place_error, sent.error()));
    };
    // The coroutine may be at home elsewhere: a server's handler that asks another server, say.
    return operation<result<detail::answer_type<R...>>, decltype(begin)>(std::move(begin), true);
}

ANYWIRE_AWAITED inline auto client_socket::async_wait(std::chrono::milliseconds delay) {
    auto begin = [this, delay](auto done) { after(delay, [done](client_socket&) { done(); }); };
    return operation<void, decltype(begin)>(std::move(begin), true);
}

}  // namespace anywire::socketio
