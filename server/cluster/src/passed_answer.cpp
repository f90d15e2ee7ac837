#include "passed_answer.hpp"

#include "core/ascii.hpp"
#include "hop_fields.hpp"

#include <array>
#include <charconv>

namespace anywire::relay {
namespace {

bool has_no_body(unsigned status) noexcept {
    return status == 204 || status == 304;
}

std::optional<std::uint64_t> length_of(std::span<http_field const> fields) noexcept {
    std::string_view text;
    for (auto const& f : fields) {
        if (iequals(f.name, "transfer-encoding")) return std::nullopt;
        if (text.empty() && iequals(f.name, "content-length")) text = f.value;
    }
    std::uint64_t bytes = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), bytes);
    if (text.empty() || ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return bytes;
}

}  // namespace

answer passed_answer::head() const noexcept {
    answer a{.status = status_, .fields = fields_.text()};
    a.length = length_;
    return a;
}

void passed_answer::begin(unsigned status, std::span<http_field const> fields) {
    status_ = status;
    fields_ = fields_to_answer(fields);
    length_ = length_of(fields);
    if (has_no_body(status_) || (!is_head_ && length_ && *length_ <= most_whole)) {
        stage_ = stage::whole;
        return;
    }
    stage_ = stage::streaming;
    to_.begin_stream(head());
    // What it has to say may take its time, and the client waits for the head.
    if (!is_head_) (void)to_.write_stream({});
}

bool passed_answer::add(std::string_view piece) {
    if (stage_ == stage::whole) {
        body_.append(piece);
        return true;
    }
    std::array<std::string_view, 1> const parts{piece};
    return to_.write_stream(parts);
}

void passed_answer::end() {
    if (stage_ == stage::streaming) return (void)to_.end_stream({});
    auto a = head();
    a.body = body_;
    a.length.reset();
    (void)to_.respond(a);
}

}  // namespace anywire::relay
