// Queues of several nodes: a message waits where it was sent, and goes to a node whose subscribers
// have room for it.
#include "stomp_core.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <utility>

namespace anywire::stomp {
namespace {

/// Names of queues in one packet.
constexpr std::size_t most_names = std::size_t{32} * 1024;

/// Takes lines from the front.
class lines {
public:
    explicit lines(std::string_view text) noexcept : rest_(text) {}

    bool is_done() const noexcept { return rest_.empty(); }
    std::string_view take() noexcept {
        auto const line = rest_.substr(0, rest_.find('\n'));
        rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
        return line;
    }
    /// 0 for what is no number.
    std::uint32_t take_number() noexcept {
        auto const text = take();
        std::uint32_t n = 0;
        (void)std::from_chars(text.data(), text.data() + text.size(), n);
        return n;
    }

private:
    std::string_view rest_;
};

std::string joined(std::initializer_list<std::string_view> all) {
    std::string out;
    for (auto const line : all) out.append(line).push_back('\n');
    return out;
}

}  // namespace

void stomp_core::tell_surplus(std::vector<std::string> const& queues) {
    std::string text;
    auto const tell = [&] {
        if (text.empty()) return;
        nodes_->send(
            {.what = bus_packet::kind::have, .whom = node_id_, .text = std::exchange(text, {})});
    };
    for (auto const& q : queues) {
        text.append(q).push_back('\n');
        if (text.size() > most_names) tell();
    }
    tell();
}

void stomp_core::ask_for_messages(queue_appetite const& what) {
    nodes_->send({.what = bus_packet::kind::pull,
                  .whom = node_id_,
                  .text = joined({what.node, std::to_string(what.room), what.queue})});
}

void stomp_core::on_have(bus_packet const& p) {
    if (p.whom == node_id_) return;
    std::unique_lock held(queues_mutex_);
    for (lines in(p.text); !in.is_done();) queues_->take_offer(in.take(), p.whom, now());
    dispatch(held);
}

void stomp_core::on_pull(bus_packet const& p) {
    lines in(p.text);
    auto const to = in.take();
    if (p.whom == node_id_ || (!to.empty() && to != node_id_)) return;
    auto const room = in.take_number();
    auto const queue = in.take();
    std::unique_lock held(queues_mutex_);
    auto const parcels = queues_->give_away(queue, room, now());
    auto const rest = queues_->look_at(queue);
    dispatch(held);
    for (auto const& one : parcels) {
        auto const has_more = &one == &parcels.back() && rest && rest->depth != 0;
        nodes_->send({.what = bus_packet::kind::give,
                      .whom = p.whom,
                      .text = joined({node_id_,
                                      std::to_string(one.deliveries),
                                      std::to_string(one.age),
                                      has_more ? "1" : "0"}),
                      .message = one.what});
    }
}

void stomp_core::on_give(bus_packet const& p) {
    auto const& queue = p.message->destination;
    if (p.whom != node_id_ || place_of(queue) != place::queue || !is_valid(queue)) return;
    lines in(p.text);
    auto const from = in.take();
    queue_parcel parcel{.what = p.message};
    parcel.deliveries = in.take_number();
    parcel.age = in.take_number();
    auto const has_more = in.take() == "1";
    std::unique_lock held(queues_mutex_);
    queues_->take_in(queue, parcel, p.message->cost(), now());
    if (has_more) queues_->take_offer(queue, from, now());
    dispatch(held);
}

}  // namespace anywire::stomp
