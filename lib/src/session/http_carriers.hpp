#pragma once

#include <anywire/exchange.hpp>
#include <anywire/transport.hpp>

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace anywire {

/// The parts of a response's body that go out together, those that are kept elsewhere and those
/// that are made here.
class body_parts {
public:
    /// `text` has to live until the parts are written.
    void add(std::string_view text) { parts_.push_back({text, 0}); }
    /// Adds what `make(std::string&)` appends.
    template <class Make>
    void add_made(Make make) {
        auto const at = made_.size();
        make(made_);
        parts_.push_back({{nullptr, made_.size() - at}, at});
    }
    std::size_t size_of_last() const noexcept { return parts_.back().text.size(); }
    /// The parts in their order, none of them empty. Valid until the next `add`.
    std::span<std::string_view const> views();

private:
    struct part {
        std::string_view text;  // without data: made, and only its size counts
        std::size_t at;
    };
    std::string made_{};
    boost::container::small_vector<part, 8> parts_{};
    boost::container::small_vector<std::string_view, 8> views_{};
};

/// What a dialect made of some frames.
struct dressed {
    std::size_t taken = 0;    ///< Of the frames, the first so many.
    bool is_goodbye = false;  ///< The last of them is the session's last word.
};

/// How a dialect puts its frames into the answer to a poll.
class poll_dress {
public:
    virtual ~poll_dress() = default;
    /// As in `session::transport()`; a literal.
    virtual std::string_view name() const noexcept = 0;
    /// Makes the answer of at least one frame of `batch`, its body in `body`. What `head` points to
    /// has to live as long as this.
    virtual dressed dress(std::span<frame* const> batch, std::string& body, answer& head) = 0;
};

/// How a dialect puts its frames into an answer without an end.
class stream_dress {
public:
    virtual ~stream_dress() = default;
    virtual std::string_view name() const noexcept = 0;
    virtual answer head() const noexcept = 0;
    /// What leads the first frame.
    virtual void append_prelude(std::string& out) const = 0;
    /// Adds frames of `batch` as parts, up to a goodbye or until they have `room` bytes or more.
    /// `gathered`: they have gathered between two responses.
    virtual dressed dress(std::span<frame* const> batch,
                          bool gathered,
                          std::size_t room,
                          body_parts& out) = 0;
};

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
    void add_start(body_parts& out);

    std::unique_ptr<stream_dress> dress_;
    std::size_t limit_;
    std::size_t written_ = 0;
    bool started_ = false;
};

}  // namespace anywire
