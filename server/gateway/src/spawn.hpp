#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace anywire::gateway {

/// A descriptor with an owner.
class owned_descriptor {
public:
    owned_descriptor() noexcept = default;
    explicit owned_descriptor(int descriptor) noexcept : descriptor_(descriptor) {}
    owned_descriptor(owned_descriptor&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)) {}
    owned_descriptor& operator=(owned_descriptor&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~owned_descriptor() { reset(); }

    int get() const noexcept { return descriptor_; }
    int release() noexcept { return std::exchange(descriptor_, -1); }
    void reset() noexcept;

private:
    int descriptor_ = -1;
};

/// A process that runs, and our ends of its pipes, which do not block.
struct spawned_process {
    pid_t id = -1;
    owned_descriptor input{};   ///< To write to.
    owned_descriptor output{};  ///< To read from.
    owned_descriptor errors{};  ///< The same.
};

/// Why a process did not begin.
struct spawn_failure {
    int error = 0;
    /// The system has no room for another one now, or for its pipes.
    bool is_overload() const noexcept;
};

/// Starts a program in a process group of its own, with three pipes and no other descriptor of
/// ours, with the signals as a login shell has them. `command[0]` is looked for in PATH where it
/// has no '/'; a relative one is seen from `folder`.
///
/// Cost: waits until the program is loaded.
/// Errors: nothing, and why.
[[nodiscard]] std::optional<spawned_process> spawn(std::vector<std::string> const& command,
                                                   std::vector<std::string> const& environment,
                                                   std::string const& folder,
                                                   spawn_failure& why);

/// What has to be so in a process that starts others: a write to a pipe that nobody reads is no
/// signal, children wait for us to see their end, and no pipe becomes descriptor 0, 1 or 2. Changes
/// only what nobody has set.
void prepare_to_spawn() noexcept;

}  // namespace anywire::gateway
