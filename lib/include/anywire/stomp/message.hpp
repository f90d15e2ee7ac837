#pragma once

#include <anywire/error.hpp>
#include <anywire/json/convert.hpp>
#include <anywire/json/text.hpp>
#include <anywire/session.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace anywire::stomp {

/// Versions of the protocol, in their order.
enum class version : std::uint8_t { v1_0, v1_1, v1_2 };

/// As CONNECT and CONNECTED name it: "1.2".
[[nodiscard]] std::string_view to_string(version v) noexcept;

struct header {
    std::string_view name{};
    std::string_view value{};
};

/// The first header of that name, which is the one that counts (STOMP 1.2, "Repeated Header
/// Entries"); nothing where there is none.
[[nodiscard]] std::optional<std::string_view> find_header(std::span<header const> in,
                                                          std::string_view name) noexcept;

/// A message that a client has sent.
///
/// Borrow: for the call.
class message {
public:
    message(std::string_view destination,
            std::span<header const> all,
            std::string_view body) noexcept
        : destination_(destination), headers_(all), body_(body) {}

    std::string_view destination() const noexcept { return destination_; }
    /// All headers of the frame, in their order.
    std::span<stomp::header const> headers() const noexcept { return headers_; }
    std::optional<std::string_view> header(std::string_view name) const noexcept {
        return find_header(headers_, name);
    }
    std::string_view body() const noexcept { return body_; }
    /// Empty where the client says nothing.
    std::string_view content_type() const noexcept {
        return header("content-type").value_or(std::string_view{});
    }
    /// Whether the body says that it is JSON.
    bool is_json() const noexcept;

private:
    std::string_view destination_;
    std::span<stomp::header const> headers_;
    std::string_view body_;
};

/// Headers of the application's own on a message that it sends. Those of the protocol's are left
/// out, whatever they say: "destination", "message-id", "subscription", "ack", "receipt",
/// "transaction", "redelivered", "user-name", "content-type" and "content-length".
using header_list = std::vector<std::pair<std::string, std::string>>;

/// What is sent: a body and its type.
struct payload {
    std::string body{};
    std::string
        content_type{};  ///< Empty: none is said, and the body is bytes (STOMP 1.2, "Body").
};

/// A text is sent as it is, "text/plain;charset=UTF-8"; bytes (`message_view`) as
/// "application/octet-stream"; a `payload` says for itself; all else becomes JSON,
/// "application/json".
template <class T>
[[nodiscard]] payload to_payload(T const& value) {
    using plain = std::decay_t<T>;
    if constexpr (std::is_same_v<plain, payload>)
        return value;
    else if constexpr (std::is_same_v<plain, message_view>)
        return {std::string(value.data),
                value.binary ? "application/octet-stream" : "text/plain;charset=UTF-8"};
    else if constexpr (std::is_convertible_v<T const&, std::string_view>)
        return {std::string(std::string_view(value)), "text/plain;charset=UTF-8"};
    else if constexpr (anywire::detail::check_writable<plain>())
        return {to_json_text(value), "application/json"};
    else
        return {};
}

}  // namespace anywire::stomp
