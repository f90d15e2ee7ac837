#pragma once

#include <anywire/codec.hpp>
#include <anywire/stomp/message.hpp>

#include "stomp/queue_parts.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace anywire::stomp {

/// A message on its way to subscribers: what all of them get of it is encoded once for each version
/// of the protocol and codec.
///
/// Thread: any.
struct published {
    std::string destination{};
    stomp::payload what{};
    stomp::header_list more{};

    /// All of a MESSAGE after the headers that are one subscription's own.
    shared_message& rest(version v) const;
    /// The same with its body in base64, and a header that says so.
    shared_message& rest_in_base64(version v) const;
    /// What it counts for where it waits.
    std::size_t cost() const noexcept;

private:
    struct form {
        std::once_flag once{};
        std::unique_ptr<shared_message> made{};
    };
    mutable std::array<form, 3> forms_{};
    mutable std::array<form, 3> base64_forms_{};
};

/// Whether a header is the protocol's, and so never the application's or another client's.
[[nodiscard]] bool is_reserved_header(std::string_view name) noexcept;

}  // namespace anywire::stomp
