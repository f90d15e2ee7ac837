#include "server_socket.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace anywire::redis {

server_socket::server_socket(
    io_host& host, byte_stream stream, limits const& l, std::chrono::milliseconds stall, events& to)
    : anywire::connection(host, std::move(stream), to_ticks(stall), nullptr),
      user_(&to),
      reader_(l),
      heard_(loop().now()) {}

void server_socket::on_bytes(char* data, std::size_t size) {
    using event = reply_reader::event;
    heard_ = loop().now();
    reader_.feed({data, size});
    while (user_) {
        switch (reader_.next()) {
            case event::more: return;
            case event::reply: user_->on_answer(reader_.take()); break;
            case event::failed: return end(reader_.error(), "has sent " + reader_.text());
        }
    }
}

void server_socket::on_end(bool orderly) {
    if (orderly) return end(boost::asio::error::eof, "has ended the connection");
    end(boost::asio::error::connection_reset, "has broken the connection");
}

void server_socket::on_stalled() {
    end(errc::timed_out, "does not take what is sent");
}

void server_socket::end(error_code why, std::string text) {
    auto* const to = std::exchange(user_, nullptr);
    drop();
    if (to) to->on_socket_end({why, std::move(text)});
}

}  // namespace anywire::redis
