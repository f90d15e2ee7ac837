#pragma once

#include <anywire/json/containers.hpp>
#include <anywire/json/convert.hpp>
#include <anywire/json/literals.hpp>
#include <anywire/json/writer.hpp>
#include <anywire/socketio/arguments.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace anywire::socketio {

/// The argument that did not fit.
struct argument_error {
    std::size_t index = 0;        ///< Counted from 1.
    std::string_view expected{};  ///< Of static lifetime, e.g. "integer".
};

/// A sentence for logs and peers: `argument 2: expected integer`.
[[nodiscard]] std::string to_message(argument_error const& error);

namespace detail {

using anywire::detail::check_readable;
using anywire::detail::check_writable;
using anywire::detail::is_optional;

template <class T>
[[nodiscard]] std::optional<argument_error> decode_argument(arguments const& in,
                                                            std::size_t index,
                                                            T& out) {
    if constexpr (std::is_same_v<T, arguments>) {
        out = in.from(index);
        return std::nullopt;
    } else if constexpr (check_readable<T>()) {
        auto const fits = index < in.size() ? convert<T>::read(in[index], out) : is_optional<T>;
        if (fits) return std::nullopt;
        return argument_error{index + 1, convert<T>::expected()};
    } else {
        return std::nullopt;
    }
}

/// Whether `arguments`, which takes all the rest, is nowhere but at the end.
template <class... T>
[[nodiscard]] constexpr bool rest_is_last() {
    std::size_t at = 0;
    return ((++at == sizeof...(T) || !std::is_same_v<T, arguments>)&&...);
}

template <class T>
void write_argument(json_writer& out, T const& value) {
    if constexpr (std::is_same_v<T, arguments>) {
        for (auto const each : value) out.raw(each);
    } else {
        write_value(out, value);
    }
}

}  // namespace detail

/// Reads arguments into values, in their order. Those left over are ignored; those missing leave
/// optionals as they are, and are an error for any other type. `arguments` at the end takes all
/// that are left.
///
/// Borrow: views and spans among the values point into the packet.
/// Errors: the first argument that does not fit; what `out` then holds is junk.
template <class... T>
[[nodiscard]] std::optional<argument_error> decode_arguments(arguments const& in,
                                                             std::tuple<T...>& out) {
    static_assert(detail::rest_is_last<T...>(), "arguments takes all the rest: it comes last");
    return std::apply(
        [&in](auto&... each) {
            std::optional<argument_error> wrong;
            [[maybe_unused]] std::size_t index = 0;
            static_cast<void>((... && !(wrong = detail::decode_argument(in, index++, each))));
            return wrong;
        },
        out);
}

/// Writes values as the elements of an array, without its brackets; `arguments` as its elements.
template <class... T>
void write_arguments(json_writer& out, T const&... values) {
    (detail::write_argument(out, values), ...);
}

}  // namespace anywire::socketio
