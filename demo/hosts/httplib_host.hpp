#pragma once

#include "hosts/remote_exchange.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <httplib.h>
#include <poll.h>
#include <regex>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/// Anywire in a server of cpp-httplib (0.11): polling, streaming and EventSource beside routes of
/// the server's own. Each request that waits, and each stream, holds one of its threads.
namespace hosts {

/// Something to wait for beside a socket.
class wakeup {
public:
    wakeup() : descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    ~wakeup() { ::close(descriptor_); }
    wakeup(wakeup const&) = delete;
    wakeup& operator=(wakeup const&) = delete;

    void set() const noexcept { (void)!::eventfd_write(descriptor_, 1); }
    void clear() const noexcept {
        eventfd_t n = 0;
        (void)!::eventfd_read(descriptor_, &n);
    }
    int descriptor() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

/// One connection of the server, on its thread. Unlike the stream of cpp-httplib it can wait for
/// an answer and for the client's end at once.
class blocking_connection final : public httplib::Stream {
public:
    blocking_connection(int descriptor,
                        std::chrono::milliseconds read,
                        std::chrono::milliseconds write)
        : descriptor_(descriptor), longest_read_(read), longest_write_(write) {}

    // -- httplib::Stream
    bool is_readable() const override {
        return at_ < end_ || wait(POLLIN, std::chrono::milliseconds(0)) > 0;
    }
    bool is_writable() const override { return !is_cut_; }
    ssize_t read(char* to, size_t room) override {
        if (at_ == end_) {
            if (is_cut_ || wait(POLLIN, longest_read_) <= 0) return -1;
            auto const n = ::recv(descriptor_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
            if (n <= 0) return n;
            at_ = 0;
            end_ = static_cast<size_t>(n);
        }
        auto const n = std::min(room, end_ - at_);
        std::copy_n(buffer_.data() + at_, n, to);
        at_ += n;
        return static_cast<ssize_t>(n);
    }
    ssize_t write(char const* bytes, size_t size) override {
        while (!is_cut_) {
            auto const n = ::send(descriptor_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n > 0) return n;
            if (errno != EAGAIN || (exchange && exchange->is_aborted()))
                cut(remote_exchange::loss::gone);
            else if (wait(POLLOUT, exchange ? exchange->longest_stall() : longest_write_) == 0)
                cut(remote_exchange::loss::stalled);
        }
        return -1;
    }
    void get_remote_ip_and_port(std::string& ip, int& port) const override {
        address_of(::getpeername, ip, port);
    }
    void get_local_ip_and_port(std::string& ip, int& port) const override {
        address_of(::getsockname, ip, port);
    }
    socket_t socket() const override { return descriptor_; }

    // -- for the host
    /// Waits for the next request; false at the end, or when `stop` is set first.
    bool wait_for_request(wakeup const& stop, std::chrono::milliseconds longest) const {
        if (at_ < end_) return true;
        std::array<pollfd, 2> all{{{descriptor_, POLLIN, 0}, {stop.descriptor(), POLLIN, 0}}};
        return ::poll(all.data(), all.size(), static_cast<int>(longest.count())) > 0 &&
               all[1].revents == 0;
    }
    /// The client has ended its half, or the connection. Thread: any.
    bool has_ended() const {
        pollfd one{descriptor_, POLLRDHUP, 0};
        return ::poll(&one, 1, 0) > 0;
    }
    /// What comes next of the answer. Tells the exchange of a client that goes meanwhile.
    answer_news wait_for_news() {
        for (;;) {
            auto news = exchange->take();
            if (news.is_aborted) cut(remote_exchange::loss::gone);
            if (is_cut_ || news.head || !news.body.empty() || news.is_complete) return news;
            std::array<pollfd, 2> all{{{has_client_ended_ ? -1 : descriptor_, POLLRDHUP, 0},
                                       {news_->descriptor(), POLLIN, 0}}};
            (void)::poll(all.data(), all.size(), -1);
            if (all[1].revents != 0) news_->clear();
            if (all[0].revents == 0) continue;
            has_client_ended_ = true;
            auto const broke = (all[0].revents & (POLLHUP | POLLERR)) != 0;
            exchange->lose(broke ? remote_exchange::loss::gone
                                 : remote_exchange::loss::no_more_requests);
        }
    }
    std::function<void()> waker() const {
        return [to = news_] { to->set(); };
    }
    /// Nothing more is read or written.
    void cut(remote_exchange::loss how) {
        is_cut_ = true;
        lost = how;
    }
    bool is_cut() const noexcept { return is_cut_; }

    std::shared_ptr<remote_exchange> exchange{};  ///< Of the request that is answered now.
    remote_exchange::loss lost = remote_exchange::loss::gone;
    bool ends_after_answer = false;

private:
    /// As `poll`: 0 when time was up. Returns early when there is news.
    int wait(short events, std::chrono::milliseconds longest) const {
        std::array<pollfd, 2> all{{{descriptor_, events, 0}, {news_->descriptor(), POLLIN, 0}}};
        auto const n = ::poll(all.data(), exchange ? 2 : 1, static_cast<int>(longest.count()));
        if (all[1].revents != 0) news_->clear();
        return n;
    }
    template <class Ask>
    void address_of(Ask ask, std::string& ip, int& port) const {
        sockaddr_storage raw{};
        socklen_t size = sizeof raw;
        if (ask(descriptor_, reinterpret_cast<sockaddr*>(&raw), &size) != 0) return;
        net::ip::tcp::endpoint at;
        std::memcpy(at.data(), &raw, std::min<std::size_t>(size, at.capacity()));
        ip = at.address().to_string();
        port = at.port();
    }

    int descriptor_;
    std::chrono::milliseconds longest_read_;
    std::chrono::milliseconds longest_write_;
    std::shared_ptr<wakeup> news_ = std::make_shared<wakeup>();
    std::array<char, 4096> buffer_{};
    std::size_t at_ = 0;
    std::size_t end_ = 0;
    bool is_cut_ = false;
    bool has_client_ended_ = false;
};

/// The server. Routes of its own are added as to any `httplib::Server`.
///
/// Thread: as `httplib::Server`; `executors` are those of the service, and run on other threads.
class httplib_host final : public httplib::Server {
public:
    httplib_host(anywire::service& live, std::vector<net::any_io_executor> executors)
        : live_(live), executors_(std::move(executors)) {
        set_tcp_nodelay(true);  // it writes head and body apart
    }

    /// Has the service answer what comes to `path` and below it.
    void serve_below(std::string const& path) {
        std::regex const special(R"([.*+?^${}()|\[\]\\])");
        auto const below = std::regex_replace(path, special, R"(\$&)") + "(/.*)?";
        auto const without_body = [this](auto const& request, auto& response) {
            // cpp-httplib does not read it, and would take it for the next request.
            if (request.get_header_value("Content-Length") != "0")
                current_->ends_after_answer = true;
            serve(request, {}, response);
        };
        Get(below, without_body);
        Options(below, without_body);
        Post(below, [this](auto const& request, auto& response, auto const& read) {
            std::string body;
            auto const is_whole = read([&](char const* data, std::size_t size) {
                body.append(data, size);
                return body.size() <= most_body;
            });
            if (!is_whole) {
                if (body.size() <= most_body) return current_->cut(remote_exchange::loss::gone);
                current_->ends_after_answer = true;  // the service refuses it with 413
            }
            serve(request, std::move(body), response);
        });
    }
    /// Accepts no more connections; those that wait for a request end now, and the others after
    /// their answer. For the end of a `drain`: it must not come before, as cpp-httplib breaks
    /// streams off then. Thread: any.
    void end() {
        stopping_.set();
        stop();
    }

    std::size_t most_body = 1'000'000;  ///< Of a request to the service; bytes.

private:
    bool process_and_close_socket(socket_t descriptor) override {
        blocking_connection connection(descriptor,
                                       milliseconds(read_timeout_sec_, read_timeout_usec_),
                                       milliseconds(write_timeout_sec_, write_timeout_usec_));
        current_ = &connection;
        auto is_good = true;
        for (auto left = keep_alive_max_count_; is_good && left > 0; --left) {
            if (!connection.wait_for_request(stopping_, milliseconds(keep_alive_timeout_sec_, 0)))
                break;
            auto is_last = left == 1;
            is_good = process_request(connection, is_last, is_last, [this](auto& request) {
                if (live_.owns(request.target)) make_plain(request);
            });
            is_good = is_good && !connection.is_cut() && !is_last && !connection.ends_after_answer;
            if (auto const of = std::move(connection.exchange))
                connection.is_cut() ? of->lose(connection.lost) : of->done();
        }
        current_ = nullptr;
        ::shutdown(descriptor, SHUT_RDWR);
        ::close(descriptor);
        return is_good;
    }
    static std::chrono::milliseconds milliseconds(time_t sec, time_t usec) {
        return std::chrono::milliseconds(sec * 1000 + usec / 1000);
    }
    /// Takes what cpp-httplib would act upon by itself: its compression keeps parts of a stream
    /// back, and ranges and forms are not for it to look into.
    static void make_plain(httplib::Request& request) {
        request.headers.erase("Accept-Encoding");
        request.ranges.clear();
        auto const has_body =
            request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
        if (!has_body) request.set_header("Content-Length", "0");  // or it waits for one
        if (request.is_multipart_form_data()) request.headers.erase("Content-Type");
    }

    void serve(httplib::Request const& from, std::string body, httplib::Response& response) {
        auto& connection = *current_;
        kept_request request{.method = from.method,
                             .target = from.target,
                             .body = std::move(body),
                             .remote_address = from.remote_addr};
        for (auto const& [name, value] : from.headers)
            if (!is_made_up(name) && value.find_first_of(bad_in_field) == value.npos)
                request.fields.emplace_back(name, value);
        connection.exchange = std::make_shared<remote_exchange>(
            executors_.at(live_.shard_of(request.target)), connection.waker());
        connection.exchange->look_with([&connection] { return connection.has_ended(); });
        connection.exchange->serve(live_, std::move(request));
        auto news = connection.wait_for_news();
        if (!news.head) return connection.cut(connection.lost);
        response.status = static_cast<int>(news.head->status);
        std::string type;
        for (auto& [name, value] : news.head->fields)
            if (name == "Content-Type")
                type = value;
            else
                response.headers.emplace(name, value);
        if (news.head->close) connection.ends_after_answer = true;
        if (!news.head->is_stream) return response.set_content(std::move(news.body), type);
        response.set_chunked_content_provider(
            type,
            [&connection, next = std::move(news)](std::size_t, httplib::DataSink& sink) mutable {
                return write_on(connection, std::exchange(next, {}), sink);
            });
    }
    /// Writes what has come, or waits for it and writes it; called until the stream is over.
    static bool write_on(blocking_connection& connection,
                         answer_news news,
                         httplib::DataSink& sink) {
        if (news.body.empty() && !news.is_complete) news = connection.wait_for_news();
        if (!news.body.empty()) {
            if (!sink.write(news.body.data(), news.body.size())) return false;
            connection.exchange->wrote(news.body.size());
        }
        if (news.is_complete) sink.done();
        return !connection.is_cut();
    }
    /// Fields that no client has sent, and values that cpp-httplib has decoded into line ends.
    static bool is_made_up(std::string_view name) {
        return name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" ||
               name == "LOCAL_PORT";
    }
    static constexpr std::string_view bad_in_field{"\r\n\0", 3};

    anywire::service& live_;
    std::vector<net::any_io_executor> executors_;
    wakeup stopping_{};
    static inline thread_local blocking_connection* current_ = nullptr;
};

}  // namespace hosts
