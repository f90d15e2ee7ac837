#pragma once

#include <anywire/error.hpp>
#include <anywire/stomp/server.hpp>

#include "heart_beat.hpp"
#include "published.hpp"
#include "session/shard_group.hpp"
#include "stomp/frame.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire::stomp {

/// Why a client has lost the broker, or did not get to it.
struct relay_loss {
    std::string text{};  ///< For the client.
    std::optional<std::string> receipt{};
};

/// One client's connection to the broker behind a relay.
///
/// Thread: the client's shard's. Destroying it ends the connection when what was forwarded is out;
/// not from within its events.
class relay_link {
public:
    /// What the layer hears of it.
    class events {
    public:
        /// The broker has let it in, and will beat and listen as it says.
        virtual void on_relay_up(version v, heart_beat const& granted) = 0;
        /// A MESSAGE or a RECEIPT. False: not now; the same frame comes again after `resume`, and
        /// no other before it.
        virtual bool on_relay_frame(frame_view const& f) = 0;
        /// It is full no more.
        virtual void on_relay_room() = 0;
        /// The last call.
        virtual void on_relay_down(relay_loss const& why) = 0;

    protected:
        ~events() = default;
    };

    virtual ~relay_link() = default;
    /// Sends a client's frame to the broker, once it is up. False where its destination cannot be
    /// said there.
    virtual bool forward(frame_view const& f) = 0;
    /// Whether the broker does not keep up: its client shall say no more.
    virtual bool is_full() const noexcept = 0;
    /// Goes on with the frame that was not taken.
    virtual void resume() = 0;
};

/// What a client connects to the broker with.
struct relay_request {
    std::string versions{};  ///< As `accept-version` lists them.
    heart_beat asked{};
};

/// A broker elsewhere, in the place of that in memory.
class broker_relay {
public:
    virtual ~broker_relay() = default;

    /// Throws: `std::logic_error` for shards without sockets, or of another service than before.
    virtual void attach(std::shared_ptr<shard_group> shards, options const& of) = 0;
    /// No shard runs any more. Links may live on, and do nothing.
    virtual void on_shards_gone() noexcept = 0;
    /// Begins to connect; on that shard.
    virtual std::unique_ptr<relay_link> open(std::size_t shard,
                                             relay_request what,
                                             relay_link::events& to) = 0;
    /// What the application sends. Thread: any.
    ///
    /// Errors: `errc::send_queue_full`, `errc::session_closed` where the shards go,
    ///         `errc::bad_arguments` for a destination that cannot be said to the broker.
    virtual result<void> send(published_ptr p) = 0;
    /// Thread: any.
    virtual relay_numbers numbers() const noexcept = 0;
};

}  // namespace anywire::stomp
