// The linker sends the server's system calls here first: see test_faults in tests/CMakeLists.txt.

#include "faults/faults.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <sys/socket.h>
#include <utility>

extern "C" {
ssize_t __real_recv(int, void*, std::size_t, int);
ssize_t __real_send(int, void const*, std::size_t, int);
ssize_t __real_sendmsg(int, msghdr const*, int);
int __real_accept4(int, sockaddr*, socklen_t*, int);
ssize_t __wrap_recv(int, void*, std::size_t, int);
ssize_t __wrap_send(int, void const*, std::size_t, int);
ssize_t __wrap_sendmsg(int, msghdr const*, int);
int __wrap_accept4(int, sockaddr*, socklen_t*, int);
}

namespace anywire::test {
namespace {

thread_local std::size_t counted = 0;
thread_local std::size_t fails_at = 0;
thread_local fault what_fails = fault::none;
thread_local std::function<void()> happens_before{};

thread_local std::size_t allocations = 0;
thread_local std::size_t allocated = 0;
thread_local std::size_t allocation_fails_at = 0;
thread_local std::size_t allocation_fails_for = 0;

/// What shall go wrong with the call that is being made.
fault next_fault() noexcept {
    if (fails_at == 0) return fault::none;
    return ++counted == fails_at ? what_fails : fault::none;
}

ssize_t failed_with(int error) noexcept {
    errno = error;
    return -1;
}

/// A fault that needs no call; 1 when the call is to be made.
ssize_t fail_instead(fault f) noexcept {
    switch (f) {
        case fault::reset: return failed_with(ECONNRESET);
        case fault::broken_pipe: return failed_with(EPIPE);
        case fault::again: return failed_with(EAGAIN);
        case fault::interrupted: return failed_with(EINTR);
        case fault::end:
        case fault::one_byte:
        case fault::none: return 1;
    }
    return 1;
}

}  // namespace

void fail_call(std::size_t n, fault what) noexcept {
    counted = 0;
    fails_at = n;
    what_fails = what;
}

void before_send(std::function<void()> fn) {
    happens_before = std::move(fn);
}

void fail_allocation(std::size_t n, std::size_t times) noexcept {
    allocations = 0;
    allocation_fails_at = n;
    allocation_fails_for = times;
}

std::size_t allocations_counted() noexcept {
    return allocations;
}

std::size_t bytes_allocated() noexcept {
    return allocated;
}

namespace {

bool next_allocation_fails(std::size_t size) noexcept {
    allocated += size;
    if (allocation_fails_at == 0) return false;
    ++allocations;
    return allocations >= allocation_fails_at &&
           allocations < allocation_fails_at + allocation_fails_for;
}

}  // namespace

std::size_t calls_counted() noexcept {
    return counted;
}

}  // namespace anywire::test

using namespace anywire::test;

// Of every thread; those that have not asked for it are left alone. The other forms call these.
void* operator new(std::size_t size) {
    if (anywire::test::next_allocation_fails(size)) throw std::bad_alloc();
    if (auto* const p = std::malloc(size == 0 ? 1 : size)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}

ssize_t __wrap_recv(int descriptor, void* to, std::size_t room, int flags) {
    auto const f = next_fault();
    if (auto const r = fail_instead(f); r < 0) return r;
    if (f == fault::end) return 0;
    return __real_recv(
        descriptor, to, f == fault::one_byte ? std::min<std::size_t>(room, 1) : room, flags);
}

ssize_t __wrap_send(int descriptor, void const* from, std::size_t size, int flags) {
    if (auto const fn = std::exchange(happens_before, nullptr)) fn();
    auto const f = next_fault();
    if (auto const r = fail_instead(f); r < 0) return r;
    return __real_send(
        descriptor, from, f == fault::one_byte ? std::min<std::size_t>(size, 1) : size, flags);
}

ssize_t __wrap_sendmsg(int descriptor, msghdr const* message, int flags) {
    auto const f = next_fault();
    if (auto const r = fail_instead(f); r < 0) return r;
    if (f != fault::one_byte || message->msg_iovlen == 0)
        return __real_sendmsg(descriptor, message, flags);
    auto const& first = message->msg_iov[0];
    return __real_send(descriptor, first.iov_base, std::min<std::size_t>(first.iov_len, 1), flags);
}

int __wrap_accept4(int descriptor, sockaddr* from, socklen_t* size, int flags) {
    auto const f = next_fault();
    if (auto const r = fail_instead(f); r < 0) {
        if (f == fault::broken_pipe) errno = EMFILE;
        if (f == fault::reset) errno = ECONNABORTED;
        return -1;
    }
    return __real_accept4(descriptor, from, size, flags);
}
