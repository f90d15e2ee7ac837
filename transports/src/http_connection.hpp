#pragma once

#include <anywire/exchange.hpp>

#include "connection.hpp"
#include "http_request.hpp"
#include "http_site.hpp"
#include "websocket_connection.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire {

/// How an opening handshake that was found good is to be answered.
struct websocket_terms {
    std::string handshake{};  ///< Fields of the 101: the key's answer, the extensions.
    websocket_settings_ptr settings{};
    std::optional<websocket::deflate_params> deflate{};
};

/// One HTTP/1 connection: reads requests one after the other, answers each before it reads the
/// next, keeps alive, watches the clock.
///
/// Rules: one exchange at a time; what is pipelined waits unparsed, and unread beyond 64 KB, and
/// whoever answers at leisure (a held poll, a stream) is told that it waits. A refused request ends
/// the connection, after its answer.
class http_connection final : public connection, public exchange {
public:
    /// `what.bytes` are not used.
    http_connection(http_site& site, http_arrival what);
    ~http_connection() override;

    /// Begins to read; `bytes` have been read already.
    void start(std::string bytes);

    // -- exchange
    void listen(exchange_events* events, bool needs_client) noexcept override;
    void limit_stall(std::chrono::milliseconds longest) noexcept override {
        set_write_stall(to_ticks(longest));
    }
    void set_page_fields(std::string fields) override { page_fields_ = std::move(fields); }
    bool respond(answer const& a) override;
    void begin_stream(answer const& head) override;
    bool write_stream(std::span<std::string_view const> parts) override;
    bool end_stream(std::span<std::string_view const> parts) override;
    std::size_t unsent() const noexcept override { return unsent_bytes(); }
    void upgrade(websocket_upgrade to) override;
    bool is_client_gone() const noexcept override {
        return client_ended_ || stream().has_peer_ended();
    }
    void abort() noexcept override;

    std::string const& address() const noexcept { return address_; }
    bool is_tls() const noexcept { return stream().is_tls(); }
    /// The other end's, where that is the client's.
    std::optional<peer_certificate> peer() const {
        return is_relay_ ? std::optional<peer_certificate>{} : stream().peer();
    }
    /// As `http_arrival::is_relay`.
    bool is_relay() const noexcept { return is_relay_; }

    /// Has the request that runs served by another site, and what comes after it: the connection
    /// goes there. This one is of no use after that.
    /// Requires: a request is running, and nothing of an answer has been written.
    void move_to(http_site& there, http::request_view const& request);

    /// What a connection is made of, with the bytes that were read from it and not used.
    struct handed_over {
        byte_stream stream{-1, nullptr};
        std::unique_ptr<connection_ticket> ticket{};
        std::string rest{};
    };
    /// The request that runs is answered by whoever takes the connection, soon. This one is of no
    /// use after that. Requires: as `move_to`.
    void hand_over(std::function<void(handed_over)> taker);

    /// Whether the connection itself is counted.
    bool is_counted() const noexcept { return has_ticket() && !is_proxied_; }
    /// Counts the request that runs until it is answered.
    void count_request(std::unique_ptr<connection_ticket> ticket) noexcept {
        is_proxied_ = true;
        set_ticket(std::move(ticket));
    }

    void on_shutdown() override;

private:
    // Requests that came ahead of their turn.
    static constexpr std::size_t most_buffered = std::size_t{64} * 1024;
    // How long a write may make no progress, but for an answer with a limit of its own.
    static constexpr tick usual_stall = to_ticks(std::chrono::seconds(30));

    enum class phase : std::uint8_t {
        open,
        ending,  ///< The last answer is out or queued; what comes is thrown away.
    };

    std::size_t most_at_once() const noexcept override { return most_buffered; }
    void on_bytes(char* data, std::size_t size) override;
    void on_end(bool orderly) override;
    void on_sent() override;
    void on_stalled() override;
    void on_deadline() override;
    void on_cut() noexcept override { lender_.reset(); }

    void parse(std::string_view bytes);
    bool parse_one(std::string_view& bytes);
    void on_head();
    bool is_ours(std::string_view& bytes);
    void give_back(std::string_view bytes);
    void serve(http::request_view const& request);
    void refuse(unsigned status, std::string_view text, http::request_view const& head);
    /// Whether a stream has no length, and does not end with the connection.
    bool is_chunked() const noexcept { return version_ == 11 && !is_sized_; }
    void append_parts(std::string& out, std::span<std::string_view const> parts) const;
    void append_head(std::string& out, answer const& a, bool keep);
    bool complete();
    void end_connection();
    void go_on();
    void parse_kept();
    void read_on();
    void tell_gone(bool stalled = false);
    void wait_for_request();
    void set_events(exchange_events* events) noexcept;
    void note_waiting();
    void tell_waiting();
    /// Where the connection's socket goes on: as a WebSocket, or at another site.
    struct departure {
        std::optional<websocket_upgrade> websocket{};
        http_site* site = nullptr;
        std::string request{};
        std::function<void(handed_over)> taker{};
    };
    void depart(departure to);
    void leave(std::string_view rest);
    void become_websocket(websocket_upgrade const& to, std::string_view rest);

    http::request_limits request_limits() const noexcept;
    http_handler& handler() const noexcept { return site_.handler(); }

    http_site& site_;
    std::string address_;
    std::unique_ptr<connection_lender> lender_;
    exchange_events* events_ = nullptr;
    std::unique_ptr<http::request_reader> reader_{};  // of a request that came in pieces
    std::unique_ptr<body_watch> watch_{};             // of its body
    std::string buffer_{};                            // bytes not parsed yet
    std::string stream_head_{};
    std::string page_fields_{};  // what the next answer says to the page that asked; CORS
    std::unique_ptr<departure> departure_{};
    std::uint32_t drained_ = 0;
    std::uint8_t version_ = 11;
    phase phase_ = phase::open;
    bool busy_ = false;      // a request waits for its answer
    bool answered_ = false;  // the answer is complete, but not all out
    bool keep_alive_ = true;
    bool needs_client_ = false;
    bool client_ended_ = false;  // the client sends no more
    bool parsing_ = false;
    bool is_head_request_ = false;
    bool is_sized_ = false;    // the stream that is written has said its length
    bool next_waits_ = false;  // `buffer_` begins with a POST
    bool telling_ = false;     // somebody is going to be told so
    bool goes_on_ = false;     // the latest answer belongs to a session that goes on
    bool is_leaving_ = false;  // a drain has found it idle
    bool is_relay_;
    bool is_proxied_ = false;  // the ticket, if any, is the request's and not the connection's
};

}  // namespace anywire
