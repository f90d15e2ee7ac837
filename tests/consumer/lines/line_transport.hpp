// A carrier that the library does not know: frames as lines over TCP.
#pragma once

#include <anywire/asio.hpp>
#include <anywire/exchange.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace lines {

/// One connection, which is a transport of a session. It keeps itself until it has ended.
class line_transport final : public anywire::transport,
                             public std::enable_shared_from_this<line_transport> {
public:
    explicit line_transport(boost::asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

    void start(anywire::service& live, std::string_view path) {
        self_ = shared_from_this();
        std::array<anywire::http_field, 1> const fields{{{"Host", "localhost"}}};
        live.open({.method = "GET", .target = path, .fields = fields},
                  *this,
                  [this](anywire::transport_events* session) {
                      session_ = session;
                      session_ ? read() : end();
                  });
    }

    anywire::carrier shape() const noexcept override { return anywire::carrier::duplex; }
    std::string_view name() const noexcept override { return "lines"; }
    anywire::write_result write(std::span<anywire::frame* const> batch) override {
        using next = anywire::write_result::next;
        for (auto const* f : batch)
            if (f->kind() == anywire::frame_kind::text) out_.append(f->text()).append("\n");
        if (out_.empty()) return {batch.size(), next::ready};
        boost::asio::async_write(socket_,
                                 boost::asio::buffer(out_),
                                 [self = self_](boost::system::error_code ec, std::size_t) {
                                     self->out_.clear();
                                     if (ec) return self->lose();
                                     if (self->closing_) return self->end();
                                     if (self->session_) self->session_->on_writable(*self);
                                 });
        return {batch.size(), next::blocked};
    }
    void close(anywire::close_code, std::string_view) noexcept override {
        session_ = nullptr;
        closing_ = true;
        if (out_.empty()) end();
    }
    void abort() noexcept override {
        session_ = nullptr;
        end();
    }
    std::size_t pending_bytes() const noexcept override { return out_.size(); }
    void pause_reading(bool) override {}

private:
    void read() {
        boost::asio::async_read_until(socket_,
                                      boost::asio::dynamic_buffer(in_, 4096),
                                      '\n',
                                      [self = self_](boost::system::error_code ec, std::size_t n) {
                                          if (ec) return self->lose();
                                          auto const line = self->in_.substr(0, n - 1);
                                          self->in_.erase(0, n);
                                          if (!self->session_) return;
                                          self->session_->on_payload(*self, line, false);
                                          self->read();
                                      });
    }
    void lose() {
        if (session_)
            std::exchange(session_, nullptr)
                ->on_closed(*this,
                            false,
                            {anywire::close_reason::transport_lost,
                             anywire::close_code::abnormal,
                             "the connection broke"});
        end();
    }
    void end() noexcept {
        boost::system::error_code ignored;
        socket_.close(ignored);
        self_.reset();
    }

    boost::asio::ip::tcp::socket socket_;
    anywire::transport_events* session_ = nullptr;
    std::shared_ptr<line_transport> self_{};
    std::string in_{};
    std::string out_{};
    bool closing_ = false;
};

}  // namespace lines
