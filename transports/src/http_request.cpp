#include "http_request.hpp"

#include "ascii.hpp"
#include "core/fault.hpp"
#include "http_head_parser.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

namespace anywire::http {
namespace {

constexpr auto malformed = status_of(fault::malformed_request);
constexpr auto too_much_head = status_of(fault::head_too_long);
constexpr auto too_much_body = status_of(fault::body_too_long);

constexpr unsigned max_blank_lines = 4;

}  // namespace

std::string_view request_view::header(std::string_view name) const noexcept {
    for (auto const& f : fields)
        if (iequals(f.name, name)) return f.value;
    return {};
}

bool request_view::has_header(std::string_view name) const noexcept {
    return count(name) > 0;
}

std::size_t request_view::count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(std::count_if(
        fields.begin(), fields.end(), [&](field const& f) { return iequals(f.name, name); }));
}

bool request_view::list_contains(std::string_view name, std::string_view token) const noexcept {
    for (auto const& f : fields) {
        if (!iequals(f.name, name)) continue;
        for (auto list = f.value; !list.empty();)
            if (iequals(take_element(list), token)) return true;
    }
    return false;
}

request_reader::request_reader(request_limits const& limits) noexcept : limits_(limits) {}

request_reader::request_reader(request_reader&& other) noexcept : limits_(other.limits_) {
    *this = std::move(other);
}

request_reader& request_reader::operator=(request_reader&& other) noexcept {
    if (this == &other) return *this;
    bool const owns_body = !other.body_.empty();
    limits_ = other.limits_;
    view_ = other.view_;
    fields_ = std::move(other.fields_);
    head_ = std::move(other.head_);
    body_ = std::move(other.body_);
    chunks_ = other.chunks_;
    body_left_ = other.body_left_;
    scanned_ = other.scanned_;
    line_start_ = other.line_start_;
    error_text_ = other.error_text_;
    error_status_ = other.error_status_;
    blank_lines_ = other.blank_lines_;
    stage_ = other.stage_;
    started_ = other.started_;
    view_.fields = {fields_.data(), fields_.size()};
    if (stage_ == stage::done && owns_body) view_.body = body_;
    other.reset();
    return *this;
}

void request_reader::reset() noexcept {
    view_ = {};
    fields_.clear();
    head_.reset();
    body_ = {};
    scanned_ = 0;
    line_start_ = 0;
    error_text_ = "";
    error_status_ = 0;
    blank_lines_ = 0;
    stage_ = stage::head;
    started_ = false;
}

request_reader::status request_reader::feed(std::string_view bytes, std::size_t& used) {
    used = 0;
    switch (stage_) {
        case stage::head: return read_head(bytes, used);
        case stage::length:
        case stage::chunks: return read_body(bytes, used);
        case stage::done: return status::done;
        case stage::failed: break;
    }
    return status::error;
}

request_reader::status request_reader::fail(unsigned error, char const* text) noexcept {
    stage_ = stage::failed;
    error_status_ = error;
    error_text_ = text;
    return status::error;
}

/// False where only blank lines have come. Old clients end a body with a line end too many.
bool request_reader::skip_blank_lines(std::string_view& bytes, std::size_t& used) noexcept {
    while (!started_ && blank_lines_ < max_blank_lines && bytes.starts_with("\r\n")) {
        bytes.remove_prefix(2);
        used += 2;
        ++blank_lines_;
    }
    started_ = started_ || (!bytes.empty() && bytes != "\r");
    return started_;
}

request_reader::status request_reader::read_head(std::string_view bytes, std::size_t& used) {
    if (!skip_blank_lines(bytes, used)) return status::need_more;
    if (auto const r = check_method(bytes)) return fail(r.status, r.text);
    std::size_t end = 0;
    if (auto const s = find_head_end(bytes, end); s != status::head_complete) return s;
    auto const head = bytes.substr(0, end);
    if (auto const s = parse_head(head); s != status::head_complete) return s;
    used += end;

    std::size_t body = 0;
    auto const s = read_body(bytes.substr(end), body);
    used += body;
    if (s != status::need_more) return s;
    keep_head(head);
    return status::head_complete;
}

/// Walks the lines that are new: finds the empty one, and refuses on sight what would otherwise
/// keep the peer waiting for an end that is not coming.
request_reader::status request_reader::find_head_end(std::string_view bytes,
                                                     std::size_t& end) noexcept {
    for (bool empty = false; !empty;) {
        auto const limit = line_limit();
        auto const lf = bytes.substr(0, limit).find('\n', scanned_);
        if (lf == std::string_view::npos) {
            scanned_ = std::min(bytes.size(), limit);
            return bytes.size() < limit ? status::need_more : head_too_long();
        }
        if (lf == 0 || bytes[lf - 1] != '\r')
            return fail(malformed, "A line does not end in CRLF.");
        if (bytes[line_start_] == ' ' || bytes[line_start_] == '\t')
            return fail(malformed, "A header line starts with a blank.");
        empty = lf == line_start_ + 1;
        scanned_ = line_start_ = lf + 1;
    }
    end = scanned_;
    return status::head_complete;
}

/// Where the line being searched has to have ended, counted from the start of the head.
std::size_t request_reader::line_limit() const noexcept {
    return line_start_ == 0 ? std::min(limits_.line, limits_.header) : limits_.header;
}

request_reader::status request_reader::head_too_long() noexcept {
    if (line_start_ == 0 && limits_.line <= limits_.header)
        return fail(
            status_of(fault::target_too_long),
            "The request target is too long: server_limits::header says how long it may be.");
    return fail(too_much_head,
                "The header is too long: server_limits::header says how long it may be.");
}

request_reader::status request_reader::parse_head(std::string_view head) {
    body_framing body;
    auto const r = head_parser(view_, fields_, limits_.fields).parse(head, body);
    if (r) {
        view_ = {};
        return fail(r.status, r.text);
    }
    return start_body(body.chunked, body.length);
}

request_reader::status request_reader::start_body(bool chunked, std::uint64_t length) noexcept {
    if (length > limits_.body) return fail(too_much_body, "The body is too long.");
    body_left_ = static_cast<std::size_t>(length);
    chunks_ = chunked_body(limits_.body, limits_.chunk_overhead);
    stage_ = chunked ? stage::chunks : stage::length;
    return status::head_complete;
}

bool request_reader::lower_body_limit(std::size_t most) noexcept {
    if (most >= limits_.body) return true;
    auto const less = limits_.body - std::exchange(limits_.body, most);
    if (stage_ == stage::chunks) return chunks_.lower_limit(less);
    return body_.size() + body_left_ <= most;
}

request_reader::status request_reader::read_body(std::string_view bytes, std::size_t& used) {
    return stage_ == stage::chunks ? read_chunks(bytes, used) : read_length(bytes, used);
}

request_reader::status request_reader::read_length(std::string_view bytes, std::size_t& used) {
    auto const piece = bytes.substr(0, body_left_);
    used = piece.size();
    body_left_ -= piece.size();
    bool const whole = body_.empty() && body_left_ == 0;
    if (!whole) body_.append(piece);
    if (body_left_ > 0) return status::need_more;
    view_.body = whole ? piece : std::string_view(body_);
    stage_ = stage::done;
    return status::done;
}

request_reader::status request_reader::read_chunks(std::string_view bytes, std::size_t& used) {
    std::string_view lone;  // the only piece so far: a second one makes both be copied
    for (;;) {
        std::size_t n = 0;
        std::string_view piece;
        auto const s = chunks_.next(bytes, n, piece);
        bytes.remove_prefix(n);
        used += n;
        switch (s) {
            case chunked_body::status::data:
                if (lone.empty() && body_.empty()) {
                    lone = piece;
                } else {
                    body_.append(std::exchange(lone, {})).append(piece);
                }
                break;
            case chunked_body::status::need_more: body_.append(lone); return status::need_more;
            case chunked_body::status::done:
                view_.body = body_.empty() ? lone : std::string_view(body_);
                stage_ = stage::done;
                return status::done;
            case chunked_body::status::malformed:
                return fail(malformed, "The chunks are malformed.");
            case chunked_body::status::body_too_long:
                return fail(too_much_body, "The body is too long.");
            case chunked_body::status::overhead_too_long:
                return fail(too_much_head,
                            "Chunk extensions or trailers are too long: "
                            "server_limits::chunk_overhead says how long they may be.");
        }
    }
}

/// Copies the head, so that the caller's buffer may be used for what follows.
void request_reader::keep_head(std::string_view head) {
    head_ = std::make_unique_for_overwrite<char[]>(head.size());
    std::memcpy(head_.get(), head.data(), head.size());
    auto const move = [&](std::string_view& v) {
        std::less_equal<char const*> const le;
        // What is not in the head is a literal.
        if (!le(head.data(), v.data()) || !le(v.data(), head.data() + head.size())) return;
        v = {head_.get() + (v.data() - head.data()), v.size()};
    };
    for (auto* const v : {&view_.method, &view_.target, &view_.path, &view_.query, &view_.host})
        move(*v);
    for (auto& f : fields_) {
        move(f.name);
        move(f.value);
    }
}

std::optional<std::string_view> peek_target(std::string_view bytes) noexcept {
    auto const start = bytes.find_first_not_of("\r\n");
    if (start == std::string_view::npos) return std::nullopt;
    bytes.remove_prefix(start);
    bytes = bytes.substr(0, bytes.find_first_of("\r\n"));
    auto const method = bytes.find(' ');
    if (method == std::string_view::npos) return std::nullopt;
    auto const end = bytes.find(' ', method + 1);
    if (end == std::string_view::npos) return std::nullopt;
    return bytes.substr(method + 1, end - method - 1);
}

bool has_request_line(std::string_view bytes) noexcept {
    auto const start = bytes.find_first_not_of("\r\n");
    return start != std::string_view::npos && bytes.find('\n', start) != std::string_view::npos;
}

}  // namespace anywire::http
