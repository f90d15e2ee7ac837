#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::stomp {

/// Bounds of a destination and of a pattern.
struct pattern_limits {
    /// Longest text, in bytes.
    std::size_t max_bytes = 256;
    /// Most segments.
    std::size_t max_segments = 16;
    /// Most `*`, `?` and `**` of a pattern, all together; variables are not counted.
    std::size_t max_wildcards = 4;
};

/// Whether a client may name it: UTF-8 that starts with '/' and has no empty segment, none that is
/// "." or "..", and no control character. Wildcards are characters as any other here.
[[nodiscard]] bool is_valid_destination(std::string_view text,
                                        pattern_limits const& limits = {}) noexcept;

/// The segments of a destination, one after the other. What precedes the second '/' is the first;
/// the rest is divided by the separator.
class segment_walk {
public:
    /// Requires: a destination that `is_divided`.
    segment_walk(std::string_view destination, char separator) noexcept
        : rest_(destination.substr(1)), separator_(separator) {}

    [[nodiscard]] bool is_done() const noexcept { return done_; }
    /// Requires: not done.
    std::string_view next() noexcept;

private:
    std::string_view rest_;
    char separator_;
    bool first_ = true;
    bool done_ = false;
};

/// Whether it starts with '/' and no segment of it is empty.
[[nodiscard]] bool is_divided(std::string_view destination, char separator) noexcept;

/// Whether a segment fits a text of which `?` stands for one character and `*` for any number.
///
/// Cost: at most the product of both lengths. `steps` counts what it took.
[[nodiscard]] bool fits_glob(std::string_view glob,
                             std::string_view segment,
                             std::size_t* steps = nullptr) noexcept;

/// A destination with wildcards or variables, in Ant's words: `?` is one character of a segment,
/// `*` any number of them, `**` any number of segments, `{name}` one whole segment that is given
/// back.
/// `/a/**` fits `/a`, too.
class destination_pattern {
public:
    enum class kind : std::uint8_t { literal, variable, glob, any };  // the most specific first
    struct segment {
        kind what{};
        std::string text{};  ///< Of a variable its name; of a glob without two stars in a row.

        /// Whether it fits every segment.
        [[nodiscard]] bool fits_each() const noexcept {
            return what == kind::variable || (what == kind::glob && text == "*");
        }
    };

    /// Nothing where it is not valid, or beyond a limit. With '.' as the separator, segments are
    /// divided by it after the second '/': `/topic/price.{stock}.*`.
    static std::optional<destination_pattern> parse(std::string_view text,
                                                    pattern_limits const& limits = {},
                                                    char separator = '/');
    /// Whether a text would be more than a destination: it has a '*', '?' or '{'.
    [[nodiscard]] static bool has_wildcards(std::string_view text) noexcept;

    /// Whether it fits one destination only, the one that is its text.
    [[nodiscard]] bool is_plain() const noexcept { return plain_; }
    [[nodiscard]] std::size_t variables() const noexcept { return variables_; }
    [[nodiscard]] std::string const& text() const noexcept { return text_; }
    [[nodiscard]] char separator() const noexcept { return separator_; }
    /// No two `**` in a row.
    [[nodiscard]] std::vector<segment> const& segments() const noexcept { return segments_; }

    /// Whether a destination fits. `values` gets what the variables stand for, in their order, and
    /// nothing where it does not fit: where there are several ways, each `**` is as short as it can
    /// be, the first before the others.
    ///
    /// Borrow: `values` from `destination`. Cost: at most the product of both lengths; no
    /// allocation but in `values`. `steps` counts what it took.
    bool match(std::string_view destination,
               std::vector<std::string_view>* values = nullptr,
               std::size_t* steps = nullptr) const;

    /// Whether a handler for `a` goes before one for `b`. Segment by segment, text goes before
    /// variables, these before `*` and `?`, these before `**`; of two with `*` or `?` that with
    /// more text. A strict total order of texts.
    static bool more_specific(destination_pattern const& a, destination_pattern const& b) noexcept;

private:
    destination_pattern() = default;
    bool add(std::string_view segment);
    bool add_variable(std::string_view segment);

    std::string text_{};
    std::vector<segment> segments_{};
    std::size_t variables_ = 0;
    std::size_t wildcards_ = 0;
    char separator_ = '/';
    bool plain_ = true;
};

}  // namespace anywire::stomp
