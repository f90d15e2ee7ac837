#pragma once

#include <anywire/handlers.hpp>
#include <anywire/session.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace anywire {

template <class T = void>
class task;

namespace detail {

/// Runs a function where a coroutine belongs: on its session's shard, if the session is still
/// there; else the function is dropped. Thread: any.
using poster = std::function<void(std::function<void()>)>;

/// How to come back to a session's shard; what is posted after the service has gone is dropped.
poster poster_of(session& s);

class inbox;

/// A coroutine that a handler has started, with everything that it awaits. Whatever it waits for
/// owns it: where that is dropped, because its session has gone, the coroutine is destroyed.
///
/// Thread: its session's shard's; the count of its owners any.
class coroutine_root : public std::enable_shared_from_this<coroutine_root> {
public:
    coroutine_root() noexcept = default;
    coroutine_root(coroutine_root const&) = delete;
    coroutine_root& operator=(coroutine_root const&) = delete;
    virtual ~coroutine_root() = default;

    /// Goes on with the coroutine that waits. Throws: what the handler throws.
    void resume(std::coroutine_handle<> waiting) {
        auto const keep = shared_from_this();
        waiting.resume();
    }
    /// Empty where there is no session. Requires: the session is there.
    virtual poster make_poster() { return {}; }
    /// Where messages are awaited; null where this is no conversation.
    virtual inbox* messages() noexcept { return nullptr; }
    /// The handler's coroutine has come to its end.
    virtual void on_done() {}
};

/// What the promises of all tasks have.
class task_promise_base {
public:
    std::suspend_always initial_suspend() const noexcept { return {}; }

    /// Goes back to who awaits the task.
    struct go_back {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
            auto const& of = ended.promise();
            if (of.awaited_by) return of.awaited_by;
            of.root->on_done();
            return std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };
    go_back final_suspend() const noexcept { return {}; }

    void unhandled_exception() {
        if (!awaited_by) throw;  // the handler itself: whoever has resumed it hears of it
        error_ = std::current_exception();
    }

    coroutine_root* root = nullptr;
    std::coroutine_handle<> awaited_by{};

protected:
    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

private:
    std::exception_ptr error_{};
};

template <class T>
class task_promise final : public task_promise_base {
public:
    task<T> get_return_object() noexcept;
    template <class U>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }
    T take() {
        rethrow();
        return std::move(*value_);
    }

private:
    std::optional<T> value_{};
};
template <>
class task_promise<void> final : public task_promise_base {
public:
    task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const { rethrow(); }
};

template <class Promise>
concept promise_of_task = std::derived_from<Promise, task_promise_base>;

/// What a coroutine keeps of an argument that its handler is called with: a reference to what is
/// the session's own, else a copy. Specialised for what is lent for the call.
template <class A>
class kept_argument {
public:
    template <class From>
    requires(!std::same_as<std::decay_t<From>, kept_argument>) explicit kept_argument(From&& from)
        : value_(std::forward<From>(from)) {}
    std::decay_t<A>& get() noexcept { return value_; }

private:
    std::decay_t<A> value_;
};
template <class A>
requires(!std::is_const_v<A>) class kept_argument<A&> {
public:
    explicit kept_argument(A& from) noexcept : value_(&from) {}
    A& get() noexcept { return *value_; }

private:
    A* value_;
};
template <>
class kept_argument<message_view> {
public:
    explicit kept_argument(message_view from)
        : bytes_(from.data), view_(std::string_view(bytes_), from.binary) {}
    kept_argument(kept_argument const&) = delete;
    kept_argument& operator=(kept_argument const&) = delete;
    message_view& get() noexcept { return view_; }

private:
    std::string bytes_;
    message_view view_;
};
template <>
class kept_argument<request const&> {
public:
    explicit kept_argument(request const& from) : value_(from.copy()) {}
    request const& get() noexcept { return value_; }

private:
    request value_;
};
template <>
class kept_argument<close_event const&> {
public:
    explicit kept_argument(close_event const& from) : text_(from.text), value_(from) {
        value_.text = text_;
    }
    kept_argument(kept_argument const&) = delete;
    kept_argument& operator=(kept_argument const&) = delete;
    close_event const& get() noexcept { return value_; }

private:
    std::string text_;
    close_event value_;
};

/// Whose coroutine a handler's is: its first argument's, if that is a session or a socket.
inline std::nullptr_t home_of() noexcept {
    return nullptr;
}
template <class First, class... A>
auto home_of(First& first, A&...) noexcept {
    if constexpr (!std::is_const_v<First> && requires { poster_of(first); })
        return &first;
    else
        return nullptr;
}

template <class Home, class F, class... A>
class handler_root;

}  // namespace detail

/// What a coroutine returns that is a handler, or that one awaits.
///
/// A handler that returns `task<>` runs like any other until it first awaits something. It goes on
/// later, on its session's shard, in an event of its own. What it was lent for the call, such as a
/// `message_view` or a `request const&`, it has as a copy that lives as long as it does. When its
/// session has gone it is destroyed where it waits: its locals are, and nothing else of it runs.
/// What it throws does what a handler's exception does. While it waits, the session's other
/// handlers are called: a second message may find the first one's coroutine waiting.
///
/// A task that is not a handler does nothing until another task awaits it, once.
/// Thread: its session's shard's; without a session (`authorize`) the one on which what it awaited
///         was done.
template <class T>
class [[nodiscard]] task {
public:
    using promise_type = detail::task_promise<T>;

    explicit task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
    task(task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    task& operator=(task&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~task() {
        if (handle_) handle_.destroy();
    }

    // -- what `co_await` asks
    bool await_ready() const noexcept { return false; }
    template <detail::promise_of_task Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> by) noexcept {
        handle_.promise().root = by.promise().root;
        handle_.promise().awaited_by = by;
        return handle_;
    }
    T await_resume() { return handle_.promise().take(); }

    // -- what handlers are made of
    /// Runs it until it first waits. Requires: `root` owns it.
    void start(detail::coroutine_root& root) {
        handle_.promise().root = &root;
        root.resume(handle_);
    }
    /// Makes a function that starts the task of another one, called with `A...`.
    template <class... A, class F>
    static auto as_handler(F f) {
        static_assert(std::is_void_v<T>, "a handler that is a coroutine returns anywire::task<>");
        return [f = std::make_shared<F>(std::move(f))](A... with) {
            start_handler<F, A...>(detail::home_of(with...), f, std::forward<A>(with)...);
        };
    }
    /// Makes a function of one that takes a request: what the task has in the end is given to
    /// `answer` of whatever answers it.
    template <class F>
    static auto as_answering(F f) {
        return [f = std::move(f)](auto const& asked, auto responder) mutable -> task<void> {
            auto value = co_await f(asked);
            responder.answer(std::move(value));
        };
    }
    /// Calls `f` with `A...` and starts the task that it returns.
    template <class F, class... A, class Home, class... From>
    static void start_handler(Home home, std::shared_ptr<F> const& f, From&&... from) {
        std::make_shared<detail::handler_root<Home, F, A...>>(home, f, std::forward<From>(from)...)
            ->start();
    }

private:
    std::coroutine_handle<promise_type> handle_;
};

namespace detail {

/// A handler's coroutine with its function and its arguments, which live as long. `Home` points to
/// the session or socket that it is about.
template <class Home, class F, class... A>
class handler_root final : public coroutine_root {
public:
    template <class... From>
    handler_root(Home home, std::shared_ptr<F> f, From&&... from)
        : home_(home), f_(std::move(f)), arguments_(std::forward<From>(from)...) {}

    void start() {
        body_.emplace(std::apply(
            [this](auto&... each) { return (*f_)(static_cast<A&&>(each.get())...); }, arguments_));
        body_->start(*this);
    }
    poster make_poster() override {
        if constexpr (std::is_null_pointer_v<Home>)
            return {};
        else
            return poster_of(*home_);
    }

private:
    Home home_;
    std::shared_ptr<F> f_;
    std::tuple<kept_argument<A>...> arguments_;
    std::optional<task<void>> body_{};  // goes first
};

}  // namespace detail

template <class T>
task<T> detail::task_promise<T>::get_return_object() noexcept {
    return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> detail::task_promise<void>::get_return_object() noexcept {
    return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

}  // namespace anywire
