#pragma once

#include "core/json_text.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

// Placeholders stand where attachments belong: an object whose `_placeholder` is true. Its `num`
// says which; what else is in it, placeholders included, does not matter.
namespace anywire::detail {

/// What an object says of itself. Of members with the same key the last one counts.
struct placeholder_mark {
    bool is_placeholder = false;
    std::optional<std::uint64_t> number{};  ///< `num`, if that is an integer.

    void note(std::string_view key, std::string_view value) noexcept {
        if (decodes_to(key, "_placeholder")) is_placeholder = value == "true";
        if (decodes_to(key, "num"))
            number = is_number(value) ? to_uint64(value) : std::optional<std::uint64_t>{};
    }
};

/// The `num` of an object that is a placeholder and has a right one.
[[nodiscard]] inline std::optional<std::uint64_t> placeholder_number(
    std::string_view object) noexcept {
    placeholder_mark mark;
    for (auto rest = inside(object); !rest.empty();) {
        auto const key = take_key(rest);
        mark.note(key, take_value(rest));
    }
    return mark.is_placeholder ? mark.number : std::nullopt;
}

/// One placeholder in a text.
struct reference {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::optional<std::uint64_t> number{};
};

/// Finds all placeholders of a value in one pass.
///
/// Those within a placeholder are found before it, and are to be forgotten: so `Sink` has `mark()`,
/// which says what was found so far, and `add(reference, mark)`, the mark being the one from where
/// the reference begins.
template <class Sink>
class reference_finder {
public:
    /// Deeper than JSON is let in; what is below is taken for plain.
    static constexpr unsigned max_depth = 512;

    reference_finder(std::string_view text, Sink& sink) : text_(text), sink_(sink) {
        auto rest = text;
        skip_space(rest);
        take(rest, 0);
    }

private:
    std::size_t offset(std::string_view rest) const noexcept {
        return static_cast<std::size_t>(rest.data() - text_.data());
    }

    // Takes the value that `rest` starts with and what separates it from the next, as `take_value`
    // does.
    std::string_view take(std::string_view& rest, unsigned depth) {
        auto const nested = !rest.empty() && (rest[0] == '[' || rest[0] == '{');
        if (!nested || depth == max_depth) return take_value(rest);
        auto const begin = rest;
        if (rest[0] == '[')
            take_array(rest, depth + 1);
        else
            take_object(rest, depth + 1);
        auto const value = begin.substr(0, offset(rest) - offset(begin));
        skip_space(rest);
        if (!rest.empty() && rest[0] == ',') rest.remove_prefix(1);
        skip_space(rest);
        return value;
    }

    static bool closes(std::string_view& rest) noexcept {
        if (rest.empty()) return true;
        if (rest[0] != ']' && rest[0] != '}') return false;
        rest.remove_prefix(1);
        return true;
    }

    void take_array(std::string_view& rest, unsigned depth) {
        rest.remove_prefix(1);
        skip_space(rest);
        while (!closes(rest)) take(rest, depth);
    }

    void take_object(std::string_view& rest, unsigned depth) {
        auto const begin = offset(rest);
        auto const mark = sink_.mark();
        placeholder_mark object;
        rest.remove_prefix(1);
        skip_space(rest);
        while (!closes(rest)) {
            auto const key = take_key(rest);
            object.note(key, take(rest, depth));
        }
        if (object.is_placeholder) sink_.add({begin, offset(rest), object.number}, mark);
    }

    std::string_view text_;
    Sink& sink_;
};

/// The placeholders of a value that refer to an attachment, as views see them, in the order of its
/// text: a sink of `reference_finder`.
struct reference_list {
    std::size_t attachments = 0;
    std::vector<reference> found{};

    std::size_t mark() const noexcept { return found.size(); }
    void add(reference const& r, std::size_t before) {
        if (!r.number || *r.number >= attachments) return;
        found.resize(before);
        found.push_back(r);
    }
};

}  // namespace anywire::detail
