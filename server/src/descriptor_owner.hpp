#pragma once

#include <unistd.h>
#include <utility>

namespace anywire {

/// Closes a descriptor that nobody has taken.
class descriptor_owner {
public:
    descriptor_owner() noexcept = default;
    explicit descriptor_owner(int descriptor) noexcept : descriptor_(descriptor) {}
    ~descriptor_owner() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    descriptor_owner(descriptor_owner&& other) noexcept : descriptor_(other.release()) {}
    descriptor_owner& operator=(descriptor_owner&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }

    int get() const noexcept { return descriptor_; }
    int release() noexcept { return std::exchange(descriptor_, -1); }

private:
    int descriptor_ = -1;
};

}  // namespace anywire
