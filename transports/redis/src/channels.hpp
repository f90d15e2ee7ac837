#pragma once

#include "channel_line.hpp"
#include "core/keyed_hash.hpp"
#include "servers.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace anywire::redis {

/// Who hears of a channel.
struct subscriber {
    connection::message_handler on_message{};
    std::function<void(error_code)> on_subscribed{};  ///< Empty once it was called.
    std::atomic<bool> is_gone{false};                 ///< Set on any thread.
};

/// All channels that are subscribed to, and at which server each is.
///
/// Thread: the host's.
class channels final : private channel_line::events {
public:
    class events {
    public:
        /// Subscriptions that were in effect are so no more, or are so again.
        virtual void on_channels_changed(failure const* why) = 0;
        virtual void on_place_wrong(std::string_view error, dial_target const& by) = 0;
        virtual void call(subscriber& to, channel_message const& m) = 0;
        virtual void tell(subscriber& to, error_code ec) = 0;

    protected:
        ~events() = default;
    };

    channels(io_host& host,
             std::shared_ptr<settings const> how,
             std::shared_ptr<tallies> counts,
             servers const& where,
             events& to);

    /// `space` is kept for as long as the channel is there.
    void add(channel_kind kind,
             std::string const& name,
             std::shared_ptr<subscriber> who,
             room space);
    void remove(channel_kind kind, std::string_view name, subscriber const& who);
    /// Slots have other masters.
    void relocate();
    void close();
    /// Whether every subscription that was in effect is, without a doubt.
    bool is_whole() const noexcept;
    /// Sees whether its servers live.
    void doubt();

private:
    struct channel {
        std::string name{};
        channel_kind kind{};
        std::vector<std::shared_ptr<subscriber>> all{};
        channel_line* line = nullptr;  // where it was asked for, or will be
        std::uint64_t number = 0;      // of the SUBSCRIBE that counts
        bool is_active = false;
        bool is_missing = false;  // it was active
        room space{};
    };
    using table = named_set<channel>;

    void on_channels_up(channel_line& l) override;
    void on_channels_alive() override;
    void on_channels_down(channel_line& l, failure const& why, bool was_up) override;
    void on_subscribed(channel_kind kind,
                       std::string_view name,
                       std::uint64_t number,
                       reply const* error) override;
    void on_unsubscribed(channel_kind kind, std::string_view name) override;
    void on_message(channel_kind kind, std::string_view name, channel_message const& m) override;

    table& of(channel_kind kind) noexcept { return tables_[static_cast<std::size_t>(kind)]; }
    template <class Visit>
    void for_each(Visit visit);
    channel_line* line_for(channel const& c);
    void place(channel& c);
    void ask(channel& c);
    void set_missing(channel& c, bool is);
    void on_active(channel& c);
    void refuse(channel& c, reply const& error);
    void forget(channel& c);
    void count();
    void place_unplaced();

    io_host& host_;
    std::shared_ptr<settings const> how_;
    std::shared_ptr<tallies> counts_;
    servers const& servers_;
    channels::events& to_;
    std::array<table, 3> tables_;
    std::map<std::string, std::unique_ptr<channel_line>, std::less<>> lines_{};  // by address
    std::optional<dial_target> home_{};  // of a cluster: for channels without a slot
    std::uint64_t asked_ = 0;
    std::size_t missing_ = 0;
    client_deadline retry_;
};

}  // namespace anywire::redis
