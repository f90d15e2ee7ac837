#include "transaction.hpp"

namespace anywire::stomp {

/// What a header costs beside its bytes.
constexpr std::size_t header_overhead = 64;

stored_frame::stored_frame(frame_view const& f) : what_(f.what), body_(f.body) {
    headers_.reserve(f.headers.size());
    for (auto const& h : f.headers)
        if (h.name != "transaction") headers_.emplace_back(h.name, h.value);
}

frame_view stored_frame::view() const {
    frame_view f{.what = what_, .body = body_};
    f.headers.reserve(headers_.size());
    for (auto const& [name, value] : headers_) f.headers.push_back({name, value});
    return f;
}

std::size_t stored_frame::cost_of(frame_view const& f) noexcept {
    auto all = f.body.size() + header_overhead;
    for (auto const& h : f.headers)
        if (h.name != "transaction") all += h.name.size() + h.value.size() + header_overhead;
    return all;
}

}  // namespace anywire::stomp
