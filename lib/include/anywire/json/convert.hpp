#pragma once

#include <anywire/json/value.hpp>
#include <anywire/json/view.hpp>
#include <anywire/json/writer.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace anywire {

namespace detail {

// What stands beside a type of the application's, found by its namespace.
template <class T>
concept has_json_description = requires {
    anywire_json_of(std::type_identity<T>{});
};
template <class T>
concept has_from_json = requires(json_view in, T& out) {
    { from_json(in, out) } -> std::same_as<bool>;
};
template <class T>
concept has_to_json = requires(json_writer& out, T const& value) {
    to_json(out, value);
};

template <class T>
struct convert_as_told {
    static bool read(json_view in, T& out) requires has_from_json<T> { return from_json(in, out); }
    static void write(json_writer& out, T const& value) requires has_to_json<T> {
        to_json(out, value);
    }
    static std::string_view expected() requires has_from_json<T> { return "value"; }
};
template <has_json_description T>
struct convert_as_told<T> : decltype(anywire_json_of(std::type_identity<T>{})) {};

}  // namespace detail

/// How a type of C++ and JSON become each other. A type of yours is taught in one of three ways:
///
/// `ANYWIRE_JSON(point, x, y)` in its namespace, if it is a struct; `ANYWIRE_JSON_ENUM` for enums.
///
/// Functions in its namespace, of which each serves one direction:
///
///     bool from_json(anywire::json_view in, point& out);  // false: this is none; `out` is junk
///     void to_json(anywire::json_writer& out, point const& value);  // exactly one value
///
/// A specialisation, also for types that are not yours:
///
///     template <>
///     struct anywire::convert<colour> {
///         static bool read(json_view in, colour& out);
///         static void write(json_writer& out, colour const& value);
///         static std::string_view expected() { return "colour"; }  // for the error message
///     };
///
/// `read` and `expected` serve what is read, `write` what is written; a type used one way only
/// needs only that half. What `expected` returns must live as long as the program.
template <class T, class Enable = void>
struct convert : detail::convert_as_told<T> {};

template <class T>
concept readable = requires(json_view in, T& out) {
    { convert<T>::read(in, out) } -> std::same_as<bool>;
    { convert<T>::expected() } -> std::convertible_to<std::string_view>;
};

template <class T>
concept writable = requires(json_writer& out, T const& value) {
    convert<T>::write(out, value);
};

namespace detail {

template <class T>
inline constexpr bool is_text_pointer =
    std::is_same_v<T, char const*> || std::is_same_v<T, char*> ||
    std::is_same_v<T, std::string_view>;

/// Says what is wrong with a type that is to be read; true if nothing is. Constants, and no
/// concepts, are asserted: so the compiler says no more than the sentence.
template <class T>
constexpr bool check_readable() {
    constexpr bool fits = readable<T>;
    // Not by is_default_constructible: Clang 14 asks it of a type that holds itself within a
    // std::map before the type is complete, and keeps the answer.
    constexpr bool can_be_made = requires {
        T{};
    };
    if constexpr (fits) {
        static_assert(can_be_made,
                      "a value is made by its default constructor and then read: give it one");
    } else if constexpr (is_text_pointer<T>) {
        static_assert(fits,
                      "write std::string: a text has to be decoded, and a std::string_view or char "
                      "const* would have nothing to point at");
    } else if constexpr (std::is_pointer_v<T>) {
        static_assert(fits, "no pointers: take the value, or a std::optional if it may be missing");
    } else if constexpr (std::is_enum_v<T>) {
        static_assert(fits,
                      "nothing reads this enum from JSON: write ANYWIRE_JSON_ENUM(type, values...) "
                      "beside it");
    } else {
        static_assert(fits,
                      "nothing reads this type from JSON: write ANYWIRE_JSON(type, members...) "
                      "beside it, or specialise anywire::convert for it");
    }
    return fits && can_be_made;
}

/// The same of a type that is to be written.
template <class T>
constexpr bool check_writable() {
    constexpr bool fits = writable<T>;
    if constexpr (std::is_pointer_v<T>) {
        static_assert(fits, "no pointers: give the value itself");
    } else if constexpr (std::is_enum_v<T>) {
        static_assert(fits,
                      "nothing writes this enum as JSON: write ANYWIRE_JSON_ENUM(type, values...) "
                      "beside it");
    } else {
        static_assert(fits,
                      "nothing writes this type as JSON: write ANYWIRE_JSON(type, members...) "
                      "beside it, or specialise anywire::convert for it");
    }
    return fits;
}

/// What a type is called in the error message; nothing where `check_readable` objects.
template <class T>
std::string_view name_of_expected() {
    if constexpr (readable<T>)
        return convert<T>::expected();
    else
        return {};
}

}  // namespace detail

/// Reads a value; false when it is none of that type, and `out` is then junk.
///
/// Borrow: what `T` itself borrows, e.g. `json_view` and spans.
template <class T>
[[nodiscard]] bool read_value(json_view in, T& out) {
    if constexpr (detail::check_readable<T>())
        return convert<T>::read(in, out);
    else
        return false;
}

/// Appends exactly one value.
template <class T>
void write_value(json_writer& out, T const& value) {
    if constexpr (detail::check_writable<T>()) convert<T>::write(out, value);
}

/// Any value as JSON.
template <class T>
[[nodiscard]] json_value to_json(T const& value) {
    std::string text;
    json_writer out(text);
    write_value(out, value);
    return json_value(std::move(text), out.take_attachments());
}

namespace detail {

template <class T>
concept json_integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                       !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                       !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

}  // namespace detail

template <>
struct convert<bool> {
    static bool read(json_view in, bool& out) {
        auto const value = in.as_bool();
        out = value.value_or(false);
        return value.has_value();
    }
    static void write(json_writer& out, bool const& value) { out.boolean(value); }
    static std::string_view expected() { return "boolean"; }
};

/// Every integer type but those for characters. What does not fit is refused, never cut.
template <class T>
struct convert<T, std::enable_if_t<detail::json_integer<T>>> {
    static bool read(json_view in, T& out) {
        auto const value = [in] {
            if constexpr (std::is_signed_v<T>)
                return in.as_int64();
            else
                return in.as_uint64();
        }();
        if (!value || !std::in_range<T>(*value)) return false;
        out = static_cast<T>(*value);
        return true;
    }
    static void write(json_writer& out, T const& value) { out.number(value); }
    static std::string_view expected() { return "integer"; }
};

template <>
struct convert<double> {
    static bool read(json_view in, double& out) {
        auto const value = in.as_double();
        out = value.value_or(0);
        return value.has_value();
    }
    static void write(json_writer& out, double const& value) { out.number(value); }
    static std::string_view expected() { return "number"; }
};

template <>
struct convert<float> {
    static bool read(json_view in, float& out) {
        // Not by way of a double: to round twice may end at a neighbour.
        auto const value = in.as_float();
        out = value.value_or(0);
        return value.has_value();
    }
    static void write(json_writer& out, float const& value) { out.number(value); }
    static std::string_view expected() { return "number"; }
};

template <>
struct convert<std::string> {
    static bool read(json_view in, std::string& out) {
        auto value = in.as_string();
        if (!value) return false;
        out = std::move(*value);
        return true;
    }
    static void write(json_writer& out, std::string const& value) { out.string(value); }
    static std::string_view expected() { return "string"; }
};

template <>
struct convert<std::string_view> {
    static void write(json_writer& out, std::string_view const& value) { out.string(value); }
};

template <>
struct convert<char const*> {
    static void write(json_writer& out, char const* value) {
        if (value == nullptr) return out.null();
        out.string(value);
    }
};

template <>
struct convert<char*> : convert<char const*> {};

template <std::size_t N>
struct convert<char[N]> {
    static void write(json_writer& out, char const (&value)[N]) {
        std::string_view const all(value, N);
        out.string(all.substr(0, all.find('\0')));
    }
};

template <>
struct convert<std::nullptr_t> {
    static bool read(json_view in, std::nullptr_t&) { return in.is_null(); }
    static void write(json_writer& out, std::nullptr_t const&) { out.null(); }
    static std::string_view expected() { return "null"; }
};

template <>
struct convert<std::monostate> {
    static bool read(json_view in, std::monostate&) { return in.is_null(); }
    static void write(json_writer& out, std::monostate const&) { out.null(); }
    static std::string_view expected() { return "null"; }
};

/// Bytes beside the JSON. Read, they are borrowed.
template <>
struct convert<std::span<std::byte const>> {
    static bool read(json_view in, std::span<std::byte const>& out) {
        auto const value = in.as_bytes();
        out = value.value_or(std::span<std::byte const>{});
        return value.has_value();
    }
    static void write(json_writer& out, std::span<std::byte const> const& value) {
        out.bytes(value);
    }
    static std::string_view expected() { return "binary"; }
};

/// Bytes, too, not numbers.
template <class Byte>
struct convert<
    std::vector<Byte>,
    std::enable_if_t<std::same_as<Byte, std::byte> || std::same_as<Byte, unsigned char>>> {
    static bool read(json_view in, std::vector<Byte>& out) {
        auto const value = in.as_bytes();
        if (!value) return false;
        auto const* const first = reinterpret_cast<Byte const*>(value->data());
        out.assign(first, first + value->size());
        return true;
    }
    static void write(json_writer& out, std::vector<Byte> const& value) {
        out.bytes(std::as_bytes(std::span(value)));
    }
    static std::string_view expected() { return "binary"; }
};

/// The value itself, borrowed.
template <>
struct convert<json_view> {
    static bool read(json_view in, json_view& out) {
        out = in;
        return true;
    }
    static void write(json_writer& out, json_view const& value) { out.raw(value); }
    static std::string_view expected() { return "value"; }
};

template <>
struct convert<json_value> {
    static bool read(json_view in, json_value& out) {
        out = json_value(in);
        return true;
    }
    static void write(json_writer& out, json_value const& value) { out.raw(value.view()); }
    static std::string_view expected() { return "value"; }
};

/// Null is an empty optional.
template <class T>
struct convert<std::optional<T>> {
    static bool read(json_view in, std::optional<T>& out) {
        out.reset();
        if (in.is_null()) return true;
        T value{};
        if (!read_value(in, value)) return false;
        out.emplace(std::move(value));
        return true;
    }
    static void write(json_writer& out, std::optional<T> const& value) {
        if (!value) return out.null();
        write_value(out, *value);
    }
    static std::string_view expected() { return detail::name_of_expected<T>(); }
};

/// The first alternative that fits.
template <class First, class... Others>
struct convert<std::variant<First, Others...>> {
    static bool read(json_view in, std::variant<First, Others...>& out) {
        return (try_one<First>(in, out) || ... || try_one<Others>(in, out));
    }
    static void write(json_writer& out, std::variant<First, Others...> const& value) {
        std::visit([&out](auto const& v) { write_value(out, v); }, value);
    }
    static std::string_view expected() {
        static std::string const text = [] {
            std::string all(detail::name_of_expected<First>());
            (all.append(" or ").append(detail::name_of_expected<Others>()), ...);
            return all;
        }();
        return text;
    }

private:
    template <class T>
    static bool try_one(json_view in, std::variant<First, Others...>& out) {
        T value{};
        if (!read_value(in, value)) return false;
        out = std::move(value);
        return true;
    }
};

}  // namespace anywire
