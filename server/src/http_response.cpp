#include "http_response.hpp"

#include "ascii.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <charconv>

namespace anywire::http {
namespace {

void append_number(std::string& out, std::uint64_t n) {
    char digits[20];
    auto const [end, ec] = std::to_chars(digits, digits + sizeof digits, n);
    out.append(digits, end);
}

bool is_name(std::string_view name) noexcept {
    return !name.empty() && std::all_of(name.begin(), name.end(), is_token_char);
}

bool is_value(std::string_view value) noexcept {
    return std::none_of(
        value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; });
}

/// Writes `n` at `at` in as many digits as `width` says.
void put_digits(char* at, int width, int n) noexcept {
    for (char* p = at + width; p != at; n /= 10) *--p = static_cast<char>('0' + n % 10);
}

}  // namespace

std::string_view reason_phrase(unsigned status) noexcept {
    switch (status) {
        case 100: return "Continue";
        case 101: return "Switching Protocols";
        case 200: return "OK";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 426: return "Upgrade Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return "Unknown";
    }
}

response_head::response_head(std::string& out, unsigned status, unsigned version)
    : out_(out), version_(version) {
    BOOST_ASSERT(status >= 100 && status <= 999);
    out_.append(version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ");
    append_number(out_, status);
    out_.append(" ").append(reason_phrase(status)).append("\r\n");
}

response_head& response_head::field(std::string_view name, std::string_view value) {
    if (is_name(name) && is_value(value))
        out_.append(name).append(": ").append(value).append("\r\n");
    return *this;
}

response_head& response_head::content_length(std::uint64_t bytes) {
    out_.append("Content-Length: ");
    append_number(out_, bytes);
    out_.append("\r\n");
    return *this;
}

response_head& response_head::chunked() {
    BOOST_ASSERT(version_ == 11);
    out_.append("Transfer-Encoding: chunked\r\n");
    return *this;
}

response_head& response_head::keep_alive(bool on) {
    if (!on)
        out_.append("Connection: close\r\n");
    else if (version_ == 10)
        out_.append("Connection: keep-alive\r\n");
    return *this;
}

void response_head::end() {
    out_.append("\r\n");
}

std::array<char, 29> http_date(std::time_t t) noexcept {
    constexpr std::time_t first = -62167219200;  // 0000-01-01 00:00:00
    constexpr std::time_t last = 253402300799;   // 9999-12-31 23:59:59
    t = std::clamp(t, first, last);
    std::tm tm{};
    ::gmtime_r(&t, &tm);
    // Not strftime: the names may not follow the locale.
    constexpr std::string_view days = "SunMonTueWedThuFriSat";
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    std::array<char, 29> out{};
    constexpr std::string_view form = "Day, 00 Mon 0000 00:00:00 GMT";
    std::copy(form.begin(), form.end(), out.begin());
    days.copy(&out[0], 3, 3 * static_cast<std::size_t>(tm.tm_wday));
    months.copy(&out[8], 3, 3 * static_cast<std::size_t>(tm.tm_mon));
    put_digits(&out[5], 2, tm.tm_mday);
    put_digits(&out[12], 4, tm.tm_year + 1900);
    put_digits(&out[17], 2, tm.tm_hour);
    put_digits(&out[20], 2, tm.tm_min);
    put_digits(&out[23], 2, tm.tm_sec);
    return out;
}

}  // namespace anywire::http
