// anywire-bench-beast: what people get from beast::websocket::stream in its usual form, one write a
// message. A message that begins with "b" goes to all clients, any other back to its sender.
#include "baseline.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <deque>
#include <memory>
#include <string>
#include <unordered_set>

namespace {

namespace beast = boost::beast;
using boost::system::error_code;

class connection : public std::enable_shared_from_this<connection> {
public:
    using everybody = std::unordered_set<std::shared_ptr<connection>>;

    connection(bench::tcp_socket socket, everybody& all) : stream_(std::move(socket)), all_(all) {
        stream_.next_layer().set_option(bench::net::ip::tcp::no_delay(true));
        stream_.auto_fragment(false);
        stream_.read_message_max(4u << 20);
        stream_.text(true);
    }

    void start() {
        stream_.async_accept([self = shared_from_this()](error_code ec) {
            if (ec) return;
            self->all_.insert(self);
            self->read();
        });
    }

    void send(std::shared_ptr<std::string const> message) {
        queue_.push_back(std::move(message));
        if (queue_.size() == 1) write();
    }

private:
    void read() {
        stream_.async_read(buffer_, [self = shared_from_this()](error_code ec, std::size_t) {
            if (ec) {
                self->all_.erase(self);
                return;
            }
            self->take();
            self->read();
        });
    }

    void take() {
        auto const data = buffer_.data();
        auto message =
            std::make_shared<std::string const>(static_cast<char const*>(data.data()), data.size());
        buffer_.consume(buffer_.size());
        if (message->starts_with('b'))
            for (auto const& c : all_) c->send(message);
        else
            send(std::move(message));
    }

    void write() {
        stream_.async_write(bench::net::buffer(*queue_.front()),
                            [self = shared_from_this()](error_code ec, std::size_t) {
                                self->queue_.pop_front();
                                if (ec)
                                    self->queue_.clear();
                                else if (!self->queue_.empty())
                                    self->write();
                            });
    }

    beast::websocket::stream<bench::tcp_socket> stream_;
    everybody& all_;
    beast::flat_buffer buffer_{};
    std::deque<std::shared_ptr<std::string const>> queue_{};
};

void accept(bench::tcp_acceptor& acceptor, connection::everybody& all) {
    acceptor.async_accept([&](error_code ec, bench::tcp_socket socket) {
        if (!ec) std::make_shared<connection>(std::move(socket), all)->start();
        accept(acceptor, all);
    });
}

}  // namespace

int main() {
    bench::net::io_context context(1);
    connection::everybody all;
    auto acceptor = bench::listen(context);
    accept(acceptor, all);
    context.run();
}
