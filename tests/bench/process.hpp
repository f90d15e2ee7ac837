#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace bench {

/// Pins this process to the first core and what it starts to the others, where there are two.
class cores {
public:
    /// False where there is only one, which the server needs, too.
    static bool pin_generator();
    static void pin_server();
};

/// A server in a process of its own; it ends with this object.
class process {
public:
    /// Starts `command` and waits for the line in which it says where it listens: the first that
    /// ends in ":<port>", perhaps with a "/" after it.
    ///
    /// Throws: `std::runtime_error` when it cannot be started or says nothing within ten seconds.
    explicit process(std::vector<std::string> const& command, bool collects_garbage = false);
    ~process();
    process(process&& other) noexcept;
    process& operator=(process&&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    bool is_running() const noexcept;

    /// User and system time of all its threads, and of processes that it has started and that run
    /// still, as the kernel's scheduler counts it.
    std::chrono::nanoseconds cpu_time() const;
    /// Asks a server that collects garbage to do so now.
    void collect_garbage() const;
    /// Physical memory that is its own, or that of processes it has started, and not a file's.
    std::uint64_t resident_bytes() const;
    /// The most of that since `forget_peak`.
    std::uint64_t peak_bytes() const;
    void forget_peak();
    /// All its threads wait for something.
    bool is_asleep() const;

private:
    void read_port();

    std::uint64_t status_bytes(char const* field) const;

    pid_t pid_ = -1;
    int output_ = -1;
    std::uint64_t file_bytes_ = 0;
    std::uint16_t port_ = 0;
    bool collects_garbage_ = false;
};

/// Raises the limit of open descriptors as far as allowed; returns what it is then.
std::uint64_t raise_descriptor_limit();

/// The folder of this program, with a "/" at its end.
std::string program_folder();

}  // namespace bench
