#pragma once

#include <anywire/json/convert.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace anywire {

class json_object;

namespace detail {

/// One member of an object in braces. It is written at once: nothing of its value is kept.
class json_entry {
public:
    template <class T>
    json_entry(std::string_view key, T const& value) : key_(key), value_(anywire::to_json(value)) {}
    json_entry(std::string_view key, json_object const& value);

    [[nodiscard]] std::string_view key() const noexcept { return key_; }
    [[nodiscard]] json_view value() const noexcept { return value_.view(); }

private:
    std::string_view key_;
    json_value value_;
};

}  // namespace detail

/// An object written where it is needed: `json_object{{"x", 1}, {"at", {{"city", "Rome"}}}}`. Where
/// an object is asked for, the braces are enough.
///
/// Borrow: nothing; all is written when it is made.
class json_object {
public:
    /// Empty.
    json_object() : json_object(std::initializer_list<detail::json_entry>{}) {}
    json_object(std::initializer_list<detail::json_entry> members);

    /// Borrow: from this object.
    [[nodiscard]] json_view view() const noexcept { return value_.view(); }
    [[nodiscard]] json_value const& value() const noexcept { return value_; }

private:
    json_value value_{};
};

/// An array of values of any types: `json_array{1, "two", json_object{{"three", 3}}}`.
class json_array {
public:
    template <class... T>
    explicit json_array(T const&... values) {
        std::string text;
        json_writer out(text);
        out.begin_array();
        (write_value(out, values), ...);
        out.end_array();
        value_ = json_value(std::move(text), out.take_attachments());
    }

    /// Borrow: from this array.
    [[nodiscard]] json_view view() const noexcept { return value_.view(); }

private:
    json_value value_;
};

template <>
struct convert<json_object> {
    static void write(json_writer& out, json_object const& value) { out.raw(value.view()); }
};
template <>
struct convert<json_array> {
    static void write(json_writer& out, json_array const& value) { out.raw(value.view()); }
};

[[nodiscard]] inline json_value to_json(json_object const& value) {
    return value.value();
}

}  // namespace anywire
