#pragma once

#include <anywire/dress.hpp>
#include <anywire/exchange.hpp>
#include <anywire/transport.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace anywire {

/// The HTTP carriers own themselves: they are gone after `abort`, after their session's
/// `on_closed`, and after a write that `ended`.
class http_carrier : public transport, public exchange_events {
public:
    void close(close_code code, std::string_view text) noexcept override;
    void abort() noexcept override;
    void pause_reading(bool) override {}
    std::size_t pending_bytes() const noexcept override { return to_->unsent(); }
    bool is_peer_gone() const noexcept override { return to_->is_client_gone(); }

    void on_sent() override {}
    void on_done() override;
    void on_gone() override;
    void on_stalled() override;
    void on_next_waiting() override { session_->on_next_waiting(*this); }

protected:
    http_carrier(exchange& to, transport_events& session);
    virtual ~http_carrier() = default;

    exchange& to() noexcept { return *to_; }
    transport_events& session() noexcept { return *session_; }
    /// After the last byte: deletes this when all is out.
    write_result finished(std::size_t taken, bool all_out);

private:
    exchange* to_;
    transport_events* session_;
};

/// How much one answer or one piece of a stream gathers of what waits, at least: the rest waits for
/// the next, where it can still be dropped and counts once.
constexpr std::size_t most_gathered = std::size_t{1} << 20;

/// Long-polling: one batch answers one request.
class one_shot_carrier final : public http_carrier {
public:
    one_shot_carrier(exchange& to, std::unique_ptr<poll_dress> dress, transport_events& session)
        : http_carrier(to, session), dress_(std::move(dress)) {}

    carrier shape() const noexcept override { return carrier::one_shot; }
    std::string_view name() const noexcept override { return dress_->name(); }
    write_result write(std::span<frame* const> batch) override;

private:
    std::unique_ptr<poll_dress> dress_;
};

/// Streaming: one long response, ended at a limit.
class stream_carrier final : public http_carrier {
public:
    /// `limit` counts the bytes of dressed frames, not the prelude.
    stream_carrier(exchange& to,
                   std::unique_ptr<stream_dress> dress,
                   transport_events& session,
                   std::size_t limit)
        : http_carrier(to, session), dress_(std::move(dress)), limit_(limit) {}

    /// Sends head and prelude now: when no frame is there to take them along.
    void start();

    carrier shape() const noexcept override { return carrier::stream; }
    std::string_view name() const noexcept override { return dress_->name(); }
    write_result write(std::span<frame* const> batch) override;
    void on_sent() override { session().on_writable(*this); }
    void on_next_waiting() override;

private:
    std::size_t add_start(body_parts& out);

    std::unique_ptr<stream_dress> dress_;
    std::size_t limit_;
    std::size_t written_ = 0;
    bool started_ = false;
};

}  // namespace anywire
