#pragma once

#include <anywire/client_context.hpp>
#include <anywire/close_reason.hpp>
#include <anywire/log.hpp>
#include <anywire/request.hpp>
#include <anywire/response_headers.hpp>
#include <anywire/session.hpp>

#include "shard_store.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

/// The seam between a client's session and what is behind it, whatever that is.
namespace anywire::gateway {

/// What links of one shard share.
///
/// Thread: the shard's.
struct shard_place {
    unsigned index = 0;
    boost::asio::any_io_executor executor{};
    client_context* clients = nullptr;
    log_sink log{};
    /// What backends and mounts have here. The last copy of a place goes before its `clients` and
    /// its executor.
    std::shared_ptr<shard_store> store = std::make_shared<shard_store>();
};

/// What a backend is told of a client that wants to come in. Borrowed for the call.
struct link_opening {
    anywire::request const& request;
    std::string_view session{};    ///< The gateway's id of the session, also in its log.
    std::string_view dialect{};    ///< "websocket", "sockjs" or "engineio".
    std::string_view transport{};  ///< What it opens over, as `session::transport` would say.
    std::string_view below{};      ///< The path below the route's; "" where the dialect uses it.
    unsigned resumption = 0;       ///< How often this session has lost its backend before.
};

/// Why a backend did not let a client in, as the client is to be told.
struct link_refusal {
    unsigned status = 502;
    std::string text{};
    response_headers fields{};
    std::string log{};  ///< What the log says, where that is more.
};

/// How a link has ended.
struct link_end {
    /// The backend said goodbye; else it was lost.
    bool is_clean = false;
    close_code code = close_code::normal;
    std::string_view text{};
};

/// Hears of one link. Never from within a call to it, and not within `backend::open`; whoever hears
/// an event may destroy the link.
///
/// Thread: the shard's.
class link_events {
public:
    /// The backend has let the client in. `fields` are for the client's first answer.
    virtual void on_link_open(std::string_view subprotocol, response_headers fields) = 0;
    /// The last call.
    virtual void on_link_refused(link_refusal why) = 0;
    virtual void on_link_message(message_view m) = 0;
    /// There is room again after `send` had said that there is none.
    virtual void on_link_drain() = 0;
    /// The last call.
    virtual void on_link_end(link_end const& how) = 0;

protected:
    ~link_events() = default;
};

/// One session's way to its backend. Destroying it ends it without a word; no event follows.
///
/// Thread: the shard's.
class backend_link {
public:
    virtual ~backend_link() = default;

    /// Takes the message in any case. False: what waits is over the bound, and no more should come
    /// before `on_link_drain`. Requires: it is open.
    virtual bool send(message_view m) = 0;
    /// Says goodbye after what was sent; `on_link_end` follows within some seconds.
    virtual void close(close_code code, std::string_view text) = 0;
    /// Stops and resumes the delivery of messages, and with it reading.
    virtual void pause(bool is) = 0;
    virtual std::size_t queued_bytes() const noexcept = 0;
    /// Which server it leads to, for logs; empty before it is known.
    virtual std::string_view server() const noexcept = 0;
    /// The client's session, once it is there and before a `pause(false)` that follows; null when
    /// it has gone. Not called again after null.
    virtual void attach(session* s) { (void)s; }
};

/// What is behind a route.
///
/// Thread: any shard's, several at once; what it counts is shared.
class backend {
public:
    virtual ~backend() = default;

    /// Begins to open a link. Never null: what cannot be begun is refused soon.
    virtual std::unique_ptr<backend_link> open(shard_place& here,
                                               link_opening const& what,
                                               link_events& to) = 0;
};

}  // namespace anywire::gateway
