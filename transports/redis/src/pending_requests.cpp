#include "pending_requests.hpp"

#include <utility>

namespace anywire::redis {
// -- one ------------------------------------------------------------------------------------------

std::function<void()> pending_request::take_done(error_code why) {
    if (!done_) return {};
    if (why && !all_.error) all_.error = why;
    return [all = std::make_shared<gathered>(std::move(all_)),
            done = std::exchange(done_, nullptr)] { done(std::move(*all)); };
}

std::function<void()> pending_request::complete() {
    if (bytes_ > max_bytes_) return take_done(anywire::errc::message_too_big);
    if (!servers_ || answered_ < *servers_ || client_answers_ < clients_) return {};
    return take_done({});
}

void pending_request::charge(std::size_t bytes) {
    // Most of what holds a value is not its bytes.
    constexpr std::size_t overhead = 64;
    bytes_ += bytes + overhead;
}

void pending_request::expect_servers(std::size_t n) {
    std::unique_lock lock(mutex_);
    servers_ = n;
    auto const tell = complete();
    lock.unlock();
    if (tell) tell();
}

void pending_request::take_server(std::size_t bytes, std::function<void(gathered&)> const& add) {
    std::unique_lock lock(mutex_);
    if (!done_) return;
    ++answered_;
    charge(bytes);
    add(all_);
    auto const tell = complete();
    lock.unlock();
    if (tell) tell();
}

void pending_request::take_clients(std::size_t n) {
    std::unique_lock lock(mutex_);
    ++answered_;
    clients_ += n;
    auto const tell = complete();
    lock.unlock();
    if (tell) tell();
}

void pending_request::take_answer(socketio::encoded answer) {
    std::unique_lock lock(mutex_);
    if (!done_) return;
    ++client_answers_;
    charge(answer.json.size());
    for (auto const& a : answer.attachments) charge(a.size());
    all_.values.push_back(std::move(answer));
    auto const tell = complete();
    lock.unlock();
    if (tell) tell();
}

void pending_request::lose_answer(error_code why) {
    std::unique_lock lock(mutex_);
    ++client_answers_;
    if (!all_.error) all_.error = why;
    auto const tell = complete();
    lock.unlock();
    if (tell) tell();
}

void pending_request::note(error_code why) {
    std::scoped_lock const lock(mutex_);
    if (!all_.error) all_.error = why;
}

void pending_request::finish(error_code why) {
    std::unique_lock lock(mutex_);
    auto const tell = take_done(why);
    lock.unlock();
    if (tell) tell();
}

bool pending_request::is_done() const {
    std::scoped_lock const lock(mutex_);
    return !done_;
}

// -- all ------------------------------------------------------------------------------------------

pending_requests::pending_requests(std::shared_ptr<port> at, std::size_t most)
    : port_(std::move(at)), most_(most), all_(0, keyed_hash{draw_key(*port_)}) {}

bool pending_requests::add(std::string const& id,
                           request_ptr const& which,
                           std::chrono::milliseconds longest,
                           std::function<void()> on_timeout) {
    std::scoped_lock const lock(mutex_);
    if (is_closed_ || all_.size() >= most_) return false;
    which->timer =
        port_->after(longest, [weak = std::weak_ptr(which), on_timeout = std::move(on_timeout)] {
            auto const late = weak.lock();
            if (!late || late->is_done()) return;
            on_timeout();
            late->finish(anywire::errc::ack_timeout);
        });
    all_.emplace(id, which);
    return true;
}

pending_requests::request_ptr pending_requests::find(std::string_view id) const {
    std::scoped_lock const lock(mutex_);
    auto const found = all_.find(id);
    return found == all_.end() ? nullptr : found->second;
}

void pending_requests::remove(std::string_view id) {
    request_ptr last;  // outlives the lock, for its timer
    std::scoped_lock const lock(mutex_);
    auto const found = all_.find(id);
    if (found == all_.end()) return;
    last = std::move(found->second);
    all_.erase(found);
    shrink_sparse(all_);
}

void pending_requests::close(error_code why) {
    std::vector<request_ptr> all;
    {
        std::scoped_lock const lock(mutex_);
        is_closed_ = true;
        for (auto const& [id, which] : all_) all.push_back(which);
        all_.clear();
    }
    for (auto const& each : all) each->finish(why);
}

std::size_t pending_requests::size() const {
    std::scoped_lock const lock(mutex_);
    return all_.size();
}

}  // namespace anywire::redis
