#include "http_response.hpp"

#include <algorithm>

namespace anywire::http {
namespace {

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
