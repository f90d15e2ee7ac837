#pragma once

#include "byte_stream.hpp"
#include "connection.hpp"
#include "http_request.hpp"
#include "io_host.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace anywire {

class http_connection;

/// A request body that is still on its way; destroyed with its request.
class body_watch {
public:
    virtual ~body_watch() = default;
    /// The body is whole. Without this call it broke off.
    virtual void done() noexcept = 0;
};

/// What becomes of a request whose head has come and whose body has not.
struct body_terms {
    std::size_t most = 0;  ///< Bytes; a longer body is refused with 413.
    /// Another status than 0 refuses the request at once, with `text`.
    unsigned status = 0;
    std::string_view text{};
    std::unique_ptr<body_watch> watch{};
};

/// The bounds of HTTP connections.
struct http_settings {
    http::request_limits request{};  ///< Its body: the longest that anything takes.
    tick tls_handshake = 0;
    tick request_head = 0;
    tick request_body = 0;
    tick keep_alive = 0;
};

/// Who answers the requests of the HTTP connections of one shard.
///
/// Thread: the shard's.
class http_handler {
public:
    virtual http_settings const& settings() const noexcept = 0;
    /// A request is whole: to be answered now or later, exactly once, by `from`.
    virtual void on_request(http_connection& from, http::request_view const& request) = 0;
    /// The head of a request has come whose body is on its way.
    virtual body_terms on_head(http_connection& from, http::request_view const& head) = 0;
    /// The connection refuses a request whose head is known. May set the page's fields; returns
    /// what the answer says: `text`, or something better.
    virtual std::string_view on_refusal(http_connection& from,
                                        http::request_view const& head,
                                        unsigned status,
                                        std::string_view text) = 0;
    /// One more request waits for its answer, or one fewer.
    virtual void on_parked(bool is_parked) noexcept = 0;
    /// A connection has ended before its TLS handshake was through. One that never sent a byte,
    /// such as the check of a balancer, counts only if it stayed until the time was over.
    virtual void on_failed_handshake() noexcept = 0;
    /// No new sessions: what is idle may go.
    virtual bool is_draining() const noexcept = 0;
    /// The Date field, with its name and its end.
    virtual std::string_view date_field() = 0;

protected:
    ~http_handler() = default;
};

/// Who has lent a connection to a site, and takes it back. Destroyed without `give_back`: it never
/// comes back.
class connection_lender {
public:
    virtual ~connection_lender() = default;
    /// Whether a request for this target is to be answered here. Another one gives the connection
    /// back.
    virtual bool owns(std::string_view target) const = 0;
    /// Between two requests; `bytes` have been read and not used. Thread: that of any shard.
    virtual void give_back(byte_stream stream, std::string bytes) = 0;
};

/// A connection on its way to a site, with the bytes that were read from it already.
struct http_arrival {
    byte_stream stream{-1, nullptr};
    std::string address{};  ///< Of its other end: a literal IP, or empty.
    std::unique_ptr<connection_ticket> ticket{};
    std::unique_ptr<connection_lender> lender{};
    std::string bytes{};
    /// Another node of the service brings the requests of its clients: each says whose it is.
    bool is_relay = false;
};

/// Where the HTTP connections of one shard live.
///
/// Thread: the shard's, but for `adopt`.
class http_site {
public:
    /// `moving` counts connections between two sites, which are in neither's count.
    http_site(io_host& host, http_handler& handler, std::atomic<std::size_t>& moving)
        : host_(host), handler_(handler), moving_(moving) {}
    ~http_site() { end(); }
    http_site(http_site const&) = delete;
    http_site& operator=(http_site const&) = delete;

    io_host& host() noexcept { return host_; }
    http_handler& handler() noexcept { return handler_; }

    /// Serves a connection from now on.
    void open(http_arrival a);
    /// The same, soon. Closes the connection when the site has ended. Thread: any.
    void adopt(http_arrival a);
    /// The same for a connection that lives elsewhere, as soon as nothing of it is under way there.
    void adopt_idle(http_arrival a);
    /// Closes what waits: in a loop that has ended it would keep its clients waiting.
    void end() noexcept;

private:
    struct waiting {
        http_arrival arrival;
        waiting* next = nullptr;
    };

    void begin_arrived();

    io_host& host_;
    http_handler& handler_;
    std::atomic<std::size_t>& moving_;
    waiting ended_{};                          // stands for a site that takes nothing any more
    std::atomic<waiting*> arrivals_{nullptr};  // the latest first
};

}  // namespace anywire
