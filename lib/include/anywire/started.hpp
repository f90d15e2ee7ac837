#pragma once

#include <anywire/task.hpp>

#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace anywire::detail {

/// A coroutine that a program has started, rather than a handler. `Home` is a client, or a socket
/// of one.
template <class Home, class F>
class started_root final : public coroutine_root {
public:
    started_root(Home& home, F f) : home_(home), f_(std::move(f)) {}

    std::future<void> end() { return ended_.get_future(); }
    void start() {
        body_.emplace(run());
        body_->start(*this);
    }
    poster make_poster() override { return poster_of(home_); }

private:
    task<void> run() {
        try {
            co_await f_(home_);
        } catch (...) {
            ended_.set_exception(std::current_exception());
            throw;
        }
        ended_.set_value();
    }

    Home& home_;
    F f_;
    std::promise<void> ended_{};
    std::optional<task<void>> body_{};  // goes first
};

/// Starts `f(home)` where `home` is at home. Thread: any.
template <class Home, class F>
std::future<void> start_coroutine(Home& home, F f) {
    auto const root = std::make_shared<started_root<Home, F>>(home, std::move(f));
    auto ended = root->end();
    poster_of(home)([root] { root->start(); });
    return ended;
}

}  // namespace anywire::detail
