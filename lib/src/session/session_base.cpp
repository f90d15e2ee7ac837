#include "session/session_base.hpp"

#include "core/utf8.hpp"

#include <boost/assert.hpp>

#include <algorithm>
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

/// What few sessions have, and each only for a while.
struct session_base::extras {
    std::unique_ptr<std::string> subprotocol{};
    std::unique_ptr<timer> timers{};
    std::unique_ptr<inbox> kept{};
    std::unique_ptr<goodbye> last_words{};
    group_list groups{};
};

session_base::extras& session_base::more() {
    if (!extras_) extras_ = std::make_unique<extras>();
    return *extras_;
}

/// The one place where an application's exceptions end.
template <class Handler, class... Args>
void session_base::call(Handler const& handler, Args&&... args) {
    if (!handler) return;
    loop().note_called(id_);
    try {
        handler(std::forward<Args>(args)...);
        return;
    } catch (std::exception const& e) {
        log(log_level::error, "a handler threw: ", e.what());
    } catch (...) {
        log(log_level::error, "a handler threw something that is not a std::exception");
    }
    fail(close_reason::handler_failed, close_code::internal_error, "handler failed");
}

session_base::session_base(endpoint_core& endpoint, origin from)
    : endpoint_(endpoint),
      request_(std::move(from.request)),
      data_(std::move(from.data)),
      id_(endpoint.loop().make_id()) {
    set_subprotocol(std::move(from.subprotocol));
    mark_dirty();
}

session_base::~session_base() {
    if (dirty_) loop().unmark(*this);  // its construction threw
    layered.reset();
    drop_timers();
    if (wire_) wire_->abort();
    loop().charge(charged_, 0);
}

// -- what the application calls -------------------------------------------------------------------

result<void> session_base::send(message_view m) {
    if (state_ != state::open) return errc::session_closed;
    if (!m.binary && !is_utf8(m.data)) return errc::bad_utf8;
    auto f = message_codec().encode(m, loop().scratch());
    if (!f) return errc::bad_utf8;
    return send_frames({&f, 1});
}

result<void> session_base::send_shared(shared_message& m) {
    if (state_ != state::open) return errc::session_closed;
    auto const& how = message_codec();
    auto f = m.frame_for(how, [&]() -> frame_ptr {
        auto const view = m.view();
        if (!view.binary && !is_utf8(view.data)) return {};
        return how.encode(view, loop().scratch());
    });
    if (!f) return errc::bad_utf8;
    return send_frames({&f, 1}, sending::unheard);
}

result<void> session_base::send_headed(std::string_view head, shared_message& rest, sending how) {
    // Up to this size a copy costs less than a second piece to write.
    constexpr std::size_t small = 512;
    if (state_ != state::open) return errc::session_closed;
    auto const view = rest.view();
    auto const& form = message_codec();
    if (!view.binary && !is_utf8(head)) return errc::bad_utf8;
    auto const make_rest = [&]() -> frame_ptr {
        if (!view.binary && !is_utf8(view.data)) return {};
        return form.encode_rest(view, loop().scratch());
    };
    frame_ptr f;
    if (!form.splits(view.binary)) {
        if (!view.binary && !is_utf8(view.data)) return errc::bad_utf8;
        auto whole = std::string(head).append(view.data);
        f = form.encode({whole, view.binary}, loop().scratch());
    } else if (auto shared = rest.rest_for(form, make_rest)) {
        auto& own = loop().scratch();
        form.append_head(own, head, view.binary);
        auto const kind = view.binary ? frame_kind::binary : frame_kind::text;
        f = frame_ptr(frame::make_headed(own, std::move(shared), kind));
        if (f->rest_size() <= small) f = f->joined();
    }
    if (!f) return errc::bad_utf8;
    return send_frames({&f, 1}, how);
}

result<void> session_base::send_frames(std::span<frame_ptr> packet, sending how) {
    std::size_t cost = 0;
    for (auto const& f : packet) cost += f->cost();
    if (auto const admitted = admit(cost, how); !admitted) return admitted;
    for (auto& f : packet) outbox_.push(std::move(f));
    mark_dirty();
    return {};
}

// -- the bound ------------------------------------------------------------------------------------

std::size_t session_base::bytes_elsewhere() const noexcept {
    return (blocked_ && wire_ ? wire_->pending_bytes() : 0) + (has_unread_ ? unread_bytes() : 0);
}

result<void> session_base::admit(std::size_t cost, sending how) {
    if (state_ != state::open) return errc::session_closed;
    // What cannot leave now may be out of date when it can.
    if (how == sending::volatile_ && !is_writable()) {
        outbox_.count_dropped();
        return errc::message_dropped;
    }
    auto const elsewhere = blocked_ || has_unread_ ? bytes_elsewhere() : 0;
    if (outbox_.fits(cost, elsewhere, endpoint_.limits().max_queued_bytes)) return {};
    return overflow(cost, how);
}

/// The queue would pass its bound: what the wire takes at once is written before that is judged.
result<void> session_base::overflow(std::size_t cost, sending how) {
    pump();
    auto const elsewhere = bytes_elsewhere();
    auto const& limits = endpoint_.limits();
    if (outbox_.fits(cost, elsewhere, limits.max_queued_bytes)) return {};
    if (how == sending::volatile_) {
        outbox_.count_dropped();
        return errc::message_dropped;
    }
    auto const had_grace = outbox_.is_over();
    auto const what = outbox_.judge(cost, elsewhere, limits, loop().now());
    if (!had_grace) arm();
    switch (what) {
        case outbox::verdict::take: return {};
        case outbox::verdict::drop: return errc::message_dropped;
        case outbox::verdict::refuse:
            if (how == sending::unheard) outbox_.count_dropped();
            return errc::send_queue_full;
        case outbox::verdict::close: break;
    }
    close_as_slow("the client does not read");
    return errc::session_closed;
}

void session_base::close_as_slow(std::string_view what) {
    log(log_level::info,
        "closed as a slow consumer: ",
        what,
        ", ",
        outbox_.bytes() + bytes_elsewhere(),
        " bytes wait (session_limits::max_queued_bytes, burst_grace, max_burst_bytes)");
    fail(close_reason::slow_consumer, close_code::try_again_later, "slow consumer");
}

void session_base::send_own(frame_ptr f) {
    BOOST_ASSERT(f->is_protocol());
    auto const cost = f->cost();
    auto const fits = [&] {
        auto const own = outbox_.own_bytes();
        return own == 0 || own + cost <= outbox::max_own_bytes;
    };
    if (!fits()) pump();
    if (!fits()) return close_as_slow("it asks for more answers than it reads");
    outbox_.push(std::move(f));
    mark_dirty();
}

void session_base::on_grace_over(tick now) {
    auto const what = outbox_.on_grace_over(bytes_elsewhere(), endpoint_.limits(), now);
    if (what == outbox::verdict::close) close_as_slow("it did not catch up in time");
}

/// Tells the loop how much of the memory in queues is this session's.
void session_base::charge() {
    auto const now =
        static_cast<std::uint32_t>(outbox_.exclusive_bytes() + bytes_elsewhere() + inbox_bytes());
    if (now != charged_) loop().charge(std::exchange(charged_, now), now);
}

// -- the end, as the application and the server want it -------------------------------------------

void session_base::end_for(goodbye how, state then) {
    more().last_words = std::make_unique<goodbye>(std::move(how));
    state_ = then;
    mark_dirty();
}

void session_base::close(close_code code, std::string_view text) {
    auto const n = static_cast<unsigned>(code);
    if (n != 1000 && (n < 3000 || n > 4999)) code = close_code::normal;
    if (state_ != state::open) return;
    end_for({close_reason::server_closed, code, std::string(text)}, state::closing);
    on_closing(*extras_->last_words);
}

void session_base::close_for(close_reason why, std::string_view text) {
    if (state_ != state::open && state_ != state::fresh) return;
    end_for({why, to_close_code(why), std::string(text)}, state::closing);
    on_closing(*extras_->last_words);
}

void session_base::call_posted(std::function<void(session&)> const& fn) {
    if (state_ == state::open) call(fn, *this);
}

void session_base::abandon(close_reason why) {
    end({why, close_code::abnormal, {}});
}

std::size_t session_base::queued_bytes() const noexcept {
    return outbox_.bytes() + bytes_elsewhere();
}

std::string_view session_base::transport() const noexcept {
    return wire_ ? wire_->name() : std::string_view{};
}

void session_base::set_subprotocol(std::string name) {
    if (!name.empty())
        more().subprotocol = std::make_unique<std::string>(std::move(name));
    else if (extras_)
        extras_->subprotocol.reset();
}

std::string_view session_base::subprotocol() const noexcept {
    return extras_ && extras_->subprotocol ? std::string_view{*extras_->subprotocol}
                                           : std::string_view{};
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

session_base::group_list* session_base::groups() noexcept {
    return extras_ && !extras_->groups.empty() ? &extras_->groups : nullptr;
}
session_base::group_list& session_base::make_groups() {
    return more().groups;
}
void session_base::drop_groups() noexcept {
    if (extras_) extras_->groups = {};
}

void session_base::after(std::chrono::milliseconds delay, std::function<void(session&)> fn) {
    if (state_ != state::open) return;
    auto const when = loop().now() + to_ticks(delay) + 1;
    auto* place = &more().timers;
    while (*place && not_after((*place)->when, when)) place = &(*place)->next;
    *place = std::make_unique<timer>(timer{when, std::move(fn), std::move(*place)});
    arm();
}

// -- the carrier ----------------------------------------------------------------------------------

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
    if (paused_ || state_ == state::fresh || (extras_ && extras_->kept)) {
        auto& kept = more().kept;
        if (!kept) kept = std::make_unique<inbox>();
        kept->messages.emplace_back(m.data, m.binary);
        kept->bytes += m.data.size() + frame::overhead;
        return;
    }
    call(endpoint_.app().on_message, *this, m);
}

std::size_t session_base::inbox_bytes() const noexcept {
    return extras_ && extras_->kept ? extras_->kept->bytes : 0;
}

void session_base::fail(close_reason why, close_code code, std::string_view text) {
    if (state_ >= state::ended) return;
    end_for({why, code, std::string(text)}, state::closing);
    outbox_.clear();
    extras_->kept.reset();
    failed_ = true;
}

void session_base::end(close_event const& how) {
    if (state_ >= state::ended) return;
    try {
        if (state_ != state::closing)
            end_for({how.reason, how.code, std::string(how.text)}, state::ended);
    } catch (...) {
        return give_up();  // no memory for the reason
    }
    outbox_.clear();
    state_ = state::ended;
    mark_dirty();
}

void session_base::give_up() noexcept {
    if (auto* const carrier = wire_) {
        lose_wire();
        carrier->abort();
    }
    if (state_ >= state::ended) return die();
    outbox_.clear();
    if (extras_) extras_->kept.reset();
    state_ = state::ended;
    mark_dirty();
}

// -- the flush ------------------------------------------------------------------------------------

void session_base::on_flush() {
    if (state_ == state::fresh) {
        state_ = state::open;
        opened_ = true;
        call(endpoint_.app().on_open, *this);
    }
    if (!paused_ && (resuming_ || (extras_ && extras_->kept))) continue_reading();
    if (state_ < state::ended) pump_and_tell();
    if (state_ == state::ended) tell_closed();
    charge();
    // One that died in here is on the list again, and goes when its turn comes.
    if (state_ == state::dead && !dirty_) endpoint_.forget(*this);
}

void session_base::continue_reading() {
    auto const has_more = [this] {
        return extras_ && extras_->kept && !extras_->kept->messages.empty();
    };
    while (has_more() && !paused_ && state_ == state::open) {
        auto& kept = *extras_->kept;
        auto const [text, binary] = std::move(kept.messages.front());
        kept.messages.pop_front();
        kept.bytes -= text.size() + frame::overhead;
        call(endpoint_.app().on_message, *this, message_view{std::string_view{text}, binary});
    }
    if (paused_) return;
    if (extras_) extras_->kept.reset();
    if (!resuming_) return;
    resuming_ = false;
    if (wire_) wire_->pause_reading(false);
    on_resumed();
}

void session_base::pump_and_tell() {
    pump();
    auto const written = outbox_.empty() && !blocked_ && !has_unread_;
    if (written && outbox_.owes_drain() && state_ == state::open) {
        outbox_.pay_drain();
        call(endpoint_.app().on_drain, *this);
    }
    if (state_ != state::closing || !(failed_ || (outbox_.empty() && !blocked_))) return;
    state_ = state::ended;
    end_carrier(*extras_->last_words);
}

void session_base::pump() {
    // What one write looks at, lest a long queue be looked at anew for each piece that leaves. An
    // answer takes all there is.
    constexpr std::size_t most_at_once = 1024;
    auto progress = false;
    while (wire_ && !blocked_ && !outbox_.empty()) {
        auto& wire = *wire_;
        auto& batch = loop().batch();
        batch.clear();
        auto const n = wire.shape() == carrier::one_shot ? outbox_.size()
                                                         : std::min(outbox_.size(), most_at_once);
        if (outbox_.has_headed() && !wire.gathers()) outbox_.join(n);
        for (std::size_t i = 0; i < n; ++i) batch.push_back(outbox_.at(i));
        auto const r = wire.write(batch);
        outbox_.take(r.taken);
        progress = progress || r.taken != 0;
        if (r.then == write_result::next::blocked) blocked_ = true;
        if (r.then == write_result::next::finished || r.then == write_result::next::ended) {
            lose_wire();
            on_finished(r.then == write_result::next::finished ? &wire : nullptr);
        } else if (r.taken == 0) {
            break;
        }
    }
    if (progress && outbox_.is_over())
        outbox_.on_progress(bytes_elsewhere(), endpoint_.limits().max_queued_bytes);
}

void session_base::tell_closed() {
    state_ = state::retired;
    drop_timers();
    if (extras_) extras_->kept.reset();
    // Without last words it was given up.
    auto const* const last = extras_ ? extras_->last_words.get() : nullptr;
    auto const how = last ? close_event{last->reason, last->code, last->text}
                          : close_event{close_reason::handler_failed, close_code::abnormal, {}};
    // One that was too slow here has been told of; one whose connection was has not.
    auto const is_news = how.reason == close_reason::slow_consumer && !failed_;
    log(is_news ? log_level::info : log_level::debug,
        "closed: ",
        to_string(how.reason),
        how.text.empty() ? "" : ", ",
        how.text);
    if (opened_) call(endpoint_.app().on_close, *this, how);
    endpoint_.retire(*this);
    on_retired();
}

// -- time -----------------------------------------------------------------------------------------

void session_base::set_due(tick when) {
    due_ = when;
    has_due_ = true;
    arm();
}

void session_base::arm() {
    auto& wheel = loop().wheel();
    if (has_due_) wheel.arm(*this, due_);
    if (outbox_.is_in_grace()) wheel.arm(*this, outbox_.grace_end());
    if (extras_ && extras_->timers) wheel.arm(*this, extras_->timers->when);
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
    if (outbox_.is_in_grace() && not_after(outbox_.grace_end(), now)) on_grace_over(now);
    run_timers(now);
    arm();
}

void session_base::run_timers(tick now) {
    while (extras_ && extras_->timers && not_after(extras_->timers->when, now) &&
           state_ == state::open) {
        auto const due = std::move(extras_->timers);
        extras_->timers = std::move(due->next);
        call(due->fn, *this);
    }
    // One that closes has no use for them, and would be woken for nothing while it writes.
    if (state_ != state::open) drop_timers();
}

void session_base::drop_timers() noexcept {
    if (extras_) timer::drop(std::move(extras_->timers));
}

}  // namespace anywire
