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
    if (by_name_ && !by_name_->are_done()) return {};
    return take_done({});
}

void pending_request::charge(std::size_t bytes) {
    // Most of what holds a value is not its bytes.
    constexpr std::size_t overhead = 64;
    bytes_ += bytes + overhead;
}

asked_servers* pending_request::named(std::string_view from) {
    if (!by_name_ || from.empty()) return nullptr;
    if (!by_name_->is_known(from)) charge(from.size());
    return &*by_name_;
}

template <class Function>
void pending_request::change(Function const& change) {
    std::unique_lock lock(mutex_);
    if (!done_) return;
    change();
    auto const tell = complete();
    lock.unlock();
    if (tell) tell();
}

void pending_request::use_names(bool needs_all) {
    std::scoped_lock const lock(mutex_);
    by_name_.emplace();
    needs_all_ = needs_all;
}

void pending_request::expect_servers(std::size_t n) {
    expect_servers(n, {});
}

void pending_request::expect_servers(std::size_t n, std::vector<std::string> others) {
    change([&] {
        servers_ = n;
        if (by_name_) by_name_->name(std::move(others));
    });
}

void pending_request::take_server(std::string_view from,
                                  std::size_t bytes,
                                  std::function<void(gathered&)> const& add) {
    change([&] {
        if (auto* const others = named(from))
            others->on_answer(from);
        else
            ++answered_;
        charge(bytes);
        add(all_);
    });
}

void pending_request::take_clients(std::string_view from, std::size_t n) {
    change([&] {
        if (auto* const others = named(from)) return others->on_clients(from, n);
        ++answered_;
        clients_ += n;
    });
}

void pending_request::take_answer(std::string_view from, socketio::encoded answer) {
    change([&] {
        if (auto* const others = named(from))
            others->on_client_answer(from);
        else
            ++client_answers_;
        charge(answer.json.size());
        for (auto const& a : answer.attachments) charge(a.size());
        all_.values.push_back(std::move(answer));
    });
}

void pending_request::lose_answer(error_code why) {
    change([&] {
        ++client_answers_;
        if (!all_.error) all_.error = why;
    });
}

void pending_request::lose_server(std::string_view which) {
    change([&] {
        auto* const others = named(which);
        auto const is_missed = others && others->on_gone(which);
        if (is_missed && needs_all_ && !all_.error) all_.error = anywire::errc::session_closed;
    });
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

// -- servers that are seen ------------------------------------------------------------------------

std::string own_channel(std::string_view all, std::string_view uid) {
    return std::string(all).append(uid).append("#");
}

std::string_view server_of(std::string_view channel, std::string_view all) noexcept {
    if (!channel.starts_with(all)) return {};
    channel.remove_prefix(all.size());
    if (!channel.ends_with('#')) return {};
    channel.remove_suffix(1);
    return channel.find('#') == std::string_view::npos ? channel : std::string_view{};
}

void expect_servers_below(port& at,
                          std::string const& all,
                          std::string const& self,
                          std::shared_ptr<pending_request> const& which,
                          std::size_t own) {
    at.list_channels(all, [all, self, which, own](std::vector<std::string> const& channels) {
        std::vector<std::string> others;
        for (auto const& c : channels)
            if (auto const uid = server_of(c, all); !uid.empty() && uid != self)
                others.emplace_back(uid);
        which->expect_servers(own, std::move(others));
    });
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

std::vector<pending_requests::request_ptr> pending_requests::list() const {
    std::vector<request_ptr> out;
    for (auto const& [id, which] : all_) out.push_back(which);
    return out;
}

void pending_requests::lose_server(std::string_view which) {
    std::unique_lock lock(mutex_);
    auto const all = list();
    lock.unlock();
    for (auto const& each : all) each->lose_server(which);
}

void pending_requests::close(error_code why) {
    std::unique_lock lock(mutex_);
    is_closed_ = true;
    auto const all = list();
    all_.clear();
    lock.unlock();
    for (auto const& each : all) each->finish(why);
}

std::size_t pending_requests::size() const {
    std::scoped_lock const lock(mutex_);
    return all_.size();
}

}  // namespace anywire::redis
