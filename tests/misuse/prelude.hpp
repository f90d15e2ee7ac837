// What every program here begins with.

#include <anywire/server.hpp>
#include <anywire/socketio.hpp>

#include <chrono>
#include <coroutine>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sio = anywire::socketio;
using namespace std::chrono_literals;

/// A coroutine's return type, as small as one can be.
struct task {
    struct promise_type {
        task get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
};

/// A type that nobody has taught the library.
struct colour {
    int red = 0;
};
