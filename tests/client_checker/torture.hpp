// Numbers in both directions, through networks that break, against servers of others.
#pragma once

#include <anywire/client_context.hpp>
#include <anywire/client_options.hpp>
#include <anywire/fault_proxy.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace torture {

/// The command line.
struct plan {
    std::string url{};
    bool is_socketio = false;
    anywire::client_options client{};
    unsigned clients = 10;
    unsigned sessions = 3;                     ///< Complete ones of each client, without faults.
    unsigned numbers = 300;                    ///< Each way in one session.
    std::chrono::milliseconds faults{0};       ///< How long they last, before those sessions.
    std::size_t recoveries = 0;                ///< And until so many sessions were recovered.
    std::chrono::milliseconds drop_every{0};   ///< And lets it be for as long.
    anywire::testing::fault_settings fault{};  ///< What goes wrong meanwhile.
};

/// What all clients have seen together.
///
/// Thread: any.
class tally {
public:
    explicit tally(unsigned clients) : working_(clients) {}

    void add(std::size_t tally::*what, std::size_t n = 1) {
        std::scoped_lock const lock(mutex_);
        this->*what += n;
        changed_.notify_all();
    }
    void say_wrong(std::string text) {
        std::scoped_lock const lock(mutex_);
        if (wrong_.size() < 20) wrong_.push_back(std::move(text));
        changed_.notify_all();
    }
    void note_failure(std::string text) {
        std::scoped_lock const lock(mutex_);
        ++failures;
        last_failure_ = std::move(text);
    }
    /// A client has done all that it shall.
    void finish() {
        std::scoped_lock const lock(mutex_);
        --working_;
        changed_.notify_all();
    }
    /// Waits for all of them, or for something that is wrong, or for `longest`.
    void wait(std::chrono::seconds longest) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, longest, [&] { return working_ == 0 || !wrong_.empty(); }))
            wrong_.push_back(std::to_string(working_) + " clients are not done");
    }
    /// Waits until `what` is `n`, or for something that is wrong, or for `longest`.
    void wait_for(std::size_t tally::*what, std::size_t n, std::chrono::seconds longest) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, longest, [&] { return this->*what >= n || !wrong_.empty(); });
    }
    /// Prints all of it; whether nothing is wrong.
    bool print() const;

    std::size_t complete = 0;   ///< Sessions with all their numbers.
    std::size_t cut_short = 0;  ///< Sessions that ended before.
    std::size_t upgrades = 0;
    std::size_t numbers = 0;
    std::size_t failures = 0;
    std::size_t recoveries = 0;

private:
    mutable std::mutex mutex_{};
    std::condition_variable changed_{};
    unsigned working_;
    std::vector<std::string> wrong_{};
    std::string last_failure_{};
};

/// Runs the plan's clients, first through the faults, to the end.
void run_numbers(plan const& p, anywire::testing::fault_proxy* proxy, tally& all);
void run_socketio(plan const& p, anywire::testing::fault_proxy* proxy, tally& all);
/// Has the plan's faults happen for as long as it says.
void break_things(plan const& p, anywire::testing::fault_proxy* proxy, tally& all);

constexpr std::chrono::seconds patience{100};

}  // namespace torture
