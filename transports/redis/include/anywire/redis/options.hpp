#pragma once

#include <anywire/client_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace anywire::redis {

/// The bounds on what waits here, and on what a server may make us hold. Sizes are bytes.
struct limits {
    /// Most commands that wait to be sent or to be answered, over all servers. Default 65 536.
    /// Beyond: `errc::queue_full`.
    std::size_t max_waiting_commands = 65'536;
    /// Most bytes of commands that wait to be sent or to be answered, each charged 64 more. Default
    /// 64 MiB. Beyond: `errc::queue_full`.
    std::size_t max_waiting_bytes = 64u << 20;
    /// Longest single command, all arguments together. Default 16 MiB.
    std::size_t max_command = 16u << 20;
    /// Longest string in an answer, which a message of a channel is, too. Default 16 MiB.
    std::size_t max_string = 16u << 20;
    /// Longest answer with all its parts, each element charged 64 more. Default 64 MiB.
    std::size_t max_reply = 64u << 20;
    /// Most elements of one array in an answer. Default 1 048 576.
    std::size_t max_elements = 1u << 20;
    /// How deep arrays may lie in arrays. Default and maximum 7, which is all that commands of
    /// Redis 7 need.
    unsigned max_nesting = 7;
    /// Most channels, patterns and sharded channels together that may be subscribed to. Default
    /// 1 048 576.
    std::size_t max_channels = 1u << 20;
    /// Most bytes of names: of what is subscribed to, and of each SUBSCRIBE and UNSUBSCRIBE that is
    /// not confirmed, each charged 64 more. Default 128 MiB. Beyond, a new channel is told
    /// `errc::queue_full`; what follows from those that are there (the end of one, all of them anew
    /// after a reconnect) adds its own bytes at most.
    std::size_t max_channel_bytes = 128u << 20;
};

/// How the master is found where sentinels watch over it.
struct sentinel_options {
    /// Sentinels, "host:port" each, port 26379 where it is left out. Empty: no sentinel is asked.
    std::vector<std::string> addresses{};
    /// What the sentinels call the master: "mymaster".
    std::string master{"mymaster"};
    /// What the sentinels themselves ask for; the servers' own are in `options`.
    std::string user{};
    std::string password{};
    /// Whether the sentinels are spoken to over TLS, as `options::tls` says. Default off.
    bool secure = false;
};

/// What a connection connects to, and how.
struct options {
    /// "redis://[user:password@]host[:port][/database]", "rediss://..." for TLS, or
    /// "unix:///path/of/socket[?db=N]", also as "unix://user:password@/path". User and password
    /// are percent-encoded. Default port 6379. With sentinels its host and port are not used; with
    /// a cluster they are one more node to begin with, unless `url` is empty.
    std::string url{"redis://127.0.0.1:6379"};

    /// The ACL user, the password and the database, in place of those of the URL where they are
    /// not empty, and not negative.
    std::string user{};
    std::string password{};
    int database = -1;

    /// How the server's certificate is checked, and what is shown of our own; for `rediss`. Every
    /// node of a cluster and every master has to have a certificate for its address as the cluster
    /// or the sentinel announces it, or for `tls.server_name`.
    client_tls_options tls{};

    sentinel_options sentinel{};
    /// Nodes of a cluster, "host:port" each, of which one has to answer; the others are learnt
    /// from it. Not empty: the servers are a cluster. Not together with sentinels.
    std::vector<std::string> cluster{};

    /// What the servers call this client in CLIENT LIST. Default "anywire"; empty sets none.
    std::string client_name{"anywire"};

    /// How long it may take to connect, TLS and sign-in included. Default 5 s.
    std::chrono::milliseconds connect_timeout{5'000};
    /// How long a command may wait for its answer, the time without a connection included. Default
    /// 10 s; 0 is for ever. When a command that was sent is not answered, its connection is
    /// dropped, as what follows is not either.
    std::chrono::milliseconds command_timeout{10'000};
    /// How long the end of the last copy of a connection waits for what was asked of it and has no
    /// answer yet: what a server stores and publishes while it stops. Default 1 s; 0 is not at all.
    std::chrono::milliseconds finish_timeout{1'000};
    /// Silence after which a connection is asked whether it is alive (PING), and again the same
    /// time for its answer, after which it is dropped. Default 5 s.
    std::chrono::milliseconds ping_interval{5'000};
    /// Delays between attempts to connect. Default 250 ms, doubled up to 5 s, half of it by chance.
    /// `enabled` and `attempts` have no meaning here: it never gives up.
    reconnect_options reconnect{.delay = std::chrono::milliseconds{250}};

    redis::limits limits{};
};

}  // namespace anywire::redis
