#pragma once

#include <anywire/redis/connection.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace anywire::redis {

/// What is counted about one connection. Thread: any.
class tallies {
public:
    explicit tallies(limits const& l) noexcept : limits_(l) {}

    /// Room for one command of so many bytes: false where there is none.
    bool take_room(std::size_t bytes) noexcept {
        auto const fits = commands_.fetch_add(1) < limits_.max_waiting_commands;
        auto const before = bytes_.fetch_add(bytes);
        // An empty queue takes any one command that is allowed.
        if (fits && (before == 0 || before + bytes <= limits_.max_waiting_bytes)) return true;
        give_room(bytes);
        dropped.fetch_add(1);
        return false;
    }
    bool has_commands() const noexcept { return commands_.load() != 0; }
    void give_room(std::size_t bytes) noexcept {
        commands_.fetch_sub(1);
        bytes_.fetch_sub(bytes);
    }
    /// Room for so many bytes of a channel: false where there is none.
    bool take_channel_room(std::size_t bytes) noexcept {
        if (channel_bytes_.fetch_add(bytes) + bytes <= limits_.max_channel_bytes) return true;
        give_channel_room(bytes);
        return false;
    }
    /// The same for what follows from those that have found room.
    void charge_channel(std::size_t bytes) noexcept { channel_bytes_.fetch_add(bytes); }
    void give_channel_room(std::size_t bytes) noexcept { channel_bytes_.fetch_sub(bytes); }
    void note_error(std::string text) {
        errors_.fetch_add(1);
        std::scoped_lock const lock(mutex_);
        last_error_ = std::move(text);
    }
    redis::health health() const {
        redis::health out{.state = state.load(),
                          .waiting_commands = commands_.load(),
                          .queued_bytes = bytes_.load(),
                          .channels = channels.load(),
                          .channel_bytes = channel_bytes_.load(),
                          .reconnects = reconnects.load(),
                          .commands = sent.load(),
                          .messages = messages.load(),
                          .dropped = dropped.load(),
                          .errors = errors_.load()};
        std::scoped_lock const lock(mutex_);
        out.last_error = last_error_;
        return out;
    }

    std::atomic<redis::state> state{redis::state::connecting};
    std::atomic<std::size_t> channels{0};
    std::atomic<std::uint64_t> reconnects{0};
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint64_t> messages{0};
    std::atomic<std::uint64_t> dropped{0};

private:
    redis::limits const limits_;
    std::atomic<std::size_t> commands_{0};
    std::atomic<std::size_t> bytes_{0};
    std::atomic<std::size_t> channel_bytes_{0};
    std::atomic<std::uint64_t> errors_{0};
    mutable std::mutex mutex_{};
    std::string last_error_{};
};

/// The room that a command or a channel takes, until it goes. Move-only.
class room {
public:
    using give_fn = void (tallies::*)(std::size_t) noexcept;

    room() noexcept = default;
    room(std::shared_ptr<tallies> of, std::size_t bytes, give_fn give) noexcept
        : of_(std::move(of)), bytes_(bytes), give_(give) {}
    room(room&&) noexcept = default;
    room& operator=(room&& other) noexcept {
        std::swap(of_, other.of_);
        std::swap(bytes_, other.bytes_);
        std::swap(give_, other.give_);
        return *this;
    }
    ~room() {
        if (of_) (of_.get()->*give_)(bytes_);
    }

private:
    std::shared_ptr<tallies> of_{};
    std::size_t bytes_ = 0;
    give_fn give_ = nullptr;
};

/// What a channel of that name is charged: for being there, and for each word about it that waits.
[[nodiscard]] inline std::size_t channel_charge(std::string_view name) noexcept {
    return name.size() + 64;
}

}  // namespace anywire::redis
