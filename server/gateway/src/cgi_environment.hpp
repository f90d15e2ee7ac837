#pragma once

#include "forward_fields.hpp"
#include "settings.hpp"
#include "text_template.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace anywire::gateway {

/// The environment of a program, for one client: variables of CGI with what is known of the client
/// and its request, HTTP_* for the fields that are forwarded, those of the settings; and of the
/// gateway's own environment PATH, HOME and LANG only, as others may hold secrets.
///
/// What a client chooses is the value of a variable whose name it cannot choose, but for fields
/// that the settings list. HTTP_PROXY is never set, as libraries take it for a setting of theirs.
/// Spec: RFC 3875, 4.1; PATH_INFO is decoded.
/// Thread: any.
class cgi_environment {
public:
    /// Errors: nothing, and one sentence in `error`: a variable's name, a field or a template is
    ///         not valid.
    [[nodiscard]] static std::optional<cgi_environment> make(route_settings const& settings,
                                                             std::string& error);

    /// "NAME=value" each, no name twice.
    ///
    /// Errors: nothing, where the client is to be told 400: a path that climbs, or what a template
    ///         or field cannot hold.
    [[nodiscard]] std::optional<std::vector<std::string>> of(link_opening const& from) const;

private:
    cgi_environment() = default;

    std::string script_name_{};
    std::optional<forward_fields> fields_{};
    std::vector<std::pair<std::string, text_template>> own_{};
};

}  // namespace anywire::gateway
