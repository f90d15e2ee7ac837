#pragma once

#include <anywire/client_failure.hpp>

#include "client/deadline.hpp"
#include "client/settings.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace anywire {

/// Who tries the transports that a `carrier_choice` names.
class carrier_choice_user {
public:
    /// How long this one may take; `is_last`: after it there is no other.
    virtual std::chrono::milliseconds time_for(client_carrier c, bool is_last) = 0;
    /// Begin with it. It is to say `won` or `failed` later, never from within.
    virtual void begin(client_carrier c, std::chrono::milliseconds timeout) = 0;
    /// Its time is up, and nothing has come of it: drop it.
    virtual void give_up(client_carrier c) = 0;
    /// All have failed. May destroy the choice, as the last thing that it does.
    virtual void on_all_failed(client_failure const& why) = 0;

protected:
    ~carrier_choice_user() = default;
};

/// Which of the transports is tried when: one after the other, or a WebSocket and one by HTTP at
/// the same time, the second a head start later. Collects why they failed.
class carrier_choice {
public:
    /// `falls_back`: after a failure the next one is tried.
    carrier_choice(session_loop& loop,
                   std::chrono::milliseconds race_after,
                   bool falls_back,
                   carrier_choice_user& by);

    /// Requires: there is one at least.
    void start(std::vector<client_carrier> in_order);
    /// One has opened a session: nothing more is begun.
    void won() noexcept;
    /// One was dropped. The next begins, unless another is still trying.
    void failed(client_carrier c, client_failure const& why);
    /// The same, and no other is worth a try: the server has said so.
    void refused(client_carrier c, client_failure const& why);

private:
    /// Those under way: one of each kind at most.
    struct lane {
        client_deadline deadline;
        client_carrier carrier{};
        bool is_busy = false;
    };

    lane& lane_of(client_carrier c) noexcept;
    void begin_next();
    void begin_at(std::size_t index);
    void on_race();
    void on_deadline(lane& l);
    void note(client_carrier c, client_failure const& why);
    void give_up_all(client_failure const& why);

    carrier_choice_user& user_;
    std::chrono::milliseconds race_after_;
    bool falls_back_;
    std::vector<client_carrier> rest_{};
    client_deadline race_;
    lane websocket_;
    lane http_;
    client_failure why_{};  ///< The failure that says most.
    std::string text_{};
};

}  // namespace anywire
