#pragma once

#include "backend.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// How what stands for a variable is written.
enum class template_use : std::uint8_t {
    url,    ///< Percent-encoded, but for {path}, whose '/' stay, and {query}, which is as sent.
    field,  ///< As it is, without control characters.
};

/// A text with variables: {path} (below the route's), {query}, {query.NAME}, {cookie.NAME},
/// {header.NAME}, {address} of the client, {host} that it asked for, {scheme} ("http" or "https"),
/// {session}, {transport}, {dialect}. "{{" is a brace. What a client has not sent is empty.
class text_template {
public:
    /// Errors: nothing, and one sentence in `error`.
    [[nodiscard]] static std::optional<text_template> parse(std::string_view text,
                                                            std::string& error);

    [[nodiscard]] std::string expand(link_opening const& from, template_use use) const;
    /// Whether it is the same for every client.
    [[nodiscard]] bool is_constant() const noexcept;
};

}  // namespace anywire::gateway
