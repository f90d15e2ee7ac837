#include "session/session_base.hpp"

#include "core/utf8.hpp"

#include <boost/assert.hpp>

#include <deque>
#include <exception>

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

/// What came before the open, or during a pause.
struct session_base::inbox {
    std::deque<std::pair<std::string, bool>> messages{};
    std::size_t bytes = 0;
};

/// The one place where an application's exceptions end.
template <class Handler, class... Args>
void session_base::call(Handler const& handler, Args&&... args) {
    if (!handler) return;
    loop().note_called(id_);
    try {
        handler(std::forward<Args>(args)...);
        return;
    } catch (std::exception const& e) {
        loop().log().write(log_level::error, "a handler threw: ", e.what());
    } catch (...) {
        loop().log().write(log_level::error, "a handler threw something that is no exception");
    }
    fail(close_reason::handler_failed, close_code::internal_error, "handler failed");
}

session_base::session_base(endpoint_core& endpoint, origin from)
    : endpoint_(endpoint),
      request_(std::move(from.request)),
      data_(std::move(from.data)),
      subprotocol_(from.subprotocol.empty()
                       ? nullptr
                       : std::make_unique<std::string>(std::move(from.subprotocol))),
      id_(endpoint.loop().make_id()) {
    mark_dirty();
}

session_base::~session_base() {
    if (dirty_) loop().unmark(*this);  // its construction threw
    timer::drop(std::move(timers_));
    if (wire_) wire_->abort();
}

// ---- what the application calls
// ------------------------------------------------------------------

result<void> session_base::send(message_view m) {
    if (state_ != state::open) return errc::session_closed;
    if (!m.binary && !is_utf8(m.data)) return errc::bad_utf8;
    auto f = encode(m);
    if (!f) return errc::bad_utf8;
    return enqueue({&f, 1});
}

result<void> session_base::send_shared(shared_message& m) {
    if (state_ != state::open) return errc::session_closed;
    auto f = m.frame_for(encoding_of_messages(), [&]() -> frame_ptr {
        auto const view = m.view();
        if (!view.binary && !is_utf8(view.data)) return {};
        return encode(view);
    });
    if (!f) return errc::bad_utf8;
    return enqueue({&f, 1});
}

bool session_base::holds_messages() const noexcept {
    if (queued_bytes() != queue_.bytes()) return true;
    for (std::size_t i = 0; i < queue_.size(); ++i)
        if (!queue_.at(i)->is_protocol()) return true;
    return false;
}

result<void> session_base::send_frames(std::span<frame_ptr> packet) {
    if (state_ != state::open) return errc::session_closed;
    return enqueue(packet);
}

result<void> session_base::enqueue(std::span<frame_ptr> packet) {
    std::size_t cost = 0;
    for (auto const& f : packet) cost += f->cost();
    if (queued_bytes() + cost > endpoint_.limits().max_queued_bytes && holds_messages())
        return overflow(packet, cost);
    push(packet);
    return {};
}

void session_base::push(std::span<frame_ptr> packet) {
    for (auto& f : packet) queue_.push(std::move(f));
    mark_dirty();
}

result<void> session_base::overflow(std::span<frame_ptr> packet, std::size_t cost) {
    auto const most = endpoint_.limits().max_queued_bytes;
    switch (endpoint_.limits().overflow) {
        case overflow_policy::close:
            loop().log().write(log_level::info,
                               "session closed: slow consumer, ",
                               queued_bytes(),
                               " bytes queued");
            fail(close_reason::slow_consumer, close_code::try_again_later, "slow consumer");
            return errc::session_closed;
        case overflow_policy::refuse: wants_drain_ = true; return errc::send_queue_full;
        case overflow_policy::drop_oldest:
            // What the carrier has taken cannot be dropped: if that leaves no room, nothing would.
            if (auto const held = queued_bytes() - queue_.bytes(); held != 0 && held + cost > most)
                break;
            while (queued_bytes() + cost > most && queue_.drop_oldest()) ++dropped_;
            if (queued_bytes() + cost > most && holds_messages()) break;
            push(packet);
            return {};
        case overflow_policy::drop_newest: break;
    }
    ++dropped_;
    return errc::message_dropped;
}

void session_base::close(close_code code, std::string_view text) {
    auto const n = static_cast<unsigned>(code);
    if (n != 1000 && (n < 3000 || n > 4999)) code = close_code::normal;
    if (state_ != state::open) return;
    goodbye_ =
        std::make_unique<goodbye>(goodbye{close_reason::server_closed, code, std::string(text)});
    state_ = state::closing;
    on_closing(*goodbye_);
    mark_dirty();
}

void session_base::close_for(close_reason why, std::string_view text) {
    if (state_ != state::open && state_ != state::fresh) return;
    goodbye_ = std::make_unique<goodbye>(goodbye{why, to_close_code(why), std::string(text)});
    state_ = state::closing;
    on_closing(*goodbye_);
    mark_dirty();
}

void session_base::call_posted(std::function<void(session&)> const& fn) {
    if (state_ == state::open) call(fn, *this);
}

void session_base::abandon(close_reason why) {
    end({why, close_code::abnormal, {}});
}

std::size_t session_base::queued_bytes() const noexcept {
    return queue_.bytes() + (blocked_ && wire_ ? wire_->pending_bytes() : 0);
}

std::string_view session_base::transport() const noexcept {
    return wire_ ? wire_->name() : std::string_view{};
}

std::string_view session_base::subprotocol() const noexcept {
    return subprotocol_ ? std::string_view{*subprotocol_} : std::string_view{};
}

void session_base::pause() {
    if (paused_ || state_ != state::open) return;
    paused_ = true;
    if (wire_) wire_->pause_reading(true);
}

void session_base::resume() {
    if (!paused_) return;
    paused_ = false;
    resuming_ = true;
    mark_dirty();
}

void session_base::join(std::string_view group) {
    if (state_ == state::open || state_ == state::fresh) endpoint_.join(*this, group);
}

void session_base::after(std::chrono::milliseconds delay, std::function<void(session&)> fn) {
    if (state_ != state::open) return;
    auto const when = loop().now() + to_ticks(delay) + 1;
    auto* place = &timers_;
    while (*place && not_after((*place)->when, when)) place = &(*place)->next;
    *place = std::make_unique<timer>(timer{when, std::move(fn), std::move(*place)});
    arm();
}

// ---- the carrier
// ---------------------------------------------------------------------------------

void session_base::attach(anywire::transport& wire) {
    wire_ = &wire;
    blocked_ = false;
    if (paused_) wire.pause_reading(true);
    mark_dirty();
}

bool session_base::end_if_peer_gone() {
    if (!wire_ || !wire_->is_peer_gone()) return false;
    auto* const gone = wire_;
    lose_wire();
    gone->abort();
    end({close_reason::transport_lost, close_code::abnormal, "the client broke the request off"});
    return true;
}

void session_base::on_alive(anywire::transport&) {}

void session_base::on_writable(anywire::transport& from) {
    if (&from != wire_) return;
    blocked_ = false;
    mark_dirty();
}

void session_base::on_closed(anywire::transport& from, bool, close_event const& how) {
    if (&from != wire_) return;
    lose_wire();
    end(how);
}

void session_base::end_carrier(goodbye const& how) {
    if (!wire_) return;
    wire_->close(how.code, how.text);
    lose_wire();
}

void session_base::deliver(message_view m) {
    if (state_ != state::open && state_ != state::fresh) return;
    if (paused_ || inbox_ || state_ == state::fresh) {
        if (!inbox_) inbox_ = std::make_unique<inbox>();
        inbox_->messages.emplace_back(m.data, m.binary);
        inbox_->bytes += m.data.size() + frame::overhead;
        return;
    }
    call(endpoint_.app().on_message, *this, m);
}

std::size_t session_base::inbox_bytes() const noexcept {
    return inbox_ ? inbox_->bytes : 0;
}

void session_base::push_protocol(frame_ptr f) {
    BOOST_ASSERT(f->is_protocol());
    queue_.push(std::move(f));
    mark_dirty();
}

void session_base::fail(close_reason why, close_code code, std::string_view text) {
    if (state_ >= state::ended) return;
    goodbye_ = std::make_unique<goodbye>(goodbye{why, code, std::string(text)});
    queue_.clear();
    inbox_.reset();
    failed_ = true;
    state_ = state::closing;
    mark_dirty();
}

void session_base::end(close_event const& how) {
    if (state_ >= state::ended) return;
    try {
        if (state_ != state::closing)
            goodbye_ =
                std::make_unique<goodbye>(goodbye{how.reason, how.code, std::string(how.text)});
    } catch (...) {
        return give_up();  // no memory for the reason
    }
    queue_.clear();
    state_ = state::ended;
    mark_dirty();
}

void session_base::give_up() noexcept {
    if (auto* const carrier = wire_) {
        lose_wire();
        carrier->abort();
    }
    if (state_ >= state::ended) return die();
    queue_.clear();
    inbox_.reset();
    state_ = state::ended;
    mark_dirty();
}

// ---- the flush
// -----------------------------------------------------------------------------------

void session_base::on_flush() {
    if (state_ == state::fresh) {
        state_ = state::open;
        opened_ = true;
        call(endpoint_.app().on_open, *this);
    }
    if (!paused_ && (inbox_ || resuming_)) continue_reading();
    if (state_ < state::ended) pump_and_tell();
    if (state_ == state::ended) tell_closed();
    // One that died in here is on the list again, and goes when its turn comes.
    if (state_ == state::dead && !dirty_) endpoint_.forget(*this);
}

void session_base::continue_reading() {
    while (inbox_ && !inbox_->messages.empty() && !paused_ && state_ == state::open) {
        auto const [text, binary] = std::move(inbox_->messages.front());
        inbox_->messages.pop_front();
        inbox_->bytes -= text.size() + frame::overhead;
        call(endpoint_.app().on_message, *this, message_view{std::string_view{text}, binary});
    }
    if (paused_) return;
    inbox_.reset();
    if (!resuming_) return;
    resuming_ = false;
    if (wire_) wire_->pause_reading(false);
    on_resumed();
}

void session_base::pump_and_tell() {
    pump();
    auto const written = queue_.empty() && !blocked_;
    if (wants_drain_ && written && state_ == state::open) {
        wants_drain_ = false;
        call(endpoint_.app().on_drain, *this);
    }
    if (state_ != state::closing || !(failed_ || (queue_.empty() && !blocked_))) return;
    state_ = state::ended;
    end_carrier(*goodbye_);
}

void session_base::pump() {
    while (wire_ && !blocked_ && !queue_.empty()) {
        auto& batch = loop().batch();
        batch.clear();
        for (std::size_t i = 0; i < queue_.size(); ++i) batch.push_back(queue_.at(i));
        auto& wire = *wire_;
        auto const r = wire.write(batch);
        queue_.pop(r.taken);
        if (r.then == write_result::next::blocked) blocked_ = true;
        if (r.then == write_result::next::finished || r.then == write_result::next::ended) {
            lose_wire();
            on_finished(r.then == write_result::next::finished ? &wire : nullptr);
        } else if (r.taken == 0) {
            break;
        }
    }
}

void session_base::tell_closed() {
    state_ = state::retired;
    timer::drop(std::move(timers_));
    inbox_.reset();
    // Without a goodbye it was given up.
    auto const how = goodbye_ ? close_event{goodbye_->reason, goodbye_->code, goodbye_->text}
                              : close_event{close_reason::handler_failed, close_code::abnormal, {}};
    loop().log().write(log_level::debug, "session closed: ", to_string(how.reason));
    if (opened_) call(endpoint_.app().on_close, *this, how);
    endpoint_.retire(*this);
    on_retired();
}

// ---- time
// ----------------------------------------------------------------------------------------

void session_base::set_due(tick when) {
    due_ = when;
    has_due_ = true;
    arm();
}

void session_base::arm() {
    if (has_due_) loop().wheel().arm(*this, due_);
    if (timers_) loop().wheel().arm(*this, timers_->when);
}

void session_base::on_timer(tick now) {
    try {
        run_due(now);
    } catch (...) {
        loop().log().failed("a session's timer");
        give_up();
    }
}

void session_base::run_due(tick now) {
    // The session's own deadline first: one that a timer resumes now was paused until now.
    if (has_due_ && not_after(due_, now)) {
        has_due_ = false;
        on_due(now);
    }
    run_timers(now);
    arm();
}

void session_base::run_timers(tick now) {
    while (timers_ && not_after(timers_->when, now) && state_ == state::open) {
        auto const due = std::move(timers_);
        timers_ = std::move(due->next);
        call(due->fn, *this);
    }
    // One that closes has no use for them, and would be woken for nothing while it writes.
    if (state_ != state::open) timer::drop(std::move(timers_));
}

}  // namespace anywire
