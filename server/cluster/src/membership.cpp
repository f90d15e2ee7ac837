#include "membership.hpp"

#include "cluster_core.hpp"
#include "service_shards.hpp"
#include "shard.hpp"

#include <utility>

namespace anywire::relay {
namespace {

using namespace std::chrono_literals;

constexpr tick between_questions = to_ticks(100ms);

}  // namespace

template <class... Values>
std::function<void(Values...)> membership::back(void (membership::*to)(Values...)) {
    // The registry may answer when all of this has gone.
    return [weak = weak_from_this(), shards = core_.share_shards(), to](Values... values) {
        shards->post(0, [weak, to, ... values = std::move(values)]() mutable {
            if (auto const self = weak.lock()) (self.get()->*to)(std::move(values)...);
        });
    };
}

void membership::begin() {
    announce();
    next_beat_ = here_.loop().now() + to_ticks(core_.options().heartbeat);
    refresh();
}

void membership::announce() {
    core_.registry().announce({node_id_of(core_.self()), core_.address()},
                              core_.options().lives,
                              back(&membership::on_announced));
}

void membership::on_announced(error_code ec) {
    if (!ec) return;
    if (ec != boost::system::errc::make_error_code(boost::system::errc::address_in_use))
        return core_.note(here_, "the registry was not told that this node lives", ec.message());
    // Another node has drawn the same number. The few sessions with it cannot be carried.
    core_.set_self(here_.loop().random_u32() % most_nodes);
    announce();
}

void membership::refresh() {
    is_wanted_ = true;
    auto const now = here_.loop().now();
    if (!is_asking_ && not_after(next_ask_, now)) ask();
    wait();
}

void membership::ask() {
    is_wanted_ = false;
    is_asking_ = true;
    next_ask_ = here_.loop().now() + between_questions;
    core_.registry().list(back(&membership::on_listed));
}

void membership::on_listed(error_code ec, std::vector<registered_node> all) {
    is_asking_ = false;
    if (ec) {
        core_.note(here_, "the registry cannot be asked for nodes", ec.message());
        // What was known is the best that there is, and somebody waits for it.
        core_.publish(known_);
    } else {
        node_table others;
        for (auto& n : all)
            if (auto const number = node_number_of(n.id); number && *number != core_.self())
                others.push_back({*number, std::move(n.address)});
        known_ = others;
        core_.publish(std::move(others));
    }
    if (is_wanted_) refresh();
}

void membership::wait() {
    auto& wheel = here_.loop().wheel();
    wheel.arm(*this, next_beat_);
    if (is_wanted_ && !is_asking_) wheel.arm(*this, next_ask_);
}

void membership::on_timer(tick now) {
    if (not_after(next_beat_, now)) {
        next_beat_ = now + to_ticks(core_.options().heartbeat);
        announce();
        return refresh();
    }
    if (is_wanted_ && !is_asking_ && not_after(next_ask_, now)) ask();
    wait();
}

}  // namespace anywire::relay
