#pragma once

#include <anywire/json/view.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {

/// One JSON value, owned: what is kept of a `json_view`.
class json_value {
public:
    /// Null.
    json_value() = default;

    /// A copy of a value, and of those attachments it refers to.
    json_value(json_view value);

    /// Requires: `text` is one JSON value; attachments only if all placeholders in it are right.
    json_value(std::string text, std::vector<std::string> attachments) noexcept
        : text_(std::move(text)), attachments_(std::move(attachments)) {}

    /// The value of a JSON text of any source; nothing if it is none or nested too deep.
    ///
    /// Spec:   RFC 8259.
    /// Limits: `max_depth` levels of nesting.
    [[nodiscard]] static std::optional<json_value> parse(std::string_view text,
                                                         unsigned max_depth = 128);

    /// Borrow: from this value, until it is changed, moved from or destroyed.
    [[nodiscard]] json_view view() const noexcept { return json_view(text_, attachments_); }

private:
    std::string text_ = "null";
    std::vector<std::string> attachments_{};
};

}  // namespace anywire
