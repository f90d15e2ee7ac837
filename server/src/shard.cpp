#include "shard.hpp"

#include "http_response.hpp"
#include "io_host.hpp"
#include "session/session_base.hpp"
#include "shard_sweeper.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace anywire {

using namespace std::chrono_literals;

/// A drain in progress: goodbyes paced over its spread, then waiting.
class shard::drainer final : public timer_node {
public:
    drainer(shard& s, tick deadline_in, tick spread)
        : shard_(s),
          begun_(s.loop().now()),
          until_(begun_ + deadline_in),
          turns_(std::min(spread, deadline_in) + 1) {
        for (auto const& m : s.mounts_) sessions_.push_back(m.sessions->size());
        on_timer(begun_);
    }

    void on_timer(tick now) override {
        auto const turn = std::size_t{now - begun_} + 1;
        auto const more = say_goodbyes({turn, std::exchange(turn_, turn), turns_});
        shard_.loop().flush();
        if (!more) shard_.host().shut_down_connections();
        // Others may still need this shard: what came to them in the last moment belongs here.
        // Nobody can come back to a session that has no connection: it is not waited for.
        auto const idle =
            !more && !shard_.host().has_connections() && !shard_.has_attached_sessions();
        auto& idle_shards = shard_.core_.idle_shards;
        if (idle != std::exchange(counted_, idle)) idle ? ++idle_shards : --idle_shards;
        auto const all_idle = idle_shards == shard_.core_.shards.size() && shard_.core_.moving == 0;
        if (all_idle || not_after(until_, now)) return shard_.finish();
        shard_.loop().wheel().arm(*this, now + 1);
    }

private:
    /// False where nobody is left. Each mount has the whole time for its sessions.
    bool say_goodbyes(drain_turn const& turn) {
        bool more = false;
        for (std::size_t i = 0; i < shard_.mounts_.size(); ++i) {
            auto const of = i < sessions_.size() ? sessions_[i] : 0;  // 0: mounted since
            more = shard_.mounts_[i].sessions->shut_down_some(turn.share(of)) || more;
        }
        shard_.errands_.drain(turn);
        return more;
    }

    shard& shard_;
    tick begun_;
    tick until_;
    std::size_t turns_;
    std::size_t turn_ = 0;                 // the last
    std::vector<std::size_t> sessions_{};  // of each mount, when it began
    bool counted_ = false;                 // among the idle ones
};

shard::shard(unsigned index, service_core& core, std::unique_ptr<shard_host> host)
    : index_(index),
      core_(core),
      host_(std::move(host)),
      routes_(core.routes()),
      bounds_(core.bounds()),
      opening_(0, keyed_hash{core.hash_key}) {
    use_bounds();
}

shard::shard(unsigned index, service_core& core, std::unique_ptr<io_host> host)
    : shard(index, core, std::unique_ptr<shard_host>(std::move(host))) {
    site_ = std::make_unique<http_site>(io(), *this, core.moving);
}

shard::~shard() {
    tear_down();
}

io_host& shard::io() noexcept {
    return static_cast<io_host&>(*host_);
}

void shard::tear_down() noexcept {
    *ended_ = true;
    host_->end();
    drainer_.reset();
    close_sources();
    sweeper_.reset();
    // Sessions go before the connections they hold.
    for (auto const& m : mounts_) m.sessions->close();
    mounts_.clear();
    errands_.tear_down();
}

std::string_view shard::date_field() {
    if (!date_.empty() && !not_after(date_until_, loop().now())) return date_;
    auto const text = http::http_date(std::time(nullptr));
    date_.assign("Date: ").append(text.data(), text.size()).append("\r\n");
    date_until_ = loop().now() + to_ticks(1s);
    return date_;
}

void shard::on_parked(bool is_parked) noexcept {
    if (is_parked)
        core_.parked.fetch_add(1, std::memory_order_relaxed);
    else
        core_.parked.fetch_sub(1, std::memory_order_relaxed);
}

// -- beginning and end ----------------------------------------------------------------------------

void shard::start() {
    host_->start();
    for (auto const& s : sources_) s->start();
}

void shard::close_sources() noexcept {
    for (auto const& s : sources_) s->close();
}

bool shard::has_attached_sessions() const noexcept {
    auto has_some = false;
    for (auto const& m : mounts_)
        m.sessions->for_each(
            [&](session_base const& s) { has_some = has_some || s.is_attached(); });
    return has_some;
}

void shard::stop() {
    if (*ended_) return;
    draining_ = true;
    close_sources();
    for (auto const& m : mounts_) (void)m.sessions->shut_down_some(m.sessions->size());
    loop().flush();
    finish();
}

void shard::drain(tick deadline_in, tick spread) {
    if (draining_) return;
    draining_ = true;
    for (auto const& s : sources_)
        if (!s->outlives_drain()) s->close();
    drainer_ = std::make_unique<drainer>(*this, deadline_in, spread);
}

void shard::finish() {
    close_sources();
    for (auto const& m : mounts_) m.sessions->abandon_all();
    errands_.tear_down();
    loop().flush();
    *ended_ = true;
    if (site_) site_->end();
    host_->end();
    if (on_finished_) on_finished_();
    core_.on_shard_ended();
}

}  // namespace anywire
