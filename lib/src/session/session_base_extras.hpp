#pragma once

#include "core/message_box.hpp"
#include "core/token_bucket.hpp"
#include "session/session_base.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace anywire {

/// One `after`, in a list sorted by time.
struct session_base::timer {
    tick when;
    std::function<void(session&)> fn;
    std::unique_ptr<timer> next;

    /// Drops a list one by one: as a recursion, a long one takes the stack.
    static void drop(std::unique_ptr<timer> first) noexcept {
        while (first) first = std::move(first->next);
    }
};

/// How fast the client sends.
struct session_base::rates {
    token_bucket messages{};
    token_bucket bytes{};
};

/// What few sessions have, and each only for a while.
struct session_base::extras {
    std::unique_ptr<std::string> subprotocol{};
    std::unique_ptr<timer> timers{};
    std::unique_ptr<message_box> kept{};  ///< What came before the open, or during a pause.
    std::unique_ptr<goodbye> last_words{};
    group_list groups{};
    std::uint32_t replaced = 0;
    std::unique_ptr<rates> came{};  ///< Where it is limited.
};

}  // namespace anywire
