#pragma once

#include "../process.hpp"
#include "innocent.hpp"
#include "shape.hpp"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench::costs {

/// How much of a shape, and what it may take.
struct amount {
    std::size_t bytes = 950'000;  ///< Below the longest body, so that one POST can hold it.
    std::size_t requests = 4'000;
    std::chrono::milliseconds limit{20'000};
    bool measures = true;  ///< Otherwise it is enough that the row runs: figures are rough.
};

/// What one row was seen to cost.
struct figures {
    double cpu_ms = 0;
    double stall_ms = 0;
    std::uint64_t bytes = 0;
    std::uint64_t requests = 0;
    double peak_mib = 0;  ///< Resident memory above that before, at its highest.
    double kept_mib = 0;  ///< The same when the attacker has gone and its sessions have ended.
    std::size_t sessions = 0;
    std::string note{};     ///< What else was seen, for readers.
    std::string problem{};  ///< Why the row is none: the server died, the innocent was lost.

    double ms_per_mb() const { return bytes == 0 ? 0 : cpu_ms * 1e6 / static_cast<double>(bytes); }
    double us_per_request() const {
        return requests == 0 ? 0 : cpu_ms * 1e3 / static_cast<double>(requests);
    }
};

/// The server is busy beyond the row's limit.
struct out_of_time : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One shape let loose on a server of its own, with an innocent client beside it.
class intrusion {
public:
    intrusion(event_loop& loop, std::vector<std::string> const& command, amount const& a);

    /// Does it and says what it cost.
    figures run(shape const& s, door d);

    // -- for scripts

    std::size_t bytes() const noexcept { return amount_.bytes; }
    std::size_t requests() const noexcept { return amount_.requests; }

    /// A visitor whose session is open.
    ///
    /// Throws: `std::runtime_error` when the server refuses it.
    visitor& enter(door d, habit h = habit::reads);
    /// What comes from here on is counted; opening the doors is not.
    void start();
    /// Waits until all that was sent is answered.
    void wait_for(visitor& v);
    template <class Done>
    void turn_until(Done done) {
        while (!done()) turn();
    }
    /// Waits until the server has surely read what was sent: it has served the innocent since.
    void let_it_read();
    /// Sends units that were packed, and waits for it.
    void deliver(visitor& v,
                 door d,
                 std::string_view units,
                 std::string_view content_type = visitor::text_plain);
    /// Takes a visitor's connections down and forgets it.
    void leave(visitor& v);

private:
    void perform(shape const& s, door d);
    void connect_often(shape const& s, door d);
    static void say_once(visitor& v, shape const& s, door d, std::size_t i);
    void make_requests(shape const& s);
    void add(visitor const& v);
    void turn();
    void settle();
    void measure();
    void watch_memory();
    void note(std::string const& text);

    event_loop& loop_;
    amount amount_;
    process server_;
    innocent innocent_;
    std::vector<std::unique_ptr<visitor>> visitors_{};
    figures seen_{};
    time_point started_{};
    time_point looked_{};
    std::chrono::nanoseconds cpu_before_{};
    std::chrono::nanoseconds echo_cpu_{};
    std::uint64_t resident_before_ = 0;
    unsigned echoes_before_ = 0;
    bool is_started_ = false;
};

}  // namespace bench::costs
