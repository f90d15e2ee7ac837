#include "channel_line.hpp"

#include <array>
#include <span>
#include <utility>

namespace anywire::redis {
namespace {

/// By `channel_kind`.
struct words {
    std::string_view subscribe;
    std::string_view unsubscribe;
    std::string_view message;
    std::size_t message_size;  ///< Its parts, the word among them.
};
constexpr std::array<words, 3> words_of{{
    {"subscribe", "unsubscribe", "message", 3},
    {"psubscribe", "punsubscribe", "pmessage", 4},
    {"ssubscribe", "sunsubscribe", "smessage", 3},
}};

constexpr auto relaxed = std::memory_order_relaxed;

channel_message message_of(channel_kind kind, std::span<reply const> parts) noexcept {
    auto const is_pattern = kind == channel_kind::pattern;
    return {.channel = parts[parts.size() - 2].text,
            .payload = parts.back().text,
            .pattern = is_pattern ? std::string_view(parts[1].text) : std::string_view{}};
}

}  // namespace

channel_line::channel_line(io_host& host,
                           std::shared_ptr<settings const> how,
                           std::shared_ptr<tallies> counts,
                           std::optional<dial_target> fixed,
                           events& to)
    : counts_(std::move(counts)),
      to_(to),
      link_(host, how, std::move(fixed), how->given.ping_interval, *this) {}

void channel_line::subscribe(channel_kind kind, std::string const& name, std::uint64_t number) {
    ask({.what = word::subscribe, .kind = kind, .name = name, .number = number});
}

void channel_line::unsubscribe(channel_kind kind, std::string const& name) {
    ask({.what = word::unsubscribe, .kind = kind, .name = name});
}

void channel_line::ask(asked what) {
    auto const& w = words_of[static_cast<std::size_t>(what.kind)];
    auto const is_end = what.what == word::unsubscribe;
    append_words(link_.output(), is_end ? w.unsubscribe : w.subscribe, what.name);
    counts_->sent.fetch_add(1, relaxed);
    auto const size = channel_charge(what.name);
    counts_->charge_channel(size);
    what.space = {counts_, size, &tallies::give_channel_room};
    asked_.push_back(std::move(what));
    link_.flush_soon();
}

void channel_line::on_up() {
    to_.on_channels_up(*this);
}

void channel_line::on_down(failure const& why, bool was_up) {
    asked_.clear();
    to_.on_channels_down(*this, why, was_up);
}

/// A socket with subscriptions takes PING, and answers it by an array; without, by a status.
void channel_line::on_silent() {
    append_words(link_.output(), "PING");
    counts_->sent.fetch_add(1, relaxed);
    asked_.push_back({.what = word::ping});
    link_.flush_soon();
}

void channel_line::on_reply(reply&& r) {
    if (r.is_error()) return on_error(r);
    if (r.kind == reply_kind::status && r.text == "PONG") return on_alive();
    auto const& parts = r.elements;
    auto const what = parts.empty() ? std::string_view{} : std::string_view(parts[0].text);
    if (what == "pong") return on_alive();
    for (std::size_t i = 0; i < words_of.size(); ++i) {
        auto const kind = static_cast<channel_kind>(i);
        auto const& w = words_of[i];
        if (what == w.message && parts.size() == w.message_size) {
            counts_->messages.fetch_add(1, relaxed);
            return to_.on_message(kind, parts[1].text, message_of(kind, parts));
        }
        if (parts.size() == 3 && (what == w.subscribe || what == w.unsubscribe))
            return on_confirmed(kind, what == w.unsubscribe, parts[1].text);
    }
    link_.drop({errc::protocol_error, "has sent what is no message of a channel"});
}

void channel_line::on_alive() {
    if (asked_.empty() || asked_.front().what != word::ping) return;
    asked_.pop_front();
    if (link_.believe()) to_.on_channels_alive();
}

void channel_line::on_confirmed(channel_kind kind, bool is_end, std::string_view name) {
    auto const expected = is_end ? word::unsubscribe : word::subscribe;
    auto const is_next = !asked_.empty() && asked_.front().what == expected &&
                         asked_.front().kind == kind && asked_.front().name == name;
    if (!is_next) {
        if (is_end) return to_.on_unsubscribed(kind, name);
        return link_.drop({errc::protocol_error, "has confirmed what nobody asked for"});
    }
    auto done = std::move(asked_.front());
    asked_.pop_front();
    done.space = {};  // whoever is told sees it gone
    if (!is_end) to_.on_subscribed(kind, done.name, done.number, nullptr);
}

void channel_line::on_error(reply const& r) {
    if (asked_.empty()) return;
    // A PING that is refused is a sign of life, too.
    if (asked_.front().what == word::ping) return on_alive();
    auto done = std::move(asked_.front());
    asked_.pop_front();
    done.space = {};  // whoever is told sees it gone
    if (done.what == word::subscribe) to_.on_subscribed(done.kind, done.name, done.number, &r);
}

}  // namespace anywire::redis
