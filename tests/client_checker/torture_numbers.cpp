#include <anywire/client.hpp>

#include "torture.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <string_view>

namespace torture {
namespace {

/// One client, session after session. In each it says "go N", sends 0 to N - 1 and hears each back
/// with an "e" before it; the server sends "s0" to "s<N - 1>" meanwhile. All in order, none twice.
class numbers_client {
public:
    numbers_client(plan const& p,
                   std::atomic<bool> const& is_calm,
                   tally& all,
                   anywire::client_context& on)
        : plan_(p), is_calm_(is_calm), all_(all), client_(on, p.client, handlers()) {
        client_.connect();
    }

private:
    static constexpr unsigned window = 20;

    anywire::client_handlers handlers() {
        anywire::client_handlers h;
        h.on_open = [this](anywire::client& c) {
            sent_ = echoed_ = pushed_ = 0;
            is_calm_session_ = is_calm_;
            (void)c.send("go " + std::to_string(plan_.numbers));
            go_on(c);
        };
        h.on_message = [this](anywire::client& c, anywire::message_view m) { take(c, m.data); };
        h.on_transport = [this](anywire::client&) { all_.add(&tally::upgrades); };
        h.on_close = [this](anywire::client&, anywire::close_event const& how) {
            if (how.reason == anywire::close_reason::protocol_error)
                all_.say_wrong("protocol error: " + std::string(how.text));
            if (how.reason != anywire::close_reason::client_closed) all_.add(&tally::cut_short);
        };
        h.on_failure = [this](anywire::client&, anywire::client_failure const& why) {
            all_.note_failure(why.text);
        };
        h.on_end = [this](anywire::client&) { all_.finish(); };
        return h;
    }

    void go_on(anywire::client& c) {
        for (; sent_ < plan_.numbers && sent_ < echoed_ + window; ++sent_)
            if (!c.send(std::to_string(sent_))) return all_.say_wrong("a number was refused");
    }

    void take(anywire::client& c, std::string_view text) {
        auto& next = text.starts_with('e') ? echoed_ : pushed_;
        auto const wanted = (&next == &echoed_ ? 'e' : 's') + std::to_string(next);
        if (text != wanted)
            return all_.say_wrong("over " + std::string(c.transport()) + ", session " +
                                  std::string(c.sid()) + ": " + std::string(text.substr(0, 200)) +
                                  " instead of " + wanted);
        ++next;
        all_.add(&tally::numbers);
        go_on(c);
        if (echoed_ == plan_.numbers && pushed_ == plan_.numbers) finish_session(c);
    }

    void finish_session(anywire::client& c) {
        all_.add(&tally::complete);
        if (is_calm_session_ && ++calm_ == plan_.sessions) return c.close();
        c.reconnect();
    }

    plan const& plan_;
    std::atomic<bool> const& is_calm_;
    tally& all_;
    unsigned sent_ = 0;
    unsigned echoed_ = 0;
    unsigned pushed_ = 0;
    unsigned calm_ = 0;
    bool is_calm_session_ = false;
    anywire::client client_;
};

}  // namespace

void run_numbers(plan const& p, anywire::testing::fault_proxy* proxy, tally& all) {
    anywire::client_context context;
    std::atomic<bool> is_calm{!proxy};
    std::vector<std::unique_ptr<numbers_client>> clients;
    for (unsigned i = 0; i < p.clients; ++i)
        clients.push_back(std::make_unique<numbers_client>(p, is_calm, all, context));
    break_things(p, proxy, all);
    is_calm = true;
    all.wait(patience);
    std::promise<void> gone;  // where their handlers run
    context.post([&] {
        clients.clear();
        gone.set_value();
    });
    gone.get_future().wait();
}

}  // namespace torture
