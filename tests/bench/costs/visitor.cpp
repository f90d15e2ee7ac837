#include "visitor.hpp"

#include "../message.hpp"

#include <algorithm>
#include <cctype>
#include <unistd.h>

namespace bench::costs {
namespace {

constexpr std::string_view host = " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
// What is answered by a script is served to pages of this origin only.
constexpr std::string_view referer = "Referer: http://127.0.0.1/\r\n";

std::string new_id() {
    static unsigned counter = 0;
    return "v" + std::to_string(::getpid()) + "x" + std::to_string(++counter);
}

/// The sid in an open packet, in whatever it is wrapped.
std::string sid_in(std::string_view body) {
    auto at = body.find("sid");
    if (at == std::string_view::npos) return {};
    auto const is_id = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    };
    auto const first = std::find_if(body.begin() + static_cast<long>(at) + 3, body.end(), is_id);
    return {first, std::find_if_not(first, body.end(), is_id)};
}

/// A close frame: polls would be told so over and over.
bool says_goodbye(std::string_view body) {
    auto const at = body.find("c[");
    return at != std::string_view::npos && at + 2 < body.size() && body[at + 2] >= '1' &&
           body[at + 2] <= '3';
}

unsigned frames_until_open(language l) {
    switch (l) {
        case language::none:
        case language::plain: return 0;
        case language::sockjs:
        case language::engineio:
        case language::engineio3:
        case language::stomp: return 1;
        case language::socketio: return 2;
    }
    return 0;
}

}  // namespace

void visitor::open() {
    if (is_sockjs()) sid_ = new_id();
    if (habit_ == habit::never_reads) (is_websocket() ? up_ : down_).hold_little();
    if (is_websocket() || door_ == door::http)
        up_.connect(server_);
    else
        down_.connect(server_);
}

void visitor::abort() noexcept {
    up_.close(true);
    down_.close(true);
}

void visitor::send(std::string_view bytes) {
    if (is_gone_) return;
    ++steps_;
    up_.write(bytes);
}

void visitor::request(std::string text) {
    requests_.push_back(std::move(text));
    next_request();
}

void visitor::post(std::string_view body, std::string_view content_type) {
    auto const is_form = traits_of(door_).down == carrier::jsonp;
    if (is_form) content_type = "application/x-www-form-urlencoded";
    std::string text("POST ");
    text += is_sockjs() ? target_of(is_form ? "/jsonp_send" : "/xhr_send") : target_of({});
    text.append(host).append(is_form ? referer : "").append("Content-Type: ").append(content_type);
    text += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    request(std::move(text.append(body)));
}

void visitor::close_eyes() {
    (is_websocket() || door_ == door::http ? up_ : down_).set_reading(false);
}

bool visitor::is_idle() const noexcept {
    // Who does not read may never be rid of what it sends: both kernels' buffers are full then.
    auto const is_blind = is_websocket() && habit_ == habit::never_reads;
    return is_gone_ || is_blind || (requests_.empty() && !waits_ && up_.waiting() == 0);
}

/// `suffix` is of SockJS; Engine.IO has one target for everything.
std::string visitor::target_of(std::string_view suffix) const {
    auto const& t = traits_of(door_);
    if (is_sockjs()) return "/sockjs/0/" + sid_ + std::string(suffix);
    std::string target(t.path);
    target += is_websocket() ? "&transport=websocket" : "&transport=polling";
    return sid_.empty() ? target : target + "&sid=" + sid_;
}

void visitor::on_connected(stream& s) {
    if (&s == &down_) return ask();
    if (is_websocket() && !is_upgraded_) return upgrade();
    is_open_ = true;
    next_request();
}

void visitor::on_lost(stream& s) {
    if (&s == &down_) {
        // A poll's connection may go while nothing is asked on it.
        if (habit_ == habit::reads || !is_open_) gone();
        return;
    }
    if (door_ != door::http && (is_websocket() || waits_)) return gone();
    if (waits_) ++answered_;  // by its end
    waits_ = false;
    up_reader_.next();
    if (door_ == door::http && answered_ == 0) return gone();
    next_request();
}

void visitor::on_data(stream& s, std::string_view data) {
    received_ += data.size();
    if (&s == &down_) return take_down(data);
    if (!is_websocket()) return take_answers(data);
    is_upgraded_ ? take_frames(data) : take_upgrade(data);
}

// ---- WebSocket

void visitor::upgrade() {
    ++steps_;
    std::string text("GET ");
    auto const speaks = traits_of(door_).speaks;
    if (is_sockjs())
        text += target_of("/websocket");
    else if (speaks == language::plain || speaks == language::stomp)
        text += traits_of(door_).path;
    else
        text += target_of({});
    text.append(host);
    text +=
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (door_ == door::ws_deflated || door_ == door::ws_inflating)
        text += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    up_.write(text += "\r\n");
}

void visitor::take_upgrade(std::string_view data) {
    header_.append(data);
    auto const end = header_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    if (!header_.starts_with("HTTP/1.1 101")) return gone();
    auto const rest = header_.substr(end + 4);
    header_.clear();
    is_upgraded_ = true;
    if (traits_of(door_).speaks == language::socketio) {
        std::string join;
        append_frame(join, 0x81, "40");
        up_.write(join);
    }
    if (traits_of(door_).speaks == language::stomp) {
        std::string connect;
        append_frame(
            connect, 0x81, "CONNECT\naccept-version:1.2\nlogin:eve\n\n" + std::string(1, '\0'));
        up_.write(connect);
    }
    if (frames_until_open(traits_of(door_).speaks) == 0) opened();
    take_frames(rest);
}

void visitor::take_frames(std::string_view data) {
    while (!data.empty() && !is_gone_) {
        auto const n = std::min<std::uint64_t>(skip_, data.size());
        data.remove_prefix(n);
        skip_ -= n;
        if (data.empty()) return;
        header_.push_back(data.front());
        data.remove_prefix(1);
        take_header();
    }
}

void visitor::take_header() {
    auto const at = [this](std::size_t i) { return static_cast<unsigned char>(header_[i]); };
    if (header_.size() < 2) return;
    std::uint64_t size = at(1) & 0x7Fu;
    std::size_t const length = size < 126 ? 2 : size == 126 ? 4 : 10;
    if (header_.size() < length) return;
    if (length > 2) size = 0;
    for (std::size_t i = 2; i < length; ++i) size = size << 8 | at(i);
    auto const is_close = (at(0) & 0x0Fu) == 8;
    header_.clear();
    skip_ = size;
    if (is_close) return gone();
    if (++frames_ == frames_until_open(traits_of(door_).speaks)) opened();
}

// ---- requests

void visitor::next_request() {
    if (waits_ || requests_.empty() || is_gone_) return;
    if (!up_.is_open()) return up_.connect(server_);
    if (!up_.is_connected()) return;
    waits_ = true;
    ++steps_;
    auto const text = std::move(requests_.front());
    requests_.pop_front();
    up_.write(text);
}

void visitor::take_answers(std::string_view data) {
    while (!data.empty() && !is_gone_) {
        data.remove_prefix(up_reader_.feed(data));
        if (up_reader_.is_broken) return gone();
        if (!up_reader_.is_complete) return up_reader_.body.clear();
        status_ = up_reader_.status;
        auto const closes = up_reader_.closes;
        up_reader_.next();
        ++answered_;
        waits_ = false;
        // 500 is SockJS's answer to what it cannot read: the session lives.
        if (door_ != door::http && status_ >= 400 && status_ != 500) return gone();
        if (closes) up_.close();
        next_request();
        if (!up_.is_open() || !up_.is_connected()) return;
    }
}

// ---- what comes down beside them

void visitor::ask() {
    ++steps_;
    auto const& t = traits_of(door_);
    std::string text;
    if (is_sockjs()) {
        auto const gets = door_ == door::sockjs_events || door_ == door::sockjs_htmlfile ||
                          t.down == carrier::jsonp;
        text = (gets ? "GET " : "POST ") + target_of(t.path);
        text.append(host).append(referer).append(gets ? "\r\n" : "Content-Length: 0\r\n\r\n");
    } else {
        auto const takes_gzip = door_ == door::engineio_gzip;
        text.append("GET ").append(target_of({})).append(host).append(referer);
        text.append(takes_gzip ? "Accept-Encoding: gzip\r\n\r\n" : "\r\n");
    }
    down_.write(text);
}

void visitor::take_down(std::string_view data) {
    while (!data.empty() && !is_gone_) {
        data.remove_prefix(down_reader_.feed(data));
        if (down_reader_.is_broken) return gone();
        if (down_reader_.has_head && down_reader_.status != 200) {
            status_ = down_reader_.status;
            return gone();
        }
        auto const is_stream = traits_of(door_).down == carrier::stream;
        if (!is_open_ && (down_reader_.is_complete || is_stream)) take_first(down_reader_.body);
        if (is_sockjs() && says_goodbye(down_reader_.body)) return gone();
        if (is_open_) down_reader_.body.clear();
        if (!down_reader_.is_complete) continue;
        auto const closes = down_reader_.closes;
        down_reader_.next();
        if (!down_.is_open()) return;  // closed while it opened
        if (closes) return down_.connect(server_);
        if (habit_ != habit::never_asks || !is_open_) ask();
    }
}

void visitor::take_first(std::string_view body) {
    if (is_sockjs()) {
        if (body.find("o\n") != std::string_view::npos ||
            body.find("data: o") != std::string_view::npos ||
            body.find("\"o\"") != std::string_view::npos)
            opened();
        return;
    }
    if (sid_.empty()) {
        sid_ = sid_in(body);
        if (sid_.empty()) return gone();
        if (traits_of(door_).speaks != language::socketio) return opened();
        return post("40");
    }
    if (body.find("40{") != std::string_view::npos) opened();
}

void visitor::opened() {
    is_open_ = true;
    if (habit_ == habit::never_reads) close_eyes();
    if (habit_ == habit::never_asks && !is_websocket()) down_.close();
}

void visitor::gone() noexcept {
    is_gone_ = true;
    up_.close();
    down_.close();
    requests_.clear();
    waits_ = false;
}

}  // namespace bench::costs
