#pragma once

#include "upstreams.hpp"

#include <cassert>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace anywire::gateway {

/// One session's server, from its choice to its end: tells `upstreams` exactly once what became of
/// the choice and, where it was opened, that it has ended. Destroying it gives up what was not
/// opened, and closes what was.
///
/// Borrow: the `upstreams`, as long as it is not empty.
class server_claim {
public:
    using time = upstreams::time;

    server_claim() noexcept = default;
    /// Claims the server for the next session, without those that `tried` names; empty where there
    /// is none.
    server_claim(upstreams& of, time now, std::span<std::size_t const> tried = {}) {
        auto const chosen = of.choose(now, tried);
        if (!chosen) return;
        of_ = &of;
        server_ = *chosen;
    }
    server_claim(server_claim&& other) noexcept { *this = std::move(other); }
    server_claim& operator=(server_claim&& other) noexcept {
        if (this == &other) return *this;
        let_go();
        of_ = std::exchange(other.of_, nullptr);
        server_ = other.server_;
        is_open_ = std::exchange(other.is_open_, false);
        return *this;
    }
    ~server_claim() { let_go(); }

    explicit operator bool() const noexcept { return of_ != nullptr; }
    /// Requires: it is not empty.
    std::size_t server() const noexcept { return server_; }
    std::string_view url() const noexcept { return of_ ? of_->url(server_) : std::string_view{}; }

    // What became of it. Requires: it is neither empty nor open. It is empty after the last two.

    void opened(time now) {
        assert(of_ && !is_open_);
        is_open_ = true;
        of_->on_opened(server_, now);
    }
    void failed(time now, std::string_view why) { take_opening().on_failed(server_, now, why); }
    void refused(time now) { take_opening().on_refused(server_, now); }

    /// The session has ended; it is empty then. Does nothing where it is not open.
    void closed(bool is_lost) {
        if (std::exchange(is_open_, false))
            std::exchange(of_, nullptr)->on_closed(server_, is_lost);
    }

private:
    upstreams& take_opening() {
        assert(of_ && !is_open_);
        return *std::exchange(of_, nullptr);
    }
    void let_go() {
        closed(false);
        if (of_) std::exchange(of_, nullptr)->on_given_up(server_);
    }

    upstreams* of_ = nullptr;
    std::size_t server_ = 0;
    bool is_open_ = false;
};

}  // namespace anywire::gateway
