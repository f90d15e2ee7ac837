#include "admission.hpp"

#include "core/fault.hpp"
#include "http_connection.hpp"
#include "session/request_builder.hpp"
#include "shard.hpp"

#include <exception>
#include <utility>

namespace anywire {
namespace {

/// What the application's `decision` talks to. A decision dropped unanswered is a refusal.
class decision_receiver final : public decision::receiver {
public:
    explicit decision_receiver(std::shared_ptr<admission> to) : to_(std::move(to)) {}
    ~decision_receiver() override {
        try {
            to_->decide({status_of(fault::not_authorized), "Forbidden"});
        } catch (...) {
            // Without memory for it the client waits for the timeout.
        }
    }

    void on_accept(acceptance with) override { to_->decide({.with = std::move(with)}); }
    void on_refuse(unsigned status, std::string text, response_headers fields) override {
        to_->decide({status >= 400 && status <= 599 ? status : status_of(fault::not_authorized),
                     std::move(text),
                     {.fields = std::move(fields)}});
    }

private:
    std::shared_ptr<admission> to_;
};

}  // namespace

request keep_request(incoming const& in) {
    request_builder kept;
    kept.set_target(in.head.target);
    kept.set_remote(in.client.address, in.client.scheme == "https");
    for (auto const& f : in.head.fields) kept.add_field(f.name, f.value);
    auto const host = http::asked_host(in.client);
    if (host != in.head.header("host")) kept.set_host(host);
    auto const peer = in.via ? in.via->peer() : std::optional<peer_certificate>{};
    if (auto const* const p = peer ? &*peer : in.presented)
        kept.set_certificate({p->subject, p->fingerprint, p->pem});
    return kept.build();
}

admission::admission(shard& here,
                     exchange& to,
                     endpoint_core& sessions,
                     open_fn open,
                     gone_fn gone,
                     refuse_fn refuse)
    : here_(here),
      to_(&to),
      sessions_(sessions.shared_from_this()),
      open_(std::move(open)),
      gone_(std::move(gone)),
      refuse_(std::move(refuse)) {}

void admission::ask(session_base::origin from, tick timeout) {
    from_ = std::move(from);
    here_.errands().keep(shared_from_this());
    to_->listen(this, false);
    until_ = here_.loop().now() + timeout;
    here_.loop().wheel().arm(*this, until_);
    if (auto at_once = decided_.ask([this] { call_authorize(); })) carry_out(std::move(*at_once));
}

void admission::call_authorize() {
    // Kept here, too: an exception must not drop the last one before it is caught.
    auto const receiver = std::make_shared<decision_receiver>(shared_from_this());
    try {
        sessions_->app().authorize(from_.request, decision(receiver));
    } catch (...) {
        here_.log().failed("authorize");
        cause_ = refusal_cause::authorize_failed;
        decide({status_of(fault::authorize_failed), "Internal Server Error"});
    }
}

void admission::decide(verdict v) {
    decided_.decide(
        std::move(v),
        [this] { return here_.is_here(); },
        [this](verdict late) {
            here_.post([self = shared_from_this(), v = std::move(late)]() mutable {
                self->carry_out(std::move(v));
            });
        });
}

void admission::carry_out(verdict v) {
    if (std::exchange(carried_out_, true)) return;  // the client went, or time ran out, meanwhile
    auto const self = shared_from_this();
    here_.errands().release(self);
    disarm();
    auto* const to = std::exchange(to_, nullptr);
    if (to) to->listen(nullptr, false);
    // Whoever still has a `decision` keeps this, but nothing of the mount.
    auto const among = std::exchange(sessions_, nullptr);
    auto const open = std::exchange(open_, nullptr);
    auto const gone = std::exchange(gone_, nullptr);
    auto const refuse = std::exchange(refuse_, nullptr);
    if (to && v.status == 0) {
        from_.data = std::move(v.with.data);
        from_.wanted_subprotocol = std::move(v.with.subprotocol);
        from_.fields = v.with.fields.text();
        return open(*to, std::move(from_));
    }
    gone();
    if (to) tell_refused(*to, std::move(v), *among, refuse);
}

void admission::tell_refused(exchange& to,
                             verdict v,
                             endpoint_core& among,
                             refuse_fn const& refuse) {
    among.numbers().count_refused(cause_);
    here_.log().write(log_level::info, "authorize refused a client with ", v.status);
    if (refuse) return refuse(to, v.status, v.text, v.with.fields.text());
    v.text.append("\n");
    (void)to.respond({.status = v.status,
                      .content_type = "text/plain; charset=UTF-8",
                      .fields = v.with.fields.text(),
                      .body = v.text});
}

void admission::on_gone() {
    to_ = nullptr;
    (void)decided_.claim();
    carry_out({});
}

void admission::on_timer(tick now) {
    if (!not_after(until_, now)) return here_.loop().wheel().arm(*this, until_);
    if (!decided_.claim()) return;  // its verdict is on the way here
    here_.log().write(log_level::error, "authorize did not decide in time");
    cause_ = refusal_cause::authorize_timeout;
    carry_out({status_of(fault::authorize_timed_out), "authorization timed out"});
}

void admission::on_teardown() noexcept {
    (void)decided_.claim();
    carried_out_ = true;
    sessions_ = nullptr;
    disarm();
    // A host of the program's own has to hear that there will be no answer.
    auto* const to = std::exchange(to_, nullptr);
    if (!to) return;
    to->listen(nullptr, false);
    to->abort();
}

}  // namespace anywire
