#include "frame_reader.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <charconv>

namespace anywire::stomp {
namespace {

using std::string_view;

constexpr std::size_t longest_command = 16;
/// What is kept of an empty buffer, so that a long frame's memory is not its session's for ever.
constexpr std::size_t kept_capacity = 4096;

void make_empty(std::string& buffer) {
    if (buffer.capacity() > kept_capacity)
        std::string().swap(buffer);
    else
        buffer.clear();
}

std::optional<std::size_t> number_in(string_view digits) noexcept {
    std::size_t n = 0;
    auto const* const end = digits.data() + digits.size();
    if (digits.empty() || digits.front() == '-') return std::nullopt;
    auto const [at, error] = std::from_chars(digits.data(), end, n);
    if (error != std::errc() || at != end) return std::nullopt;
    return n;
}

}  // namespace

string_view text_of(frame_fault why) noexcept {
    switch (why) {
        case frame_fault::none: return "nothing is wrong";
        case frame_fault::unknown_command: return "Unknown command";
        case frame_fault::no_colon: return "A header has no colon";
        case frame_fault::empty_name: return "A header has no name";
        case frame_fault::lone_carriage_return: return "A carriage return has no line feed";
        case frame_fault::nul_in_head: return "A NUL stands before the end of the headers";
        case frame_fault::bad_escape: return "A header has an escape that this version lacks";
        case frame_fault::bad_utf8: return "A header is not UTF-8";
        case frame_fault::bad_content_length: return "content-length is not a number";
        case frame_fault::unexpected_body: return "This command has no body";
        case frame_fault::no_nul_after_body: return "No NUL follows the body";
        case frame_fault::too_many_headers: return "Too many headers";
        case frame_fault::line_too_long: return "A header is too long";
        case frame_fault::head_too_long: return "The headers are too long";
        case frame_fault::frame_too_long: return "The frame is too long";
    }
    return "";
}

bool is_excess(frame_fault why) noexcept {
    return why >= frame_fault::too_many_headers;
}

bool frame_reader::fail(frame_fault why) noexcept {
    fault_ = why;
    return false;
}

frame_reader::event frame_reader::read(string_view& bytes) {
    std::optional<event> out;
    while (fault_ == frame_fault::none && !out) out = step(bytes);
    return fault_ == frame_fault::none ? *out : event::failed;
}

/// Nothing where another step follows, and where the frame has failed.
std::optional<frame_reader::event> frame_reader::step(string_view& bytes) {
    switch (state_) {
        case state::between: return between(bytes);
        case state::command:
        case state::headers: return take_head(bytes);
        case state::sized_body:
            if (!take_sized_body(bytes)) return event::more;
            break;
        case state::open_body:
            if (take_open_body(bytes) && state_ == state::open_body) return event::more;
            break;
        case state::nul: return take_nul(bytes);
    }
    return std::nullopt;
}

/// Line ends, which are heart-beats, and NULs, which some servers send too many of.
std::optional<frame_reader::event> frame_reader::between(string_view& bytes) {
    if (skip_ends(bytes)) return event::beat;
    if (bytes.empty()) return event::more;
    if (fault_ == frame_fault::none) begin();
    return std::nullopt;
}

/// Whether line feeds were among them.
bool frame_reader::skip_ends(string_view& bytes) {
    auto is_beat = false;
    while (!bytes.empty()) {
        auto const c = bytes.front();
        if (c != '\n' && after_return_) return fail(frame_fault::lone_carriage_return);
        if (c != '\n' && c != '\r' && c != '\0') break;
        after_return_ = c == '\r';
        is_beat = is_beat || c == '\n';
        bytes.remove_prefix(1);
    }
    return is_beat;
}

std::optional<frame_reader::event> frame_reader::take_head(string_view& bytes) {
    auto const line = take_line(bytes);
    if (!line) return event::more;
    if (state_ == state::command)
        take_command(*line);
    else
        take_header(*line);
    line_.clear();
    return std::nullopt;
}

std::optional<frame_reader::event> frame_reader::take_nul(string_view& bytes) {
    if (bytes.empty()) {
        // The body lay in a piece that is gone when the NUL comes.
        if (body_.empty()) body_.assign(frame_.body);
        return event::more;
    }
    if (bytes.front() != '\0') {
        fail(frame_fault::no_nul_after_body);
        return std::nullopt;
    }
    bytes.remove_prefix(1);
    return deliver();
}

void frame_reader::begin() {
    make_empty(head_);
    make_empty(body_);
    if (places_.capacity() > 64) std::vector<place>().swap(places_);
    places_.clear();
    frame_.headers.clear();
    frame_.body = {};
    head_bytes_ = 0;
    length_ = 0;
    has_length_ = false;
    state_ = state::command;
}

/// The next line without its end, once it is whole. One that is longer than it may be is not kept.
std::optional<string_view> frame_reader::take_line(string_view& bytes) {
    auto const longest = state_ == state::command ? longest_command : limits_.max_header_line;
    auto const end = bytes.find('\n');
    auto const size = std::min(end, bytes.size());
    auto const taken = size + (end == string_view::npos ? 0 : 1);
    auto const too_long =
        state_ == state::command ? frame_fault::unknown_command : frame_fault::line_too_long;
    // One more than the longest: the carriage return.
    auto const line_room = longest + 1 - std::min(line_.size(), longest + 1);
    auto const most = std::min(limits_.max_head, limits_.max_frame);
    auto const head_room = most - std::min(head_bytes_, most);
    // Which of the two is passed first does not depend on how the line was cut.
    if (size > line_room && line_room <= head_room) {
        fail(too_long);
        return std::nullopt;
    }
    if (taken > head_room) {
        fail(frame_fault::head_too_long);
        return std::nullopt;
    }
    head_bytes_ += taken;
    if (end == string_view::npos) {
        line_.append(bytes);
        bytes = {};
        return std::nullopt;
    }
    auto line = bytes.substr(0, size);
    bytes.remove_prefix(size + 1);
    if (!line_.empty()) line = line_.append(line);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > longest) {
        fail(too_long);
    } else if (line.find('\r') != string_view::npos) {
        fail(frame_fault::lone_carriage_return);
    } else if (line.find('\0') != string_view::npos) {
        fail(frame_fault::nul_in_head);
    } else {
        return line;
    }
    return std::nullopt;
}

bool frame_reader::take_command(string_view line) {
    auto const sender = self_ == end::server ? end::client : end::server;
    auto const c = command_of(line, sender);
    if (!c) return fail(frame_fault::unknown_command);
    frame_.what = *c;
    state_ = state::headers;
    return true;
}

bool frame_reader::take_header(string_view line) {
    if (line.empty()) return end_head();
    if (places_.size() == limits_.max_headers) return fail(frame_fault::too_many_headers);
    if (!is_utf8(line)) return fail(frame_fault::bad_utf8);
    auto const colon = line.find(':');
    if (colon == string_view::npos) return fail(frame_fault::no_colon);
    if (colon == 0) return fail(frame_fault::empty_name);
    auto value = line.substr(colon + 1);
    // The examples of 1.0 have blanks after the colon; later versions say that they count.
    if (version_ == version::v1_0 && is_escaped(frame_.what))
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    place p;
    p.name = static_cast<std::uint32_t>(head_.size());
    if (!unescape(line.substr(0, colon))) return false;
    p.value = static_cast<std::uint32_t>(head_.size());
    if (!unescape(value)) return false;
    p.end = static_cast<std::uint32_t>(head_.size());
    places_.push_back(p);
    auto const name = string_view(head_).substr(p.name, p.value - p.name);
    if (name != "content-length" || has_length_) return true;
    auto const n = number_in(string_view(head_).substr(p.value));
    if (!n) return fail(frame_fault::bad_content_length);
    length_ = *n;
    has_length_ = true;
    return true;
}

/// Appends the text to `head_` as it is meant.
bool frame_reader::unescape(string_view text) {
    if (version_.value_or(version::v1_2) == version::v1_0 || !is_escaped(frame_.what)) {
        head_.append(text);
        return true;
    }
    while (!text.empty()) {
        auto const plain = std::min(text.find('\\'), text.size());
        head_.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        switch (text.size() > 1 ? text[1] : '\0') {
            case 'n': head_.push_back('\n'); break;
            case 'c': head_.push_back(':'); break;
            case '\\': head_.push_back('\\'); break;
            case 'r': head_.push_back('\r'); break;  // of 1.2; clients of 1.1 send it, too
            default: return fail(frame_fault::bad_escape);
        }
        text.remove_prefix(2);
    }
    return true;
}

/// 1.0 does not say which frames have none.
bool frame_reader::ignores_bodies() const noexcept {
    return version_ == version::v1_0 && is_escaped(frame_.what);
}

bool frame_reader::allow_body(std::size_t size) {
    auto const most = limits_.max_frame;
    return (head_bytes_ <= most && size <= most - head_bytes_) || fail(frame_fault::frame_too_long);
}

bool frame_reader::end_head() {
    if (!has_length_) {
        state_ = state::open_body;
        return true;
    }
    if (length_ != 0 && !may_have_body(frame_.what) && !ignores_bodies())
        return fail(frame_fault::unexpected_body);
    if (!allow_body(length_)) return false;
    state_ = state::sized_body;
    return true;
}

/// Whether the body is whole.
bool frame_reader::take_sized_body(string_view& bytes) {
    auto const piece = bytes.substr(0, length_ - body_.size());
    bytes.remove_prefix(piece.size());
    if (piece.size() < length_) {
        body_.append(piece);
        if (body_.size() < length_) return false;
        frame_.body = body_;
    } else {
        frame_.body = piece;
    }
    state_ = state::nul;
    return true;
}

bool frame_reader::take_open_body(string_view& bytes) {
    auto const end = bytes.find('\0');
    auto const piece = bytes.substr(0, end);
    if (!piece.empty() && !may_have_body(frame_.what) && !ignores_bodies())
        return fail(frame_fault::unexpected_body);
    if (!allow_body(body_.size() + piece.size())) return false;
    bytes.remove_prefix(piece.size());
    if (end == string_view::npos || !body_.empty()) body_.append(piece);
    frame_.body = body_.empty() ? piece : string_view(body_);
    if (end != string_view::npos) state_ = state::nul;
    return true;
}

frame_reader::event frame_reader::deliver() {
    if (!body_.empty()) frame_.body = body_;
    if (!may_have_body(frame_.what)) frame_.body = {};
    name_headers();
    state_ = state::between;
    return event::frame;
}

void frame_reader::name_headers() {
    frame_.headers.clear();
    string_view const head(head_);
    for (auto const& p : places_)
        frame_.headers.push_back(
            {head.substr(p.name, p.value - p.name), head.substr(p.value, p.end - p.value)});
}

std::optional<string_view> frame_reader::receipt_of_failed() {
    if (!is_within_frame()) return std::nullopt;
    name_headers();
    return frame_.find("receipt");
}

}  // namespace anywire::stomp
