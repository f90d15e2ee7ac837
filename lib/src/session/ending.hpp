#pragma once

#include <anywire/layer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace anywire {

/// Where a session is in its life. It only ever moves down this list.
enum class session_state : std::uint8_t {
    fresh,  ///< `on_open` is still to come.
    open,
    closing,   ///< The queue is still to be written, then the goodbye.
    breaking,  ///< The queue was dropped; the goodbye is still to be said.
    ended,     ///< `on_close` is still to come.
    retired,   ///< The application knows; only the peer may still ask.
    dead,      ///< To be destroyed by the next flush.
};

/// What moves a session on. The three ways to end come first, as in `ending`.
enum class session_step : std::uint8_t {
    end_after_queue,
    end_now,
    end_silently,
    give_up,      ///< Something of it threw: it ends without memory for anything.
    be_told_of,   ///< `on_open` is called.
    say_goodbye,  ///< Nothing is left to write before it.
    retire,       ///< `on_close` is called.
    die,          ///< Nothing is left to do.
};

inline constexpr std::size_t session_states = 7;
inline constexpr std::size_t session_steps = 8;

/// What a step means in a state.
struct session_transition {
    session_state to = session_state::fresh;
    bool happens = false;       ///< Otherwise the step means nothing there.
    bool takes_reason = false;  ///< The reason of this end counts, not that of one before.
    bool drops_queue = false;   ///< What waits to be sent or read is dropped.
    bool is_said = false;       ///< The dialect queues its goodbye.
};

namespace detail {

/// Every state has a line, and every step a column.
constexpr auto make_session_transitions() noexcept {
    using enum session_state;
    using row = std::array<session_transition, session_steps>;
    constexpr auto to_retired = session_transition{.to = retired, .happens = true};
    constexpr auto to_dead = session_transition{.to = dead, .happens = true};
    constexpr auto to_open = session_transition{.to = open, .happens = true};
    constexpr auto to_ended = session_transition{.to = ended, .happens = true};
    constexpr auto close =
        session_transition{.to = closing, .happens = true, .takes_reason = true, .is_said = true};
    constexpr auto break_off = session_transition{
        .to = breaking, .happens = true, .takes_reason = true, .drops_queue = true};
    constexpr auto vanish =
        session_transition{.to = ended, .happens = true, .takes_reason = true, .drops_queue = true};
    // The end that was under way is cut short; its reason stands, and is still told.
    constexpr auto cut_off = session_transition{.to = ended, .happens = true, .drops_queue = true};
    constexpr auto no = session_transition{};
    // clang-format off
    return std::array<row, session_states>{{
        //            after_queue  now        silently  give_up  told_of  goodbye   retire      die
        /* fresh    */ {close,     break_off, vanish,   cut_off, to_open, no,       no,         no},
        /* open     */ {close,     break_off, vanish,   cut_off, no,      no,       no,         no},
        /* closing  */ {no,        break_off, cut_off,  cut_off, no,      to_ended, no,         no},
        /* breaking */ {no,        break_off, cut_off,  cut_off, no,      to_ended, no,         no},
        /* ended    */ {no,        no,        no,       cut_off, no,      no,       to_retired, no},
        /* retired  */ {no,        no,        no,       to_dead, no,      no,       no,         to_dead},
        /* dead     */ {no,        no,        no,       to_dead, no,      no,       no,         to_dead},
    }};
    // clang-format on
}

inline constexpr auto session_transitions = make_session_transitions();

}  // namespace detail

constexpr session_transition const& transition(session_state from, session_step by) noexcept {
    return detail::session_transitions[static_cast<std::size_t>(from)]
                                      [static_cast<std::size_t>(by)];
}

constexpr session_step step_of(ending when) noexcept {
    switch (when) {
        case ending::after_queue: return session_step::end_after_queue;
        case ending::now: return session_step::end_now;
        case ending::silently: break;
    }
    return session_step::end_silently;
}

}  // namespace anywire
