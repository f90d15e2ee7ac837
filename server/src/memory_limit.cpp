#include "memory_limit.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <unistd.h>

namespace anywire {
namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

/// The number that a file of the kernel's begins with; `no_limit` for anything else ("max").
std::size_t number_in(char const* path) noexcept {
    auto* const file = std::fopen(path, "re");
    if (!file) return no_limit;
    unsigned long long n = 0;
    auto const read = std::fscanf(file, "%llu", &n);
    (void)std::fclose(file);
    return read == 1 ? static_cast<std::size_t>(n) : no_limit;
}

}  // namespace

std::size_t memory_limit() noexcept {
    auto const pages = ::sysconf(_SC_PHYS_PAGES);
    auto const page_size = ::sysconf(_SC_PAGESIZE);
    auto const machine = pages > 0 && page_size > 0
                             ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(page_size)
                             : std::size_t{1} << 30;
    return std::min({machine,
                     number_in("/sys/fs/cgroup/memory.max"),
                     number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes")});
}

}  // namespace anywire
