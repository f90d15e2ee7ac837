#pragma once

#include <anywire/exchange.hpp>
#include <anywire/handlers.hpp>

#include "core/timer_wheel.hpp"
#include "errand.hpp"
#include "hub/decided_once.hpp"
#include "router.hpp"
#include "session/session_base.hpp"

#include <any>
#include <functional>
#include <memory>
#include <string>

namespace anywire {

/// Makes what a session keeps of its opening request.
request keep_request(incoming const& in);

/// One request on its way through `handlers::authorize`.
///
/// Thread: the shard's, but for `decide`.
class admission final : public exchange_events,
                        public timer_node,
                        public errand,
                        public std::enable_shared_from_this<admission> {
public:
    /// Opens the session: `to` still waits for its answer.
    using open_fn = std::function<void(exchange& to, session_base::origin from)>;
    using gone_fn = std::function<void()>;
    /// Answers a client that is not let in.
    using refuse_fn = std::function<void(exchange& to, unsigned status, std::string_view text)>;

    /// `gone` is called instead of `open` when there will be no session; without `refuse` the
    /// client is answered in plain text.
    admission(shard& here,
              exchange& to,
              endpoint_core& sessions,
              open_fn open,
              gone_fn gone,
              refuse_fn refuse);

    /// Asks the application, and opens or refuses, now or later.
    void ask(session_base::origin from, tick timeout);

    /// Thread: any. The first call counts.
    void decide(unsigned status, std::string text, std::any data);

    void on_sent() override {}
    void on_done() override { to_ = nullptr; }
    void on_gone() override;
    void on_timer(tick now) override;
    void on_teardown() noexcept override;

private:
    struct verdict {
        unsigned status = 0;  // 0: come in
        std::string text{};
        std::any data{};
    };

    void call_authorize();
    void tell_refused(exchange& to, verdict v, endpoint_core& among, refuse_fn const& refuse);
    void carry_out(verdict v);

    shard& here_;
    exchange* to_;
    std::shared_ptr<endpoint_core> sessions_;  // until it is carried out
    open_fn open_;
    gone_fn gone_;
    refuse_fn refuse_;
    session_base::origin from_{};
    hub::decided_once<verdict> decided_{};
    tick until_ = 0;
    bool carried_out_ = false;
    refusal_cause cause_ = refusal_cause::authorize;
};

/// Lets a request in among `sessions` at once where the application does not ask, else through an
/// `admission`. `open(exchange&, session_base::origin)`; `gone()` when there will be no session.
template <class Open, class Gone>
void admit(incoming const& in,
           endpoint_core& sessions,
           std::string subprotocol,
           tick timeout,
           Open open,
           Gone gone,
           admission::refuse_fn refuse = {}) {
    session_base::origin from{keep_request(in), {}, std::move(subprotocol)};
    if (!sessions.app().authorize) return open(in.to, std::move(from));
    std::make_shared<admission>(
        in.here, in.to, sessions, std::move(open), std::move(gone), std::move(refuse))
        ->ask(std::move(from), timeout);
}

}  // namespace anywire
