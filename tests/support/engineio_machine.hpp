#pragma once

#include "session/engineio_session.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// One Engine.IO session and a client of it, under any schedule of what may happen to them: polls,
// POSTs, upgrades that fail at each step, stuck and broken transports, pauses, closes, time. Both
// sides number their messages. Whatever happens, each side sees a prefix of the other's, in order
// and once; and all of it if nothing ended the session.
namespace anywire::test {

class engineio_machine {
public:
    /// `next` decides all that is left open; `steps` is how often.
    engineio_machine(std::function<unsigned()> next, std::size_t steps);
    ~engineio_machine();
    engineio_machine(engineio_machine const&) = delete;
    engineio_machine& operator=(engineio_machine const&) = delete;

    void run();
    /// What was broken first; empty: nothing.
    std::string const& failure() const noexcept { return failure_; }
    /// How it ended, for tests that count what they have covered.
    std::string const& ending() const noexcept { return ending_; }
    bool has_upgraded() const noexcept { return on_socket_ != nullptr; }

private:
    class fake_transport;

    void require(bool condition, char const* what) {
        if (!condition && failure_.empty()) failure_ = what;
    }
    unsigned below(unsigned n) { return next_() % n; }
    bool one_in(unsigned n) { return below(n) == 0; }
    engineio_session* subject() const {
        return static_cast<engineio_session*>(endpoint_.find_by_sid("abc"));
    }
    void flush() { (void)loop_.flush(); }

    // -- the application
    void app_sends(session_base& s);
    void app_acts(session_base& s);

    // -- the client
    void step();
    void step_client();
    void step_candidate();
    void step_transports();
    void step_fault();
    void poll();
    void post(std::string_view body);
    void speak();
    std::string numbered();
    void take(std::string_view packet);
    void upgrade_with(fake_transport& candidate);
    void advance(tick n);
    void finish();
    void finish_open();
    fake_transport& make(carrier shape);

    std::function<unsigned()> next_;
    std::size_t steps_;
    std::string failure_{};
    std::string ending_{};

    session_limits limits_{};
    log_sink sink_{};
    session_loop loop_;
    handlers app_{};
    endpoint_counters counters_{};
    engineio_timing timing_{
        .ping_interval = 400, .ping_timeout = 300, .upgrade_timeout = 200, .close_wait = 600};
    std::vector<std::unique_ptr<fake_transport>> transports_{};
    endpoint_core endpoint_{loop_, app_, limits_, counters_, siphash_key{1, 2}};
    engineio::revision revision_ = engineio::revision::v4;

    bool is_patient_ = false;  // nobody is cut off by time or loss: a clean close loses nothing
    bool has_lost_ = false;
    bool calm_ = false;  // transports take all at once
    bool opened_ = false;
    bool closed_ = false;
    std::uint64_t accepted_ = 0;  // messages of the application's
    std::uint64_t received_ = 0;  // of these, by the client
    std::uint64_t spoken_ = 0;    // messages of the client's
    std::uint64_t heard_ = 0;     // of these, by the application
    bool owes_pong_ = false;
    bool client_done_ = false;           // it has been told of the end, or has ended it
    fake_transport* polling_ = nullptr;  // its poll, parked or on its way back
    fake_transport* candidate_ = nullptr;
    fake_transport* on_socket_ = nullptr;
};

/// A transport between the two. What the session has written reaches the client when it is out.
class engineio_machine::fake_transport final : public transport {
public:
    fake_transport(engineio_machine& m, carrier shape) : m_(m), shape_(shape) {}

    carrier shape() const noexcept override { return shape_; }
    std::string_view name() const noexcept override { return "machine"; }
    std::size_t pending_bytes() const noexcept override { return bytes_; }
    void pause_reading(bool) override { m_.require(live, "a dead transport is paused"); }
    void close(close_code, std::string_view) noexcept override {
        m_.require(live && shape_ == carrier::duplex, "a dead transport is closed");
        deliver();
        live = false;
    }
    void abort() noexcept override {
        m_.require(live, "a dead transport is aborted");
        live = false;
        m_.has_lost_ = true;
        if (this == m_.polling_) m_.polling_ = nullptr;
    }
    write_result write(std::span<frame* const> batch) override;

    void deliver() {
        bytes_ = 0;
        for (auto const& packet : std::exchange(held_, {})) m_.take(packet);
    }
    bool is_stuck() const noexcept { return live && (blocked || finished); }
    /// What is held comes out.
    void move_on(session_base& s) {
        deliver();
        if (std::exchange(finished, false)) {
            live = false;
            if (this == m_.polling_) m_.polling_ = nullptr;
            return s.on_closed(*this, true, {});
        }
        blocked = false;
        s.on_writable(*this);
    }
    void lose(session_base& s) {
        live = false;
        m_.has_lost_ = true;
        if (this == m_.polling_) m_.polling_ = nullptr;
        s.on_closed(*this, false, {close_reason::transport_lost, close_code::abnormal, "lost"});
    }

    bool live = true;
    bool blocked = false;
    bool finished = false;

private:
    engineio_machine& m_;
    carrier shape_;
    std::vector<std::string> held_{};
    std::size_t bytes_ = 0;
};

inline write_result engineio_machine::fake_transport::write(std::span<frame* const> batch) {
    m_.require(live && !blocked && !finished, "a write to a transport that takes none");
    m_.require(!batch.empty(), "an empty write");
    auto const is_poll = shape_ == carrier::one_shot;
    auto const few = is_poll && !m_.calm_ && m_.one_in(4);
    write_result r{few ? std::min<std::size_t>(batch.size(), 1 + m_.below(3)) : batch.size()};
    for (auto const* f : batch.first(r.taken)) {
        held_.emplace_back(f->text());
        bytes_ += f->size();
    }
    auto const stuck = !m_.calm_ && m_.one_in(3);
    if (stuck) {
        (is_poll ? finished : blocked) = true;
        r.then = is_poll ? write_result::next::finished : write_result::next::blocked;
        return r;
    }
    deliver();
    if (!is_poll) return r;
    live = false;
    if (this == m_.polling_) m_.polling_ = nullptr;
    r.then = write_result::next::ended;
    return r;
}

// -- the application ------------------------------------------------------------------------------

inline engineio_machine::engineio_machine(std::function<unsigned()> next, std::size_t steps)
    : next_(std::move(next)), steps_(steps), loop_(1, 0u - 3000, sink_, [](auto bytes) {
          std::fill(bytes.begin(), bytes.end(), static_cast<unsigned char>(7));
      }) {
    is_patient_ = one_in(2);
    if (is_patient_) timing_.close_wait = 1'000'000;
    if (one_in(3)) revision_ = engineio::revision::v3;
    app_.on_open = [this](session&) { require(!std::exchange(opened_, true), "opened twice"); };
    app_.on_message = [this](session& s, message_view m) {
        require(opened_ && !closed_, "a message outside of the session");
        require(!s.is_open() || m.data == "#" + std::to_string(heard_), "a message out of order");
        ++heard_;
        if (one_in(4)) app_sends(static_cast<session_base&>(s));
        if (one_in(40)) app_acts(static_cast<session_base&>(s));
    };
    app_.on_close = [this](session&, close_event const& how) {
        require(opened_ && !std::exchange(closed_, true), "closed twice");
        ending_ = to_string(how.reason);
    };
}

inline engineio_machine::~engineio_machine() {
    endpoint_.abandon_all();
    flush();
}

inline void engineio_machine::app_sends(session_base& s) {
    for (auto n = 1 + below(3); n > 0; --n) {
        if (!s.send("#" + std::to_string(accepted_))) return;
        ++accepted_;
    }
}

inline void engineio_machine::app_acts(session_base& s) {
    switch (below(12)) {
        case 0: return s.close(close_code::normal, {});
        case 1:
            if (!one_in(3)) return;
            has_lost_ = true;
            return s.end(close_reason::shutting_down, ending::silently);
        case 2:
            return one_in(3) ? s.end(close_reason::shutting_down, ending::after_queue, "down")
                             : void();
        case 3:
        case 4:
        case 5:
        case 6: return s.pause();
        default: return s.resume();
    }
}

// -- the end --------------------------------------------------------------------------------------

inline void engineio_machine::run() {
    session_base* const made = [&] {
        engineio_session::setup setup;
        setup.revision = revision_;
        setup.sid = "abc";
        setup.open = "0{}";
        return new engineio_session(endpoint_, {}, timing_, std::move(setup));
    }();
    endpoint_.add(made);
    polling_ = &make(carrier::one_shot);
    made->attach(*polling_);
    flush();
    for (; steps_ > 0 && failure_.empty() && subject(); --steps_) step();
    flush();
    calm_ = true;
    finish();
}

/// The client keeps the rules now and all transports work: what is still owed has to arrive.
inline void engineio_machine::finish() {
    // An application that pauses at every message is resumed as often.
    for (int round = 0; subject() && (round < 12 || subject()->is_paused()); ++round) {
        subject()->resume();
        flush();
        for (std::size_t i = 0; i < transports_.size(); ++i)
            if (auto* const s = subject(); s && transports_[i]->is_stuck())
                transports_[i]->move_on(*s);
        flush();
        poll();
        flush();
    }
    finish_open();
    if (closed_ && is_patient_ && !has_lost_ && ending_ == "server_closed")
        require(received_ == accepted_, "a clean close lost messages");
    if (auto* const s = subject(); s && s->is_open()) s->close(close_code::normal, {});
    flush();
    poll();
    flush();
    for (std::size_t i = 0; i < transports_.size(); ++i)
        if (auto* const s = subject(); s && transports_[i]->is_stuck()) transports_[i]->move_on(*s);
    flush();
    if (!is_patient_) advance(timing_.close_wait * 2 + 2);
    if (subject()) advance(2);
    require(!is_patient_ || !subject() || subject()->is_gone() || subject()->is_polling(),
            "a closed session stays");
    if (!is_patient_) {
        require(!subject(), "a closed session is not destroyed");
        for (auto const& w : transports_) require(!w->live, "a transport was forgotten");
    }
    require(received_ <= accepted_ && heard_ <= spoken_, "more came than was sent");
    require(opened_ == closed_, "no close for an open");
}

inline void engineio_machine::finish_open() {
    auto* const s = subject();
    if (!s || !s->is_open()) return;
    require(received_ == accepted_, "the session lives, and a message for the client is missing");
    require(heard_ == spoken_, "the session lives, and a message of the client is missing");
}

}  // namespace anywire::test

#include "support/engineio_machine_client.hpp"
