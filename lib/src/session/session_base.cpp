#include "session/session_base.hpp"

#include <anywire/endpoint.hpp>

#include "core/utf8.hpp"
#include "session/endpoint_hub.hpp"
#include "session/packet_listener.hpp"
#include "session/session_base_extras.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <exception>

namespace anywire {
namespace {

/// Text is UTF-8, whoever has made it.
bool is_sound(message_view m) noexcept {
    return m.binary || is_utf8(m.data);
}

/// What one write looks at, lest a long queue be looked at anew for each piece that leaves. An
/// answer takes all there is.
void gather(outbox& queue, anywire::transport const& to, std::vector<frame*>& batch) {
    constexpr std::size_t most_at_once = 1024;
    auto const n =
        to.shape() == carrier::one_shot ? queue.size() : std::min(queue.size(), most_at_once);
    if (queue.has_headed() && !to.gathers()) queue.join(n);
    queue.copy_to(batch, n);
}

}  // namespace

session_base::extras& session_base::more() {
    if (!extras_) extras_ = std::make_unique<extras>();
    return *extras_;
}

/// The time a handler takes, where it is one of those that are timed.
struct session_base::timed {
    explicit timed(session_base& s) noexcept : of(s), is_timing(s.loop().is_timing()) {
        if (is_timing) began = of.loop().fine_clock();
    }
    ~timed() {
        if (is_timing) of.numbers().handler_time.add(of.loop().fine_clock() - began);
    }
    timed(timed const&) = delete;
    timed& operator=(timed const&) = delete;

    session_base& of;
    bool const is_timing;
    std::chrono::nanoseconds began{0};
};

/// The one place where an application's exceptions end.
template <class Handler, class... Args>
void session_base::call(Handler const& handler, Args&&... args) {
    if (!handler) return;
    loop().note_called(id_);
    timed const in_here(*this);
    try {
        handler(std::forward<Args>(args)...);
        return;
    } catch (std::exception const& e) {
        log(log_level::error, "a handler threw: ", e.what());
    } catch (...) {
        log(log_level::error, "a handler threw something that is not a std::exception");
    }
    end(close_reason::handler_failed, ending::now, "handler failed");
}

void session_base::call_posted(std::function<void(session&)> const& fn) {
    if (state_ == state::open) call(fn, *this);
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
    if (attached_) attached_->abort();
    if (attached_) row().carriers.sub();
    loop().charge(charged_, 0);
    numbers().queued_bytes.sub(charged_);
}

// -- what the application calls -------------------------------------------------------------------

inline errc session_base::queue_one(frame_ptr f, sending how) {
    if (auto const why = judge(f->cost(), how); why != errc{}) return why;
    outbox_.push(std::move(f));
    mark_dirty();
    return {};
}

result<void> session_base::send(message_view m) {
    if (state_ != state::open) return errc::session_closed;
    loop().wake();
    if (!is_sound(m)) return errc::bad_utf8;
    auto f = message_codec().encode(m, loop().scratch());
    if (!f) return errc::bad_utf8;
    return to_result(queue_one(std::move(f), sending::direct));
}

result<void> session_base::send_shared(shared_message& m, std::uint64_t key) {
    if (state_ != state::open) return errc::session_closed;
    auto const& how = message_codec();
    auto f = m.frame_for(how, [&]() -> frame_ptr {
        auto const view = m.view();
        if (!is_sound(view)) return {};
        auto made = how.encode(view, loop().scratch());
        if (made) made->set_key(key);
        return made;
    });
    if (!f) return errc::bad_utf8;
    if (key == 0) return to_result(queue_one(std::move(f), sending::unheard));
    // Who has hashed it by another secret has sent it in another endpoint first.
    if (f->key() != key) {
        f = how.encode(m.view(), loop().scratch());
        f->set_key(key);
    }
    return send_keyed(std::move(f), sending::unheard);
}

result<void> session_base::send_headed(std::string_view head, shared_message& rest, sending how) {
    // Up to this size a copy costs less than a second piece to write.
    constexpr std::size_t small = 512;
    if (state_ != state::open) return errc::session_closed;
    auto const view = rest.view();
    auto const& form = message_codec();
    if (!is_sound({head, view.binary})) return errc::bad_utf8;
    auto const make_rest = [&]() -> frame_ptr {
        if (!is_sound(view)) return {};
        return form.encode_rest(view, loop().scratch());
    };
    frame_ptr f;
    if (!form.splits(view.binary)) {
        if (!is_sound(view)) return errc::bad_utf8;
        auto whole = std::string(head).append(view.data);
        f = form.encode({whole, view.binary}, loop().scratch());
    } else if (auto shared = rest.rest_for(form, make_rest)) {
        auto& own = loop().scratch();
        form.append_head(own, head, view.binary);
        f = frame_ptr(frame::make_headed(own, std::move(shared), form.kind(view.binary)));
        if (f->rest_size() <= small) f = f->joined();
    }
    if (!f) return errc::bad_utf8;
    return to_result(queue_one(std::move(f), how));
}

result<void> session_base::send_frames(std::span<frame_ptr> packet, sending how) {
    std::size_t cost = 0;
    for (auto const& f : packet) cost += f->cost();
    if (auto const why = judge(cost, how); why != errc{}) return why;
    for (auto& f : packet) outbox_.push(std::move(f));
    mark_dirty();
    return {};
}

anywire::endpoint session_base::endpoint() const {
    auto* const all = endpoint_.hub();
    return all ? anywire::endpoint(all->shared_from_this()) : anywire::endpoint();
}

// -- the carrier ----------------------------------------------------------------------------------

void session_base::count_added() noexcept {
    row().sessions.add();
    if (!loop().listeners().empty()) watch_packets();
}

void session_base::count_retired() noexcept {
    row().sessions.sub();
}

void session_base::attach(anywire::transport& to) {
    if (auto const now = numbers().row_of(dialect(), to); now != row_) {
        row().sessions.sub();
        row_ = now;
        row().sessions.add();
    }
    row().carriers.add();
    attached_ = &to;
    blocked_ = false;
    if (paused_) to.pause_reading(true);
    mark_dirty();
}

bool session_base::end_if_peer_gone() {
    if (!attached_ || !attached_->is_peer_gone()) return false;
    auto* const gone = attached_;
    detach();
    gone->abort();
    end({close_reason::transport_lost, close_code::abnormal, "the client broke the request off"},
        ending::silently);
    return true;
}

void session_base::on_alive(anywire::transport&) {}

void session_base::on_writable(anywire::transport& from) {
    if (&from != attached_) return;
    blocked_ = false;
    mark_dirty();
}

void session_base::on_closed(anywire::transport& from, bool, close_event const& how) {
    if (&from != attached_) return;
    detach();
    end(how, ending::silently);
}

void session_base::end_carrier(goodbye const& how) {
    if (!attached_) return;
    attached_->close(how.code, how.text);
    detach();
}

void session_base::deliver(message_view m) {
    if (state_ > state::open) return;
    if (endpoint_.limits_rate() && is_too_fast(m.data.size())) return;
    auto& counts = row();
    counts.messages_in.add();
    counts.bytes_in.add(m.data.size());
    if (paused_ || state_ == state::fresh || (extras_ && extras_->kept)) {
        auto& kept = more().kept;
        if (!kept) kept = std::make_unique<message_box>();
        return kept->push(m);
    }
    call(endpoint_.app().on_message, *this, m);
}

std::size_t session_base::inbox_bytes() const noexcept {
    return extras_ && extras_->kept ? extras_->kept->bytes : 0;
}

std::size_t session_base::inbox_capacity() const noexcept {
    return extras_ && extras_->kept ? extras_->kept->text.capacity() : 0;
}

// -- the flush ------------------------------------------------------------------------------------

void session_base::on_flush() {
    if (state_ == state::fresh) {
        opened_ = take(session_step::be_told_of);
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
    auto const has_more = [this] { return extras_ && extras_->kept && !extras_->kept->is_empty(); };
    while (has_more() && !paused_ && state_ == state::open) {
        auto const [text, binary] = extras_->kept->pop();
        call(endpoint_.app().on_message, *this, message_view{std::string_view{text}, binary});
    }
    if (paused_) return;
    if (extras_) extras_->kept.reset();
    if (!resuming_) return;
    resuming_ = false;
    if (attached_) attached_->pause_reading(false);
    on_resumed();
}

void session_base::pump_and_tell() {
    pump();
    auto const written = outbox_.empty() && !blocked_ && !has_unread_;
    if (written && outbox_.owes_drain() && state_ == state::open) {
        outbox_.pay_drain();
        call(endpoint_.app().on_drain, *this);
    }
    auto const is_through = state_ == state::breaking || (outbox_.empty() && !blocked_);
    if (is_through && take(session_step::say_goodbye)) end_carrier(*extras_->last_words);
}

write_result session_base::write_batch(anywire::transport& to) {
    auto& batch = loop().batch();
    gather(outbox_, to, batch);
    auto const name = traced_ ? to.name() : std::string_view{};
    auto const r = to.write(batch);
    if (traced_) tell_written(std::span(batch).first(r.taken), name);
    auto const left = outbox_.take(r.taken);
    row().messages_out.add(left.messages);
    row().bytes_out.add(left.bytes);
    return r;
}

void session_base::pump() {
    auto progress = false;
    while (attached_ && !blocked_ && !outbox_.empty()) {
        auto& to = *attached_;
        auto const r = write_batch(to);
        progress = progress || r.taken != 0;
        if (r.then == write_result::next::blocked) blocked_ = true;
        if (r.then == write_result::next::finished || r.then == write_result::next::ended) {
            detach();
            on_finished(r.then == write_result::next::finished ? &to : nullptr);
        } else if (r.taken == 0) {
            break;
        }
    }
    if (progress && outbox_.is_over())
        outbox_.on_progress(bytes_elsewhere(), endpoint_.limits().max_queued_bytes);
}

void session_base::tell_closed() {
    take(session_step::retire);
    drop_timers();
    if (extras_) extras_->kept.reset();
    // Without last words it was given up.
    auto const* const last = extras_ ? extras_->last_words.get() : nullptr;
    auto const how = last ? close_event{last->reason, last->code, last->text}
                          : close_event{close_reason::handler_failed, close_code::abnormal, {}};
    log_closed(how);
    numbers().count_closed(how.reason);
    if (traced_) tell_packet({packet_way::out, row().transport(), "closed", to_string(how.reason)});
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
