#pragma once

#include "support/queue_message.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

/// A queue store whose messages are words. Deliveries and losses are told as texts.
struct queue_desk {
    static constexpr auto name = "/queue/a";

    explicit queue_desk(stomp::queue_limits const& l = {}) : store(l, {1, 2}) {}

    stomp::queue_answer send(std::string_view text, std::size_t cost = 1) {
        return store.send(name, message_of(std::string(text)), cost, now);
    }
    stomp::queue_answer send_to(std::string_view queue, std::string_view text) {
        return store.send(queue, message_of(std::string(text)), 1, now);
    }
    void send_all(std::vector<std::string> const& texts) {
        for (auto const& t : texts) (void)send(t);
    }
    stomp::queue_answer subscribe(stomp::consumer_id who, std::size_t prefetch = 1) {
        return store.subscribe(who, name, prefetch, now);
    }

    /// Who gets what: "1:text", with an exclamation mark where it was delivered before.
    std::vector<std::string> deliveries() {
        std::vector<std::string> out;
        for (auto const& d : store.take_deliveries()) {
            out.push_back(std::to_string(d.to) + ":" + text_of(d.what) +
                          (d.redelivered ? "!" : ""));
            last_of[text_of(d.what)] = d.id;
        }
        return out;
    }
    /// What is lost: "text", and why.
    std::vector<std::string> losses() {
        using cause = stomp::queue_loss_cause;
        std::vector<std::string> out;
        for (auto const& l : store.take_losses())
            out.push_back(text_of(l.what) + (l.why == cause::expired    ? " expired"
                                             : l.why == cause::overflow ? " overflow"
                                                                        : " delivered too often"));
        return out;
    }

    // -- of what was delivered last under that text -----------------------------------------------
    bool ack(stomp::consumer_id who, std::string const& text, bool cumulative = false) {
        return store.ack(who, last_of.at(text), cumulative, now);
    }
    bool nack(stomp::consumer_id who, std::string const& text, bool cumulative = false) {
        return store.nack(who, last_of.at(text), cumulative, now);
    }
    void give_back(stomp::consumer_id who, std::string const& text) {
        store.give_back(who, last_of.at(text), now);
    }
    void unsubscribe(stomp::consumer_id who) { store.unsubscribe(who, now); }

    stomp::queue_store store;
    std::int64_t now = 1'000;
    std::map<std::string, stomp::delivery_id> last_of{};
};

}  // namespace anywire::test
