#include "frame.hpp"

#include <algorithm>
#include <array>

namespace anywire::stomp {
namespace {

constexpr std::array<std::string_view, 15> names{"CONNECT",
                                                 "STOMP",
                                                 "SEND",
                                                 "SUBSCRIBE",
                                                 "UNSUBSCRIBE",
                                                 "ACK",
                                                 "NACK",
                                                 "BEGIN",
                                                 "COMMIT",
                                                 "ABORT",
                                                 "DISCONNECT",
                                                 "CONNECTED",
                                                 "MESSAGE",
                                                 "RECEIPT",
                                                 "ERROR"};

}  // namespace

std::string_view name_of(command c) noexcept {
    return names[static_cast<std::size_t>(c)];
}

std::optional<command> command_of(std::string_view name, end sender) noexcept {
    auto const* const servers = names.begin() + static_cast<std::size_t>(command::connected);
    auto const* const from = sender == end::client ? names.begin() : servers;
    auto const* const to = sender == end::client ? servers : names.end();
    auto const* const found = std::find(from, to, name);
    if (found == to) return std::nullopt;
    return static_cast<command>(found - names.begin());
}

bool may_have_body(command c) noexcept {
    return c == command::send || c == command::message || c == command::error;
}

bool is_escaped(command c) noexcept {
    return c != command::connect && c != command::stomp && c != command::connected;
}

}  // namespace anywire::stomp
