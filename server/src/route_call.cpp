#include "route_call.hpp"

#include "core/fault.hpp"
#include "room.hpp"
#include "service_shards.hpp"
#include "shard.hpp"

#include <utility>

namespace anywire {
namespace {

http_answer failure() {
    return {.status = status_of(fault::route_failed), .body = "Internal Server Error\n"};
}

/// What a handler's responder talks to. One that is dropped unanswered is a fault.
class answer_receiver final : public http_responder::receiver {
public:
    explicit answer_receiver(std::shared_ptr<route_call> to) : to_(std::move(to)) {}
    ~answer_receiver() override {
        try {
            to_->give(failure());
        } catch (...) {
            // Without memory for it the client waits for the timeout.
        }
    }
    void on_answer(http_answer a) override { to_->give(std::move(a)); }
    std::function<void(std::function<void()>)> make_poster() override { return to_->make_poster(); }

private:
    std::shared_ptr<route_call> to_;
};

}  // namespace

void route_call::run(route_handler const& handler, route_request const& r, tick timeout) {
    auto const self = shared_from_this();
    if (auto at_once = given_.ask([&] { call(handler, r); })) return answer(std::move(*at_once));
    if (auto const* const full = find_no_parking(here_); full && given_.claim())
        return answer({.status = status_of(full->what), .body = std::string(full->text)});
    wait(timeout);
}

void route_call::call(route_handler const& handler, route_request const& r) {
    // Kept here, too: an exception must not drop the last one before it is caught.
    auto const receiver = std::make_shared<answer_receiver>(shared_from_this());
    try {
        handler(r, http_responder(receiver));
    } catch (...) {
        fail();
    }
}

void route_call::fail() {
    here_.log().failed("a route's handler");
    give(failure());
}

std::function<void(std::function<void()>)> route_call::make_poster() {
    // The shards may have gone by then, with what is `here_`.
    return [shards = here_.core().group, index = here_.index(), self = shared_from_this()](
               std::function<void()> fn) {
        (void)shards->post(index, [self, fn = std::move(fn)] { self->go_on(fn); });
    };
}

void route_call::go_on(std::function<void()> const& fn) {
    if (given_.is_decided()) return;
    try {
        fn();
    } catch (...) {
        fail();
    }
}

void route_call::wait(tick timeout) {
    try {
        here_.errands().keep(shared_from_this());
    } catch (...) {
        to_ = nullptr;  // whoever called ends the connection
        throw;
    }
    to_->listen(this, false);
    until_ = here_.loop().now() + timeout;
    here_.loop().wheel().arm(*this, until_);
}

void route_call::give(http_answer a) {
    given_.decide(
        std::move(a),
        [this] { return here_.is_here(); },
        [this](http_answer late) {
            here_.post([self = shared_from_this(), a = std::move(late)]() mutable {
                self->answer(std::move(a));
            });
        });
}

void route_call::answer(http_answer a) {
    auto const self = shared_from_this();
    here_.errands().release(self);
    disarm();
    auto* const to = std::exchange(to_, nullptr);
    if (!to) return;  // the client has gone
    to->listen(nullptr, false);
    if (a.status < 200 || a.status > 599) {
        here_.log().write(log_level::error, "a route answered with status ", a.status);
        a = failure();
    }
    (void)to->respond({.status = a.status,
                       .content_type = a.content_type,
                       .fields = a.fields.text(),
                       .body = a.body});
}

void route_call::on_gone() {
    auto const self = shared_from_this();
    (void)given_.claim();
    to_ = nullptr;
    here_.errands().release(self);
    disarm();
}

void route_call::on_timer(tick now) {
    if (!not_after(until_, now)) return here_.loop().wheel().arm(*this, until_);
    if (!given_.claim()) return;  // the answer is on its way here
    here_.log().write(log_level::error, "a route did not answer in time");
    answer({.status = status_of(fault::route_timed_out), .body = "the answer took too long\n"});
}

void route_call::on_teardown() noexcept {
    (void)given_.claim();
    disarm();
    // A host of the program's own has to hear that there will be no answer.
    auto* const to = std::exchange(to_, nullptr);
    if (!to) return;
    to->listen(nullptr, false);
    to->abort();
}

}  // namespace anywire
