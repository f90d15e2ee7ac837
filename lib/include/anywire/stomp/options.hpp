#pragma once

#include <anywire/handlers.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace anywire::stomp {

/// What happens to a message for which its queue has no room.
enum class queue_overflow : std::uint8_t {
    refuse,       ///< It is not taken: the client that sends it gets an ERROR.
    drop_oldest,  ///< The oldest that waits goes, as a dead letter.
};

/// Why a message of a queue is a dead letter: nobody will get it.
enum class dead_letter_cause : std::uint8_t {
    expired,              ///< `queue_limits::ttl` has passed.
    delivered_too_often,  ///< `queue_limits::max_deliveries` were in vain.
    overflow,             ///< Its queue had no room, and drops the oldest.
};

/// Bounds of the queues, each by itself.
struct queue_limits {
    /// Messages that wait or are not acknowledged yet, and their bytes. Default 1024 and 1 MiB.
    std::size_t max_messages = 1024;
    std::size_t max_bytes = std::size_t{1} << 20;
    /// Bytes of all queues together. Default 256 MiB; what finds no room is refused.
    std::size_t max_all_bytes = std::size_t{256} << 20;
    /// Age, to the second, at which a message that waits is dropped, as a dead letter. Default 0,
    /// never.
    std::chrono::milliseconds ttl{0};
    /// Deliveries of one message after which a NACK makes it a dead letter. A client that goes
    /// never does. Default 5.
    unsigned max_deliveries = 5;
    /// Queues that there are at a time. Default 4096.
    std::size_t max_queues = 4096;
    /// How long a queue stays that is empty and has no subscriber. Default 60 s.
    std::chrono::milliseconds idle{60'000};
    queue_overflow overflow = queue_overflow::refuse;
};

/// How often each side says that it is there, and how long the client may not.
///
/// What a client asks for is granted, but for these bounds. Spec: STOMP 1.2, "Heart-beating".
struct heart_beat_options {
    /// Least time between two heart-beats to the client. Default 5 s; 0 sends none.
    std::chrono::milliseconds out_min{5'000};
    /// The same for those that a client promises. Default 5 s; 0 asks for none.
    std::chrono::milliseconds in_min{5'000};
    /// Intervals of silence after which a client is taken for dead. Default 3.
    unsigned tolerance = 3;
    /// Least silence after which it is: browsers slow the timers of hidden pages to one a minute,
    /// of which sockjs-client over HTTP needs two to send, while the dialect below has heart-beats
    /// of its own that find a dead connection sooner. Default 150 s; 0 holds clients to what they
    /// have promised, as those over TCP always are.
    std::chrono::milliseconds grace{150'000};
};

/// A STOMP server's options.
struct options {
    /// Where the broker's destinations begin: "/topic" has "/topic/x", and not "/topics".
    std::vector<std::string> prefixes{"/topic", "/queue"};
    /// Those of them that are queues: one subscriber gets each message, and what nobody takes
    /// waits. What is not a queue is a topic: all subscribers get each message, and nothing is
    /// kept. Empty: all are topics, as with Spring's simple broker.
    std::vector<std::string> queues{"/queue"};
    /// Where those of the application's handlers begin.
    std::string application = "/app";
    /// Where a client's own begin: what it subscribes to as "/user/queue/x" nobody else can name.
    std::string user = "/user";
    /// Where the value that a handler returns goes: this, and what follows `application` in the
    /// destination that it was sent to.
    std::string answers = "/topic";

    /// Lets clients subscribe to topics by a pattern of Ant's words ("/topic/*", "/topic/**"); with
    /// rules, only where `server::allow_subscribe` names that very pattern. Default off.
    bool patterns = false;
    /// What divides a destination for patterns: '/' or '.'. Default '/'.
    char separator = '/';

    /// Decides who may connect at all, before there is a session; see `handlers::authorize`. A
    /// `std::string` that it accepts with is the client's user, unless `on_connect` says another.
    handler<void(anywire::request const&, decision)> authorize{};

    /// From a session's open to CONNECTED; whoever takes longer gets an ERROR. Default 10 s.
    std::chrono::milliseconds connect_timeout{10'000};
    heart_beat_options heart_beat{};

    /// Longest frame, head and body, in bytes, however many messages it spreads over. A longer one
    /// ends the session. Default 64 KiB, and 16 KiB until a client is connected.
    std::size_t max_frame = std::size_t{64} * 1024;
    std::size_t max_frame_before_connect = std::size_t{16} * 1024;
    std::size_t max_headers = 64;  ///< Of a frame; more end the session.
    /// Longest header, in bytes as sent. Default 4 KiB; a frame may have 16 KiB of them in all.
    std::size_t max_header_line = 4096;

    std::size_t max_destination = 256;    ///< Bytes; a longer one is refused.
    std::size_t max_segments = 16;        ///< Of a destination; more are refused.
    std::size_t max_subscriptions = 128;  ///< Of a session; more are refused.
    /// Of a session to one destination, each of which gets every message of a topic; more are
    /// refused. Default 8.
    std::size_t max_same_subscriptions = 8;
    /// Transactions of a session that are open at a time, frames and bytes of one.
    std::size_t max_transactions = 8;
    std::size_t max_transaction_frames = 256;
    std::size_t max_transaction_bytes = std::size_t{256} * 1024;
    /// Messages of a queue that a subscription has not acknowledged; more wait. Default 64.
    std::size_t max_unacknowledged = 64;
    /// Receipts that wait, with those before them, for handlers that have not returned. Default
    /// 1024.
    std::size_t max_receipts = 1024;

    queue_limits queue{};

    /// What a subscriber whose transport carries text alone, as all of SockJS do, gets of a body
    /// that is not UTF-8: its base64, with the header "content-transfer-encoding:base64". Default
    /// off: it does not get the message, and `server::on_error` is told.
    bool base64_over_text = false;

    /// What CONNECTED says as `server`; empty: nothing.
    std::string server_name = "anywire";
};

}  // namespace anywire::stomp
