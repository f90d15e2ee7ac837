#include "pipe.hpp"

#include <boost/asio/write.hpp>

#include <algorithm>
#include <utility>

namespace anywire::testing {

void byte_stream::async_handshake(net::ssl::context& tls,
                                  net::ssl::stream_base::handshake_type side,
                                  std::function<void(error_code)> then) {
    tls_ = std::make_shared<net::ssl::stream<tcp::socket&>>(socket_, tls);
    tls_->async_handshake(side,
                          [then = std::move(then), alive = tls_](error_code ec) { then(ec); });
}

void byte_stream::async_read(io_handler then) {
    if (tls_)
        tls_->async_read_some(
            net::buffer(buffer_),
            [then = std::move(then), alive = tls_](error_code ec, std::size_t n) { then(ec, n); });
    else
        socket_.async_read_some(net::buffer(buffer_), std::move(then));
}

void byte_stream::async_write(std::string_view bytes, io_handler then) {
    net::const_buffer const data(bytes.data(), bytes.size());
    if (tls_)
        net::async_write(
            *tls_, data, [then = std::move(then), alive = tls_](error_code ec, std::size_t n) {
                then(ec, n);
            });
    else
        net::async_write(socket_, data, std::move(then));
}

void byte_stream::close(bool reset) {
    error_code ignored;
    if (reset) socket_.set_option(net::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
    tls_.reset();
}

void pipe::push(std::string_view bytes, clock::time_point due, std::shared_ptr<tally> counted) {
    if (bytes.empty()) return;
    latest_ = std::max(latest_, due);  // jitter must not overtake
    auto* const last = pieces_.empty() ? nullptr : &pieces_.back();
    auto const is_in_flight = writing_ && pieces_.size() == 1;
    if (last && !is_in_flight && last->due == latest_ && last->counted == counted)
        last->bytes.append(bytes);
    else
        pieces_.push_back({latest_, std::string(bytes), std::move(counted)});
    queued_ += bytes.size();
    pump();
}

void pipe::pump() {
    if (writing_ || waiting_ || held_ || pieces_.empty()) return;
    if (pieces_.front().due <= clock::now()) return write_first();
    waiting_ = true;
    timer_.expires_at(pieces_.front().due);
    timer_.async_wait([this, alive = events_.keep_alive()](error_code) {
        waiting_ = false;
        pump();
    });
}

void pipe::write_first() {
    writing_ = true;
    to_.async_write(pieces_.front().bytes,
                    [this, alive = events_.keep_alive()](error_code ec, std::size_t n) {
                        writing_ = false;
                        auto const counted = std::move(pieces_.front().counted);
                        queued_ -= pieces_.front().bytes.size();
                        pieces_.pop_front();
                        if (n > 0) events_.on_written(counted.get(), n);
                        if (ec) return events_.on_error();
                        if (pieces_.empty()) events_.on_empty();
                        pump();
                    });
}

void pipe::hold(bool on) {
    held_ = on;
    if (!on) pump();
}

void pipe::clear() {
    while (pieces_.size() > (writing_ ? 1u : 0u)) {
        queued_ -= pieces_.back().bytes.size();
        pieces_.pop_back();
    }
    timer_.cancel();
}

}  // namespace anywire::testing
