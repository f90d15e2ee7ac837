#include <anywire/json/writer.hpp>

#include "core/base64.hpp"
#include "core/json_placeholder.hpp"
#include "core/json_string.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace anywire {
namespace {

template <class T>
void append_number(std::string& out, T value) {
    std::array<char, 32> text{};  // a double takes 24 at most
    auto const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
}

// Integral numbers that fit 64 bits are written in all their digits: `1e+17` would be read as an
// integer and then be written as such, and the shortest text of 2^63 would be another integer.
template <class T>
void append_floating(std::string& out, T value) {
    constexpr T lowest = -static_cast<T>(0x1p63);
    constexpr T end = static_cast<T>(0x1p64);
    auto const integral = value >= lowest && value < end && std::trunc(value) == value;
    if (!integral) return append_number(out, value);
    if (value < 0) return append_number(out, static_cast<std::int64_t>(value));
    append_number(out, static_cast<std::uint64_t>(value));
}

}  // namespace

void json_writer::separate() {
    if (comma_) out_.push_back(',');
    comma_ = true;
}

void json_writer::null() {
    separate();
    out_.append("null");
}

void json_writer::boolean(bool value) {
    separate();
    out_.append(value ? "true" : "false");
}

void json_writer::number(std::int64_t value) {
    separate();
    append_number(out_, value);
}

void json_writer::number(std::uint64_t value) {
    separate();
    append_number(out_, value);
}

void json_writer::number(double value) {
    if (!std::isfinite(value)) return null();
    separate();
    append_floating(out_, value);
}

void json_writer::number(float value) {
    if (!std::isfinite(value)) return null();
    separate();
    append_floating(out_, value);
}

void json_writer::string(std::string_view text) {
    separate();
    append_json_string(out_, text);
}

void json_writer::bytes(std::span<std::byte const> value) {
    separate();
    append_bytes({reinterpret_cast<char const*>(value.data()), value.size()});
}

void json_writer::append_bytes(std::string_view value) {
    if (how_ == json_bytes::base64) {
        out_.push_back('"');
        append_base64(out_, value);
        out_.push_back('"');
        return;
    }
    out_.append(R"({"_placeholder":true,"num":)");
    append_number(out_, attachments_.size());
    out_.push_back('}');
    attachments_.emplace_back(value);
}

void json_writer::begin_array() {
    separate();
    out_.push_back('[');
    comma_ = false;
}

void json_writer::end_array() {
    out_.push_back(']');
    comma_ = true;
}

void json_writer::begin_object() {
    separate();
    out_.push_back('{');
    comma_ = false;
}

void json_writer::end_object() {
    out_.push_back('}');
    comma_ = true;
}

void json_writer::key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_.push_back(':');
    comma_ = false;
}

void json_writer::raw(json_view value) {
    separate();
    auto const text = value.text();
    auto const all = value.attachments();
    if (all.empty()) {
        out_.append(text);
        return;
    }
    detail::reference_list references{.attachments = all.size()};
    detail::reference_finder(text, references);
    std::size_t copied = 0;
    for (auto const& r : references.found) {
        out_.append(text, copied, r.begin - copied);
        append_bytes(all[static_cast<std::size_t>(*r.number)]);
        copied = r.end;
    }
    out_.append(text.substr(copied));
}

}  // namespace anywire
