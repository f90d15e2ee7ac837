#pragma once

#include <anywire/socketio/convert.hpp>
#include <anywire/socketio/json_view.hpp>
#include <anywire/socketio/json_writer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace anywire::socketio {

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

/// Converts a struct as an object, field by field:
///
///     struct point { int x = 0; int y = 0; std::optional<std::string> label; };
///
///     template <>
///     struct anywire::socketio::convert<point>
///         : anywire::socketio::object<point,
///                                     anywire::socketio::field{"x", &point::x},
///                                     anywire::socketio::field{"y", &point::y},
///                                     anywire::socketio::field{"label", &point::label}> {};
///
/// Members the struct does not know are ignored. An empty optional is not written, and may be
/// missing when read; it is then left as it was. Any other field has to be there.
template <class T, auto... Fields>
struct object {
    static bool read(json_view in, T& out) {
        if (in.kind() != json_kind::object) return false;
        // All of the object first: of members with the same key the last one counts.
        std::array<std::optional<json_view>, sizeof...(Fields)> found{};
        for (auto const member : in.members()) {
            auto* slot = found.data();
            static_cast<void>(((member.key.equals(Fields.key()) ? (*slot = member.value, true)
                                                                : (++slot, false)) ||
                               ...));
        }
        return read_all(found.data(), out);
    }

    static void write(json_writer& out, T const& value) {
        out.begin_object();
        (write_one(out, Fields.key(), value.*(Fields.member)), ...);
        out.end_object();
    }

    static std::string_view expected() { return "object"; }

private:
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

}  // namespace anywire::socketio
