#include "upstreams.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace anywire::gateway {
namespace {

constexpr std::uint64_t whole = 1'000;
constexpr auto least = static_cast<std::uint64_t>(upstreams::least_share * whole);

bool contains(std::span<std::size_t const> all, std::size_t one) noexcept {
    return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

upstreams::upstreams(std::vector<backend_address> servers, health_settings health)
    : health_(std::move(health)) {
    servers_.reserve(servers.size());
    for (auto& s : servers) {
        servers_.push_back({.url = std::move(s.url), .weight = std::clamp(s.weight, 1u, 1'000u)});
        servers_.back().known->last_failure.reserve(max_failure_text);  // none where it is noted
    }
}

std::uint64_t upstreams::weight_now(member const& s, time now) const noexcept {
    auto const& known = *s.known;
    auto const since = now - known.healthy_since;
    if (!known.has_returned || health_.slow_start.count() <= 0 || since >= health_.slow_start)
        return s.weight * whole;
    // Another thread may have read the clock before the one that saw it return.
    auto const ms = std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
    auto const grown = static_cast<std::uint64_t>(ms) * (whole - least) /
                       static_cast<std::uint64_t>(health_.slow_start.count());
    return s.weight * (least + grown);
}

/// The one whose time to be tried again came first, or comes next where no server is healthy.
std::optional<std::size_t> upstreams::find_attempt(time now,
                                                   std::span<std::size_t const> tried) const {
    auto const is_any_healthy = std::any_of(
        servers_.begin(), servers_.end(), [](member const& s) { return s.known->is_healthy(); });
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        auto const& s = *servers_[i].known;
        if (!s.is_failing || s.is_down || s.opening != 0 || contains(tried, i)) continue;
        if (is_any_healthy && s.retry_at > now) continue;
        if (!best || s.retry_at < servers_[*best].known->retry_at) best = i;
    }
    return best;
}

std::optional<std::size_t> upstreams::find_healthy(time now,
                                                   std::span<std::size_t const> tried) const {
    std::optional<std::size_t> best;
    std::uint64_t best_load = 0;  // sessions with this one
    std::uint64_t best_weight = 1;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        auto const& s = *servers_[i].known;
        if (!s.is_healthy() || contains(tried, i)) continue;
        auto const load = s.opening + s.open + 1;
        auto const weight = weight_now(servers_[i], now);
        if (best) {
            auto const mine = load * best_weight;
            auto const its = best_load * weight;
            if (mine > its || (mine == its && s.chosen >= servers_[*best].known->chosen)) continue;
        }
        best = i;
        best_load = load;
        best_weight = weight;
    }
    return best;
}

std::optional<std::size_t> upstreams::choose(time now, std::span<std::size_t const> tried) {
    std::scoped_lock const lock(family_->mutex);
    auto found = find_attempt(now, tried);
    if (!found) found = find_healthy(now, tried);
    if (!found) return std::nullopt;
    auto& s = *servers_[*found].known;
    ++s.opening;
    s.chosen = ++family_->choices;
    return found;
}

void upstreams::end_opening(state& s) const noexcept {
    assert(s.opening > 0);
    if (s.opening > 0) --s.opening;
}

bool upstreams::note_success(state& s, time now) const noexcept {
    s.failures = 0;
    if (!std::exchange(s.is_failing, false) || s.is_down) return false;
    s.has_returned = true;
    s.healthy_since = now;
    return true;
}

bool upstreams::on_opened(std::size_t server, time now) {
    std::scoped_lock const lock(family_->mutex);
    auto& s = *servers_[server].known;
    end_opening(s);
    ++s.open;
    ++s.opened;
    return note_success(s, now);
}

bool upstreams::on_failed(std::size_t server, time now, std::string_view why) {
    std::scoped_lock const lock(family_->mutex);
    auto& s = *servers_[server].known;
    end_opening(s);
    ++s.failed;
    s.last_failure.assign(why.substr(0, max_failure_text));
    if (health_.max_failures == 0) return false;
    s.failures = std::min(s.failures + 1, health_.max_failures);
    if (s.failures < health_.max_failures) return false;
    s.retry_at = now + health_.retry_after;
    return !std::exchange(s.is_failing, true) && !s.is_down;
}

bool upstreams::on_refused(std::size_t server, time now) {
    std::scoped_lock const lock(family_->mutex);
    auto& s = *servers_[server].known;
    end_opening(s);
    return note_success(s, now);
}

void upstreams::on_given_up(std::size_t server) {
    std::scoped_lock const lock(family_->mutex);
    end_opening(*servers_[server].known);
}

void upstreams::on_closed(std::size_t server, bool is_lost) {
    std::scoped_lock const lock(family_->mutex);
    auto& s = *servers_[server].known;
    assert(s.open > 0);
    if (s.open > 0) --s.open;
    if (is_lost) ++s.lost;
}

bool upstreams::on_checked(std::size_t server, bool is_good, time now, std::string_view why) {
    std::scoped_lock const lock(family_->mutex);
    auto& s = *servers_[server].known;
    auto const fall = std::max(health_.fall, 1u);
    auto const rise = std::max(health_.rise, 1u);
    if (!is_good) {
        s.good_checks = 0;
        s.bad_checks = std::min(s.bad_checks + 1, fall);
        s.last_failure.assign(why.substr(0, max_failure_text));
        if (s.bad_checks < fall) return false;
        return !std::exchange(s.is_down, true) && !s.is_failing;
    }
    s.bad_checks = 0;
    s.good_checks = std::min(s.good_checks + 1, rise);
    if (s.good_checks < rise) return false;
    if (s.is_failing) s.retry_at = std::min(s.retry_at, now);
    if (!std::exchange(s.is_down, false) || s.is_failing) return false;
    s.has_returned = true;
    s.healthy_since = now;
    return true;
}

std::string const& upstreams::url(std::size_t server) const noexcept {
    return servers_[server].url;
}

std::vector<upstream_numbers> upstreams::numbers(time now) const {
    std::vector<upstream_numbers> all;
    all.reserve(servers_.size());
    std::scoped_lock const lock(family_->mutex);
    for (auto const& each : servers_) {
        auto const& s = *each.known;
        all.push_back({.name = each.url,
                       .is_healthy = s.is_healthy(),
                       .sessions = s.opening + s.open,
                       .opened = s.opened,
                       .failed = s.failed,
                       .lost = s.lost,
                       .last_failure = s.last_failure,
                       .share = static_cast<double>(weight_now(each, now)) /
                                static_cast<double>(each.weight * whole)});
    }
    return all;
}

void upstreams::take_over(upstreams const& old) {
    family_ = old.family_;
    std::scoped_lock const lock(family_->mutex);
    std::vector<bool> taken(old.servers_.size());
    for (auto& mine : servers_) {
        for (std::size_t i = 0; i < taken.size(); ++i) {
            if (taken[i] || old.servers_[i].url != mine.url) continue;
            taken[i] = true;
            mine.known = old.servers_[i].known;
            break;
        }
        // Without checks any more, nothing would take back what they have found.
        if (health_.check_interval.count() == 0) mine.known->is_down = false;
    }
}

}  // namespace anywire::gateway
