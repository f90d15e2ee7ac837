#pragma once

#include <cstddef>
#include <functional>

namespace anywire::test {

/// What goes wrong with one system call of the server.
enum class fault : unsigned char { reset, broken_pipe, again, interrupted, one_byte, end, none };

/// Makes the `n`-th call of recv, send, sendmsg or accept4 on this thread go wrong, from now on;
/// 0 makes none. Calls of other threads are left alone.
void fail_call(std::size_t n, fault what) noexcept;

/// Calls `fn` on this thread just before its next call of send, once.
void before_send(std::function<void()> fn);

/// Makes the `n`-th allocation by `operator new` on this thread throw `std::bad_alloc`, from now
/// on, and as many as `times` in all; 0 makes none.
void fail_allocation(std::size_t n, std::size_t times) noexcept;

/// Allocations counted on this thread since `fail_allocation`.
std::size_t allocations_counted() noexcept;

/// Bytes that `operator new` has given out on this thread, in all.
std::size_t bytes_allocated() noexcept;

/// Calls counted on this thread since `fail_call`.
std::size_t calls_counted() noexcept;

}  // namespace anywire::test
