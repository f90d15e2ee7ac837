#include "client/carrier_choice.hpp"

#include "client/channel_base.hpp"

#include <algorithm>
#include <utility>

namespace anywire {

carrier_choice::carrier_choice(session_loop& loop,
                               std::chrono::milliseconds race_after,
                               bool falls_back,
                               carrier_choice_user& by)
    : user_(by),
      race_after_(race_after),
      falls_back_(falls_back),
      race_(loop, [this] { on_race(); }),
      websocket_{.deadline = {loop, [this] { on_deadline(websocket_); }}},
      http_{.deadline = {loop, [this] { on_deadline(http_); }}} {}

void carrier_choice::start(std::vector<client_carrier> in_order) {
    rest_ = std::move(in_order);
    begin_next();
    if (race_after_.count() > 0 && !rest_.empty()) race_.set(race_after_);
}

void carrier_choice::won() noexcept {
    race_.clear();
    websocket_.deadline.clear();
    http_.deadline.clear();
    rest_.clear();
}

carrier_choice::lane& carrier_choice::lane_of(client_carrier c) noexcept {
    return c == client_carrier::websocket ? websocket_ : http_;
}

/// The first of those that are left whose lane is free.
void carrier_choice::begin_next() {
    for (std::size_t i = 0; i < rest_.size(); ++i)
        if (!lane_of(rest_[i]).is_busy) return begin_at(i);
}

void carrier_choice::begin_at(std::size_t index) {
    auto const c = rest_[index];
    rest_.erase(rest_.begin() + static_cast<std::ptrdiff_t>(index));
    auto const timeout = user_.time_for(c, rest_.empty() || !falls_back_);
    auto& l = lane_of(c);
    l.carrier = c;
    l.is_busy = true;
    // The network knows better what took so long: it comes first.
    l.deadline.set(timeout + 2 * tick_length);
    user_.begin(c, timeout);
}

void carrier_choice::on_race() {
    begin_next();
}

void carrier_choice::on_deadline(lane& l) {
    auto const c = l.carrier;
    user_.give_up(c);
    failed(c, make_timeout(client_stage::protocol, "the session did not open in time"));
}

void carrier_choice::failed(client_carrier c, client_failure const& why) {
    auto& l = lane_of(c);
    l.is_busy = false;
    l.deadline.clear();
    note(c, why);
    auto const other_is_busy = websocket_.is_busy || http_.is_busy;
    if (!rest_.empty() && (falls_back_ || race_.is_set())) {
        // In a race each lane goes on by itself; else all take turns.
        auto const fits = [&](client_carrier next) { return &lane_of(next) == &l; };
        auto const next = std::ranges::find_if(rest_, fits);
        if (!other_is_busy) return begin_next();
        if (next != rest_.end()) return begin_at(static_cast<std::size_t>(next - rest_.begin()));
    }
    if (!other_is_busy) give_up_all(why_);
}

void carrier_choice::refused(client_carrier c, client_failure const& why) {
    note(c, why);
    give_up_all(why);
}

void carrier_choice::note(client_carrier c, client_failure const& why) {
    if (!text_.empty()) text_ += "; ";
    text_.append(to_string(c)).append(": ").append(why.text);
    // A word of the server says more than a connection that broke.
    if (why_.text.empty() || why.status != 0 || why_.status == 0) why_ = why;
}

void carrier_choice::give_up_all(client_failure const& why) {
    auto all = why;
    all.text = std::move(text_);
    won();
    user_.on_all_failed(all);
}

}  // namespace anywire
