#pragma once

#include <anywire/coro.hpp>
#include <anywire/test.hpp>

#include "support/stomp_model_frames.hpp"

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>

namespace anywire::test {

/// A STOMP server in memory beside its model, and what is done to both: every choice is drawn from
/// a source, so that the same source makes the same walk.
///
/// Throws `model_broken` where the two are not of one mind.
class stomp_walk {
public:
    /// A number below the one that it is given.
    using choices = std::function<std::size_t(std::size_t)>;

    /// `shows` prints what is done and what comes of it.
    explicit stomp_walk(choices from, bool shows = false)
        : draw_(std::move(from)), shows_(shows), model_(draw_options()), broker_(model_.options) {
        set_up();
        session_limits limits{};
        limits.max_queued_bytes = limits.max_burst_bytes = std::size_t{256} * 1024;
        host_.mount("/stomp", websocket_options{.limits = limits}, broker_);
        host_.mount("/sockjs", sockjs_options{.limits = limits}, broker_);
        host_.mount("/engine.io", engineio_options{.limits = limits}, broker_);
    }
    stomp_walk(stomp_walk const&) = delete;
    stomp_walk& operator=(stomp_walk const&) = delete;
    ~stomp_walk() = default;

    void step();
    /// Everybody goes, and what still waits is fetched.
    void finish();

private:
    using member = model_member;
    using observed = stomp_model_frames::observed;

    /// One client, and what the model knows of it.
    struct guest {
        guest(testing::client w, member& m) : wire(std::move(w)), self(&m) {}

        testing::client wire;
        member* self;
        stomp::frame_reader reader{stomp::end::client, {.max_frame = std::size_t{1} << 20}};
        std::optional<stomp::admission> asks{};
        std::vector<std::string> acks{};  // ids that it may acknowledge
        bool is_told = false;             // CONNECTED
        bool has_error = false;
        bool may_end = false;  // it was cut, or the application or the server may end it
    };
    struct dead {
        std::string queue;
        std::string body;
        stomp::dead_letter_cause why;
    };

    /// Prints it, with its control characters made visible.
    void show(std::string_view who, std::string_view what) const {
        if (!shows_) return;
        std::fprintf(stderr, "%6d %s: ", static_cast<int>(model_.now), std::string(who).c_str());
        for (auto const c : what.substr(0, 400))
            c < ' ' ? std::fprintf(stderr, c == '\n' ? "|" : "<%d>", c) : std::fputc(c, stderr);
        std::fputc('\n', stderr);
    }
    bool one_in(std::size_t n) { return draw_(n) == n - 1; }
    template <class List>
    auto& some(List& all) {
        auto at = all.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(draw_(all.size())));
        return *at;
    }
    std::string one_of(std::initializer_list<char const*> all) {
        return *(all.begin() + draw_(all.size()));
    }

    // -- stomp_walk_frames.hpp
    stomp::options draw_options();
    void set_up();
    std::string some_frame(guest& g);
    std::string connect_frame();
    std::string send_frame(guest& g);
    std::string subscribe_frame(guest& g);
    std::string transaction_header(guest& g);
    std::string settle_frame(guest& g);
    std::string some_id(guest& g);
    std::string new_body();
    std::string some_bytes();
    std::string damaged(std::string bytes);

    // -- what is done
    void enter();
    void say(guest& g, std::string const& bytes);
    void send_some(guest& g);
    void leave(guest& g);
    void act();
    void fill();
    void decide(guest& g);
    void wait();
    template <class Fn>
    observed watch(Fn fn) {
        auto const before = broker_.numbers();
        fn();
        auto const after = broker_.numbers();
        return {after.frames_received - before.frames_received,
                after.errors - before.errors,
                after.refused_sends + after.refused_subscribes - before.refused_sends -
                    before.refused_subscribes};
    }

    // -- stomp_walk_checks.hpp
    void settle_down();
    void hear_all();
    void hear(guest& g);
    void hear(guest& g, stomp::frame_view const& f);
    void hear_connected(guest& g, stomp::frame_view const& f);
    void hear_message(guest& g, stomp::frame_view const& f);
    void hear_receipt(guest& g, stomp::frame_view const& f);
    void hear_error(guest& g, stomp::frame_view const& f);
    void look_at_end(guest& g);
    void look_at_late();
    void check(guest const& g) const;
    void check_counts();
    void check_registry() const;
    void check_waiting() const;
    bool all_read() const;

    choices draw_;
    bool shows_;
    stomp_model_frames model_;
    stomp::server broker_;
    guest* asking_ = nullptr;  // whose CONNECT the application is asked about
    std::vector<dead> dead_{};
    std::list<guest> guests_{};
    std::size_t serial_ = 0;
    std::uint64_t lost_ = 0;        // messages that went to clients who never read them
    bool has_lost_reader_ = false;  // one who did not read has gone since they were counted
    testing::host host_{};
};

inline void stomp_walk::enter() {
    if (guests_.size() >= 6) return;
    auto const how = draw_(3);
    auto const* const path = how == 0 ? "/stomp" : how == 1 ? "/sockjs" : "/engine.io";
    auto const speaks = how == 0   ? testing::dialect::websocket
                        : how == 1 ? testing::dialect::sockjs
                                   : testing::dialect::engineio;
    stomp::frame_limits const before{.max_frame = model_.options.max_frame_before_connect,
                                     .max_header_line = model_.options.max_header_line,
                                     .max_headers = model_.options.max_headers};
    auto& m = model_.members.emplace_back("c" + std::to_string(++serial_), how == 1, before);
    m.opened = m.heard = model_.now;
    auto& g = guests_.emplace_back(host_.connect(path, speaks), m);
    if (!one_in(8)) say(g, connect_frame());
}

inline void stomp_walk::say(guest& g, std::string const& bytes) {
    // What is no text goes as a binary message, where there are such.
    auto const is_text = is_utf8(bytes);
    if (!is_text && g.self->takes_only_text) return;
    show(g.self->name, bytes);
    model_.unseen = broker_.numbers().messages_delivered - model_.seen - lost_;
    asking_ = &g;
    auto const seen = watch([&] { g.wire.send(message_view(bytes, !is_text)); });
    asking_ = nullptr;
    if (g.may_end) return hold(seen.frames == 0, "a client is heard that has gone");
    model_.read(*g.self, bytes, seen);
}

/// Frames, whole or in parts, or something like them.
inline void stomp_walk::send_some(guest& g) {
    std::string bytes;
    for (auto left = 1 + draw_(3); left > 0; --left) bytes += some_frame(g);
    if (one_in(64) && g.self->reads) bytes += some_bytes();
    if (one_in(16) && g.self->reads) bytes = damaged(std::move(bytes));
    if (!one_in(8)) return say(g, bytes);
    auto const at = draw_(bytes.size() + 1);
    say(g, bytes.substr(0, at));
    hear_all();
    say(g, bytes.substr(at));
}

inline void stomp_walk::leave(guest& g) {
    if (!g.self->reads) has_lost_reader_ = true;
    hear(g);
    show(g.self->name, "goes");
    g.may_end = true;
    one_in(2) ? g.wire.cut() : g.wire.close();
    model_.end(*g.self);
}

/// What the application does.
inline void stomp_walk::act() {
    auto const body = new_body();
    switch (draw_(6)) {
        case 0: {
            auto const to = one_of({"/topic/a", "/topic/b", "/topic/a/b"});
            hold(!!broker_.send(to, stomp::payload{body, {}}), "a topic refuses");
            show("app", to + " " + body);
            return model_.publish_topic(to, {"app", body});
        }
        case 1:
        case 2: {
            auto const to = one_of({"/queue/a", "/queue/b"});
            show("app", to + " " + body);
            if (broker_.send(to, stomp::payload{body, {}})) model_.enqueue(to, {"app", body});
            return;
        }
        case 3: {
            auto const whom = one_of({"u0", "u1"});
            show("app", whom + " " + body);
            (void)broker_.send_to_user(whom, "/queue/x", stomp::payload{body, {}});
            return model_.publish_own(whom, "/user/queue/x", {"app", body});
        }
        case 4: {
            // Of who leaves and does not read nobody knows whether it has left.
            auto const is_leaving = [](auto const& m) {
                return m.now == member::state::leaving && !m.reads;
            };
            if (!one_in(4) || std::any_of(model_.members.begin(), model_.members.end(), is_leaving))
                return;
            auto const whom = one_of({"u0", "u1"});
            auto const says_why = one_in(2);
            show("app", whom + " has to go");
            broker_.disconnect_user(whom, says_why ? "go" : "");
            for (auto& m : model_.members)
                if (m.is_client() && m.user == whom)
                    says_why ? model_.fail(m, std::nullopt) : model_.quit(m);
            return;
        }
        default: return fill();
    }
}

/// More than a client that does not read may have waiting.
inline void stomp_walk::fill() {
    if (!one_in(4)) return;
    std::string const big(8'000, 'x');
    show("app", "fills");
    for (auto left = 1 + draw_(40); left > 0; --left) {
        auto const body = std::to_string(++serial_) + big;
        (void)broker_.send("/topic/a", stomp::payload{body, {}});
        model_.publish_topic("/topic/a", {"app", body});
    }
}

inline void stomp_walk::decide(guest& g) {
    if (!g.asks) return;
    show(g.self->name, "is decided");
    auto const answer = std::exchange(g.asks, std::nullopt);
    auto const lets_in = !one_in(4);
    auto const seen = watch([&] {
        lets_in ? answer->accept({.user = "u1"}) : answer->refuse("no");
        host_.settle();
    });
    if (g.self->now != member::state::deciding) return;
    g.self->now = member::state::opening;
    if (!lets_in) return model_.fail(*g.self, std::nullopt);
    model_.accept(*g.self, "u1");
    // What it has sent by and by is read at once: messages come between, and are seen afterwards.
    if (!g.self->unread.empty()) {
        g.self->has_missed = model_.has_missed = true;
        model_.unseen = model_.items.size();
    }
    model_.read(*g.self, {}, seen);
}

inline void stomp_walk::wait() {
    constexpr model_time times[] = {25, 100, 1'000, 3'000, 12'000, 100'000};
    auto const t = times[one_in(4) ? draw_(6) : draw_(3)];
    show("time", std::to_string(t));
    host_.advance(std::chrono::milliseconds(t));
    model_.now += t;
}

inline void stomp_walk::step() {
    auto const what = draw_(16);
    if (guests_.empty() || what == 0) {
        enter();
    } else if (what == 1) {
        if (one_in(3)) leave(some(guests_));
    } else if (what < 5) {
        act();
    } else if (what == 5) {
        wait();
    } else if (what == 6) {
        auto& g = some(guests_);
        // Whether it has left is not known just now, and it would be heard of it, or not.
        if (model_.may_have_left(*g.self)) return;
        g.self->reads = !g.self->reads;
        g.self->has_missed = model_.has_missed = true;
        show(g.self->name, g.self->reads ? "reads on" : "does not read");
        g.self->reads ? g.wire.read_on() : g.wire.stop_reading();
    } else if (what == 7) {
        decide(some(guests_));
    } else {
        send_some(some(guests_));
    }
    settle_down();
}

}  // namespace anywire::test

#include "support/stomp_walk_frames.hpp"
//
#include "support/stomp_walk_checks.hpp"
