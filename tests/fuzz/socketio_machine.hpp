#pragma once

#include <anywire/socketio.hpp>

#include "session/engineio_session.hpp"
#include "socketio/server/io_core.hpp"
#include "socketio/server/nsp_core.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// A Socket.IO server on two shards, its clients and its application, all led by one input.
namespace anywire::test {

namespace sio = anywire::socketio;

// Not std::source_location, which Clang 14 does not have.
inline void require(bool condition, int line = __builtin_LINE()) {
    if (condition) return;
    std::fprintf(stderr, "line %d: what must hold does not\n", line);
    std::abort();
}

inline constexpr std::size_t shards = 2;

/// Shards whose posts wait until they are run.
class fake_shards final : public shard_group {
public:
    explicit fake_shards(std::array<session_loop*, shards> loops) : loops_(loops) {}
    std::size_t count() const noexcept override { return shards; }
    bool post(std::size_t shard, std::function<void()> fn) override {
        if (has_ended) return false;
        posts[shard].push_back(std::move(fn));
        return true;
    }
    bool runs(std::size_t) const noexcept override { return !has_ended; }
    bool is_here(std::size_t) const noexcept override { return false; }
    bool has_begun() const noexcept override { return true; }
    session_loop& loop(std::size_t shard) override { return *loops_[shard]; }
    // Time stands still for recoveries: none expires.
    std::int64_t time_of_day() const noexcept override { return 0; }
    std::int64_t steady_time() const noexcept override { return 0; }

    std::array<std::deque<std::function<void()>>, shards> posts{};
    bool has_ended = false;

private:
    std::array<session_loop*, shards> loops_;
};

class machine;

/// A WebSocket that takes what the fuzzer lets it.
class fake_transport final : public transport {
public:
    explicit fake_transport(machine& m) : m_(m) {}
    carrier shape() const noexcept override { return carrier::duplex; }
    std::string_view name() const noexcept override { return "fuzz"; }
    std::size_t pending_bytes() const noexcept override { return blocked ? 500 : 0; }
    void pause_reading(bool) override { require(session != nullptr); }
    void close(close_code, std::string_view) noexcept override { let_go(); }
    void abort() noexcept override { let_go(); }
    write_result write(std::span<frame* const> batch) override;

    session_base* session = nullptr;
    std::size_t shard = 0;
    bool blocked = false;

private:
    void let_go() {
        require(session != nullptr);
        session = nullptr;
    }
    machine& m_;
};

/// What is known of one socket, beside it.
struct record {
    bool is_connected = true;
    bool in_handler = false;
};

class machine {
public:
    machine(std::uint8_t const* data, std::size_t size);
    void run();

    unsigned next() { return at_ == end_ ? 0 : *at_++; }
    void note(std::string_view text);

private:
    bool coin() { return (next() & 1) != 0; }
    void add_app(sio::nsp const& to);
    template <class Fn>
    void hear(std::shared_ptr<record> const& r, Fn fn);
    void react(sio::socket& s, std::shared_ptr<record> const& r);
    void act_outside();
    template <class Fn>
    void outside(Fn fn);
    void listen(sio::socket& s, std::shared_ptr<record> const& r);
    void decide(sio::next const& go_on);

    void step();
    void open();
    void feed();
    void settle();
    std::string packet();
    std::string_view some_nsp();
    std::string some_room() { return std::string(1, static_cast<char>('a' + next() % 3)); }
    sio::nsp some_handle() {
        return coin() ? sio::nsp(io_->main()) : sio::nsp(io_->of(some_nsp()));
    }

    std::uint8_t const* at_;
    std::uint8_t const* end_;
    std::uint64_t random_ = 1;
    int came_ = 0;
    int went_ = 0;
    std::vector<sio::next> decisions_{};
    std::vector<sio::ack<int>> acks_{};
    std::vector<std::string> pids_{};
    std::vector<std::string> ids_{};

    session_limits limits_{};
    log_sink sink_{};
    std::array<session_loop, shards> loops_;
    handlers app_{};
    endpoint_counters counters_{};
    engineio_timing timing_{
        .ping_interval = 400, .ping_timeout = 300, .upgrade_timeout = 200, .close_wait = 100};
    std::shared_ptr<fake_shards> group_;
    std::shared_ptr<sio::io_core> io_{};
    std::vector<std::unique_ptr<fake_transport>> transports_{};
    std::array<std::unique_ptr<endpoint_core>, shards> endpoints_{};
};

}  // namespace anywire::test
