#pragma once

#include "core/outbox.hpp"

#include <string>
#include <string_view>
#include <vector>

// Frames of every kind, and an owner of an outbox that offers them.
namespace anywire::test {

using namespace std::literals;

using verdict = outbox::verdict;
using strings = std::vector<std::string>;

inline frame_ptr make(std::string_view text, frame_kind kind = frame_kind::text) {
    return frame_ptr(frame::make(text, kind));
}
inline frame_ptr attachment(std::string_view text) {
    auto f = make(text, frame_kind::binary);
    f->mark_attachment();
    return f;
}
inline frame_ptr own(std::string_view text) {
    auto f = make(text);
    f->mark_protocol();
    return f;
}
inline frame_ptr shared(std::string_view text) {
    auto f = make(text);
    f->mark_shared();
    return f;
}

inline frame_ptr headed(std::string_view own, frame_ptr const& rest) {
    return frame_ptr(frame::make_headed(own, rest, frame_kind::text));
}

inline strings texts(outbox const& q) {
    strings out;
    for (std::size_t i = 0; i < q.size(); ++i) out.emplace_back(q.at(i)->text());
    return out;
}

/// Room for three messages of one byte, and for six in a burst of 100 ticks.
inline session_limits small(overflow_policy policy) {
    return {.max_queued_bytes = 3 * 65,
            .overflow = policy,
            .max_burst_bytes = 6 * 65,
            .burst_grace = 2500ms};
}

/// What an owner does for each message: judges it if it has to, and queues it if it may.
inline verdict offer(outbox& q,
                     session_limits const& limits,
                     tick now,
                     std::string_view text = "x",
                     std::size_t elsewhere = 0) {
    auto f = make(text);
    auto what = verdict::take;
    if (!q.fits(f->cost(), elsewhere, limits.max_queued_bytes))
        what = q.judge(f->cost(), elsewhere, limits, now);
    if (what == verdict::take) q.push(std::move(f));
    return what;
}

}  // namespace anywire::test
