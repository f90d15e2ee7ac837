#include "framed_connection.hpp"

#include <utility>

namespace anywire::gateway {
namespace {

/// Messages that one read may bring before others have their turn.
constexpr std::size_t most_in_a_turn = 1024;

constexpr std::chrono::hours for_ever{24 * 365};

framed_end end_of(deframed failure) noexcept {
    switch (failure) {
        case deframed::too_long: return framed_end::too_long;
        case deframed::not_utf8: return framed_end::not_utf8;
        case deframed::cut_off: return framed_end::cut_off;
        case deframed::nothing:
        case deframed::message: break;
    }
    return framed_end::ended;
}

}  // namespace

framed_connection::framed_connection(io_host& host,
                                     byte_stream stream,
                                     framed_options const& options)
    : connection(host,
                 std::move(stream),
                 to_ticks(options.write_stall.count() > 0 ? options.write_stall : for_ever),
                 nullptr),
      deframer_(options.framing),
      max_queued_(options.max_queued),
      goodbye_(to_ticks(options.goodbye)) {}

void framed_connection::start(framed_user& to, framed_connection*& slot, std::string_view first) {
    to_ = &to;
    slot_ = &slot;
    slot = this;
    out_ = first;
    run_event([this] {
        start_reading();
        if (!out_.empty()) flush_soon();
    });
}

void framed_connection::abandon() noexcept {
    to_ = nullptr;
    slot_ = nullptr;
    drop();
}

void framed_connection::on_cut() noexcept {
    to_ = nullptr;
    if (slot_) *std::exchange(slot_, nullptr) = nullptr;
}

// -- reading --------------------------------------------------------------------------------------

void framed_connection::on_bytes(char* data, std::size_t size) {
    if (!is_hearing()) return;
    std::string_view const in(data, size);
    auto const used = feed(in);
    if (used == size || !is_hearing()) return;
    held_ = std::make_unique<held_bytes>(held_bytes{std::string(in.substr(used))});
    stop_reading();
    if (!paused_) go_on_later();
}

/// Tells of the messages in `in`, as far as they may be told now: how many bytes were used.
std::size_t framed_connection::feed(std::string_view in) {
    auto const size = in.size();
    for (std::size_t told = 0; told < most_in_a_turn && !paused_ && is_hearing(); ++told) {
        auto const m = deframer_.next(in);
        if (m.what == deframed::nothing) break;
        if (m.what == deframed::message)
            to_->on_framed_message({m.data, deframer_.options().binary});
        else
            end(end_of(m.what));
    }
    return size - in.size();
}

void framed_connection::pause(bool is) {
    if (paused_ == is || is_dropped()) return;
    paused_ = is;
    if (is && phase_ == phase::open) return stop_reading();
    if (!is) go_on_later();
}

/// Goes on with what is held when everybody else has had a turn.
void framed_connection::go_on_later() {
    if (std::exchange(will_go_on_, true)) return;
    later([this] {
        will_go_on_ = false;
        if (!paused_ && is_hearing()) go_on();
    });
}

void framed_connection::go_on() {
    if (held_) {
        held_->used += feed(std::string_view(held_->bytes).substr(held_->used));
        if (!is_hearing()) return;
        if (held_->used == held_->bytes.size())
            held_.reset();
        else if (!paused_)
            return go_on_later();
    }
    if (paused_) return;
    if (end_is_due_) return end(framed_end::ended);
    start_reading();
}

void framed_connection::on_end(bool orderly) {
    peer_ended_ = true;
    if (phase_ == phase::closing) {
        // Half of it is left, if the peer has ended only that.
        if (orderly && queued_bytes() != 0) return;
        drop();
        return tell_end(framed_end::closed);
    }
    if (orderly) return take_end();
    drop();
    tell_end(framed_end::broken);
}

/// The peer sends no more: a last line may lack its end.
void framed_connection::take_end() {
    auto const m = deframer_.finish();
    if (m.what == deframed::message) {
        to_->on_framed_message({m.data, deframer_.options().binary});
        if (!is_hearing()) return;
        // Who is told of the end now would have no time for that message.
        if (paused_) {
            end_is_due_ = true;
            return;
        }
    }
    end(end_of(m.what));
}

// -- writing --------------------------------------------------------------------------------------

bool framed_connection::send_message(std::string_view data) {
    if (!is_hearing()) return true;
    auto const wrong = append_framed(out_, deframer_.options().kind, data);
    if (wrong != unframed::no) {
        begin_closing();
        later([this, wrong] {
            tell_end(wrong == unframed::has_line_end ? framed_end::line_end
                                                     : framed_end::unframed_long);
        });
        return true;
    }
    flush_soon();
    if (queued_bytes() <= max_queued_) return true;
    owes_room_ = true;
    return false;
}

void framed_connection::flush_soon() {
    if (std::exchange(will_flush_, true)) return;
    later([this] {
        will_flush_ = false;
        flush();
    });
}

/// Hands what is queued to the kernel, unless it is full; then `on_sent` comes back here.
void framed_connection::flush() {
    if (unsent_bytes() != 0) return;
    if (!out_.empty()) {
        auto const bytes = std::exchange(out_, {});
        if (!send(bytes)) return;
    }
    if (phase_ == phase::closing) return end_sending();
    if (!is_broken() && std::exchange(owes_room_, false)) to_->on_framed_room();
}

void framed_connection::on_stalled() {
    drop();
    tell_end(phase_ == phase::closing ? framed_end::closed : framed_end::stalled);
}

// -- the end --------------------------------------------------------------------------------------

void framed_connection::close() {
    if (is_hearing()) begin_closing();
}

/// From here on nothing is heard but the end.
void framed_connection::begin_closing() {
    phase_ = phase::closing;
    held_.reset();
    set_deadline(loop().now() + goodbye_);
    start_reading();
    flush_soon();
}

void framed_connection::end_sending() {
    if (std::exchange(sending_ended_, true)) return;
    stream().shutdown_send();
    if (!peer_ended_) return;
    drop();
    tell_end(framed_end::closed);
}

void framed_connection::on_deadline() {
    drop();
    tell_end(framed_end::closed);
}

/// Tells the user. To a peer that has ended, what was sent still has its time.
void framed_connection::end(framed_end why) {
    if (why == framed_end::ended && queued_bytes() != 0) {
        begin_closing();
        stop_reading();
    } else {
        drop();
    }
    tell_end(why);
}

void framed_connection::tell_end(framed_end why) {
    if (slot_) *std::exchange(slot_, nullptr) = nullptr;
    if (to_) std::exchange(to_, nullptr)->on_framed_end(why);
}

}  // namespace anywire::gateway
