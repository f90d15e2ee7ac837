#pragma once

#include <anywire/client.hpp>
#include <anywire/conversation.hpp>
#include <anywire/executors.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace anywire {
namespace detail {

struct client_executor {
    /// That of its context.
    static boost::asio::any_io_executor of(client& c);
};

/// Makes a function of a handler of Asio's, which calls it where it belongs.
template <class... A, class Handler>
auto bring_to_executor(client& c, Handler handler) {
    auto const to = boost::asio::get_associated_executor(handler, client_executor::of(c));
    return [kept = std::make_shared<Handler>(std::move(handler)),
            to,
            work = boost::asio::prefer(to, boost::asio::execution::outstanding_work.tracked)](
               A... with) {
        boost::asio::post(to, [kept, ... with = std::move(with)]() mutable {
            boost::asio::get_associated_cancellation_slot(*kept).clear();
            std::move (*kept)(std::move(with)...);
        });
    };
}

}  // namespace detail

template <class Token>
auto client::async_connect(Token&& token) {
    return boost::asio::async_initiate<Token, void(client_result)>(
        [this](auto handler) {
            begin_connect(detail::bring_to_executor<client_result>(*this, std::move(handler)));
        },
        token);
}

template <class Token>
auto client::async_receive(Token&& token) {
    return boost::asio::async_initiate<Token, void(result<message>)>(
        [this](auto handler) {
            auto slot = boost::asio::get_associated_cancellation_slot(handler);
            if (slot.is_connected())
                slot.assign([cancel = make_receive_canceller()](boost::asio::cancellation_type) {
                    cancel();
                });
            begin_receive(detail::bring_to_executor<result<message>>(*this, std::move(handler)));
        },
        token);
}

template <class Token>
auto client::async_close(close_code code, std::string_view text, Token&& token) {
    return boost::asio::async_initiate<Token, void()>(
        [this](auto handler, close_code how, std::string const& why) {
            begin_close(how, why, detail::bring_to_executor<>(*this, std::move(handler)));
        },
        token,
        code,
        std::string(text));
}

}  // namespace anywire
