#pragma once

#include <anywire/log.hpp>
#include <anywire/number_family.hpp>
#include <anywire/redis/error.hpp>
#include <anywire/redis/options.hpp>
#include <anywire/redis/reply.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire {
class client_context;
}

namespace anywire::redis {

/// Whether a connection works.
enum class state : std::uint8_t {
    connecting,  ///< Not yet. Commands wait.
    ready,       ///< Commands are sent, and what was subscribed to is so again.
    lost,        ///< It was ready and is not: commands wait, messages are missed.
    closed,      ///< By `connection::close`. Final.
};

/// A change of it.
struct state_change {
    redis::state now = state::connecting;
    std::string text{};  ///< One sentence: what was reached, or what went wrong.
};

/// How a connection fares, for metrics. Counts only grow.
struct health {
    redis::state state = state::connecting;
    std::size_t waiting_commands = 0;  ///< Not yet answered.
    std::size_t queued_bytes = 0;      ///< Of those, each charged 64 more.
    std::size_t channels = 0;          ///< Channels and patterns that are subscribed to.
    /// Of their names, and of each SUBSCRIBE and UNSUBSCRIBE that is not confirmed, each charged 64
    /// more.
    std::size_t channel_bytes = 0;
    std::uint64_t reconnects = 0;  ///< How often it has become ready again.
    std::uint64_t commands = 0;    ///< Sent, those that the connection needs itself included.
    std::uint64_t messages = 0;    ///< Of channels and streams, that have come.
    std::uint64_t dropped = 0;     ///< Commands that found no room, or got no answer.
    std::uint64_t errors = 0;      ///< Losses, attempts that failed, what was refused for good.
    std::string last_error{};      ///< One sentence; empty if there was none.
};

enum class channel_kind : std::uint8_t {
    plain,    ///< SUBSCRIBE and PUBLISH: reaches every node of a cluster.
    pattern,  ///< PSUBSCRIBE.
    sharded,  ///< SSUBSCRIBE and SPUBLISH (Redis 7): stays at the nodes of the channel's slot.
};

/// Something that ends when this goes: a channel that is subscribed to, a stream that is read, a
/// listener. Move-only. It may outlive its connection.
///
/// Thread: any. Destroyed where the connection runs, its handler is not called any more; on
///         another thread, a call that has begun may still be under way.
class subscription {
public:
    subscription() noexcept = default;
    explicit subscription(std::function<void()> end) noexcept : end_(std::move(end)) {}
    subscription(subscription&& other) noexcept : end_(std::exchange(other.end_, nullptr)) {}
    subscription& operator=(subscription&& other) noexcept {
        if (this != &other) {
            reset();
            end_ = std::exchange(other.end_, nullptr);
        }
        return *this;
    }
    ~subscription() { reset(); }

    void reset() noexcept {
        if (auto const end = std::exchange(end_, nullptr)) end();
    }
    explicit operator bool() const noexcept { return end_ != nullptr; }

private:
    std::function<void()> end_{};
};

/// From where a stream is read, and how.
struct stream_options {
    std::string key{};
    /// Entries after this id: "0" for all; "$" for those that are added from now on. Default "$",
    /// for which the stream's last id is asked once, so that nothing is missed in a reconnect.
    std::string from{"$"};
    /// Most entries of one answer. Default 100.
    std::uint32_t count = 100;
    /// How long the server holds a request that has no answer yet. Default 5 s.
    std::chrono::milliseconds block{5'000};
};

/// A client of one Redis server, of a master that sentinels name, or of a cluster. It connects at
/// once and comes back by itself, for ever. Commands and channels have sockets of their own.
///
/// A copy is the same connection; the last one to go ends it: no handler is called any more, but
/// commands that were asked for are still sent, and their answers waited for, for
/// `options::finish_timeout` at most. On a thread of its own this keeps the destructor until then;
/// on a context it goes on there, and ends with the context.
///
/// While there is no connection, commands wait, within `limits` and `options::command_timeout`.
/// A command that was sent when the connection was lost is not sent again: it is told
/// `errc::connection_lost`. Subscriptions are made again; messages of the meantime are lost, as
/// Redis keeps none. Publishing while disconnected waits, too.
///
/// Thread: any. Handlers are called where the connection runs, one at a time, never from within a
///         call to it. A handler that throws is logged, and nothing else happens.
class connection {
public:
    /// What is called with an answer, once. An error of the server is `errc::error_reply` together
    /// with the reply; other errors come with an empty one.
    using reply_handler = std::function<void(error_code, reply)>;
    using message_handler = std::function<void(channel_message const&)>;
    using entry_handler = std::function<void(stream_entry const&)>;

    /// Runs on a thread of its own.
    ///
    /// Throws: `std::invalid_argument` for a URL or an option that is not valid, and for files of
    ///         TLS that cannot be read, in one sentence.
    explicit connection(options with, log_sink log = {});
    /// Runs where `on` does, beside clients: on its thread, or on an executor of Asio that the
    /// context was made for (anywire/executors.hpp). `on` has to outlive it; its log is used.
    ///
    /// Throws: as the other.
    connection(client_context& on, options with);

    /// Sends one command: the name and its arguments, as they are, any bytes.
    ///
    /// In a cluster it goes to the master of its first key's slot, and follows MOVED and ASK. The
    /// first key is argument 1, or where XREAD, EVAL, XGROUP, XINFO, OBJECT and their like have it;
    /// a command without a key goes to any master. Commands to one server keep their order, unless
    /// they are redirected.
    ///
    /// Not for commands that change what a socket is: SUBSCRIBE and its like, MULTI, WATCH,
    /// MONITOR, SELECT, AUTH, RESET, QUIT, CLIENT REPLY, or that block. They are told
    /// `errc::unsupported`.
    ///
    /// Errors: through `done`, each as `errc` says. `done` may be empty.
    void command(std::vector<std::string> args, reply_handler done = {});
    /// Sends commands as one MULTI ... EXEC: no other client's come between. `done` gets the
    /// array of their answers, in which single ones may be errors; `errc::error_reply` where the
    /// server took none of them. In a cluster all keys have to be of one slot.
    void transaction(std::vector<std::vector<std::string>> commands, reply_handler done = {});

    /// PUBLISH. Its answer is the number of subscribers; of one node only in a cluster.
    void publish(std::string channel, std::string payload, reply_handler done = {});
    /// SPUBLISH, to the master of the channel's slot. Errors: `errc::unsupported` before Redis 7.
    void spublish(std::string channel, std::string payload, reply_handler done = {});

    /// Calls `on_message` for what is published to `channel`. Any number of subscribers share one
    /// SUBSCRIBE. `on_subscribed` is called once: without an error when it is in effect for the
    /// first time, which may take any number of reconnects; or with `errc::unsupported`,
    /// `errc::error_reply` (the user may not), `errc::queue_full` (`limits::max_channels`,
    /// `limits::max_channel_bytes`) or `errc::closed`, after which nothing comes.
    [[nodiscard]] subscription subscribe(std::string channel,
                                         message_handler on_message,
                                         std::function<void(error_code)> on_subscribed = {}) {
        return subscribe(channel_kind::plain,
                         std::move(channel),
                         std::move(on_message),
                         std::move(on_subscribed));
    }
    /// The same for all channels that fit a pattern (Redis' own: `*`, `?`, `[a-z]`, `\`).
    [[nodiscard]] subscription psubscribe(std::string pattern,
                                          message_handler on_message,
                                          std::function<void(error_code)> on_subscribed = {}) {
        return subscribe(channel_kind::pattern,
                         std::move(pattern),
                         std::move(on_message),
                         std::move(on_subscribed));
    }
    /// The same for a sharded channel, at the master of its slot. In a cluster it follows the slot.
    [[nodiscard]] subscription ssubscribe(std::string channel,
                                          message_handler on_message,
                                          std::function<void(error_code)> on_subscribed = {}) {
        return subscribe(channel_kind::sharded,
                         std::move(channel),
                         std::move(on_message),
                         std::move(on_subscribed));
    }
    [[nodiscard]] subscription subscribe(channel_kind kind,
                                         std::string channel,
                                         message_handler on_message,
                                         std::function<void(error_code)> on_subscribed);

    /// How many clients are subscribed to a channel: PUBSUB NUMSUB, summed over the masters of a
    /// cluster; or PUBSUB SHARDNUMSUB of the channel's master. Patterns are not counted.
    void count_subscribers(std::string channel,
                           channel_kind kind,
                           std::function<void(error_code, std::uint64_t)> done);

    /// Reads a stream as it grows (XREAD BLOCK), on a socket of its own, and goes on after the last
    /// entry that it has seen when the connection was lost. `on_reading` is called once: without an
    /// error when its place in the stream is known, so that every later entry will come; or with
    /// an error, as in `subscribe`, after which nothing comes.
    [[nodiscard]] subscription read_stream(stream_options what,
                                           entry_handler on_entry,
                                           std::function<void(error_code)> on_reading = {});

    /// Hears of every change from now on, and once of what is so now.
    [[nodiscard]] subscription watch(std::function<void(state_change const&)> on_change);
    state current_state() const noexcept;
    redis::health health() const;
    /// The same for the metrics of a service: `server.add_numbers(redis.numbers("main"))`. Each
    /// sample has a label "connection" with that name. It does not keep the connection.
    number_source numbers(std::string name) const;

    /// Runs `fn` where the handlers are called, soon, never at once; not after the end.
    void post(std::function<void()> fn);
    /// Calls `fn` there once, that much later, unless the result goes before. For what waits for an
    /// answer of others by way of Redis.
    [[nodiscard]] subscription after(std::chrono::milliseconds delay, std::function<void()> fn);
    /// Writes a line to the connection's log.
    void log(log_level level, std::string line);
    /// Whether the calling thread is where the handlers are called.
    bool is_here() const noexcept;

    /// Ends it for all copies. What waits is told `errc::closed`.
    void close();

private:
    class owner;
    std::shared_ptr<owner> owner_;
};

/// What is wrong with `o`, in one sentence; empty where nothing is.
[[nodiscard]] std::string check(options const& o);

}  // namespace anywire::redis
