#include "command_line.hpp"

#include <algorithm>
#include <utility>

namespace anywire::redis {

bool is_not_here(std::string_view error) noexcept {
    constexpr std::array<std::string_view, 7> codes{
        "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "READONLY", "LOADING", "MASTERDOWN"};
    return std::any_of(
        codes.begin(), codes.end(), [&](std::string_view c) { return has_code(error, c); });
}

command_line::command_line(io_host& host,
                           std::shared_ptr<settings const> how,
                           std::shared_ptr<tallies> counts,
                           std::optional<dial_target> fixed,
                           events& to)
    : host_(host),
      counts_(std::move(counts)),
      to_(to),
      time_(host.loop(), [this] { on_time(); }),
      link_(host, how, std::move(fixed), how->given.ping_interval, *this) {}

void command_line::add(request r) {
    if (link_.is_up()) return send(std::move(r));
    waiting_.push_back(std::move(r));
    set_time();
}

void command_line::send(request r) {
    if (std::exchange(r.asking, false)) {
        append_words(link_.output(), "ASKING");
        r.missing = r.answers + 1;
    } else {
        r.missing = r.answers;
    }
    link_.output().append(r.bytes);
    counts_->sent.fetch_add(1, std::memory_order_relaxed);
    sent_.push_back(std::move(r));
    set_time();
    link_.flush_soon();
}

void command_line::on_up() {
    for (auto& r : take_waiting()) send(std::move(r));
    to_.on_line_up(*this);
}

void command_line::on_silent() {
    request ping{.is_ping = true};
    append_words(ping.bytes, "PING");
    send(std::move(ping));
}

void command_line::on_reply(reply&& r) {
    if (sent_.empty()) return drop({errc::protocol_error, "has answered what nobody asked"});
    auto& front = sent_.front();
    if (--front.missing > 0) {
        // ASKING's own answer counts for nothing.
        if (r.is_error() && front.missing < front.answers && !front.first_error.is_error())
            front.first_error = std::move(r);
        return;
    }
    auto done = std::move(front);
    sent_.pop_front();
    if (done.is_ping) {
        // One that is refused is a sign of life, too.
        if (link_.believe()) to_.on_line_up(*this);
        return;
    }
    if (!r.is_error()) return to_.on_done(done, {}, std::move(r));
    // What kept a part of a transaction from being taken says more than that EXEC was refused.
    if (done.first_error.is_error()) r = std::exchange(done.first_error, {});
    if (is_not_here(r.text)) return to_.on_not_here(*this, std::move(done), std::move(r));
    to_.on_done(done, errc::error_reply, std::move(r));
}

void command_line::on_down(failure const& why, bool was_up) {
    auto const now = host_.loop().now();
    for (auto& r : std::exchange(sent_, {}))
        if (!r.is_ping)
            to_.on_done(r, r.is_over(now) ? errc::timed_out : errc::connection_lost, {});
    to_.on_line_down(*this, why, was_up);
}

// -- time -----------------------------------------------------------------------------------------

void command_line::set_time() {
    if (time_.is_set()) return;
    std::optional<tick> first;
    for (auto const* queue : {&sent_, &waiting_})
        if (!queue->empty() && queue->front().due)
            if (!first || not_after(*queue->front().due, *first)) first = queue->front().due;
    if (!first) return;
    auto const now = host_.loop().now();
    time_.set(not_after(*first, now) ? tick_length : tick_length * static_cast<int>(*first - now));
}

void command_line::on_time() {
    auto const now = host_.loop().now();
    auto all = take_waiting();
    for (auto& r : all)
        if (r.is_over(now))
            to_.on_done(r, errc::timed_out, {});
        else
            waiting_.push_back(std::move(r));
    auto const is_late = !sent_.empty() && sent_.front().is_over(now);
    set_time();
    if (is_late && link_.is_up()) drop({errc::timed_out, "has not answered a command in time"});
}

}  // namespace anywire::redis
