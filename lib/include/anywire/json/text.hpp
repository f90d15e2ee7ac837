#pragma once

#include <anywire/error.hpp>
#include <anywire/json/convert.hpp>
#include <anywire/json/literals.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace anywire {

/// Bounds of a text that is parsed.
struct json_limits {
    std::size_t max_bytes = 16u << 20;  ///< Default 16 MiB.
    /// Levels of arrays and objects in each other. What is read into types that hold themselves
    /// takes stack for each. Default 128.
    unsigned max_depth = 128;
};

/// Checks that a text is one JSON value, and looks at it.
///
/// Spec:   RFC 8259; strings need not be UTF-8, see `json_view`.
/// Borrow: the text.
/// Errors: `errc::bad_json`, also for one that is nested too deep; `errc::message_too_big`.
/// Cost:   linear, no tree.
[[nodiscard]] result<json_view> parse_json(std::string_view text, json_limits const& limits = {});

/// The value as a `T`.
///
/// Borrow: what `T` borrows, e.g. `json_view`.
/// Errors: `errc::wrong_json`.
template <class T>
[[nodiscard]] result<T> from_json(json_view value) {
    if constexpr (detail::check_readable<T>()) {
        T out{};
        if (convert<T>::read(value, out)) return result<T>(std::move(out));
    }
    return errc::wrong_json;
}

/// The same of a text.
///
/// Errors: those of `parse_json`, too.
template <class T>
[[nodiscard]] result<T> from_json(std::string_view text, json_limits const& limits = {}) {
    auto const value = parse_json(text, limits);
    if (!value) return value.error();
    return from_json<T>(*value);
}

/// A value as JSON text. Bytes in it are strings of base64: plain text has no place beside it.
template <class T>
[[nodiscard]] std::string to_json_text(T const& value) {
    std::string text;
    json_writer out(text, json_bytes::base64);
    write_value(out, value);
    return text;
}
[[nodiscard]] inline std::string to_json_text(json_object const& value) {
    return to_json_text<json_object>(value);
}

}  // namespace anywire
