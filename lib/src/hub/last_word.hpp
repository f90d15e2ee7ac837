#pragma once

#include <functional>
#include <utility>

namespace anywire::hub {

/// Something to be told once: in its place or, if that has gone, by whoever drops it.
class last_word {
public:
    explicit last_word(std::function<void()> fn) noexcept : fn_(std::move(fn)) {}
    ~last_word() {
        // One that asks again would be told again, without an end.
        static thread_local bool is_saying = false;
        if (!fn_ || is_saying) return;
        is_saying = true;
        try {
            fn_();
        } catch (...) {  // NOLINT(bugprone-empty-catch): there is no log any more
        }
        is_saying = false;
    }
    last_word(last_word const&) = delete;
    last_word& operator=(last_word const&) = delete;

    void say() {
        auto const fn = std::exchange(fn_, {});
        fn();
    }

private:
    std::function<void()> fn_;
};

}  // namespace anywire::hub
