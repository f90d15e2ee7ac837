#pragma once

#include <anywire/transport.hpp>

#include "session/held_senders.hpp"
#include "session/session_base.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the sessions of session_machine_fuzz.cpp are attached to, and what is known of each.
namespace anywire::test {

inline void require(bool condition) {
    if (!condition) std::abort();
}

/// What the fuzzer wants, byte by byte; zeros when it has said all.
struct input {
    std::uint8_t const* at;
    std::uint8_t const* end;

    bool empty() const { return at == end; }
    unsigned next() { return at == end ? 0 : *at++; }
    bool coin() { return (next() & 1) != 0; }
    template <class List>
    auto& pick(List& list) {
        return list[next() % list.size()];
    }
};

/// What is known of one session, beside it.
struct record {
    std::string sid{};  ///< Of HTTP sessions.
    bool is_duplex = false;
    bool is_pinged = false;
    bool opened = false;
    bool closed = false;
    bool in_handler = false;
    std::uint64_t next_in = 0;  ///< Of messages to the application.
    std::uint64_t heard = 0;
    std::uint64_t last_written = 0;
    std::vector<std::uint64_t> owed{};  ///< Accepted and not yet written.
    std::uint64_t missing = 0;          ///< Accepted and passed over.
    std::size_t largest = 0;
    std::size_t protocol = 256;  ///< Bytes that the protocol's own frames may take.
};

/// "#12xxx" or `a["#12xxx"]`; 0 for other frames.
inline std::uint64_t number_in(std::string_view text) {
    auto const mark = text.find('#');
    if (mark == std::string_view::npos) return 0;
    std::uint64_t n = 0;
    std::from_chars(text.data() + mark + 1, text.data() + text.size(), n);
    return n;
}

/// A POST that is held back.
struct post final : held_sender {
    bool released = false;
    void release(bool) override {
        require(!released);
        released = true;
    }
};

/// Takes what the fuzzer says. Like the real ones it holds on to its session until it is let go.
class fake_transport final : public transport {
public:
    fake_transport(input& in, carrier shape, session_base& s, record& of)
        : in_(in), shape_(shape), session_(&s), of_(of) {}

    carrier shape() const noexcept override { return shape_; }
    std::string_view name() const noexcept override { return "fuzz"; }
    std::size_t pending_bytes() const noexcept override { return pending_; }
    void pause_reading(bool) override { require(session_ != nullptr && !finished_); }
    void close(close_code, std::string_view) noexcept override { let_go(); }
    void abort() noexcept override { let_go(); }
    write_result write(std::span<frame* const> batch) override;

    bool is_duplex() const { return shape_ == carrier::duplex; }
    bool is_held() const { return session_ != nullptr; }
    bool is_waiting() const { return session_ != nullptr && (blocked_ || finished_); }
    session_base& session() const { return *session_; }
    record& of() const { return of_; }

    void become_writable() {
        if (finished_) return end(true);
        blocked_ = false;
        pending_ = 0;
        session_->on_writable(*this);
    }
    void end(bool orderly) {
        auto* const s = std::exchange(session_, nullptr);
        s->on_closed(*this,
                     orderly && finished_,
                     {close_reason::transport_lost, close_code::abnormal, "lost"});
    }

private:
    void let_go() {
        require(session_ != nullptr);
        session_ = nullptr;
    }
    void note(frame const& f);

    input& in_;
    carrier shape_;
    session_base* session_;
    record& of_;
    bool blocked_ = false;
    bool finished_ = false;
    std::size_t pending_ = 0;
};

inline void fake_transport::note(frame const& f) {
    auto const n = number_in(f.text());
    if (n == 0) return;
    require(n > of_.last_written);  // in order, and once
    of_.last_written = n;
    while (!of_.owed.empty() && of_.owed.front() < n) {
        ++of_.missing;
        of_.owed.erase(of_.owed.begin());
    }
    if (!of_.owed.empty() && of_.owed.front() == n) of_.owed.erase(of_.owed.begin());
}

inline write_result fake_transport::write(std::span<frame* const> batch) {
    require(session_ != nullptr && !blocked_ && !finished_ && !batch.empty());
    auto const how = in_.next();
    auto const most = shape_ == carrier::one_shot ? 1 : (how & 4) != 0 ? 1 + how % 3 : batch.size();
    write_result r{};
    bool last = shape_ == carrier::one_shot || (shape_ == carrier::stream && (how & 0x38) == 0x38);
    std::size_t bytes = 0;
    while (r.taken < std::min(most, batch.size())) {
        auto const& f = *batch[r.taken++];
        note(f);
        bytes += f.size();
        if (shape_ == carrier::duplex || !f.text().starts_with('c')) continue;
        last = true;
        break;
    }
    if ((how & 1) != 0) pending_ = bytes;
    if (last && (how & 1) != 0) {
        finished_ = true;
        r.then = write_result::next::finished;
    } else if (last) {
        session_ = nullptr;
        r.then = write_result::next::ended;
    } else if ((how & 1) != 0) {
        blocked_ = true;
        r.then = write_result::next::blocked;
    }
    return r;
}

}  // namespace anywire::test
