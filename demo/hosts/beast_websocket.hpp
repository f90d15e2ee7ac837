#pragma once

#include <anywire/asio.hpp>
#include <anywire/exchange.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A WebSocket that is not Anywire's own, as a transport of its sessions: that of Boost.Beast.
namespace hosts {

namespace beast = boost::beast;
namespace net = boost::asio;

/// A request that wants to become a WebSocket, and the WebSocket that becomes of it. Beast checks
/// the handshake and frames messages; Anywire says who may come in and what is sent. It keeps
/// itself until it has ended.
///
/// Thread: the executor of its socket, which is the one of `service::shard_of`.
class beast_websocket final : public anywire::exchange,
                              public anywire::transport,
                              public std::enable_shared_from_this<beast_websocket> {
public:
    using request = beast::http::request<beast::http::string_body>;
    using error_code = boost::system::error_code;

    beast_websocket(net::ip::tcp::socket socket, request asked)
        : stream_(std::move(socket)), request_(std::move(asked)) {}

    void serve(anywire::service& live) {
        self_ = shared_from_this();
        std::vector<anywire::http_field> fields;
        for (auto const& f : request_) fields.push_back({f.name_string(), f.value()});
        error_code ignored;
        auto const from = socket().remote_endpoint(ignored).address().to_string();
        live.serve({.method = request_.method_string(),
                    .target = request_.target(),
                    .fields = fields,
                    .remote_address = from},
                   *this);
    }

    // -- exchange: until it is a WebSocket, or is refused
    void listen(anywire::exchange_events* events, bool) noexcept override { waiting_ = events; }
    void limit_stall(std::chrono::milliseconds) noexcept override {}
    void set_page_fields(std::string fields) override { page_fields_ = std::move(fields); }
    bool respond(anywire::answer const& a) override {
        refusal_ = {static_cast<beast::http::status>(a.status), 11, std::string(a.body)};
        if (!a.content_type.empty()) refusal_.set(beast::http::field::content_type, a.content_type);
        for (auto const some : {std::string_view(page_fields_), a.fields, a.more_fields})
            add_fields(refusal_, some);
        refusal_.keep_alive(false);
        refusal_.prepare_payload();
        beast::http::async_write(
            stream_.next_layer(), refusal_, [self = self_](error_code ec, std::size_t) {
                if (auto* const told = std::exchange(self->waiting_, nullptr))
                    ec ? told->on_gone() : told->on_done();
                self->end();
            });
        return false;
    }
    /// Its target is no WebSocket's, but an answer without an end: the client is not given that.
    void begin_stream(anywire::answer const&) override {
        net::post(stream_.get_executor(), [self = self_] {
            if (auto* const told = std::exchange(self->waiting_, nullptr)) told->on_gone();
            self->end();
        });
    }
    bool write_stream(std::span<std::string_view const>) override { return true; }
    bool end_stream(std::span<std::string_view const>) override { return false; }
    std::size_t unsent() const noexcept override { return 0; }
    void upgrade(anywire::websocket_upgrade to) override {
        namespace ws = beast::websocket;
        waiting_ = nullptr;
        upgrade_ = std::move(to);
        stream_.set_option(ws::stream_base::timeout::suggested(beast::role_type::server));
        stream_.set_option(ws::stream_base::decorator([this](ws::response_type& answer) {
            if (!upgrade_.subprotocol.empty())
                answer.set(beast::http::field::sec_websocket_protocol, upgrade_.subprotocol);
            for (auto const& some : {page_fields_, upgrade_.fields}) add_fields(answer, some);
        }));
        stream_.read_message_max(upgrade_.max_message);
        stream_.auto_fragment(false);
        stream_.control_callback([this](ws::frame_type kind, beast::string_view) {
            // Beast goes on to answer a close, and to wait for the end of the connection.
            if (kind == ws::frame_type::close)
                tell(how_of(ws::error::closed));
            else if (session_)
                session_->on_alive(*this);
        });
        stream_.async_accept(request_, [self = self_](error_code ec) { self->begin(ec); });
    }
    bool checks_handshake() const noexcept override { return true; }
    bool is_client_gone() const noexcept override { return false; }

    // -- transport
    anywire::carrier shape() const noexcept override { return anywire::carrier::duplex; }
    std::string_view name() const noexcept override { return upgrade_.name; }
    anywire::write_result write(std::span<anywire::frame* const> batch) override {
        using next = anywire::write_result::next;
        for (auto* const f : batch) {
            f->ref();
            queue_.emplace_back(f);
            pending_ += f->size();
        }
        if (!is_writing_) write_next();
        return {batch.size(), is_writing_ ? next::blocked : next::ready};
    }
    void close(anywire::close_code code, std::string_view text) noexcept override {
        session_ = nullptr;
        is_closing_ = true;
        if (code != anywire::close_code::no_status && code != anywire::close_code::abnormal)
            goodbye_ = beast::websocket::close_reason(
                static_cast<beast::websocket::close_code>(code),
                text.substr(0, beast::websocket::reason_string::static_capacity));
        if (!is_writing_) write_next();
    }
    /// Of the exchange, and of the transport.
    void abort() noexcept override {
        session_ = nullptr;
        waiting_ = nullptr;
        end();
    }
    std::size_t pending_bytes() const noexcept override { return pending_; }
    void pause_reading(bool pause) override {
        is_paused_ = pause;
        if (!pause) net::post(stream_.get_executor(), [self = self_] { self->go_on(); });
    }

private:
    net::ip::tcp::socket& socket() { return beast::get_lowest_layer(stream_).socket(); }

    /// Each "Name: value\r\n".
    template <class Message>
    static void add_fields(Message& to, std::string_view lines) {
        for (auto end = lines.find("\r\n"); end != lines.npos; end = lines.find("\r\n")) {
            auto const colon = lines.find(": ");
            to.insert(lines.substr(0, colon), lines.substr(colon + 2, end - colon - 2));
            lines.remove_prefix(end + 2);
        }
    }
    void begin(error_code ec) {
        if (ec) return end();  // Beast has refused the handshake
        session_ = std::exchange(upgrade_.take, nullptr)(*this);
        session_ ? go_on() : close(anywire::close_code::no_status, {});
    }

    /// Writes one frame after the other: Beast takes no more at once.
    void write_next() {
        while (!queue_.empty()) {
            auto const& f = *queue_.front();
            is_writing_ = true;
            auto then = [self = self_](error_code ec, std::size_t = 0) { self->wrote(ec); };
            if (f.kind() == anywire::frame_kind::ping)
                return stream_.async_ping(as_ping(f.text()), then);
            if (f.kind() != anywire::frame_kind::text && f.kind() != anywire::frame_kind::binary) {
                forget_first();
                continue;
            }
            stream_.binary(f.kind() == anywire::frame_kind::binary);
            return stream_.async_write(net::buffer(f.text()), then);
        }
        is_writing_ = is_closing_;
        if (is_closing_) stream_.async_close(goodbye_, [self = self_](error_code) { self->end(); });
    }
    void wrote(error_code ec) {
        if (ec) {
            lose(ec);
            return end();
        }
        forget_first();
        write_next();
        if (!is_writing_ && session_) session_->on_writable(*this);
    }
    void forget_first() {
        pending_ -= queue_.front()->size();
        queue_.pop_front();
        is_writing_ = false;
    }
    static beast::websocket::ping_data as_ping(std::string_view text) {
        return {text.data(), text.size()};
    }

    /// Gives on what has been read, and reads the next message.
    void go_on() {
        if (is_paused_ || is_reading_ || !session_) return;
        if (std::exchange(has_message_, false)) {
            std::string_view const text(static_cast<char const*>(in_.data().data()), in_.size());
            session_->on_payload(*this, text, stream_.got_binary());
            in_.clear();
            return go_on();
        }
        is_reading_ = true;
        stream_.async_read(in_, [self = self_](error_code ec, std::size_t) {
            self->is_reading_ = false;
            if (ec) return self->lose(ec);
            self->has_message_ = true;
            self->go_on();
        });
    }

    anywire::close_event how_of(error_code ec) const {
        using anywire::close_code, anywire::close_reason;
        auto const& said = stream_.reason();
        if (ec == beast::websocket::error::closed)
            return {close_reason::client_closed,
                    said.code == 0 ? close_code::no_status : static_cast<close_code>(said.code),
                    {said.reason.data(), said.reason.size()}};
        if (ec == beast::websocket::error::message_too_big)
            return {close_reason::message_too_big, close_code::message_too_big, "too long"};
        return {close_reason::transport_lost, close_code::abnormal, "it broke"};
    }
    void tell(anywire::close_event const& how) {
        if (auto* const told = std::exchange(session_, nullptr)) told->on_closed(*this, false, how);
    }
    /// It has ended, or broken.
    void lose(error_code ec) {
        tell(how_of(ec));
        if (!is_closing_) end();  // its goodbye ends it otherwise
    }
    void end() noexcept {
        error_code ignored;
        socket().close(ignored);
        self_.reset();
    }

    beast::websocket::stream<beast::tcp_stream> stream_;
    request request_;
    beast::http::response<beast::http::string_body> refusal_{};
    std::shared_ptr<beast_websocket> self_{};
    anywire::exchange_events* waiting_ = nullptr;   ///< Until it is answered.
    anywire::transport_events* session_ = nullptr;  ///< From the upgrade on.
    anywire::websocket_upgrade upgrade_{};
    std::string page_fields_{};
    std::deque<anywire::frame_ptr> queue_{};
    std::size_t pending_ = 0;
    beast::flat_buffer in_{};
    beast::websocket::close_reason goodbye_{beast::websocket::close_code::none};
    bool is_writing_ = false;
    bool is_closing_ = false;
    bool is_reading_ = false;
    bool is_paused_ = false;
    bool has_message_ = false;  ///< In `in_`, not given on yet.
};

}  // namespace hosts
