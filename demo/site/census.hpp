#pragma once

#include <anywire/endpoint.hpp>
#include <anywire/socketio.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace demo {

/// Sessions of one transport, as the server has them.
struct transport_view {
    std::size_t sessions = 0;
    std::size_t queued_bytes = 0;
};

/// What one mount has seen since the program started.
struct mount_view {
    std::string name{};
    std::uint64_t opened = 0;
    std::uint64_t open = 0;
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
};

/// Counts what handlers see, and asks the sessions now and then how they are.
///
/// Thread: any.
class census {
public:
    /// One mount's numbers; they outlive the server, which may be restarted.
    struct mount {
        std::string name{};
        std::string dialect{};
        std::atomic<std::uint64_t> opened{0};
        std::atomic<std::uint64_t> received{0};
        std::atomic<std::uint64_t> sent{0};
        std::atomic<std::uint64_t> closed{0};
    };

    /// The mount's numbers, made at the first call for that name.
    mount& at(std::string const& name, std::string const& dialect);

    void enter(mount& m, anywire::endpoint const& where, std::string_view id);
    void enter(mount& m, anywire::socketio::nsp const& where, std::string_view id);
    void leave(mount& m, std::string_view id);
    /// Every session is gone: the server was stopped.
    void clear();

    /// Asks every session for its transport and queue; what had come in since the last call is what
    /// `transports` shows from then on.
    void sample();

    std::map<std::string, transport_view> transports() const;
    std::vector<mount_view> mounts() const;
    std::size_t session_count() const;

private:
    struct resident {
        mount* at = nullptr;
        anywire::endpoint where{};
        std::shared_ptr<anywire::socketio::nsp const> nsp{};
    };
    using book = std::map<std::string, transport_view>;

    void note(std::string const& name, std::size_t queued);

    mutable std::mutex mutex_{};
    std::map<std::string, std::unique_ptr<mount>> mounts_{};
    std::unordered_map<std::string, resident> residents_{};
    book coming_{};
    book shown_{};
};

}  // namespace demo
