#include "kept_link.hpp"

#include "backoff.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace anywire::redis {

std::optional<dial_target> master_in(reply const& r, failure& why) {
    if (r.is_error()) {
        why = {errc::no_master, "has refused: " + r.text};
        return std::nullopt;
    }
    if (r.is_nil()) {
        why = {errc::no_master, "knows no master of that name"};
        return std::nullopt;
    }
    dial_target out;
    if (r.is_array() && r.elements.size() == 2) {
        out.host = r.elements[0].text;
        auto const& port = r.elements[1].text;
        auto const [end, ec] = std::from_chars(port.data(), port.data() + port.size(), out.port);
        if (ec == std::errc{} && end == port.data() + port.size() && out.port != 0 &&
            !out.host.empty())
            return out;
    }
    why = {errc::protocol_error, "has not answered with an address"};
    return std::nullopt;
}

kept_link::kept_link(io_host& host,
                     std::shared_ptr<settings const> how,
                     std::optional<dial_target> fixed,
                     std::chrono::milliseconds silence,
                     events& to)
    : host_(host),
      how_(std::move(how)),
      silence_(silence),
      to_(to),
      place_(fixed ? *fixed : how_->url.server),
      next_(host.loop(), [this] { attempt(); }) {
    if (fixed || !how_->has_sentinels()) return;
    asker::events& self = *this;
    sentinels_ = std::make_unique<asker>(host_, how_, self);
}

void kept_link::attempt() {
    if (!sentinels_) return open();
    auto const& given = how_->given;
    auto whom = how_->sentinels;  // the last that knew comes first
    std::rotate(
        whom.begin(), whom.begin() + static_cast<std::ptrdiff_t>(best_sentinel_), whom.end());
    std::string question;
    append_words(question, "SENTINEL", "get-master-addr-by-name", given.sentinel.master);
    link_terms terms{.secure = given.sentinel.secure,
                     .as = {given.sentinel.user, given.sentinel.password},
                     .silence = given.connect_timeout};
    sentinels_->start(std::move(whom), std::move(terms), std::move(question));
}

failure kept_link::on_asked(reply&& r, dial_target const& by) {
    failure why;
    auto where = master_in(r, why);
    if (!where) return why;
    for (std::size_t i = 0; i < how_->sentinels.size(); ++i)
        if (how_->sentinels[i].text() == by.text()) best_sentinel_ = i;
    place_ = std::move(*where);
    open();
    return {};
}

void kept_link::on_nobody(failure const& last) {
    come_back({errc::no_master,
               "no sentinel names a master '" + how_->given.sentinel.master +
                   "'; the last: sentinel " + last.text});
}

void kept_link::open() {
    link_terms terms{.to = place_,
                     .secure = how_->url.secure,
                     .as = {how_->url.user, how_->url.password},
                     .database = how_->url.database,
                     .must_be_master = sentinels_ != nullptr,
                     .silence = silence_};
    server_link::events& self = *this;
    link_ = std::make_unique<server_link>(host_, how_, std::move(terms), self);
    link_->start();
}

void kept_link::on_link_up() {
    failures_ = 0;
    is_up_ = true;
    out_.clear();
    to_.on_up();
}

void kept_link::flush_soon() {
    if (std::exchange(will_flush_, true)) return;
    host_.defer([this, alive = alive_] {
        if (!*alive) return;
        will_flush_ = false;
        auto const out = std::exchange(out_, {});
        if (is_up_ && !out.empty()) link_->send(out);
    });
}

void kept_link::on_link_down(failure const& why) {
    auto const done = std::move(link_);  // it has called, and goes when this returns
    come_back(why);
}

void kept_link::come_back(failure const& why) {
    next_.set(backoff_delay(how_->given.reconnect, failures_++, host_.loop().random_u32()));
    auto const was_up = std::exchange(is_up_, false);
    is_doubted_ = false;
    out_.clear();
    to_.on_down(why, was_up);
}

}  // namespace anywire::redis
