#include "access_log.hpp"

#include <anywire/json.hpp>

#include "core/utf8.hpp"
#include "process_log.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace anywire::gateway {
namespace {

using std::chrono::milliseconds;

/// Bytes of the character at the front: 0 where it is not UTF-8, or a control character.
std::size_t printable(std::string_view text) noexcept {
    auto const first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
    std::size_t const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    auto const c = text.substr(0, size);
    if (c.size() != size || !is_utf8(c)) return 0;
    // The second set of control characters, which terminals obey, too.
    return first == 0xc2 && static_cast<unsigned char>(c[1]) < 0xa0 ? 0 : size;
}

/// Without half a character at the end.
std::string_view bounded(std::string_view value) noexcept {
    if (value.size() <= max_logged_value) return value;
    auto const is_inside = [](char c) { return (c & 0xc0) == 0x80; };
    auto size = max_logged_value;
    for (int i = 0; i < 3 && size > 0 && is_inside(value[size]); ++i) --size;
    return value.substr(0, size);
}

void append_escaped(std::string& out, std::string_view value, std::string_view besides) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (auto rest = bounded(value); !rest.empty();) {
        auto const size = besides.find(rest[0]) == besides.npos ? printable(rest) : 0;
        if (size != 0) {
            out.append(rest.substr(0, size));
        } else {
            auto const byte = static_cast<unsigned char>(rest[0]);
            out.append("\\x");
            out.push_back(digits[byte >> 4]);
            out.push_back(digits[byte & 15]);
        }
        rest.remove_prefix(std::max<std::size_t>(size, 1));
    }
}

void append_word(std::string& out, std::string_view value) {
    if (value.empty()) out.append("-");
    append_escaped(out, value, " \"\\");
    out.push_back(' ');
}

void append_quoted(std::string& out, std::string_view value) {
    out.push_back('"');
    if (value.empty()) out.append("-");
    append_escaped(out, value, "\"\\");
    out.append("\" ");
}

std::string seconds(milliseconds t) {
    auto const ms = std::max<milliseconds::rep>(t.count(), 0);
    auto const part = std::to_string(ms % 1'000);
    return std::to_string(ms / 1'000) + "." + std::string(3 - part.size(), '0') + part;
}

std::string text_line(session_record const& r) {
    std::string out;
    append_word(out, r.address);
    append_word(out, r.session);
    out.append("[").append(to_iso8601(r.ended)).append("] ");
    append_quoted(out, r.route);
    append_word(out, r.dialect);
    std::string transports;
    for (auto const& t : r.transports)
        transports.append(transports.empty() ? "" : ",")
            .append(t.name)
            .append("@")
            .append(seconds(t.after));
    append_word(out, transports);
    append_word(out, r.server);
    for (auto const n : {r.messages_in, r.bytes_in, r.messages_out, r.bytes_out})
        out.append(std::to_string(n)).append(" ");
    out.append(seconds(r.duration)).append(" ").append(to_string(r.reason)).append(" ");
    out.append(std::to_string(static_cast<unsigned>(r.code))).append(" ");
    for (auto const* const value : {&r.text, &r.subprotocol, &r.origin, &r.user_agent, &r.fallback})
        append_quoted(out, *value);
    out.back() = '\n';
    return out;
}

std::string json_line(session_record const& r) {
    std::string out;
    json_writer w(out);
    auto const text = [&](std::string_view key, std::string_view value) {
        w.key(key);
        w.string(bounded(value));
    };
    auto const number = [&](std::string_view key, auto value) {
        w.key(key);
        w.number(value);
    };
    auto const in_seconds = [](milliseconds t) { return static_cast<double>(t.count()) / 1'000; };
    w.begin_object();
    text("time", to_iso8601(r.ended));
    text("session", r.session);
    text("address", r.address);
    text("origin", r.origin);
    text("user_agent", r.user_agent);
    text("route", r.route);
    text("dialect", r.dialect);
    w.key("transports");
    w.begin_array();
    for (auto const& t : r.transports) {
        w.begin_object();
        text("name", t.name);
        number("after", in_seconds(t.after));
        w.end_object();
    }
    w.end_array();
    text("fallback", r.fallback);
    text("subprotocol", r.subprotocol);
    text("server", r.server);
    number("messages_in", r.messages_in);
    number("bytes_in", r.bytes_in);
    number("messages_out", r.messages_out);
    number("bytes_out", r.bytes_out);
    number("duration", in_seconds(r.duration));
    text("reason", to_string(r.reason));
    number("code", static_cast<unsigned>(r.code));
    text("text", r.text);
    w.end_object();
    return out.append("\n");
}

constexpr int how_to_open = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr mode_t readable_by_group = 0640;

int open_file(std::string const& path) noexcept {
    return ::open(path.c_str(), how_to_open | O_CREAT, readable_by_group);
}

}  // namespace

std::string access_line(session_record const& r, log_format format) {
    return format == log_format::json ? json_line(r) : text_line(r);
}

access_log::access_log(log_settings const& settings)
    : format_(settings.format), path_(settings.access_file) {
    if (path_ == "-") return;
    if (!path_.empty()) {
        descriptor_ = open_file(path_);
        if (descriptor_ >= 0) return;
        throw std::system_error(
            errno, std::generic_category(), "the access log \"" + path_ + "\" cannot be opened");
    }
    struct stat what {};
    auto const mode = ::fstat(STDOUT_FILENO, &what) == 0 ? what.st_mode : mode_t{0};
    is_socket_ =
        S_ISSOCK(mode);  // as of the journal: there each write can say that it does not wait
    // Elsewhere that is said when it is opened: others that write to the same pipe wait as before.
    // A file keeps its place where it was opened, and is never waited for.
    if (S_ISFIFO(mode) || S_ISCHR(mode)) descriptor_ = ::open("/proc/self/fd/1", how_to_open);
    if (descriptor_ >= 0) return;
    is_owned_ = false;
    descriptor_ = STDOUT_FILENO;
}

access_log::~access_log() {
    if (is_owned_ && descriptor_ >= 0) ::close(descriptor_);
}

/// False where some of it is still there. Requires: locked.
bool access_log::write_rest() noexcept {
    while (!rest_.empty()) {
        auto const n =
            is_socket_
                ? ::send(descriptor_, rest_.data(), rest_.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                : ::write(descriptor_, rest_.data(), rest_.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        rest_.erase(0, static_cast<std::size_t>(n));
    }
    return true;
}

/// Requires: locked.
bool access_log::append(std::string_view line) {
    if (!write_rest()) return false;
    rest_.assign(line);
    if (write_rest()) return true;
    if (rest_.size() != line.size()) return true;  // it has begun, and will end
    rest_.clear();
    return false;
}

void access_log::write(session_record const& r) noexcept {
    if (path_ == "-") return;
    auto is_written = false;
    try {
        auto const line = access_line(r, format_);
        std::scoped_lock const lock(mutex_);
        is_written = append(line);
    } catch (std::exception const&) {
        // No memory for the line: it is dropped like one that there is no room for.
    }
    ++(is_written ? written_ : dropped_);
}

error_code access_log::reopen() noexcept {
    if (path_.empty() || path_ == "-") return {};
    auto const fresh = open_file(path_);
    if (fresh < 0) return {errno, boost::system::generic_category()};
    std::scoped_lock const lock(mutex_);
    (void)write_rest();  // into the file that it has begun in
    rest_.clear();
    ::close(std::exchange(descriptor_, fresh));
    return {};
}

}  // namespace anywire::gateway
