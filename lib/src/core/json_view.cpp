#include <anywire/json/view.hpp>

#include "core/json_placeholder.hpp"
#include "core/json_text.hpp"

namespace anywire {

json_view::json_view(std::string_view text, std::span<std::string const> attachments) noexcept
    : text_(detail::trimmed(text)), attachments_(attachments) {
    if (text_.empty()) text_ = "null";
}

json_kind json_view::kind() const noexcept {
    switch (text_[0]) {
        case 'n': return json_kind::null;
        case 't':
        case 'f': return json_kind::boolean;
        case '"': return json_kind::string;
        case '[': return json_kind::array;
        case '{': return as_bytes() ? json_kind::binary : json_kind::object;
        default: return json_kind::number;
    }
}

std::optional<bool> json_view::as_bool() const noexcept {
    if (text_[0] != 't' && text_[0] != 'f') return std::nullopt;
    return text_[0] == 't';
}

std::optional<std::int64_t> json_view::as_int64() const noexcept {
    if (!detail::is_number(text_)) return std::nullopt;
    return detail::to_int64(text_);
}

std::optional<std::uint64_t> json_view::as_uint64() const noexcept {
    if (!detail::is_number(text_)) return std::nullopt;
    return detail::to_uint64(text_);
}

std::optional<double> json_view::as_double() const noexcept {
    if (!detail::is_number(text_)) return std::nullopt;
    return detail::to_double(text_);
}

std::optional<float> json_view::as_float() const noexcept {
    if (!detail::is_number(text_)) return std::nullopt;
    return detail::to_float(text_);
}

std::optional<std::string> json_view::as_string() const {
    if (text_[0] != '"') return std::nullopt;
    std::string out;
    out.reserve(text_.size());
    detail::append_decoded(out, text_);
    return out;
}

std::optional<std::span<std::byte const>> json_view::as_bytes() const noexcept {
    if (attachments_.empty() || text_[0] != '{') return std::nullopt;
    auto const index = detail::placeholder_number(text_);
    if (!index || *index >= attachments_.size()) return std::nullopt;
    return std::as_bytes(std::span<char const>(attachments_[static_cast<std::size_t>(*index)]));
}

bool json_view::equals(std::string_view string) const noexcept {
    return text_[0] == '"' && detail::decodes_to(text_, string);
}

json_elements json_view::elements() const noexcept {
    if (text_[0] != '[') return {};
    return {detail::inside(text_), attachments_};
}

json_members json_view::members() const noexcept {
    if (kind() != json_kind::object) return {};
    return {detail::inside(text_), attachments_};
}

std::optional<json_view> json_view::find(std::string_view key) const noexcept {
    std::optional<json_view> found;
    for (auto const member : members())
        if (member.key.equals(key)) found = member.value;
    return found;
}

json_elements::iterator::iterator(std::string_view rest,
                                  std::span<std::string const> attachments) noexcept
    : rest_(rest), value_({}, attachments), at_end_(false) {
    ++*this;
}

json_elements::iterator& json_elements::iterator::operator++() noexcept {
    if (rest_.empty())
        at_end_ = true;
    else
        value_ = json_view(detail::take_value(rest_), value_.attachments());
    return *this;
}

json_members::iterator::iterator(std::string_view rest,
                                 std::span<std::string const> attachments) noexcept
    : rest_(rest), attachments_(attachments), at_end_(false) {
    ++*this;
}

json_members::iterator& json_members::iterator::operator++() noexcept {
    if (rest_.empty()) {
        at_end_ = true;
        return *this;
    }
    member_.key = json_view(detail::take_key(rest_));
    member_.value = json_view(detail::take_value(rest_), attachments_);
    return *this;
}

}  // namespace anywire
