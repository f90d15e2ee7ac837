#pragma once

#include <anywire/exchange.hpp>

#include "session/held_senders.hpp"

#include <string>
#include <utility>

namespace anywire {

/// The POST whose answer waits until a paused session reads again. Owns itself.
class held_post final : public held_sender, public exchange_events {
public:
    /// Of `a`, all but `more_fields` has to be literals.
    held_post(exchange& to, held_senders& session, answer const& a)
        : to_(to), session_(session), answer_(a), more_fields_(a.more_fields) {
        to_.listen(this, false);
        session_.hold(*this);
    }
    void release(bool) override {
        to_.listen(nullptr, false);
        answer_.more_fields = more_fields_;
        (void)to_.respond(answer_);
        delete this;
    }
    void on_sent() override {}
    void on_done() override {}
    void on_gone() override {
        session_.forget(*this);
        delete this;
    }

private:
    ~held_post() = default;

    exchange& to_;
    held_senders& session_;
    answer answer_;
    std::string more_fields_;
};

}  // namespace anywire
