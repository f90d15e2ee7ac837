#pragma once

#include "core/siphash.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <sys/random.h>

namespace anywire {

/// Random bytes from the kernel's CSPRNG, fetched 4 KB at a time: an id costs no system call.
///
/// Thread: one per shard.
class random_pool {
public:
    void operator()(std::span<unsigned char> to) {
        while (!to.empty()) {
            if (at_ == pool_->size()) refill();
            auto const n = std::min(to.size(), pool_->size() - at_);
            std::memcpy(to.data(), pool_->data() + at_, n);
            std::memset(pool_->data() + at_, 0, n);  // an id once given is nowhere else
            at_ += n;
            to = to.subspan(n);
        }
    }

private:
    void refill() {
        at_ = 0;
        for (std::size_t got = 0; got < pool_->size();) {
            auto const n = ::getrandom(pool_->data() + got, pool_->size() - got, 0);
            if (n < 0 && errno != EINTR) std::abort();  // no entropy: predictable ids are worse
            if (n > 0) got += static_cast<std::size_t>(n);
        }
    }

    static constexpr std::size_t size = 4096;
    std::shared_ptr<std::array<unsigned char, size>> pool_ =
        std::make_shared<std::array<unsigned char, size>>();
    std::size_t at_ = size;
};

/// A key that nobody can guess, for the hashes of one server.
inline siphash_key draw_hash_key() {
    std::array<unsigned char, sizeof(siphash_key)> bytes{};
    random_pool{}(bytes);
    siphash_key key{};
    std::memcpy(key.data(), bytes.data(), bytes.size());
    return key;
}

}  // namespace anywire
