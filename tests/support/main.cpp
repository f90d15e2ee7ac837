#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#ifdef __SANITIZE_THREAD__
// The owners of an exception are counted within libstdc++, where the sanitizer does not look.
extern "C" char const* __tsan_default_suppressions() {
    return "race:std::__exception_ptr::exception_ptr\nrace:std::runtime_error::~runtime_error\n";
}
#endif
