#include "frame_writer.hpp"

#include <algorithm>
#include <cstddef>

namespace anywire::stomp {
namespace {

using std::string_view;
using namespace std::string_view_literals;

/// How a character is written; itself where there is nothing to say.
string_view escape(char c, bool escapes, version v) noexcept {
    switch (c) {
        case '\0': return " ";
        case '\n': return escapes ? "\\n" : " ";
        case '\r': return escapes && v == version::v1_2 ? "\\r" : " ";
        case ':': return escapes ? "\\c" : ":";
        case '\\': return escapes ? "\\\\" : "\\";
        default: return {};
    }
}

void append_escaped(std::string& out, string_view text, bool escapes, version v) {
    while (!text.empty()) {
        auto const plain = std::min(text.find_first_of("\0\n\r:\\"sv), text.size());
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        out.append(escape(text.front(), escapes, v));
        text.remove_prefix(1);
    }
}

/// Without escapes, a colon would end the name.
void append_name(std::string& out, string_view name, bool escapes, version v) {
    auto const from = out.size();
    append_escaped(out, name, escapes, v);
    if (!escapes)
        std::replace(out.begin() + static_cast<std::ptrdiff_t>(from), out.end(), ':', ' ');
}

}  // namespace

frame_writer::frame_writer(std::string& out, command c, version v)
    : out_(out), version_(v), escapes_(is_escaped(c) && v != version::v1_0) {
    out_.append(name_of(c)).push_back('\n');
}

frame_writer& frame_writer::add(string_view name, string_view value) {
    append_name(out_, name, escapes_, version_);
    out_.push_back(':');
    append_escaped(out_, value, escapes_, version_);
    out_.push_back('\n');
    return *this;
}

void frame_writer::finish(string_view body) {
    if (!body.empty()) add("content-length", std::to_string(body.size()));
    out_.append("\n").append(body).push_back('\0');
}

void append_header(std::string& out, string_view name, string_view value, version v) {
    auto const escapes = v != version::v1_0;
    append_name(out, name, escapes, v);
    out.push_back(':');
    append_escaped(out, value, escapes, v);
    out.push_back('\n');
}

}  // namespace anywire::stomp
