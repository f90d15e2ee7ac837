#pragma once

#include "socketio/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::socketio::wire {

/// Holds a binary packet until its attachments are there.
///
/// Limits: `max_bytes` of text and attachments together.
/// Cost:   one pointer while there is nothing to hold.
class assembler {
public:
    enum class step : std::uint8_t {
        more,      ///< Attachments are still owed.
        complete,  ///< That was the last one.
        too_big,   ///< Over the limit; the packet is given up.
    };

    explicit assembler(std::size_t max_bytes = std::numeric_limits<std::size_t>::max()) noexcept
        : max_bytes_(max_bytes) {}

    /// Keeps a copy of a packet's text.
    ///
    /// Requires: nothing is awaited; `attachments` is not 0.
    void begin(std::string_view text, unsigned attachments);

    /// The same, and the decoded packet: `head` then borrows from the copy.
    ///
    /// Requires: `decoded` was decoded from `text`.
    void begin(std::string_view text, packet const& decoded);

    /// True from `begin` until the last attachment.
    [[nodiscard]] bool awaiting() const noexcept;

    /// Requires: `awaiting`.
    [[nodiscard]] step add(std::string_view binary);

    // What is held, from `begin` until `reset` or the next `begin`; nothing otherwise.
    [[nodiscard]] std::string_view text() const noexcept;
    [[nodiscard]] packet const& head() const noexcept;
    [[nodiscard]] std::vector<std::string> const& attachments() const noexcept;
    [[nodiscard]] std::vector<std::string> take_attachments() noexcept;

    /// Forgets all.
    void reset() noexcept;

private:
    struct pending {
        std::string text{};
        packet head{};
        std::vector<std::string> attachments{};
        std::size_t owed = 0;
        std::size_t bytes = 0;
    };

    std::size_t max_bytes_;
    std::unique_ptr<pending> pending_{};
};

}  // namespace anywire::socketio::wire
