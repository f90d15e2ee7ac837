#include "toml_document.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

// NOLINTBEGIN(readability-identifier-naming): its names
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_UNRELEASED_FEATURES 0
// NOLINTEND(readability-identifier-naming)
// Some of its assertions do not hold for what is no TOML ("[=]"), and what follows them copes.
// Without NDEBUG they are not taken for assumptions either.
#define TOML_ASSERT(expr) static_assert(true)
#pragma push_macro("NDEBUG")
#undef NDEBUG
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

namespace anywire::gateway {
namespace {

constexpr std::size_t max_text = 4u << 20;
constexpr int max_depth = 32;

/// How many names stand one after another with dots between them, over the whole text. toml++
/// itself takes names of any depth, and recurses to the depth of what it has read.
class depth_guard {
public:
    explicit depth_guard(std::string_view text) noexcept : text_(text) {}

    /// The offset at which it is too deep; npos: nowhere.
    [[nodiscard]] std::size_t find() noexcept {
        for (at_ = 0; at_ < text_.size(); ++at_) {
            auto const c = text_[at_];
            if (c == '"' || c == '\'') {
                skip_string(c);
            } else if (c == '#') {
                at_ = std::min(text_.find('\n', at_), text_.size());
                dots_ = 0;
            } else if (c == '.') {
                if (++dots_ >= max_depth) return at_;
            } else if (c == '\n' || c == '=' || c == ',' || c == '[' || c == ']' || c == '{') {
                dots_ = 0;
            }
        }
        return text_.npos;
    }

private:
    /// Ends on the last character of the string. One that does not end goes to the line's end, or
    /// the text's, as the parser sees it, too.
    void skip_string(char quote) noexcept {
        auto const is_long = text_.substr(at_, 3) == std::string(3, quote);
        at_ += is_long ? 3 : 1;
        for (; at_ < text_.size(); ++at_) {
            auto const c = text_[at_];
            if (c == '\\' && quote == '"') {
                ++at_;
            } else if (!is_long && (c == quote || c == '\n')) {
                return;
            } else if (is_long && c == quote && text_.substr(at_, 3) == std::string(3, quote)) {
                at_ += 2;
                return;
            }
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int dots_ = 0;
};

toml_value converted(toml::node const& from, int depth, bool& is_too_deep);

void convert_array(toml::array const& from, toml_value& to, int depth, bool& is_too_deep) {
    to.what = toml_value::kind::array;
    to.items.reserve(from.size());
    for (auto const& item : from) to.items.push_back(converted(item, depth + 1, is_too_deep));
}

void convert_table(toml::table const& from, toml_value& to, int depth, bool& is_too_deep) {
    to.what = toml_value::kind::table;
    to.items.reserve(from.size());
    for (auto const& [key, item] : from) {
        auto value = converted(item, depth + 1, is_too_deep);
        value.name = std::string(key.str());
        value.name_line = key.source().begin.line;
        value.name_column = key.source().begin.column;
        to.items.push_back(std::move(value));
    }
}

toml_value converted(toml::node const& from, int depth, bool& is_too_deep) {
    toml_value to;
    to.line = from.source().begin.line;
    to.column = from.source().begin.column;
    if (depth > max_depth) {
        is_too_deep = true;
    } else if (auto const* const table = from.as_table()) {
        convert_table(*table, to, depth, is_too_deep);
    } else if (auto const* const array = from.as_array()) {
        convert_array(*array, to, depth, is_too_deep);
    } else if (auto const* const text = from.as_string()) {
        to.what = toml_value::kind::text;
        to.text = text->get();
    } else if (auto const* const boolean = from.as_boolean()) {
        to.what = toml_value::kind::boolean;
        to.boolean = boolean->get();
    } else if (auto const* const integer = from.as_integer()) {
        to.what = toml_value::kind::integer;
        to.integer = integer->get();
        // The flags of a base are two bits, and those of hexadecimal are both.
        to.is_octal = (integer->flags() & toml::value_flags::format_as_hexadecimal) ==
                      toml::value_flags::format_as_octal;
    } else {
        to.what = from.is_floating_point() ? toml_value::kind::real : toml_value::kind::time;
    }
    return to;
}

/// What toml++ says quotes the text as it is.
std::string on_one_line(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
    while (out.ends_with(' ')) out.pop_back();
    return out;
}

void fail(toml_document& out, std::string why, std::string_view text, std::size_t at) {
    auto const before = text.substr(0, std::min(at, text.size()));
    auto const line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
    out.root = {};
    out.error = std::move(why);
    out.line = static_cast<std::uint32_t>(1 + std::ranges::count(before, '\n'));
    out.column = static_cast<std::uint32_t>(1 + before.size() - line_begin);
}

}  // namespace

toml_value const* toml_value::find(std::string_view item) const noexcept {
    auto const found = std::ranges::find(items, item, &toml_value::name);
    return found == items.end() ? nullptr : &*found;
}

toml_document parse_toml(std::string_view text) {
    toml_document out;
    if (text.size() > max_text) {
        fail(out, "the file is longer than 4 MiB", text, 0);
        return out;
    }
    constexpr auto too_deep = "tables and arrays are more than 32 deep here";
    if (auto const at = depth_guard(text).find(); at != text.npos) {
        fail(out, too_deep, text, at);
        return out;
    }
    auto const parsed = toml::parse(text);
    if (!parsed) {
        auto const& where = parsed.error().source().begin;
        out.error = on_one_line(parsed.error().description());
        out.line = where.line;
        out.column = where.column;
        return out;
    }
    bool is_too_deep = false;
    out.root = converted(parsed.table(), 0, is_too_deep);
    if (is_too_deep) fail(out, too_deep, text, 0);
    return out;
}

}  // namespace anywire::gateway
