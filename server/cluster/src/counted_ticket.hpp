#pragma once

#include "connection.hpp"

#include <atomic>
#include <cstddef>
#include <memory>

namespace anywire::relay {

/// Counts something for as long as it is there. Thread: any; what it counts in outlives it.
class counted_ticket final : public connection_ticket {
public:
    /// Null where `most` are there already.
    static std::unique_ptr<counted_ticket> take(std::atomic<std::size_t>& in, std::size_t most) {
        if (in.fetch_add(1) < most) return std::unique_ptr<counted_ticket>(new counted_ticket(in));
        --in;
        return nullptr;
    }
    ~counted_ticket() override { --in_; }
    counted_ticket(counted_ticket const&) = delete;
    counted_ticket& operator=(counted_ticket const&) = delete;

private:
    explicit counted_ticket(std::atomic<std::size_t>& in) noexcept : in_(in) {}

    std::atomic<std::size_t>& in_;
};

}  // namespace anywire::relay
