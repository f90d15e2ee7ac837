#pragma once

#include "settings.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

namespace anywire::cli {

/// What has become of the client, which runs on a thread of its own, for the thread that reads the
/// input.
///
/// Thread: any; the waiting functions the main one.
class outcome {
public:
    outcome();
    outcome(outcome const&) = delete;
    outcome& operator=(outcome const&) = delete;
    ~outcome();

    void set_open();
    /// What was refused for want of room may be sent again.
    void set_room();
    /// All is done that was asked for: the first call counts.
    void set(exit_code code);
    /// The client has ended for good.
    void set_ended();

    bool is_set() const;
    /// What was set, or `otherwise`.
    exit_code code(exit_code otherwise) const;

    /// True when the client is open, or was; false when it ended before, or the time was over.
    /// `seconds` of 0 are for ever, here and below.
    bool wait_open(double seconds);
    /// Waits until there is room, from `await_room` on; false when something else was set.
    void await_room();
    bool wait_room();
    /// Waits until something is set; sets `otherwise` when the time is over.
    void wait(double seconds, exit_code otherwise);
    void wait_ended();

    /// The next line of the input; false at its end, and when something was set meanwhile.
    bool read_line(std::string& line);

private:
    void wake();
    /// The first whole line of `input_`, if there is one.
    bool take_line(std::string& line);
    /// Waits for more input; false where something was set meanwhile.
    bool read_input();

    mutable std::mutex guard_{};
    std::condition_variable changed_{};
    std::optional<exit_code> code_{};
    bool was_open_ = false;
    bool has_ended_ = false;
    bool has_room_ = true;
    int wake_ = -1;
    std::string input_{};
    bool input_ended_ = false;
};

}  // namespace anywire::cli
