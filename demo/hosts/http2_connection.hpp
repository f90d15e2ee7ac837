#pragma once

#include "hosts/remote_exchange.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Anywire over HTTP/2 and TLS, by the C library nghttp2: every poll and every stream is one of a
/// hundred streams of one connection, so no limit of six connections a server stands in the way.
namespace hosts {

using tcp = net::ip::tcp;

struct http2_limits {
    std::size_t body = 1'000'000;    ///< Of a request; bytes.
    std::size_t head = 16'384;       ///< Names and values of its fields; bytes.
    std::uint32_t streams = 100;     ///< At once, on one connection.
    std::chrono::seconds idle{60};   ///< A connection without a stream is closed after it.
    std::chrono::seconds stall{30};  ///< A connection that takes no bytes, too.
};

/// One connection. Owned by what waits for its socket and its timer.
///
/// Thread: the executor of its socket; exchanges are served on the service's.
class http2_connection final : public std::enable_shared_from_this<http2_connection> {
public:
    http2_connection(tcp::socket socket,
                     net::ssl::context& tls,
                     anywire::service& live,
                     std::vector<net::any_io_executor> const& executors,
                     http2_limits const& limits)
        : socket_(std::move(socket), tls),
          timer_(socket_.get_executor()),
          live_(live),
          executors_(executors),
          limits_(limits) {
        boost::system::error_code ec;
        address_ = socket_.lowest_layer().remote_endpoint(ec).address().to_string();
    }
    ~http2_connection() { nghttp2_session_del(session_); }
    http2_connection(http2_connection const&) = delete;
    http2_connection& operator=(http2_connection const&) = delete;

    void start() {
        look_at_the_clock();
        socket_.async_handshake(net::ssl::stream_base::server,
                                [self = shared_from_this()](boost::system::error_code ec) {
                                    unsigned char const* chosen = nullptr;
                                    unsigned size = 0;
                                    SSL_get0_alpn_selected(
                                        self->socket_.native_handle(), &chosen, &size);
                                    if (ec || size != 2 || std::memcmp(chosen, "h2", 2) != 0)
                                        return self->end();
                                    self->begin();
                                });
    }
    /// No new streams; ends when those that are open have ended.
    void finish() {
        if (!session_ || is_over_) return end();
        nghttp2_submit_goaway(session_, 0, last_stream_, NGHTTP2_NO_ERROR, nullptr, 0);
        is_leaving_ = true;
        write();
    }
    /// The socket closes at once.
    void end() {
        if (std::exchange(is_over_, true)) return;
        for (auto& [id, s] : streams_)
            if (s.exchange) s.exchange->lose(remote_exchange::loss::gone);
        streams_.clear();
        timer_.cancel();
        boost::system::error_code ignored;
        socket_.lowest_layer().close(ignored);
    }

private:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds linger{5};

    struct stream {
        kept_request request{};
        std::size_t head_size = 0;
        std::shared_ptr<remote_exchange> exchange{};
        std::string unsent{};
        std::size_t at = 0;  // what of it is out already
        bool is_head = false;
        bool has_answer = false;
        bool is_complete = false;
        bool is_stalled = false;
        clock::time_point moved = clock::now();
    };

    static http2_connection& of(void* data) { return *static_cast<http2_connection*>(data); }
    stream* find(std::int32_t id) {
        auto const at = streams_.find(id);
        return at == streams_.end() ? nullptr : &at->second;
    }

    // -- what comes

    void begin() {
        nghttp2_session_callbacks* calls = nullptr;
        nghttp2_session_callbacks_new(&calls);
        nghttp2_session_callbacks_set_on_begin_headers_callback(
            calls, [](nghttp2_session*, nghttp2_frame const* f, void* data) {
                of(data).last_stream_ = f->hd.stream_id;
                of(data).streams_[f->hd.stream_id];
                return 0;
            });
        nghttp2_session_callbacks_set_on_header_callback(calls, on_field);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            calls,
            [](nghttp2_session*,
               std::uint8_t,
               std::int32_t id,
               std::uint8_t const* bytes,
               std::size_t size,
               void* data) {
                auto* const s = of(data).find(id);
                // One byte more than is allowed is enough for the service to refuse it.
                if (s && s->request.body.size() <= of(data).limits_.body)
                    s->request.body.append(reinterpret_cast<char const*>(bytes), size);
                return 0;
            });
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            calls, [](nghttp2_session*, nghttp2_frame const* f, void* data) {
                auto const is_request = f->hd.type == NGHTTP2_HEADERS || f->hd.type == NGHTTP2_DATA;
                if (is_request && (f->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
                    of(data).serve(f->hd.stream_id);
                return 0;
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            calls, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* data) {
                of(data).on_close(id);
                return 0;
            });
        nghttp2_session_server_new(&session_, calls, this);
        nghttp2_session_callbacks_del(calls);
        nghttp2_settings_entry const settings[]{
            {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits_.streams},
            {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits_.head)}};
        nghttp2_submit_settings(session_, 0, settings, std::size(settings));
        write();
        read();
    }
    void read() {
        socket_.async_read_some(
            net::buffer(in_),
            [self = shared_from_this()](boost::system::error_code ec, std::size_t n) {
                if (ec || self->is_over_) return self->end();
                self->read_at_ = clock::now();
                auto const took = nghttp2_session_mem_recv(self->session_, self->in_.data(), n);
                if (took < 0) return self->end();
                self->write();
                if (!self->is_over_) self->read();
            });
    }
    static int on_field(nghttp2_session*,
                        nghttp2_frame const* f,
                        std::uint8_t const* name_bytes,
                        std::size_t name_size,
                        std::uint8_t const* value_bytes,
                        std::size_t value_size,
                        std::uint8_t,
                        void* data) {
        auto* const s = of(data).find(f->hd.stream_id);
        if (!s || s->exchange) return 0;  // trailers
        std::string name(reinterpret_cast<char const*>(name_bytes), name_size);
        std::string value(reinterpret_cast<char const*>(value_bytes), value_size);
        s->head_size += name_size + value_size + 32;
        if (s->head_size > of(data).limits_.head) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        auto& r = s->request;
        if (name == ":method")
            r.method = std::move(value);
        else if (name == ":path")
            r.target = std::move(value);
        else if (name == ":authority")
            r.fields.emplace_back("host", std::move(value));
        else if (name == "cookie" && join_cookies(r.fields, value))
            return 0;
        else if (!name.starts_with(':'))
            r.fields.emplace_back(std::move(name), std::move(value));
        return 0;
    }
    /// HTTP/2 may send one cookie a field (RFC 9113, section 8.2.3).
    static bool join_cookies(field_list& fields, std::string_view more) {
        for (auto& [name, value] : fields)
            if (name == "cookie") {
                value.append("; ").append(more);
                return true;
            }
        return false;
    }
    void serve(std::int32_t id) {
        auto* const s = find(id);
        if (!s || s->exchange) return;
        auto request = std::move(s->request);
        request.remote_address = address_;
        request.is_secure = true;
        s->is_head = request.method == "HEAD";
        auto const wake = [self = weak_from_this(), on = socket_.get_executor(), id] {
            net::post(on, [self, id] {
                if (auto const here = self.lock()) here->on_news(id);
            });
        };
        s->exchange =
            std::make_shared<remote_exchange>(executors_.at(live_.shard_of(request.target)), wake);
        s->exchange->serve(live_, std::move(request));
    }

    // -- what leaves

    void on_news(std::int32_t id) {
        auto* const s = find(id);
        if (!s || is_over_) return;
        auto news = s->exchange->take();
        if (s->unsent.empty()) s->moved = clock::now();
        s->is_complete = s->is_complete || news.is_complete;
        if (!s->is_head) s->unsent.append(news.body);
        if (news.is_aborted)
            nghttp2_submit_rst_stream(session_, 0, id, NGHTTP2_CANCEL);
        else if (news.head)
            answer(id, *s, *news.head);
        else
            nghttp2_session_resume_data(session_, id);
        write();
    }
    void answer(std::int32_t id, stream& s, answer_head const& head) {
        field_list fields{{":status", std::to_string(head.status)}};
        for (auto [name, value] : head.fields) {
            for (auto& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
            if (name != "upgrade") fields.emplace_back(std::move(name), std::move(value));
        }
        auto const bytes = [](std::string& text) {
            return reinterpret_cast<std::uint8_t*>(text.data());
        };
        std::vector<nghttp2_nv> all;
        for (auto& [name, value] : fields)
            all.push_back({bytes(name), bytes(value), name.size(), value.size(), 0});
        nghttp2_data_provider body{};
        body.read_callback = give_body;
        s.has_answer = true;
        nghttp2_submit_response(session_, id, all.data(), all.size(), s.is_head ? nullptr : &body);
    }
    /// nghttp2 asks for as much as the client's windows allow.
    static ssize_t give_body(nghttp2_session*,
                             std::int32_t id,
                             std::uint8_t* to,
                             std::size_t room,
                             std::uint32_t* flags,
                             nghttp2_data_source*,
                             void* data) {
        auto* const s = of(data).find(id);
        if (!s) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        auto const n = std::min(room, s->unsent.size() - s->at);
        if (n == 0 && !s->is_complete) return NGHTTP2_ERR_DEFERRED;
        std::copy_n(s->unsent.data() + s->at, n, to);
        s->at += n;
        if (s->at == s->unsent.size()) s->unsent.erase(0, std::exchange(s->at, 0));
        s->moved = clock::now();
        if (n != 0) s->exchange->wrote(n);
        if (s->is_complete && s->unsent.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(n);
    }
    /// One write at a time: while the socket takes nothing, nothing is taken from the streams.
    void write() {
        if (is_writing_ || is_over_) return;
        out_.clear();
        while (out_.size() < 65'536) {
            std::uint8_t const* bytes = nullptr;
            auto const n = nghttp2_session_mem_send(session_, &bytes);
            if (n < 0) return end();
            if (n == 0) break;
            out_.append(reinterpret_cast<char const*>(bytes), static_cast<std::size_t>(n));
        }
        if (out_.empty()) {
            auto const is_needed = nghttp2_session_want_read(session_) != 0;
            if (!is_needed || (is_leaving_ && streams_.empty())) stop_sending();
            return;
        }
        is_writing_ = true;
        written_at_ = clock::now();
        net::async_write(socket_,
                         net::buffer(out_),
                         [self = shared_from_this()](boost::system::error_code ec, std::size_t) {
                             self->is_writing_ = false;
                             ec ? self->end() : self->write();
                         });
    }

    // -- the end of a stream, and of the connection

    void on_close(std::int32_t id) {
        auto const s = streams_.extract(id);
        if (s.empty() || !s.mapped().exchange) return;
        auto const& at = s.mapped();
        if (at.has_answer && at.is_complete && at.unsent.empty())
            at.exchange->done();
        else
            at.exchange->lose(at.is_stalled ? remote_exchange::loss::stalled
                                            : remote_exchange::loss::gone);
    }
    /// After the last byte: closing with bytes unread could take back what was sent, so the client
    /// closes first.
    void stop_sending() {
        if (std::exchange(is_ending_, true)) return;
        boost::system::error_code ignored;
        socket_.lowest_layer().shutdown(tcp::socket::shutdown_send, ignored);
    }
    void look_at_the_clock() {
        timer_.expires_after(std::chrono::seconds(1));
        timer_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
            if (ec || self->is_over_) return;
            auto const now = clock::now();
            auto const is_idle =
                self->streams_.empty() &&
                now - self->read_at_ > (self->is_ending_ ? linger : self->limits_.idle);
            auto const is_stuck =
                self->is_writing_ && now - self->written_at_ > self->limits_.stall;
            if (is_idle || is_stuck) return self->end();
            for (auto& [id, s] : self->streams_) {
                auto const waits = s.exchange && !s.unsent.empty();
                if (!waits || now - s.moved <= s.exchange->longest_stall()) continue;
                s.is_stalled = true;
                nghttp2_submit_rst_stream(self->session_, 0, id, NGHTTP2_CANCEL);
            }
            if (self->session_) self->write();
            self->look_at_the_clock();
        });
    }

    net::ssl::stream<tcp::socket> socket_;
    net::steady_timer timer_;
    anywire::service& live_;
    std::vector<net::any_io_executor> const& executors_;
    http2_limits const& limits_;
    std::string address_{};
    nghttp2_session* session_ = nullptr;
    std::map<std::int32_t, stream> streams_{};
    std::int32_t last_stream_ = 0;
    std::array<std::uint8_t, 16'384> in_{};
    std::string out_{};
    clock::time_point read_at_ = clock::now();
    clock::time_point written_at_ = clock::now();
    bool is_writing_ = false;
    bool is_leaving_ = false;
    bool is_ending_ = false;
    bool is_over_ = false;
};

}  // namespace hosts
