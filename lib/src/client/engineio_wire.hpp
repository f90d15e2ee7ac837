#pragma once

#include <anywire/client_failure.hpp>
#include <anywire/close_reason.hpp>
#include <anywire/session.hpp>

#include "engineio/client.hpp"
#include "engineio/packet.hpp"

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace anywire {

/// Packets that wait to be sent.
class engineio_outbox {
public:
    explicit engineio_outbox(engineio::revision r) noexcept : revision_(r) {}

    void push_message(message_view m, bool compress);
    /// One without data: "1", "2", "3".
    void push(std::string_view text) { add({std::string(text)}); }

    struct packet {
        std::string data{};  ///< As `engineio::outgoing`.
        bool binary = false;
        bool is_compressed = true;  ///< If the transport can.
    };
    std::deque<packet> const& packets() const noexcept { return packets_; }
    /// Takes the first off.
    packet pop();
    bool is_empty() const noexcept { return packets_.empty(); }
    /// Each charged 64 more.
    std::size_t bytes() const noexcept { return bytes_; }

private:
    void add(packet p);

    engineio::revision revision_;
    std::deque<packet> packets_{};
    std::size_t bytes_ = 0;
};

class engineio_wire;

/// Hears of a transport of Engine.IO. Never from within a call to it; it may be destroyed at each.
class engineio_wire_events {
public:
    /// It is there: for WebSockets, whose first packet is still to come.
    virtual void on_connected(engineio_wire& wire) = 0;
    virtual void on_packet(engineio_wire& wire, engineio::packet const& p) = 0;
    /// A sign of life that is not a packet.
    virtual void on_life(engineio_wire& wire) = 0;
    /// It takes packets again, and is through with those that it had.
    virtual void on_writable(engineio_wire& wire) = 0;
    /// The polling that was told to stop has come to rest.
    virtual void on_rest(engineio_wire& wire) = 0;
    /// The last call. `why` where no session was open, `how` where one was.
    virtual void on_lost(engineio_wire& wire,
                         client_failure const& why,
                         close_event const& how) = 0;

protected:
    ~engineio_wire_events() = default;
};

/// What carries packets of Engine.IO. Destroying it drops it at once.
class engineio_wire {
public:
    virtual ~engineio_wire() = default;

    virtual std::string_view name() const noexcept = 0;
    /// Takes from `box` what it can send now.
    virtual void write(engineio_outbox& box) = 0;
    /// Bytes that were taken and are not with the kernel, or not confirmed.
    virtual std::size_t unsent_bytes() const noexcept = 0;
    virtual void pause(bool is) = 0;
};

}  // namespace anywire
