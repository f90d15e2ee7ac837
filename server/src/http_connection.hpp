#pragma once

#include "connection.hpp"
#include "exchange.hpp"
#include "http_request.hpp"
#include "server_core.hpp"
#include "session/transport.hpp"
#include "uploads.hpp"
#include "websocket_connection.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace anywire {

/// One HTTP/1 connection: reads requests one after the other, answers each before it reads the
/// next, keeps alive, watches the clock.
///
/// Rules: one exchange at a time; what is pipelined waits unparsed, and unread beyond 64 KB, and
/// whoever answers at leisure (a held poll, a stream) is told that it waits. A refused request ends
/// the connection, behind its answer.
class http_connection final : public connection, public exchange {
public:
    http_connection(shard& here,
                    byte_stream stream,
                    std::string address,
                    std::unique_ptr<connection_ticket> ticket);
    ~http_connection() override;

    /// Begins to read; `bytes` have been read already.
    void start(std::string bytes);

    // -- exchange
    void listen(exchange_events* events, bool needs_client) noexcept override;
    void limit_stall(tick longest) noexcept override { set_write_stall(longest); }
    bool respond(answer const& a) override;
    bool is_chunked() const noexcept override { return version_ == 11; }
    void begin_stream(answer const& head) override;
    bool write_stream(std::string_view bytes) override;
    bool end_stream() override;
    std::size_t unsent() const noexcept override { return unsent_bytes(); }
    bool is_client_gone() const noexcept override {
        return client_ended_ || peer_has_ended(descriptor());
    }
    void abort() noexcept override;

    int descriptor() const noexcept { return stream().descriptor(); }

    /// Where this connection's socket goes on. `settings` or `target` is set.
    struct departure {
        // A WebSocket; `head` is the 101. `take` gives it to a session and says who hears of it;
        // null: nobody, it is closed without a code.
        std::function<transport_events*(transport&)> take{};
        websocket_settings const* settings = nullptr;
        std::string_view name{};
        std::string head{};
        std::optional<websocket::deflate_params> deflate{};
        // The same request, served by another shard.
        shard* target = nullptr;
        std::string request{};
    };
    /// Hands the socket over; this connection is of no use behind that.
    /// Requires: a request is running, and nothing of an answer has been written.
    void depart(departure to);
    /// `request` as bytes again, its body framed by length.
    static std::string serialized(http::request_view const& request);

    void on_shutdown() override;

private:
    // Requests that came ahead of their turn.
    static constexpr std::size_t most_buffered = std::size_t{64} * 1024;

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

    void parse(std::string_view bytes);
    bool parse_one(std::string_view& bytes);
    void on_head();
    void serve(http::request_view const& request);
    void refuse_broken(http::request_reader const& reader);
    void refuse(unsigned status, std::string_view text, http::request_view const* head = nullptr);
    http::client_info client_of(http::request_view const& request) const;
    bool judge_page(incoming const& in, route_target const* target);
    bool serves_host(http::request_view const& request) const;
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
    bool takes_request(http::client_info const& client);
    void leave(std::string_view behind);

    shard& shard_;
    std::string address_;
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
    bool next_waits_ = false;  // `buffer_` begins with a POST
    bool telling_ = false;     // somebody is going to be told so
    bool goes_on_ = false;     // the latest answer belongs to a session that goes on
    bool is_leaving_ = false;  // a drain has found it idle
    bool is_proxied_ = false;  // the ticket, if any, is the request's and not the connection's
};

}  // namespace anywire
