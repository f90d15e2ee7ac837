#pragma once

#include "errand.hpp"
#include "exchange.hpp"
#include "http_request.hpp"
#include "router.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace anywire {

/// A short exchange whose session lives on another shard: the request travels there as bytes, its
/// answer travels back.
///
/// Two halves in one object, each touched by one thread only: `origin` holds the client's
/// connection, `owner` serves. They talk by `post`, and each shard keeps the object until its part
/// ends.
class forwarded_exchange final : public exchange,
                                 public exchange_events,
                                 public errand,
                                 public std::enable_shared_from_this<forwarded_exchange> {
public:
    /// Sends the running request of `in` to `owner`, to be served by `target` there.
    static void send(incoming const& in, shard& owner, route_target& target, bool needs_client);

    forwarded_exchange(incoming const& in, shard& owner);

    // -- exchange: the owner's thread
    void listen(exchange_events* events, bool) noexcept override { events_ = events; }
    void limit_stall(tick longest) noexcept override { stall_ = longest; }
    bool respond(answer const& a) override;
    bool is_chunked() const noexcept override { return false; }
    void begin_stream(answer const&) override {}
    bool write_stream(std::string_view) override { return true; }
    bool end_stream() override { return true; }
    std::size_t unsent() const noexcept override { return 0; }
    bool is_client_gone() const noexcept override;
    void abort() noexcept override;

    // -- exchange_events: the origin's thread
    void on_sent() override {}
    void on_done() override;
    void on_gone() override { tell_gone(false); }
    void on_stalled() override { tell_gone(true); }

private:
    struct kept_answer {
        unsigned status;
        std::string content_type;
        std::string fields;
        std::string body;
        bool close;
        tick stall;
    };

    void forget_client(bool gone) noexcept;
    void serve(route_target& target);
    void deliver(kept_answer const& a);
    void tell_gone(bool stalled);

    // the origin's
    shard& origin_;
    exchange* local_;
    // both threads'; the socket is not closed while the origin can be kept waiting here
    mutable std::mutex client_mutex_{};
    int client_descriptor_;
    bool client_gone_ = false;
    // the owner's
    shard& owner_;
    std::string request_;
    http::client_info client_;
    std::string scheme_;
    std::string host_;
    exchange_events* events_ = nullptr;
    tick stall_ = 0;
};

}  // namespace anywire
