#pragma once

#include "core/message_box.hpp"
#include "session/session_base.hpp"

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

/// What few sessions have, and each only for a while.
struct session_base::extras {
    std::unique_ptr<std::string> subprotocol{};
    std::unique_ptr<timer> timers{};
    std::unique_ptr<message_box> kept{};  ///< What came before the open, or during a pause.
    std::unique_ptr<goodbye> last_words{};
    group_list groups{};
};

}  // namespace anywire
