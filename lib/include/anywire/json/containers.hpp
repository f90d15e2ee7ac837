#pragma once

#include <anywire/json/convert.hpp>
#include <anywire/json/view.hpp>
#include <anywire/json/writer.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace anywire {

namespace detail {

/// Elements of an array into values; false unless there are exactly as many, and all fit.
template <class... T>
[[nodiscard]] bool read_each(json_view in, T&... out) {
    if (in.kind() != json_kind::array) return false;
    auto at = in.elements().begin();
    [[maybe_unused]] auto const one = [&at](auto& value) {
        if (at == std::default_sentinel || !read_value(*at, value)) return false;
        ++at;
        return true;
    };
    return (one(out) && ...) && at == std::default_sentinel;
}

template <class... T>
void write_each(json_writer& out, T const&... values) {
    out.begin_array();
    (write_value(out, values), ...);
    out.end_array();
}

}  // namespace detail

template <class T>
struct convert<std::vector<T>,
               std::enable_if_t<!std::same_as<T, std::byte> && !std::same_as<T, unsigned char>>> {
    static bool read(json_view in, std::vector<T>& out) {
        out.clear();
        if (in.kind() != json_kind::array) return false;
        for (auto const element : in.elements()) {
            T value{};
            if (!read_value(element, value)) return false;
            out.push_back(std::move(value));
        }
        return true;
    }
    static void write(json_writer& out, std::vector<T> const& value) {
        out.begin_array();
        for (auto const& element : value) write_value<T>(out, element);
        out.end_array();
    }
    static std::string_view expected() {
        static std::string const text =
            std::string("array of ").append(detail::name_of_expected<T>());
        return text;
    }
};

/// An array of exactly `N` elements.
template <class T, std::size_t N>
struct convert<std::array<T, N>> {
    static bool read(json_view in, std::array<T, N>& out) {
        return std::apply([in](auto&... each) { return detail::read_each(in, each...); }, out);
    }
    static void write(json_writer& out, std::array<T, N> const& value) {
        out.begin_array();
        for (auto const& element : value) write_value(out, element);
        out.end_array();
    }
    static std::string_view expected() {
        static std::string const text = std::string("array of ")
                                            .append(std::to_string(N))
                                            .append(" ")
                                            .append(detail::name_of_expected<T>());
        return text;
    }
};

/// An array of exactly two elements.
template <class A, class B>
struct convert<std::pair<A, B>> {
    static bool read(json_view in, std::pair<A, B>& out) {
        return detail::read_each(in, out.first, out.second);
    }
    static void write(json_writer& out, std::pair<A, B> const& value) {
        detail::write_each(out, value.first, value.second);
    }
    static std::string_view expected() { return "array of 2"; }
};

/// An array of exactly as many elements.
template <class... T>
struct convert<std::tuple<T...>> {
    static bool read(json_view in, std::tuple<T...>& out) {
        return std::apply([in](auto&... each) { return detail::read_each(in, each...); }, out);
    }
    static void write(json_writer& out, std::tuple<T...> const& value) {
        std::apply([&out](auto const&... each) { detail::write_each(out, each...); }, value);
    }
    static std::string_view expected() {
        static std::string const text = "array of " + std::to_string(sizeof...(T));
        return text;
    }
};

namespace detail {

template <class T>
concept json_key = std::same_as<T, std::string> || json_integer<T>;

template <json_key Key>
[[nodiscard]] bool read_key(json_view in, Key& out) {
    auto text = in.as_string();
    if (!text) return false;
    if constexpr (std::same_as<Key, std::string>) {
        out = std::move(*text);
        return true;
    } else {
        auto const* const end = text->data() + text->size();
        auto const [rest, error] = std::from_chars(text->data(), end, out);
        return error == std::errc{} && rest == end;
    }
}

template <json_key Key>
void write_key(json_writer& out, Key const& key) {
    if constexpr (std::same_as<Key, std::string>)
        out.key(key);
    else
        out.key(std::to_string(key));
}

/// A map from strings, or from integers, which are strings in JSON: an object.
template <class Map>
struct convert_map {
    static bool read(json_view in, Map& out) {
        out.clear();
        if (in.kind() != json_kind::object) return false;
        for (auto const member : in.members()) {
            typename Map::key_type key{};
            typename Map::mapped_type value{};
            if (!read_key(member.key, key) || !read_value(member.value, value)) return false;
            out.insert_or_assign(std::move(key), std::move(value));
        }
        return true;
    }
    static void write(json_writer& out, Map const& value) {
        out.begin_object();
        for (auto const& [key, mapped] : value) {
            write_key(out, key);
            write_value(out, mapped);
        }
        out.end_object();
    }
    static std::string_view expected() { return "object"; }
};

template <class T>
inline constexpr bool is_vector = false;
template <class T, class... Rest>
inline constexpr bool is_vector<std::vector<T, Rest...>> = true;

/// Sets, lists, deques and whatever else is filled like them.
template <class T>
concept other_sequence =
    !is_vector<T> && !has_json_description<T> && !has_from_json<T> && !has_to_json<T> && !requires {
    typename T::mapped_type;
}
&&!requires {
    typename T::traits_type;
}
&&requires(T& all, typename T::value_type one) {
    all.clear();
    all.insert(all.end(), std::move(one));
    all.begin();
};

}  // namespace detail

template <detail::json_key Key, class T, class... Rest>
struct convert<std::map<Key, T, Rest...>> : detail::convert_map<std::map<Key, T, Rest...>> {};

template <detail::json_key Key, class T, class... Rest>
struct convert<std::unordered_map<Key, T, Rest...>>
    : detail::convert_map<std::unordered_map<Key, T, Rest...>> {};

template <class T>
struct convert<T, std::enable_if_t<detail::other_sequence<T>>> {
    using value_type = typename T::value_type;

    static bool read(json_view in, T& out) {
        out.clear();
        if (in.kind() != json_kind::array) return false;
        for (auto const element : in.elements()) {
            value_type value{};
            if (!read_value(element, value)) return false;
            out.insert(out.end(), std::move(value));
        }
        return true;
    }
    static void write(json_writer& out, T const& value) {
        out.begin_array();
        for (auto const& element : value) write_value<value_type>(out, element);
        out.end_array();
    }
    static std::string_view expected() {
        static std::string const text =
            std::string("array of ").append(detail::name_of_expected<value_type>());
        return text;
    }
};

}  // namespace anywire
