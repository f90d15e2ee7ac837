#pragma once

#include <anywire/redis/connection.hpp>

#include "kept_link.hpp"
#include "tallies.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire::redis {

/// The socket for the channels at one server: asks for them, and reads what is published.
///
/// Thread: the host's. It may be destroyed in `on_channels_up` and `on_channels_down`.
class channel_line final : private kept_link::events {
public:
    class events {
    public:
        /// It is reached, and nothing is subscribed to on it.
        virtual void on_channels_up(channel_line& l) = 0;
        /// It was in doubt, and lives.
        virtual void on_channels_alive() = 0;
        virtual void on_channels_down(channel_line& l, failure const& why, bool was_up) = 0;
        /// The answer to the `subscribe` of that number; null where it is in effect.
        virtual void on_subscribed(channel_kind kind,
                                   std::string_view name,
                                   std::uint64_t number,
                                   reply const* error) = 0;
        /// The server has ended a subscription: the slot has moved.
        virtual void on_unsubscribed(channel_kind kind, std::string_view name) = 0;
        virtual void on_message(channel_kind kind,
                                std::string_view name,
                                channel_message const& m) = 0;

    protected:
        ~events() = default;
    };

    /// `fixed` as in `kept_link`.
    channel_line(io_host& host,
                 std::shared_ptr<settings const> how,
                 std::shared_ptr<tallies> counts,
                 std::optional<dial_target> fixed,
                 events& to);

    void start() { link_.start(); }
    bool is_up() const noexcept { return link_.is_up(); }
    /// As `kept_link`.
    void doubt() { link_.doubt(); }
    bool is_doubted() const noexcept { return link_.is_doubted(); }
    dial_target const& place() const noexcept { return link_.place(); }

    /// Requires: it is up.
    void subscribe(channel_kind kind, std::string const& name, std::uint64_t number);
    void unsubscribe(channel_kind kind, std::string const& name);

private:
    enum class word : std::uint8_t { subscribe, unsubscribe, ping };
    /// What was asked for. Answers come in the order of that.
    struct asked {
        word what{};
        channel_kind kind{};
        std::string name{};
        std::uint64_t number = 0;
        room space{};
    };

    void on_up() override;
    void on_reply(reply&& r) override;
    void on_silent() override;
    void on_down(failure const& why, bool was_up) override;

    void on_error(reply const& r);
    void on_alive();
    void on_confirmed(channel_kind kind, bool is_end, std::string_view name);
    void ask(asked what);

    std::shared_ptr<tallies> counts_;
    channel_line::events& to_;
    std::deque<asked> asked_{};
    kept_link link_;
};

}  // namespace anywire::redis
