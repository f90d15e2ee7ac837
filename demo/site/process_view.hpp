#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace demo {

/// Names the calling thread and those it will start; `process_meter` groups by that.
void name_threads(char const* name);

/// What the process costs.
struct process_view {
    std::size_t resident_bytes = 0;
    std::size_t heap_bytes = 0;  ///< In use.
    std::map<std::string, double>
        cpu{};               ///< Share of one core since the last look, by thread name.
    double cpu_seconds = 0;  ///< Of the whole process, since it started.
};

/// Bytes that the program has allocated and not freed.
std::size_t heap_in_use();

/// Looks at /proc.
class process_meter {
public:
    process_view look();

private:
    std::map<std::string, std::uint64_t> used_{};  ///< Nanoseconds.
    std::chrono::steady_clock::time_point at_{};
};

}  // namespace demo
