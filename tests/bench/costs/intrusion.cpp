#include "intrusion.hpp"

#include <algorithm>

namespace bench::costs {
namespace {

using namespace std::chrono_literals;

constexpr double mib = 1024.0 * 1024.0;
constexpr std::size_t most_at_once = 8;
// Growth that a server may keep for its own use, whatever was done to it.
constexpr double usual_mib = 2;

double ms_of(std::chrono::nanoseconds t) {
    return static_cast<double>(t.count()) / 1e6;
}

double mib_above(std::uint64_t now, std::uint64_t before) {
    return now > before ? static_cast<double>(now - before) / mib : 0.0;
}

}  // namespace

intrusion::intrusion(event_loop& loop, std::vector<std::string> const& command, amount const& a)
    : loop_(loop), amount_(a), server_(command, true), innocent_(loop, server_) {}

/// What an innocent echo costs is seen first, so that it can be taken from the bill.
figures intrusion::run(shape const& s, door d) {
    started_ = steady::now();
    try {
        turn_until([this] { return innocent_.echoes() >= 5; });
        if (amount_.measures) {
            auto const cpu = server_.cpu_time();
            turn_until([this] { return innocent_.echoes() >= 25; });
            echo_cpu_ = (server_.cpu_time() - cpu) / 20;
        }
        resident_before_ = server_.resident_bytes();
        perform(s, d);
        settle();
        measure();
        watch_memory();
        auto const echoes = innocent_.echoes();
        turn_until([&] { return innocent_.echoes() > echoes; });
    } catch (out_of_time const& e) {
        seen_.problem = e.what();
        measure();
    } catch (std::exception const& e) {
        seen_.problem = e.what();
    }
    return seen_;
}

void intrusion::turn() {
    auto const now = steady::now();
    innocent_.tick(now);
    loop_.turn(now + 1ms);
    if (innocent_.is_lost()) throw std::runtime_error("the innocent client was thrown out");
    if (now - looked_ < 20ms) return;
    looked_ = now;
    if (!server_.is_running()) throw std::runtime_error("the server died");
    if (now - started_ > amount_.limit) throw out_of_time("busy beyond the limit of time");
}

visitor& intrusion::enter(door d, habit h) {
    visitors_.push_back(std::make_unique<visitor>(loop_, address{server_.port()}, d, h));
    auto& v = *visitors_.back();
    v.open();
    turn_until([&] { return v.is_open() || v.is_gone(); });
    if (!v.is_open()) throw std::runtime_error("no session: " + std::to_string(v.status()));
    ++seen_.sessions;
    return v;
}

void intrusion::leave(visitor& v) {
    add(v);
    v.abort();
    std::erase_if(visitors_, [&](auto const& each) { return each.get() == &v; });
}

void intrusion::add(visitor const& v) {
    seen_.bytes += v.taken();
    seen_.requests += v.steps();
}

void intrusion::start() {
    is_started_ = true;
    seen_.bytes = seen_.requests = 0;
    for (auto const& v : visitors_) {  // less what opened the doors
        seen_.bytes -= v->taken();
        seen_.requests -= v->steps();
    }
    server_.forget_peak();
    innocent_.forget();
    echoes_before_ = innocent_.echoes();
    started_ = steady::now();
    cpu_before_ = server_.cpu_time();
}

void intrusion::measure() {
    if (!is_started_) return;
    auto const own = echo_cpu_ * (innocent_.echoes() - echoes_before_);
    seen_.cpu_ms = std::max(ms_of(server_.cpu_time() - cpu_before_ - own), 0.0);
    seen_.stall_ms = ms_of(innocent_.longest());
    seen_.peak_mib = mib_above(server_.peak_bytes(), resident_before_);
    for (auto const& v : visitors_) add(*v);
    is_started_ = false;
}

/// Until the server sleeps and nothing moves any more.
void intrusion::settle() {
    constexpr unsigned enough = 4;
    std::uint64_t moved = 0;
    for (unsigned quiet = 0; quiet < enough;) {
        auto const end = steady::now() + 4ms;
        turn_until([&] { return steady::now() >= end && !innocent_.waits(); });
        std::uint64_t now = 0;
        for (auto const& v : visitors_) now += v->taken() + v->received();
        quiet = now == moved && server_.is_asleep() ? quiet + 1 : 0;
        moved = now;
    }
}

/// What the server gives back once the attacker has gone.
void intrusion::watch_memory() {
    for (auto const& v : visitors_) {
        if (v->is_gone()) note("ended");
        if (v->status() >= 400) note(std::to_string(v->status()));
        v->abort();
    }
    visitors_.clear();
    if (!amount_.measures) return;
    started_ = steady::now();
    auto const end = started_ + 7s;
    do {
        auto const next = steady::now() + 50ms;
        server_.collect_garbage();
        turn_until([&] { return steady::now() >= next; });
        seen_.kept_mib = mib_above(server_.resident_bytes(), resident_before_);
    } while (steady::now() < end && seen_.kept_mib > usual_mib);
}

void intrusion::note(std::string const& text) {
    if (seen_.note.find(text) != std::string::npos) return;
    seen_.note += seen_.note.empty() ? text : ", " + text;
}

void intrusion::wait_for(visitor& v) {
    turn_until([&] { return v.is_idle(); });
}

void intrusion::let_it_read() {
    auto const echoes = innocent_.echoes();
    turn_until([&] { return innocent_.echoes() > echoes + 1; });
}

// ---- the ways

void intrusion::perform(shape const& s, door d) {
    switch (s.how) {
        case way::units: {
            auto& v = enter(d, s.does);
            std::vector<std::string> portions;
            std::size_t units = 0;
            for (std::size_t n = 0; n < amount_.bytes; n += portions.back().size())
                portions.push_back(packed(d, s.make, std::min(s.portion, amount_.bytes), units));
            start();
            for (auto const& p : portions) deliver(v, d, p, s.content_type);
            return;
        }
        case way::text: {
            auto& v = enter(d, s.does);
            auto const text = s.make(amount_.bytes);
            auto const out = is_websocket(d) ? frame(0x81, text) : text;
            start();
            is_websocket(d) ? v.send(out) : v.post(out, s.content_type);
            return wait_for(v);
        }
        case way::wire: {
            auto& v = enter(d, s.does);
            auto const out = s.make(amount_.bytes);
            start();
            v.send(out);
            return wait_for(v);
        }
        case way::requests: return make_requests(s);
        case way::connections:
        case way::cut_short:
        case way::sessions: return connect_often(s, d);
        case way::script: return s.script(*this, d);
    }
}

void intrusion::deliver(visitor& v, door d, std::string_view units, std::string_view content_type) {
    is_websocket(d) ? v.send(units) : v.post(wrapped_body(d, units), content_type);
    wait_for(v);
}

void intrusion::make_requests(shape const& s) {
    auto& v = enter(door::http);
    auto const n = amount_.requests;
    start();
    for (std::size_t i = 0; i < n; ++i) {
        v.request(s.make(i));
        if (i % most_at_once == 0) wait_for(v);
    }
    wait_for(v);
}

/// What one of `connect_often` does when its door is open.
void intrusion::say_once(visitor& v, shape const& s, door d, std::size_t i) {
    auto text = s.make(i);
    if (s.how == way::sessions) {
        std::string unit;
        append_unit(unit, d, text, true);
        return is_websocket(d) ? v.send(unit) : v.post(wrapped_body(d, unit));
    }
    if (text.empty()) return;
    s.how == way::cut_short ? v.send(text) : v.request(std::move(text));
}

/// Some at once, so that the server has what to do while the generator connects.
void intrusion::connect_often(shape const& s, door d) {
    struct one {
        visitor* who;
        bool has_spoken = false;
    };
    auto const n = amount_.requests;
    auto const waits_for_end = s.how == way::sessions && is_websocket(d);
    start();
    for (std::size_t i = 0; i < n;) {
        std::vector<one> group;
        for (; i < n && group.size() < most_at_once; ++i) {
            visitors_.push_back(
                std::make_unique<visitor>(loop_, address{server_.port()}, d, s.does));
            group.push_back({visitors_.back().get()});
            group.back().who->open();
        }
        auto const end = steady::now() + 20ms;
        auto const is_through = [&](one& o) {
            auto& v = *o.who;
            if (!o.has_spoken && v.is_open() && !v.is_gone()) {
                o.has_spoken = true;
                say_once(v, s, d, i);
            }
            if (v.is_gone()) return true;
            return o.has_spoken && v.is_idle() && (!waits_for_end || steady::now() > end);
        };
        turn_until([&] {
            bool all = true;
            for (auto& o : group) all = is_through(o) && all;
            return all;
        });
        for (auto const& o : group) leave(*o.who);
    }
}

}  // namespace bench::costs
