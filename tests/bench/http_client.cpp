#include "http_client.hpp"

#include <charconv>
#include <unistd.h>

namespace bench {
namespace {

constexpr char separator = '\x1e';
constexpr std::string_view host = " HTTP/1.1\r\nHost: 127.0.0.1\r\n";

std::string& scratch() {
    static std::string text;
    text.clear();
    return text;
}

void append_number(std::string& out, std::size_t n) {
    char digits[24];
    auto const end = std::to_chars(digits, digits + sizeof digits, n).ptr;
    out.append(digits, end);
}

std::string sockjs_path() {
    static unsigned counter = 0;
    return "/sockjs/000/h" + std::to_string(::getpid()) + "x" + std::to_string(++counter);
}

}  // namespace

void http_client::open() {
    is_open_ = posts_ = false;
    sid_.clear();
    waiting_.clear();
    down_reader_.next();
    up_reader_.next();
    path_ = speaks() == dialect::sockjs     ? sockjs_path()
            : speaks() == dialect::engineio ? "/engine.io/?EIO=4&transport=polling"
                                            : "/socket.io/?EIO=4&transport=polling";
    down_.connect(context_.server);
}

void http_client::abort() noexcept {
    is_open_ = posts_ = false;
    down_.close(true);
    up_.close(true);
}

void http_client::leave() {
    is_open_ = posts_ = false;
    down_.close();
    up_.close();
    context_.events.on_left(*this);
}

void http_client::on_connected(stream& s) {
    &s == &down_ ? ask() : post();
}

void http_client::on_lost(stream& s) {
    if (&s == &up_ && !posts_) return;  // a server may close what is idle
    gone(&s == &up_ ? "a POST was cut off" : "the receiving connection was closed");
}

// ---- receiving

void http_client::ask() {
    auto& out = scratch();
    if (is_engineio()) {
        out.append("GET ").append(path_).append(host).append("\r\n");
    } else if (traits_of(over()).over == carrier::events) {
        out.append("GET ").append(path_).append("/eventsource").append(host);
        out.append("Accept: text/event-stream\r\n\r\n");
    } else {
        out.append("POST ").append(path_).append(is_polling() ? "/xhr" : "/xhr_streaming");
        out.append(host).append("Content-Length: 0\r\n\r\n");
    }
    down_.write(out);
}

void http_client::on_data(stream& s, std::string_view data) {
    if (&s == &down_) return on_down_data(data);
    while (!data.empty() && posts_) {
        data.remove_prefix(up_reader_.feed(data));
        if (up_reader_.is_broken) return gone("an answer to a POST was no HTTP");
        if (up_reader_.is_complete) finish_up();
    }
}

void http_client::on_down_data(std::string_view data) {
    while (!data.empty()) {
        data.remove_prefix(down_reader_.feed(data));
        if (down_reader_.is_broken) return gone("a response was no HTTP");
        if (down_reader_.has_head && down_reader_.status != 200)
            return gone("a request was refused");
        if (down_reader_.has_head && !is_polling() && !take_lines())
            return gone("the server said something unexpected");
        if (down_reader_.is_complete) finish_down();
        if (!down_.is_open() || !down_.is_connected()) return;
    }
}

/// Takes what has come whole of a stream's lines.
bool http_client::take_lines() {
    constexpr std::string_view field = "data: ";
    auto& body = down_reader_.body;
    std::size_t at = 0;
    for (auto end = body.find('\n'); end != std::string::npos; end = body.find('\n', at)) {
        auto line = std::string_view(body).substr(at, end - at);
        at = end + 1;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (traits_of(over()).over == carrier::events) {
            if (!line.starts_with(field)) continue;
            line.remove_prefix(field.size());
        }
        if (!take(line)) return false;
    }
    body.erase(0, at);
    return true;
}

/// Takes a poll's answer.
bool http_client::take_poll() {
    std::string_view body = down_reader_.body;
    if (!is_engineio()) {
        if (body.ends_with('\n')) body.remove_suffix(1);
        return take(body);
    }
    while (!body.empty()) {
        auto const end = body.find(separator);
        if (!take(body.substr(0, end))) return false;
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    }
    return true;
}

/// The next request goes out before what came is looked at: so the server usually has it waiting
/// when the next message comes, as it has with people who think before they answer.
void http_client::finish_down() {
    auto const asks_at_once = !down_reader_.closes && !(is_engineio() && sid_.empty());
    if (asks_at_once) ask();
    if (is_polling() && !take_poll()) return gone("the server said something unexpected");
    auto const closes = down_reader_.closes;
    down_reader_.next();
    if (asks_at_once) return;
    if (path_.find("&sid=") == std::string::npos && !sid_.empty()) path_ += "&sid=" + sid_;
    if (!waiting_.empty()) post();  // what `take` had to answer before there was a sid in the path
    if (closes)
        down_.connect(context_.server);
    else
        ask();
}

// ---- sending

void http_client::send(unsigned count) {
    append_body(waiting_, speaks(), *context_.text, sent, count);
    sent += count;
    sent_at = steady::now();
    post();
}

void http_client::reply(std::string_view unit) {
    if (!waiting_.empty()) waiting_.push_back(separator);
    waiting_.append(unit);
    post();
}

void http_client::post() {
    if (posts_ || waiting_.empty()) return;
    if (is_engineio() && path_.find("&sid=") == std::string::npos) return;
    if (!up_.is_open()) return up_.connect(context_.server);
    if (!up_.is_connected()) return;
    auto const is_sockjs = !is_engineio();
    auto& out = scratch();
    out.append("POST ").append(path_).append(is_sockjs ? "/xhr_send" : "").append(host);
    out.append("Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ");
    append_number(out, waiting_.size() + (is_sockjs ? 2 : 0));
    out.append("\r\n\r\n").append(is_sockjs ? "[" : "").append(waiting_);
    out.append(is_sockjs ? "]" : "");
    waiting_.clear();
    posts_ = true;
    up_.write(out);
}

void http_client::finish_up() {
    auto const status = up_reader_.status;
    auto const closes = up_reader_.closes;
    up_reader_.next();
    posts_ = false;
    if (status != 200 && status != 204) return gone("a POST was refused");
    if (closes || (context_.closes_posts && waiting_.empty())) up_.close();
    post();
}

}  // namespace bench
