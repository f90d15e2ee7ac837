#pragma once

#include <utility>
#include <vector>

namespace anywire {

/// What waits for a paused session: a POST whose answer is held back.
class held_sender {
public:
    /// The session reads again, or has ended: answer. The last call.
    virtual void release(bool session_lives) = 0;

protected:
    ~held_sender() = default;
};

/// The POSTs that wait for one session.
class held_senders {
public:
    held_senders() noexcept = default;
    held_senders(held_senders const&) = delete;
    held_senders& operator=(held_senders const&) = delete;
    ~held_senders() { release(false); }

    void hold(held_sender& sender) { all_.push_back(&sender); }
    /// The held POST's client has gone.
    void forget(held_sender& sender) noexcept { std::erase(all_, &sender); }
    void release(bool session_lives) {
        for (auto* sender : std::exchange(all_, {})) sender->release(session_lives);
    }

private:
    std::vector<held_sender*> all_{};
};

}  // namespace anywire
