#pragma once

#include <anywire/exchange.hpp>

#include "session/held_senders.hpp"

#include <string>
#include <utility>

namespace anywire {

/// The POST whose answer waits until a paused session reads again. Owns itself.
class held_post final : public held_sender, public exchange_events {
public:
    held_post(exchange& to, held_senders& session, answer const& a)
        : to_(to),
          session_(session),
          answer_(a),
          content_type_(a.content_type),
          fields_(a.fields),
          body_(a.body) {
        fields_.append(a.more_fields);
        answer_.content_type = content_type_;
        answer_.fields = fields_;
        answer_.more_fields = {};
        answer_.body = body_;
        to_.listen(this, false);
        session_.hold(*this);
    }
    void release(bool) override {
        to_.listen(nullptr, false);
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
    std::string content_type_;
    std::string fields_;
    std::string body_;
};

}  // namespace anywire
