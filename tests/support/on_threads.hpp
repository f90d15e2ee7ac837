#pragma once

#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace anywire::test {

/// Runs `body(0)` to `body(n - 1)` on a thread each; returns what they threw. Catch2's macros are
/// not thread-safe: what a thread finds wrong it throws.
inline std::vector<std::string> on_threads(int n, std::function<void(int)> const& body) {
    std::mutex mutex;
    std::vector<std::string> errors;
    std::vector<std::thread> all;
    for (int i = 0; i < n; ++i)
        all.emplace_back([&, i] {
            try {
                body(i);
            } catch (std::exception const& e) {
                std::scoped_lock const lock(mutex);
                errors.emplace_back(e.what());
            }
        });
    for (auto& t : all) t.join();
    return errors;
}

}  // namespace anywire::test
