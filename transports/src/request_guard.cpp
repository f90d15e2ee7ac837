#include "request_guard.hpp"

#include "ascii.hpp"
#include "core/fault.hpp"

#include <algorithm>
#include <charconv>

namespace anywire::http {
namespace {

constexpr auto malformed = status_of(fault::malformed_request);

constexpr std::size_t max_method = 32;

/// A template, so that `is` is no call for each character.
template <bool (*is)(char)>
bool all(std::string_view s) noexcept {
    return std::all_of(s.begin(), s.end(), [](char c) { return is(c); });
}

bool is_host_char(char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '%';
}

bool is_ipv6_char(char c) {
    return hex_value(c) >= 0 || c == ':' || c == '.';
}

bool is_target_char(char c) {
    return c > ' ' && c < 0x7f && c != '#';
}

/// The length of "http://" or "https://" at the start of `target`, or 0.
std::size_t scheme_size(std::string_view target) noexcept {
    for (std::string_view const scheme : {"http://", "https://"})
        if (iequals(target.substr(0, scheme.size()), scheme)) return scheme.size();
    return 0;
}

/// Cuts scheme and authority off an absolute form.
refusal take_authority(request_view& request) noexcept {
    auto const scheme = scheme_size(request.target);
    if (scheme == 0) return {malformed, "The request target is not a path."};
    auto const rest = request.target.substr(scheme);
    auto const end = rest.find_first_of("/?");
    request.host = rest.substr(0, end);
    if (!is_valid_host(request.host))
        return {malformed, "The host in the request target is invalid."};
    if (end == std::string_view::npos)
        request.target = "/";
    else if (rest[end] == '/')
        request.target = rest.substr(end);
    else
        return {malformed, "The request target has no path."};
    return {};
}

refusal check_body(framing_fields const& f, unsigned version, body_framing& body) noexcept {
    if (f.transfer_encodings > 0) {
        // Whoever reads any of these differently sees another request after this one.
        if (version < 11) return {malformed, "Transfer-Encoding needs HTTP/1.1."};
        if (f.content_lengths > 0)
            return {malformed, "Content-Length contradicts Transfer-Encoding."};
        if (f.transfer_encodings > 1 || !iequals(f.transfer_encoding, "chunked"))
            return {malformed, "The only Transfer-Encoding understood is chunked, once."};
        body.chunked = true;
    } else if (f.content_lengths > 0) {
        auto const* const end = f.content_length.data() + f.content_length.size();
        auto const [at, ec] = std::from_chars(f.content_length.data(), end, body.length);
        if (f.content_lengths > 1 || ec != std::errc{} || at != end)
            return {malformed, "Content-Length is not one number."};
    }
    return {};
}

}  // namespace

refusal check_method(std::string_view line) noexcept {
    for (std::size_t i = 0; i < line.size(); ++i) {
        char const c = line[i];
        if (c == ' ' && i > 0) return {};
        if (!is_token_char(c) || (c >= 'a' && c <= 'z'))
            return {malformed, "The bytes do not start with a method."};
        if (i == max_method) return {status_of(fault::unknown_method), "The method is unknown."};
    }
    return {};
}

refusal split_target(request_view& request) noexcept {
    if (!all<is_target_char>(request.target))
        return {malformed, "The request target holds characters that must be encoded."};
    if (request.method == "CONNECT" || (request.method == "OPTIONS" && request.target == "*")) {
        request.path = request.target;
        return {};
    }
    if (request.target.front() != '/')
        if (auto const r = take_authority(request)) return r;
    auto const mark = request.target.find('?');
    request.path = request.target.substr(0, mark);
    if (mark != std::string_view::npos) request.query = request.target.substr(mark + 1);
    return {};
}

bool is_valid_host(std::string_view host) noexcept {
    auto name_size = host.find(':');
    if (host.starts_with('[')) {
        auto const close = host.find(']');
        if (close == std::string_view::npos || close < 3) return false;
        if (!all<is_ipv6_char>(host.substr(1, close - 1))) return false;
        name_size = close + 1;
    } else if (name_size == 0 || host.empty() || !all<is_host_char>(host.substr(0, name_size))) {
        return false;
    }
    if (name_size >= host.size()) return true;
    auto const port = host.substr(name_size + 1);
    return host[name_size] == ':' && port.size() <= 5 && all<is_digit>(port);
}

refusal check_framing(framing_fields const& fields,
                      request_view& request,
                      body_framing& body) noexcept {
    if (auto const r = check_body(fields, request.version, body)) return r;
    if (fields.hosts > 1) return {malformed, "There is more than one Host."};
    if (fields.hosts == 0 && request.version >= 11) return {malformed, "The Host is missing."};
    if (fields.hosts == 1 && !is_valid_host(fields.host))
        return {malformed, "The Host is invalid."};
    if (request.host.empty()) request.host = fields.host;  // the absolute form takes precedence
    if (!fields.expect.empty() && request.version >= 11) {
        if (!iequals(fields.expect, "100-continue"))
            return {status_of(fault::unmet_expectation),
                    "The only expectation met is 100-continue."};
        request.expect_continue = true;
    }
    return {};
}

refusal bad_request_line(std::string_view line) noexcept {
    auto const version = line.substr(line.rfind(' ') + 1);
    bool const is_version = version.size() == 8 && version.starts_with("HTTP/") &&
                            is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    if (is_version && version != "HTTP/1.0" && version != "HTTP/1.1")
        return {status_of(fault::unknown_version),
                "The only versions spoken are HTTP/1.0 and HTTP/1.1."};
    return {malformed, "The request line is malformed."};
}

}  // namespace anywire::http
