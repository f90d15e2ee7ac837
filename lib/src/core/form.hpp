#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace anywire {

/// One `name=value` of a query or form, both still percent-encoded.
struct form_pair {
    std::string_view name{};
    std::string_view value{};  ///< Empty where there is no `=`.
};

/// Walks the pairs of a query string (without its `?`) or of a urlencoded body.
///
/// Spec:   URL standard, "application/x-www-form-urlencoded parsing".
/// Borrow: pairs point into the text given to the constructor.
class form_reader {
public:
    explicit form_reader(std::string_view text) noexcept : rest_(text) {}

    /// The next pair, or nothing at the end. Empty pieces (`a=1&&b=2`) are skipped.
    [[nodiscard]] std::optional<form_pair> next() noexcept;

private:
    std::string_view rest_;
};

/// Decodes a name or a value: `+` is a space, `%xx` a byte, a broken `%` stays as it is.
[[nodiscard]] std::string form_decoded(std::string_view text);

/// The same without a copy where nothing is encoded; else what is returned lies in `room`.
[[nodiscard]] std::string_view form_decoded(std::string_view text, std::string& room);

/// Whether an encoded name, decoded, is `name`.
[[nodiscard]] bool is_form_name(std::string_view encoded, std::string_view name);

/// The first value of `name` in a urlencoded body, decoded. The bytes need not be UTF-8.
[[nodiscard]] std::optional<std::string> form_field(std::string_view body, std::string_view name);

}  // namespace anywire
