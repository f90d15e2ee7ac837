#pragma once

#include <anywire/handlers.hpp>
#include <anywire/operation.hpp>
#include <anywire/task.hpp>

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace anywire {

/// One application message with bytes of its own.
struct message {
    std::string data{};
    bool binary = false;

    operator message_view() const noexcept { return {std::string_view(data), binary}; }
};

namespace detail {

/// The messages of one conversation: handed over one by one as they are awaited; while none is, the
/// session is paused.
///
/// Thread: the session's shard's.
class inbox {
public:
    using receiver = std::function<void(result<message>)>;

    explicit inbox(session& of) noexcept : session_(of) {}

    session const& of() const noexcept { return session_; }
    void receive(receiver to);
    void on_message(message_view m);
    void on_close();

private:
    session& session_;
    receiver waiting_{};
    bool is_closed_ = false;
};

using starter = std::function<void(session&, inbox&)>;
handlers make_conversation(starter start);

/// A conversation's coroutine.
template <class F>
class conversation_root final : public coroutine_root {
public:
    conversation_root(std::shared_ptr<F> f, session& s, inbox& messages)
        : f_(std::move(f)), session_(s), messages_(messages) {}

    void start() {
        body_.emplace((*f_)(session_));
        body_->start(*this);
    }
    poster make_poster() override { return poster_of(session_); }
    inbox* messages() noexcept override { return &messages_; }
    void on_done() override { session_.close(); }

private:
    std::shared_ptr<F> f_;
    session& session_;
    inbox& messages_;
    std::optional<task<void>> body_{};
};

}  // namespace detail

/// Handlers that run one coroutine a session, from its open to its end:
///
///     server.mount("/echo", anywire::sockjs_options{},
///                  anywire::conversation([](anywire::session& s) -> anywire::task<> {
///                      while (auto const m = co_await s.async_receive()) s.send(*m);
///                  }));
///
/// While it does not await a message the session is paused, so that a client feels a slow
/// conversation as it feels `session::pause`. When the coroutine returns, the session is closed.
/// When the session closes first, what it awaits from `async_receive` is `errc::session_closed`,
/// after which it may still look at the session until it awaits something else. `authorize` and
/// `on_drain` of the handlers are left to be set.
/// Thread: the coroutine runs on its session's shard.
template <class F>
[[nodiscard]] handlers conversation(F f) {
    using result = std::invoke_result_t<F&, session&>;
    static_assert(std::is_same_v<result, task<void>>,
                  "write [](anywire::session& session) -> anywire::task<> { ... }");
    return detail::make_conversation(
        [f = std::make_shared<F>(std::move(f))](session& s, detail::inbox& messages) {
            std::make_shared<detail::conversation_root<F>>(f, s, messages)->start();
        });
}

namespace detail {

/// `session::async_receive`.
class receive_operation {
public:
    explicit receive_operation(session& of) noexcept : session_(of) {}

    bool await_ready() const noexcept { return false; }
    template <promise_of_task Promise>
    bool await_suspend(std::coroutine_handle<Promise> by) {
        auto& root = *by.promise().root;
        auto* const from = root.messages();
        if (!from || &from->of() != &session_) {
            to_.value.emplace(error_code(boost::system::errc::operation_not_supported,
                                         boost::system::generic_category()));
            return false;
        }
        to_.waiting = by;
        auto const ends =
            std::make_shared<completion<result<message>>>(root.shared_from_this(), to_, poster{});
        from->receive([ends](result<message> m) { ends->complete(std::move(m)); });
        return !to_.is_second();
    }
    result<message> await_resume() { return std::move(*to_.value); }

private:
    session& session_;
    outcome<result<message>> to_{};
};

}  // namespace detail

ANYWIRE_AWAITED inline auto session::async_receive() {
    return detail::receive_operation(*this);
}

}  // namespace anywire
