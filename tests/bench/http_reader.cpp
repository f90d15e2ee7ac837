#include "http_reader.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <strings.h>

namespace bench {
namespace {

bool equal_names(std::string_view a, std::string_view b) {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool contains(std::string_view text, std::string_view word) {
    return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
               return std::tolower(static_cast<unsigned char>(a)) == b;
           }) != text.end();
}

}  // namespace

void http_reader::next() {
    status = 0;
    body.clear();
    has_head = is_complete = closes = false;
    line_.clear();
    left_ = 0;
    chunked_ = endless_ = false;
    part_ = part::size_line;
}

std::size_t http_reader::feed(std::string_view data) {
    std::size_t used = 0;
    while (!is_complete && !is_broken && used < data.size()) {
        auto const rest = data.substr(used);
        used += has_head ? read_body(rest) : read_head(rest);
    }
    return used;
}

std::size_t http_reader::read_head(std::string_view data) {
    constexpr std::string_view end = "\r\n\r\n";
    auto const before = line_.size();
    auto const look_from = before < 3 ? 0 : before - 3;
    line_.append(data.substr(0, 16'384));
    auto const at = line_.find(end, look_from);
    if (at == std::string::npos) {
        is_broken = line_.size() > 32'768;
        return line_.size() - before;
    }
    line_.resize(at + 2);
    parse_head();
    line_.clear();
    return at + end.size() - before;
}

void http_reader::parse_head() {
    std::string_view head = line_;
    has_head = true;
    is_broken = head.size() < 12 || head.substr(0, 7) != "HTTP/1.";
    if (is_broken) return;
    std::from_chars(head.data() + 9, head.data() + 12, status);
    auto has_length = false;
    for (auto at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
        auto field = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        auto const colon = field.find(':');
        if (colon == std::string_view::npos) continue;
        auto const name = field.substr(0, colon);
        auto value = field.substr(colon + 1);
        while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        if (equal_names(name, "content-length")) {
            has_length = true;
            std::from_chars(value.data(), value.data() + value.size(), left_);
        } else if (equal_names(name, "transfer-encoding")) {
            chunked_ = contains(value, "chunked");
        } else if (equal_names(name, "connection")) {
            closes = contains(value, "close");
        }
    }
    auto const has_no_body = status == 101 || status == 204 || status == 304;
    endless_ = !has_no_body && !has_length && !chunked_;
    if (endless_) closes = true;
    is_complete = has_no_body || (has_length && left_ == 0 && !chunked_);
}

std::size_t http_reader::read_body(std::string_view data) {
    if (endless_) {
        body.append(data);
        return data.size();
    }
    if (chunked_ && part_ != part::chunk) return read_line(data);
    auto const n = std::min(left_, data.size());
    body.append(data.substr(0, n));
    left_ -= n;
    if (left_ == 0) {
        if (chunked_)
            part_ = part::chunk_end;
        else
            is_complete = true;
    }
    return n;
}

std::size_t http_reader::read_line(std::string_view data) {
    auto const end = data.find('\n');
    line_.append(data.substr(0, end == std::string_view::npos ? data.size() : end));
    if (end == std::string_view::npos) return data.size();
    take_line();
    line_.clear();
    return end + 1;
}

void http_reader::take_line() {
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    switch (part_) {
        case part::size_line: {
            auto const* const end = line_.data() + line_.size();
            auto const [at, ec] = std::from_chars(line_.data(), end, left_, 16);
            is_broken = ec != std::errc{};
            part_ = left_ == 0 ? part::trailer : part::chunk;
            return;
        }
        case part::chunk_end: part_ = part::size_line; return;
        case part::trailer: is_complete = line_.empty(); return;
        case part::chunk: return;
    }
}

}  // namespace bench
