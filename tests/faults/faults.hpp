#pragma once

#include <cstddef>

namespace anywire::test {

/// What goes wrong with one system call of the server.
enum class fault : unsigned char { reset, broken_pipe, again, interrupted, one_byte, end, none };

/// Makes the `n`-th call of recv, send, sendmsg or accept4 on this thread go wrong, from now on;
/// 0 makes none. Calls of other threads are left alone.
void fail_call(std::size_t n, fault what) noexcept;

/// Calls counted on this thread since `fail_call`.
std::size_t calls_counted() noexcept;

}  // namespace anywire::test
