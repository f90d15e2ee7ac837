#pragma once

#include "support/engineio_machine.hpp"

// What the client of an Engine.IO machine does, and what befalls it: included by the machine.
namespace anywire::test {

inline engineio_machine::fake_transport& engineio_machine::make(carrier shape) {
    return *transports_.emplace_back(std::make_unique<fake_transport>(*this, shape));
}

inline std::string engineio_machine::numbered() {
    return "4#" + std::to_string(spoken_++);
}

inline void engineio_machine::take(std::string_view packet) {
    if (packet == "2") owes_pong_ = true;
    if (packet == "1") client_done_ = true;
    if (!packet.starts_with("4#")) return;
    std::uint64_t n = 0;
    std::from_chars(packet.data() + 2, packet.data() + packet.size(), n);
    require(n == received_, "the client got a message twice or too early");
    ++received_;
}

inline void engineio_machine::poll() {
    auto* const s = subject();
    if (!s || s->is_gone() || on_socket_ || polling_) return;
    auto& w = make(carrier::one_shot);
    polling_ = &w;
    s->attach(w);
}

inline void engineio_machine::post(std::string_view body) {
    auto* const s = subject();
    if (!s || !s->is_polling() || s->is_gone()) return;
    require(s->receive(body, false) == engineio_session::received::taken,
            "a short body was refused");
}

/// Says a few things by what carries the client's messages now.
inline void engineio_machine::speak() {
    auto* const s = subject();
    if (!s || s->is_gone()) return;
    auto const is_v4 = revision_ == engineio::revision::v4;
    std::vector<std::string> packets;
    for (auto n = below(3); n > 0; --n) packets.push_back(numbered());
    if (is_v4 && std::exchange(owes_pong_, false)) packets.emplace_back("3");
    if (!is_v4) packets.emplace_back("2");
    if (packets.empty()) packets.emplace_back("6");
    if (on_socket_) {
        for (auto const& p : packets)
            if (on_socket_->live) s->on_payload(*on_socket_, p, false);
        return;
    }
    std::string body;
    for (auto const& p : packets) {
        if (is_v4)
            body.append(body.empty() ? "" : "\x1e").append(p);
        else
            body.append(std::to_string(p.size())).append(":").append(p);
    }
    post(body);
}

inline void engineio_machine::upgrade_with(fake_transport& candidate) {
    // A client waits for what is on its way; a poll that is parked it may forget.
    if (polling_ && polling_->finished) return;
    auto* const s = subject();
    s->on_payload(candidate, "5", false);
    candidate_ = nullptr;
    if (!candidate.live) return;
    on_socket_ = &candidate;
    require(!s->is_polling(), "upgraded, and still on polling");
}

inline void engineio_machine::step_candidate() {
    auto* const s = subject();
    if (candidate_ && !candidate_->live) candidate_ = nullptr;
    if (!s || s->is_gone()) return;
    if (!candidate_) {
        if (!s->can_upgrade()) return;
        candidate_ = &make(carrier::duplex);
        return s->begin_upgrade(*candidate_);
    }
    auto& w = *candidate_;
    switch (below(16)) {
        case 0: return w.lose(*s);
        case 1: return s->on_payload(w, "garbage", false);
        case 2: return s->on_payload(w, "2probe", true);
        case 3: return s->on_payload(w, "4early", false);
        case 4:
        case 5:
        case 6:
        case 7:
        case 8: return s->on_payload(w, "2probe", false);
        case 9: return advance(below(250));
        default: return upgrade_with(w);
    }
}

inline void engineio_machine::step_transports() {
    auto* const s = subject();
    std::vector<fake_transport*> stuck;
    for (auto const& w : transports_)
        if (w->is_stuck()) stuck.push_back(w.get());
    if (!s || stuck.empty()) return;
    stuck[below(static_cast<unsigned>(stuck.size()))]->move_on(*s);
}

inline void engineio_machine::step_fault() {
    auto* const s = subject();
    if (!s || s->is_gone()) return;
    switch (below(8)) {
        case 0: return s->on_overlap("two at once");
        case 1:
            if (polling_) polling_->lose(*s);
            return;
        case 2:
            if (on_socket_ && on_socket_->live) on_socket_->lose(*s);
            return;
        case 3: return post(revision_ == engineio::revision::v4 ? "1" : "1:1");
        case 4: return post("?");
        case 5: return s->fail_transport();
        case 6: return advance(300 + below(500));
        default:
            if (on_socket_ && on_socket_->live) s->on_payload(*on_socket_, "1", false);
    }
}

inline void engineio_machine::advance(tick n) {
    for (; n != 0; --n) {
        loop_.advance(loop_.now() + 1);
        flush();
    }
}

inline void engineio_machine::step() {
    auto* const s = subject();
    auto const op = below(64);
    if (op < 14) {
        if (s) app_sends(*s);
    } else if (op < 28) {
        poll();
    } else if (op < 38) {
        speak();
    } else if (op < 46) {
        step_transports();
    } else if (op < 53) {
        step_candidate();
    } else if (op < 60) {
        advance(below(60));
    } else if (op < 63) {
        if (s && one_in(2)) app_acts(*s);
    } else if (one_in(4)) {
        step_fault();
    }
    // Several things may happen in one event; a poll is one of its own.
    if (op >= 28 && one_in(4)) return;
    flush();
}

}  // namespace anywire::test
