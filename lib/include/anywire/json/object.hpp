#pragma once

#include <anywire/json/convert.hpp>
#include <anywire/json/view.hpp>
#include <anywire/json/writer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace anywire {

/// A member of a struct and its name in JSON: `field{"x", &point::x}`.
template <std::size_t N, class Class, class Member>
struct field {
    char name[N]{};
    Member Class::*member{};

    constexpr field(char const (&text)[N], Member Class::*which) : member(which) {
        std::copy_n(text, N, name);
    }

    [[nodiscard]] constexpr std::string_view key() const noexcept { return {name, N - 1}; }
};

/// Converts a struct as an object, field by field, whatever the names are; `ANYWIRE_JSON` writes
/// one whose names are those of the members.
///
///     template <>
///     struct anywire::convert<point>
///         : anywire::object<point,
///                           anywire::field{"x-axis", &point::x},
///                           anywire::field{"y-axis", &point::y}> {};
///
/// Members the struct does not know are ignored. An empty optional is not written, and may be
/// missing when read; it is then left as it was. Any other field has to be there.
template <class T, auto... Fields>
struct object {
    static bool read(json_view in, T& out) {
        if constexpr (!(detail::check_readable<decltype(member_of(Fields))>() && ...)) return false;
        if (in.kind() != json_kind::object) return false;
        // All of the object first: of members with the same key the last one counts.
        std::array<std::optional<json_view>, sizeof...(Fields)> found{};
        for ([[maybe_unused]] auto const member : in.members()) {
            [[maybe_unused]] auto* slot = found.data();
            static_cast<void>(((member.key.equals(Fields.key()) ? (*slot = member.value, true)
                                                                : (++slot, false)) ||
                               ...));
        }
        return read_all(found.data(), out);
    }

    static void write(json_writer& out, T const& value) {
        if constexpr ((detail::check_writable<decltype(member_of(Fields))>() && ...)) {
            out.begin_object();
            (write_one(out, Fields.key(), value.*(Fields.member)), ...);
            out.end_object();
        }
    }

    static std::string_view expected() { return "object"; }

private:
    template <std::size_t N, class Class, class Member>
    static Member member_of(field<N, Class, Member>);

    static bool read_all(std::optional<json_view> const* found, T& out) {
        return (read_one(*found++, out.*(Fields.member)) && ...);
    }

    template <class M>
    static bool read_one(std::optional<json_view> const& found, M& out) {
        return found ? read_value(*found, out) : detail::is_optional<M>;
    }

    template <class M>
    static void write_one(json_writer& out, std::string_view key, M const& value) {
        if constexpr (detail::is_optional<M>)
            if (!value) return;
        out.key(key);
        write_value(out, value);
    }
};

/// A value of an enum and its name in JSON: `enumerator{"red", colour::red}`.
template <std::size_t N, class Enum>
struct enumerator {
    char name[N]{};
    Enum value{};

    constexpr enumerator(char const (&text)[N], Enum which) : value(which) {
        std::copy_n(text, N, name);
    }

    [[nodiscard]] constexpr std::string_view key() const noexcept { return {name, N - 1}; }
};

/// Converts an enum as strings, as `ANYWIRE_JSON_ENUM` writes it. A value without a name is null.
template <class T, auto... Values>
struct enumeration {
    static bool read(json_view in, T& out) {
        return ((in.equals(Values.key()) && (out = Values.value, true)) || ...);
    }
    static void write(json_writer& out, T const& value) {
        if (!((value == Values.value && (out.string(Values.key()), true)) || ...)) out.null();
    }
    static std::string_view expected() {
        static std::string const text = [] {
            std::string all;
            (all.append(all.empty() ? "" : " or ").append(Values.key()), ...);
            return all;
        }();
        return text;
    }
};

}  // namespace anywire

// Each of the names, with commas between; at most 64.
// NOLINTBEGIN(bugprone-macro-parentheses): types and names stand in no parentheses
#define ANYWIRE_JSON_DETAIL_NOTHING ()
#define ANYWIRE_JSON_DETAIL_SCAN(...)                    \
    ANYWIRE_JSON_DETAIL_SCAN2(ANYWIRE_JSON_DETAIL_SCAN2( \
        ANYWIRE_JSON_DETAIL_SCAN2(ANYWIRE_JSON_DETAIL_SCAN2(__VA_ARGS__))))
#define ANYWIRE_JSON_DETAIL_SCAN2(...)                   \
    ANYWIRE_JSON_DETAIL_SCAN3(ANYWIRE_JSON_DETAIL_SCAN3( \
        ANYWIRE_JSON_DETAIL_SCAN3(ANYWIRE_JSON_DETAIL_SCAN3(__VA_ARGS__))))
#define ANYWIRE_JSON_DETAIL_SCAN3(...)                   \
    ANYWIRE_JSON_DETAIL_SCAN4(ANYWIRE_JSON_DETAIL_SCAN4( \
        ANYWIRE_JSON_DETAIL_SCAN4(ANYWIRE_JSON_DETAIL_SCAN4(__VA_ARGS__))))
#define ANYWIRE_JSON_DETAIL_SCAN4(...) __VA_ARGS__
#define ANYWIRE_JSON_DETAIL_EACH(what, type, ...) \
    __VA_OPT__(ANYWIRE_JSON_DETAIL_SCAN(ANYWIRE_JSON_DETAIL_NEXT(what, type, __VA_ARGS__)))
#define ANYWIRE_JSON_DETAIL_NEXT(what, type, name, ...) \
    , what(type, name) __VA_OPT__(                      \
          ANYWIRE_JSON_DETAIL_AGAIN ANYWIRE_JSON_DETAIL_NOTHING(what, type, __VA_ARGS__))
#define ANYWIRE_JSON_DETAIL_AGAIN() ANYWIRE_JSON_DETAIL_NEXT
#define ANYWIRE_JSON_DETAIL_FIELD(type, name) ::anywire::field(#name, &type::name)
#define ANYWIRE_JSON_DETAIL_ENUMERATOR(type, name) ::anywire::enumerator(#name, type::name)
#define ANYWIRE_JSON_DETAIL_BESIDE(convert, type, what, ...)                     \
    [[maybe_unused]] constexpr ::anywire::convert<type ANYWIRE_JSON_DETAIL_EACH( \
        what, type, __VA_ARGS__)>                                                \
    anywire_json_of(::std::type_identity<type>) noexcept {                       \
        return {};                                                               \
    }
// NOLINTEND(bugprone-macro-parentheses)

/// Converts a struct as an object with these of its members, at most 64: `ANYWIRE_JSON(point, x,
/// y)` in the namespace of the struct, after it. Members of it that are not named are left alone,
/// as are members of the JSON that are not. One that is missing is an error, but for optionals.
#define ANYWIRE_JSON(type, ...) \
    ANYWIRE_JSON_DETAIL_BESIDE(object, type, ANYWIRE_JSON_DETAIL_FIELD, __VA_ARGS__)

/// Converts an enum as the names of these of its values, at most 64:
/// `ANYWIRE_JSON_ENUM(colour, red, green)` in the namespace of the enum, after it.
#define ANYWIRE_JSON_ENUM(type, ...) \
    ANYWIRE_JSON_DETAIL_BESIDE(enumeration, type, ANYWIRE_JSON_DETAIL_ENUMERATOR, __VA_ARGS__)
