#include "session/endpoint_numbers.hpp"

#include <algorithm>

namespace anywire {
namespace {

/// The last of all reasons, for which there has to be a place. One that is new does not compile
/// until it stands here, and `close_reasons` counts it.
constexpr close_reason last_of(close_reason any) noexcept {
    switch (any) {
        case close_reason::client_closed:
        case close_reason::server_closed:
        case close_reason::transport_lost:
        case close_reason::heartbeat_timeout:
        case close_reason::protocol_error:
        case close_reason::message_too_big:
        case close_reason::refused:
        case close_reason::slow_consumer:
        case close_reason::handler_failed:
        case close_reason::shutting_down:
        case close_reason::rate_limited: break;
    }
    return close_reason::rate_limited;
}
static_assert(static_cast<std::size_t>(last_of({})) + 1 == close_reasons);

template <std::size_t Size>
void copy_name(std::array<char, Size>& to, std::string_view name) noexcept {
    name = name.substr(0, Size - 1);  // a zero stays at the end
    std::copy(name.begin(), name.end(), to.begin());
}

template <std::size_t Size>
std::string_view fitting(std::string_view name) noexcept {
    return name.substr(0, Size - 1);
}

}  // namespace

endpoint_numbers::endpoint_numbers() {
    copy_name(rows_[no_carrier].dialect_, "none");
    copy_name(rows_[no_carrier].transport_, "none");
    used_ = 1;
}

std::uint8_t endpoint_numbers::row_of(std::string_view dialect,
                                      anywire::transport const& over) noexcept {
    auto const used = used_.load(std::memory_order_relaxed);
    dialect = fitting<sizeof(row::dialect_)>(dialect);
    auto const name = fitting<sizeof(row::transport_)>(over.name());
    for (std::size_t i = 1; i < used; ++i)
        if (rows_[i].transport() == name && rows_[i].dialect() == dialect)
            return static_cast<std::uint8_t>(i);
    if (used == most_rows) return most_rows - 1;
    auto& fresh = rows_[used];
    auto const is_last = used == most_rows - 1;
    copy_name(fresh.dialect_, is_last ? std::string_view("other") : dialect);
    copy_name(fresh.transport_, is_last ? std::string_view("other") : name);
    fresh.shape_ = over.shape();
    used_.store(used + 1, std::memory_order_release);  // its names are there for whoever reads it
    return static_cast<std::uint8_t>(used);
}

}  // namespace anywire
