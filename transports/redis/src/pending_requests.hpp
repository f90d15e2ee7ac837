#pragma once

#include <anywire/socketio/adapter.hpp>

#include "asked_servers.hpp"
#include "core/keyed_hash.hpp"
#include "port.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::redis {

/// What has been gathered of the answers to one question.
struct gathered {
    error_code error{};
    std::vector<socketio::remote_socket> sockets{};
    std::vector<std::string> names{};
    std::vector<socketio::encoded> values{};  ///< Each as `[value]`.
    std::size_t count = 0;
};

/// One question to all servers, until each has answered, or the time is over.
///
/// It is complete when the number of servers is known and as many have answered, this one counted
/// if it answers, and every client that they have asked. Where servers have names, those who were
/// asked are waited for, and nobody who goes.
///
/// Thread: any.
class pending_request {
public:
    /// `done` is called once, by whoever completes it, and not from within a lock.
    using done_fn = std::function<void(gathered)>;

    pending_request(std::size_t max_bytes, done_fn done)
        : max_bytes_(max_bytes), done_(std::move(done)) {}
    pending_request(pending_request const&) = delete;
    pending_request& operator=(pending_request const&) = delete;

    /// Servers have names; `needs_all`: the loss of one that was asked is an error.
    void use_names(bool needs_all);
    /// So many servers will answer; where they have names, so many of this process without one.
    void expect_servers(std::size_t n);
    /// And these others.
    void expect_servers(std::size_t n, std::vector<std::string> others);
    /// A server's answer: `add` puts it among what was gathered. `bytes` is its size, `from` is
    /// empty for this server.
    void take_server(std::string_view from,
                     std::size_t bytes,
                     std::function<void(gathered&)> const& add);
    /// A server has asked so many clients,
    void take_clients(std::string_view from, std::size_t n);
    /// and one of them has answered,
    void take_answer(std::string_view from, socketio::encoded answer);
    /// or will not: one of this server's.
    void lose_answer(error_code why);
    /// A server has gone.
    void lose_server(std::string_view which);
    /// What has been gathered will not be all.
    void note(error_code why);
    /// It is complete as it is.
    void finish(error_code why);
    bool is_done() const;

    /// Its time; ends with it.
    subscription timer{};

private:
    /// Gives out what `done_` is to be called with, if it is complete.
    std::function<void()> complete();
    std::function<void()> take_done(error_code why);
    void charge(std::size_t bytes);
    /// The servers by name, where `from` is one of them: its entry is charged. Else null.
    asked_servers* named(std::string_view from);
    /// Calls `change` unless it is complete already, and `done_` if it is then.
    template <class Function>
    void change(Function const& change);

    mutable std::mutex mutex_{};
    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    std::optional<asked_servers> by_name_{};
    bool needs_all_ = false;
    std::optional<std::size_t> servers_{};
    std::size_t answered_ = 0;
    std::size_t clients_ = 0;         // asked
    std::size_t client_answers_ = 0;  // of those who have answered, or will not
    gathered all_{};
    done_fn done_;
};

/// The channel that one server alone hears, below that of all: "socket.io#/#UID#".
[[nodiscard]] std::string own_channel(std::string_view all, std::string_view uid);
/// The server whose own channel that is; empty where it is none.
[[nodiscard]] std::string_view server_of(std::string_view channel, std::string_view all) noexcept;

/// Has a question wait for the servers that are below the channel `all`, but for `self`, which
/// gives so many answers of its own. Requires: `at.sees_servers()`.
void expect_servers_below(port& at,
                          std::string const& all,
                          std::string const& self,
                          std::shared_ptr<pending_request> const& which,
                          std::size_t own);

/// The questions of one adapter that wait.
///
/// Thread: any.
class pending_requests {
public:
    pending_requests(std::shared_ptr<port> at, std::size_t most);
    pending_requests(pending_requests const&) = delete;
    pending_requests& operator=(pending_requests const&) = delete;

    using request_ptr = std::shared_ptr<pending_request>;

    /// Keeps a question until it is done, or `longest` is over: that is `errc::ack_timeout`, told
    /// to `on_timeout` as well. False if there are too many, or there will be none any more.
    bool add(std::string const& id,
             request_ptr const& which,
             std::chrono::milliseconds longest,
             std::function<void()> on_timeout);
    request_ptr find(std::string_view id) const;
    void remove(std::string_view id);
    /// A server has gone: none waits for it.
    void lose_server(std::string_view which);
    /// Ends all, and takes no more.
    void close(error_code why);
    std::size_t size() const;

private:
    std::vector<request_ptr> list() const;

    std::shared_ptr<port> port_;
    std::size_t most_;
    mutable std::mutex mutex_{};
    bool is_closed_ = false;
    keyed_map<request_ptr> all_;
};

}  // namespace anywire::redis
