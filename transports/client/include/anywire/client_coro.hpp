#pragma once

/// Coroutines that use a client. `docs/client.md` explains it.

#include <anywire/client.hpp>
#include <anywire/conversation.hpp>
#include <anywire/operation.hpp>
#include <anywire/started.hpp>
#include <anywire/task.hpp>

#include <chrono>
#include <future>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace anywire {
template <class F>
std::future<void> client::start(F f) {
    static_assert(std::is_same_v<std::invoke_result_t<F&, client&>, task<void>>,
                  "write [](anywire::client& client) -> anywire::task<> { ... }");
    return detail::start_coroutine(*this, std::move(f));
}

ANYWIRE_AWAITED inline auto client::async_connect() {
    auto begin = [this](auto done) { begin_connect(std::move(done)); };
    return operation<client_result, decltype(begin)>(std::move(begin), true);
}

ANYWIRE_AWAITED inline auto client::async_receive() {
    auto begin = [this](auto done) { begin_receive(std::move(done)); };
    return operation<result<message>, decltype(begin)>(std::move(begin), true);
}

ANYWIRE_AWAITED inline auto client::async_close(close_code code, std::string_view text) {
    auto begin = [this, code, kept = std::string(text)](auto done) {
        begin_close(code, kept, std::move(done));
    };
    return operation<void, decltype(begin)>(std::move(begin), true);
}

ANYWIRE_AWAITED inline auto client::async_wait(std::chrono::milliseconds delay) {
    auto begin = [this, delay](auto done) { after(delay, [done](client&) { done(); }); };
    return operation<void, decltype(begin)>(std::move(begin), true);
}

}  // namespace anywire
