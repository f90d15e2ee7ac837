#pragma once

#include <anywire/operation.hpp>
#include <anywire/socketio/answer_types.hpp>
#include <anywire/socketio/nsp.hpp>
#include <anywire/task.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace anywire::socketio {

/// What came back when many were asked. `error` says that not all have answered; what had come is
/// there.
template <class T>
struct answers {
    error_code error{};
    std::vector<T> values{};
};

/// How to come back to a socket's shard, while it is there, be it still joining.
anywire::detail::poster poster_of(socket& s);

template <class... R, class... A>
ANYWIRE_AWAITED auto socket::async_emit(std::string_view name, A&&... args) {
    return sender(*this).async_emit<R...>(name, std::forward<A>(args)...);
}

template <class... R, class... A>
ANYWIRE_AWAITED auto socket::sender::async_emit(std::string_view name, A&&... args) {
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
    return operation<result<detail::answer_type<R...>>, decltype(begin)>(std::move(begin), false);
}

ANYWIRE_AWAITED inline auto socket::async_wait(std::chrono::milliseconds delay) {
    auto begin = [this, delay](auto done) { after(delay, [done](socket&) { done(); }); };
    return operation<void, decltype(begin)>(std::move(begin), false);
}

template <class T, class... A>
ANYWIRE_AWAITED auto broadcast::async_emit(std::string_view name, A&&... args) const {
    detail::check_awaited_arguments<A&&...>();
    auto begin = [to = *this,
                  event_name = std::string(name),
                  event = detail::encode_event(name, args...)](auto done) mutable {
        to.send(event_name,
                std::move(event),
                detail::make_acks_handler([done](error_code error, std::vector<T> values) {
                    done(answers<T>{error, std::move(values)});
                }));
    };
    return operation<answers<T>, decltype(begin)>(std::move(begin), true);
}

ANYWIRE_AWAITED inline auto broadcast::async_fetch_sockets() const {
    auto begin = [of = *this](auto done) {
        of.fetch_sockets([done](error_code error, std::vector<remote_socket> sockets) {
            using answer = result<std::vector<remote_socket>>;
            done(error ? answer(error) : answer(std::move(sockets)));
        });
    };
    return operation<result<std::vector<remote_socket>>, decltype(begin)>(std::move(begin), true);
}

ANYWIRE_AWAITED inline auto broadcast::async_socket_ids() const {
    auto begin = [of = *this](auto done) {
        of.socket_ids([done](error_code error, std::vector<std::string> ids) {
            using answer = result<std::vector<std::string>>;
            done(error ? answer(error) : answer(std::move(ids)));
        });
    };
    return operation<result<std::vector<std::string>>, decltype(begin)>(std::move(begin), true);
}

ANYWIRE_AWAITED inline auto nsp::async_fetch_sockets() const {
    return everybody().async_fetch_sockets();
}
ANYWIRE_AWAITED inline auto nsp::async_socket_ids() const {
    return everybody().async_socket_ids();
}
ANYWIRE_AWAITED inline auto nsp::async_all_rooms() const {
    auto begin = [of = *this](auto done) {
        of.all_rooms([done](error_code error, std::vector<std::string> names) {
            using answer = result<std::vector<std::string>>;
            done(error ? answer(error) : answer(std::move(names)));
        });
    };
    return operation<result<std::vector<std::string>>, decltype(begin)>(std::move(begin), true);
}

}  // namespace anywire::socketio
