#include "session/http_carriers.hpp"

#include "core/fault.hpp"
#include "core/frame.hpp"

#include <utility>

namespace anywire {
namespace {

std::span<frame* const> first_to_gather(std::span<frame* const> batch) noexcept {
    std::size_t n = 0;
    for (std::size_t bytes = 0; n < batch.size() && bytes < most_gathered; ++n)
        bytes += batch[n]->cost();
    return batch.first(n);
}

}  // namespace

std::span<std::string_view const> body_parts::views() {
    views_.clear();
    for (auto const& p : parts_)
        if (!p.text.empty())
            views_.push_back(p.text.data() ? p.text
                                           : std::string_view(made_).substr(p.at, p.text.size()));
    return views_;
}

void receiver_dress::answer_busy(exchange& to) {
    (void)to.respond({.status = status_of(fault::receiver_busy),
                      .content_type = "text/plain; charset=UTF-8",
                      .body = "another request of this session is waiting already\n"});
}

// -- both -----------------------------------------------------------------------------------------

http_carrier::http_carrier(exchange& to, transport_events& session) : to_(&to), session_(&session) {
    to.listen(this, true);
}

void http_carrier::close(close_code, std::string_view) noexcept {
    abort();
}

void http_carrier::abort() noexcept {
    to_->listen(nullptr, false);
    to_->abort();
    delete this;
}

void http_carrier::on_done() {
    session_->on_closed(*this, true, {});
    delete this;
}

void http_carrier::on_gone() {
    session_->on_closed(
        *this,
        false,
        {close_reason::transport_lost, close_code::abnormal, "the client broke the request off"});
    delete this;
}

void http_carrier::on_stalled() {
    session_->on_closed(
        *this,
        false,
        {close_reason::slow_consumer, close_code::abnormal, "the client does not read"});
    delete this;
}

write_result http_carrier::finished(std::size_t taken, bool all_out) {
    if (!all_out) return {taken, write_result::next::finished};
    delete this;
    return {taken, write_result::next::ended};
}

// -- one-shot -------------------------------------------------------------------------------------

write_result one_shot_carrier::write(std::span<frame* const> batch) {
    std::string body;
    answer whole;
    auto const did = dress_->dress(first_to_gather(batch), body, whole);
    whole.body = body;
    whole.goes_on = !did.is_goodbye;
    return finished(did.taken, to().respond(whole));
}

// -- stream ---------------------------------------------------------------------------------------

/// Begins the answer where that is still to be done. The bytes that lead the first frame.
std::size_t stream_carrier::add_start(body_parts& out) {
    if (std::exchange(started_, true)) return 0;
    auto head = dress_->head();
    head.goes_on = true;
    to().begin_stream(head);
    out.add_made([&](std::string& text) { dress_->append_prelude(text); });
    return out.size_of_last();
}

void stream_carrier::start() {
    body_parts out;
    (void)add_start(out);
    (void)to().write_stream(out.views());
}

void stream_carrier::on_next_waiting() {
    limit_ = 0;  // the next frame is the last
    http_carrier::on_next_waiting();
}

write_result stream_carrier::write(std::span<frame* const> batch) {
    body_parts out;
    auto const is_first = !started_;
    auto const lead = add_start(out);
    auto const room = written_ < limit_ ? limit_ - written_ : 0;
    auto const did = dress_->dress(first_to_gather(batch), is_first, room, out);
    for (auto const part : out.views()) written_ += part.size();
    written_ -= lead;
    if (did.is_goodbye || written_ >= limit_)
        return finished(did.taken, to().end_stream(out.views()));
    return {
        did.taken,
        to().write_stream(out.views()) ? write_result::next::ready : write_result::next::blocked};
}

}  // namespace anywire
