#include "process_view.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace demo {
namespace {

double seconds(timeval const& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

/// CPU time of every thread name, in nanoseconds.
std::map<std::string, std::uint64_t> used_by_threads() {
    std::map<std::string, std::uint64_t> out;
    std::error_code ec;
    for (auto const& task : std::filesystem::directory_iterator("/proc/self/task", ec)) {
        std::string name;
        std::uint64_t used = 0;
        std::getline(std::ifstream(task.path() / "comm"), name);
        std::ifstream(task.path() / "schedstat") >> used;
        out[name] += used;
    }
    return out;
}

}  // namespace

void name_threads(char const* name) {
    ::pthread_setname_np(::pthread_self(), name);
}

std::size_t heap_in_use() {
    auto const heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

process_view process_meter::look() {
    process_view out;
    std::size_t pages = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    out.resident_bytes = resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    out.heap_bytes = heap_in_use();

    auto const now = std::chrono::steady_clock::now();
    auto used = used_by_threads();
    auto const passed = std::chrono::duration<double, std::nano>(now - at_).count();
    if (at_ != std::chrono::steady_clock::time_point{})
        for (auto const& [name, ns] : used)
            out.cpu[name] = static_cast<double>(ns - std::min(ns, used_[name])) / passed;
    used_ = std::move(used);
    at_ = now;

    rusage whole{};
    ::getrusage(RUSAGE_SELF, &whole);
    out.cpu_seconds = seconds(whole.ru_utime) + seconds(whole.ru_stime);
    return out;
}

}  // namespace demo
