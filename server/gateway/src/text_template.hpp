#pragma once

#include "backend.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// How what stands for a variable is written.
enum class template_use : std::uint8_t {
    /// Percent-encoded, but for {path} and {query}, which are as sent: what may not stand in a URL
    /// is encoded there, too, and nothing that is encoded is encoded again.
    url,
    field,  ///< As it is, without control characters.
};

/// A text with variables: {path} (below the route's), {query} (as `query_for_backend` says),
/// {query.NAME}, {cookie.NAME}, {header.NAME}, {address} of the client, {host} that it asked for,
/// {scheme} ("http" or "https"), {session}, {transport}, {dialect}. "{{" is a brace. What a client
/// has not sent is empty.
///
/// Of two slashes where {path} begins one is left out, and the "?" or "&" before an empty {query}
/// that the text of a URL ends with.
///
/// Thread: any.
class text_template {
public:
    /// Bytes of a template.
    static constexpr std::size_t max_text = 8'192;
    /// Bytes of what becomes of one.
    static constexpr std::size_t max_expanded = 8'192;

    /// Errors: nothing, and one sentence in `error`.
    [[nodiscard]] static std::optional<text_template> parse(std::string_view text,
                                                            std::string& error);

    /// What becomes of it for one client.
    ///
    /// Errors: nothing, where what the client has sent may not stand there; it is to be told 400.
    ///         Either the whole would be longer than `max_expanded`, or {path} has a segment that
    ///         servers could take for "..", so that they would leave what stands before it:
    ///         encoding does not help, as many decode first. Nor may it hold "%00".
    [[nodiscard]] std::optional<std::string> expand(link_opening const& from,
                                                    template_use use) const;
    /// Whether it is the same for every client.
    [[nodiscard]] bool is_constant() const noexcept;
    /// Whether the text before the first variable says which server a URL leads to: its authority
    /// has ended, or with ws+unix the path of its socket. A client must never choose the server.
    [[nodiscard]] bool has_constant_server() const noexcept;

private:
    enum class variable : std::uint8_t {
        none,
        path,
        query,
        query_value,
        cookie,
        header,
        address,
        host,
        scheme,
        session,
        transport,
        dialect,
    };
    /// A variable, and the text before it.
    struct piece {
        std::string text{};
        variable what = variable::none;
        std::string name{};
    };

    static std::optional<piece> parse_variable(std::string_view inside, std::string& error);
    static std::string value_of(piece const& p, link_opening const& from);
    bool append_path(std::string& out, std::string_view below, template_use use) const;
    bool append_value(std::string& out,
                      piece const& p,
                      link_opening const& from,
                      template_use use) const;

    std::vector<piece> pieces_{};  // the last one without a variable, where there is text after it
};

/// `request::host`, where it is one.
///
/// Borrow: the request.
[[nodiscard]] std::string_view asked_host(request const& r) noexcept;

/// Whether a path has a segment that a server could take for "..": encoded in part, before
/// parameters, or between encoded separators.
[[nodiscard]] bool climbs(std::string_view path) noexcept;

}  // namespace anywire::gateway
