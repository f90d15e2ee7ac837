#pragma once

#include <anywire/close_reason.hpp>
#include <anywire/refusal_cause.hpp>
#include <anywire/transport.hpp>

#include "core/tally.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace anywire {

inline constexpr std::size_t close_reasons = 11;

/// What is counted about the sessions of one mount on one shard.
///
/// Thread: the shard's changes them, any may read.
class endpoint_numbers {
public:
    /// One dialect over one transport: what crosses the wire there, and who is there now.
    class row {
    public:
        std::string_view dialect() const noexcept { return dialect_.data(); }
        std::string_view transport() const noexcept { return transport_.data(); }
        carrier shape() const noexcept { return shape_; }

        tally sessions{};  ///< Whose last carrier was one of these; they may have none now.
        tally carriers{};  ///< That a session has now.
        tally messages_in{};
        tally bytes_in{};
        tally messages_out{};
        tally bytes_out{};

    private:
        friend class endpoint_numbers;
        std::array<char, 16> dialect_{};  // copied: a host's transport may name itself as it likes
        std::array<char, 24> transport_{};
        carrier shape_ = carrier::duplex;
    };

    /// The row of sessions that have had no carrier yet.
    static constexpr std::uint8_t no_carrier = 0;

    endpoint_numbers();

    row& at(std::uint8_t index) noexcept { return rows_[index]; }
    /// The row of a dialect over a transport, made if it is new. What is beyond the most there can
    /// be shares the last one, "other".
    std::uint8_t row_of(std::string_view dialect, anywire::transport const& over) noexcept;
    /// Rows there are: those that others may read. Thread: any.
    std::size_t rows() const noexcept { return used_.load(std::memory_order_acquire); }
    row const& at(std::size_t index) const noexcept { return rows_[index]; }

    void count_refused(refusal_cause why) noexcept { refused[static_cast<std::size_t>(why)].add(); }
    void count_closed(close_reason why) noexcept { closed[static_cast<std::size_t>(why)].add(); }

    tally opened{};
    std::array<tally, close_reasons> closed{};
    std::array<tally, refusal_causes> refused{};
    tally upgrades_tried{};
    tally upgrades_done{};
    tally upgrades_failed{};
    tally queued_bytes{};
    tally dropped{};
    duration_tally handler_time{};

private:
    static constexpr std::size_t most_rows = 16;

    std::array<row, most_rows> rows_{};
    std::atomic<std::size_t> used_{0};
};

}  // namespace anywire
