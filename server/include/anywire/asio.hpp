#pragma once

#include <anywire/detail/asio_stream.hpp>
#include <anywire/detail/lend.hpp>
#include <anywire/executors.hpp>
#include <anywire/service.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace anywire {

/// What comes back from `service::async_serve`.
template <class Stream, class Buffer>
struct served {
    /// The stream, before a request that is not the service's; nothing when it does not come back,
    /// as it became a WebSocket or has ended.
    std::optional<Stream> stream{};
    Buffer buffer{};  ///< What was read of that request.

    explicit operator bool() const noexcept { return stream.has_value(); }
};

namespace detail {

template <class Stream>
struct is_plain_socket : std::false_type {};
template <class Protocol, class Executor>
struct is_plain_socket<boost::asio::basic_stream_socket<Protocol, Executor>> : std::true_type {};

template <class Stream>
constexpr bool is_tls_stream = requires(Stream& s) {
    s.set_verify_depth(1);
};

/// The other end's address; empty where it has none, as on a Unix domain socket.
template <class Stream>
std::string address_of(Stream& stream) {
    if constexpr (requires { stream.lowest_layer().remote_endpoint().address(); }) {
        boost::system::error_code ec;
        auto const from = stream.lowest_layer().remote_endpoint(ec);
        if (ec) return {};
        auto const address = from.address();
        if (address.is_v6() && address.to_v6().is_v4_mapped())
            return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
                .to_string();
        return address.to_string();
    } else {
        return {};
    }
}

/// A head that was parsed, as bytes again, and the bytes that follow it.
template <class Head, class Buffer>
std::string bytes_of(Head const& head, Buffer const& buffer) {
    std::string out;
    auto const add = [&](auto const& text) { out.append(text.data(), text.size()); };
    add(head.method_string());
    out.append(1, ' ');
    add(head.target());
    out.append(head.version() == 10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    for (auto const& f : head) {
        add(f.name_string());
        out.append(": ");
        add(f.value());
        out.append("\r\n");
    }
    out.append("\r\n");
    auto const read = out.size();
    out.resize(read + buffer.size());
    boost::asio::buffer_copy(boost::asio::buffer(out.data() + read, buffer.size()), buffer.data());
    return out;
}

/// How a stream is lent, and made again of what comes back.
template <class Stream>
class loan {
public:
    static lent_connection begin(Stream stream) {
        lent_connection out;
        out.address = address_of(stream);
        out.is_secure = is_tls_stream<Stream>;
        if constexpr (is_plain_socket<Stream>::value)
            out.descriptor = stream.release();
        else
            out.stream = std::make_unique<asio_stream<Stream>>(std::move(stream));
        return out;
    }
};

template <class Stream>
auto protocol_of(Stream const& stream) {
    if constexpr (is_plain_socket<Stream>::value)
        return stream.local_endpoint().protocol();
    else
        return 0;
}

}  // namespace detail

inline auto service::executor_of(std::size_t index) {
    return detail::executor_of(core(), index);
}

template <class Stream, class Head, class Buffer, class Token>
auto service::async_serve(Stream stream, Head head, Buffer buffer, Token&& token) {
    using result = served<Stream, Buffer>;
    return boost::asio::async_initiate<Token, void(result)>(
        [this](auto handler, Stream from, Head const& request, Buffer read) {
            auto const executor = from.get_executor();
            auto const protocol = detail::protocol_of(from);
            auto const target = std::string(request.target().data(), request.target().size());
            auto const to = boost::asio::get_associated_executor(handler, executor);
            auto what = detail::loan<Stream>::begin(std::move(from));
            what.bytes = detail::bytes_of(request, read);
            read.consume(read.size());
            struct waiting {
                decltype(handler) then;
                Buffer buffer;
            };
            auto const kept =
                std::make_shared<waiting>(waiting{std::move(handler), std::move(read)});
            detail::lend(
                core(),
                target,
                std::move(what),
                [kept, executor, protocol, to](std::optional<detail::lent_connection> back) {
                    auto out = std::make_shared<result>();
                    out->buffer = std::move(kept->buffer);
                    if (back) {
                        auto const n = back->bytes.size();
                        auto const room = out->buffer.prepare(n);
                        boost::asio::buffer_copy(room, boost::asio::buffer(back->bytes));
                        out->buffer.commit(n);
                        if constexpr (detail::is_plain_socket<Stream>::value)
                            out->stream.emplace(executor, protocol, back->descriptor);
                        else
                            out->stream.emplace(
                                static_cast<detail::asio_stream<Stream>&>(*back->stream).take());
                        // Not every kind of stream is made anew.
                        static_cast<void>(executor), static_cast<void>(protocol);
                    }
                    boost::asio::dispatch(
                        to, [kept, out]() mutable { std::move(kept->then)(std::move(*out)); });
                });
        },
        token,
        std::move(stream),
        std::move(head),
        std::move(buffer));
}

template <class Token>
auto service::async_drain(std::chrono::milliseconds deadline, Token&& token) {
    return async_drain(drain_options{.deadline = deadline}, std::forward<Token>(token));
}

template <class Token>
auto service::async_drain(drain_options how, Token&& token) {
    return boost::asio::async_initiate<Token, void()>(
        [this, how](auto handler) {
            auto const to = boost::asio::get_associated_executor(handler, executor_of(0));
            auto const kept = std::make_shared<decltype(handler)>(std::move(handler));
            auto const work =
                boost::asio::prefer(to, boost::asio::execution::outstanding_work.tracked);
            drain(how, [kept, to, work] {
                boost::asio::post(to, [kept]() mutable { std::move (*kept)(); });
            });
        },
        token);
}

}  // namespace anywire
