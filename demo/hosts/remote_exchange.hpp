#pragma once

#include <anywire/asio.hpp>
#include <anywire/exchange.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What hosts of Anywire have in common whose connections live on other threads than its shards.
namespace hosts {

namespace net = boost::asio;
using field_list = std::vector<std::pair<std::string, std::string>>;

/// A request that outlives the call it came in.
struct kept_request {
    std::string method{};
    std::string target{};
    field_list fields{};
    std::string body{};
    std::string remote_address{};
    bool is_secure = false;
};

struct answer_head {
    unsigned status = 0;
    field_list fields{};
    bool is_stream = false;
    bool close = false;  ///< End the connection after it.
};

/// What has come of an answer since the connection asked last.
struct answer_news {
    std::optional<answer_head> head{};
    std::string body{};
    bool is_complete = false;
    bool is_aborted = false;  ///< End it without a word.
};

/// One request, served on a shard and answered by a connection on another thread. The shard puts
/// the answer down here and wakes the connection; the connection takes it, and says what became of
/// it.
class remote_exchange final : public anywire::exchange,
                              public std::enable_shared_from_this<remote_exchange> {
public:
    enum class loss { no_more_requests, gone, stalled };

    /// `wake` is called on the shard whenever there is news.
    remote_exchange(net::any_io_executor shard, std::function<void()> wake)
        : shard_(std::move(shard)), wake_(std::move(wake)) {}

    // -- for the connection, on its thread

    /// How the shard looks by itself whether the client has gone: before a thread wakes up to say
    /// so, the client may have come back on another one. Until `done` or `lose`.
    void look_with(std::function<bool()> is_gone) {
        std::scoped_lock const lock(mutex_);
        looks_gone_ = std::move(is_gone);
    }
    void serve(anywire::service& by, kept_request request) {
        post([&by, r = std::move(request)](remote_exchange& self) {
            self.self_ = self.shared_from_this();
            std::vector<anywire::http_field> fields;
            for (auto const& [name, value] : r.fields) fields.push_back({name, value});
            by.serve({.method = r.method,
                      .target = r.target,
                      .fields = fields,
                      .body = r.body,
                      .remote_address = r.remote_address,
                      .is_secure = r.is_secure},
                     self);
        });
    }
    answer_news take() {
        std::scoped_lock const lock(mutex_);
        answer_news out = std::move(news_);
        news_ = {};
        news_.is_aborted = out.is_aborted;
        return out;
    }
    bool is_aborted() {
        std::scoped_lock const lock(mutex_);
        return news_.is_aborted;
    }
    /// How long a write may make no progress.
    std::chrono::milliseconds longest_stall() const noexcept { return longest_stall_; }
    /// So many bytes of the body are out.
    void wrote(std::size_t bytes) {
        if (unsent_.fetch_sub(bytes) != bytes) return;
        post([](remote_exchange& self) {
            if (!self.events_ || !self.awaits_sent_ || self.unsent_ != 0) return;
            self.awaits_sent_ = false;
            self.events_->on_sent();
        });
    }
    /// The whole answer is out.
    void done() {
        look_with({});
        post([](remote_exchange& self) {
            if (auto* const told = std::exchange(self.events_, nullptr)) told->on_done();
        });
    }
    /// The client will not get its answer; or, `no_more_requests`, has ended its half of the
    /// connection and may still be waiting.
    void lose(loss how) {
        client_gone_ = true;
        if (how != loss::no_more_requests) look_with({});
        post([how](remote_exchange& self) {
            self.lost_ = how;
            self.tell_lost();
        });
    }

    // -- exchange, on the shard

    void listen(anywire::exchange_events* events, bool needs_client) noexcept override {
        events_ = events;
        needs_client_ = needs_client;
        if (events && lost_) post([](remote_exchange& self) { self.tell_lost(); });
    }
    void limit_stall(std::chrono::milliseconds longest) noexcept override {
        longest_stall_ = longest;
    }
    void set_page_fields(std::string fields) override { page_fields_ = std::move(fields); }
    bool respond(anywire::answer const& a) override {
        head_ = head_of(a, false);
        return put({&a.body, 1}, true);
    }
    void begin_stream(anywire::answer const& a) override { head_ = head_of(a, true); }
    bool write_stream(std::span<std::string_view const> parts) override {
        awaits_sent_ = true;
        return put(parts, false);
    }
    bool end_stream(std::span<std::string_view const> parts) override { return put(parts, true); }
    std::size_t unsent() const noexcept override { return unsent_; }
    void upgrade(anywire::websocket_upgrade) override {
        (void)respond({.status = 501,
                       .content_type = "text/plain; charset=UTF-8",
                       .body = "this server has no WebSockets\n"});
    }
    bool can_upgrade() const noexcept override { return false; }
    bool is_client_gone() const noexcept override {
        if (client_gone_) return true;
        std::scoped_lock const lock(mutex_);
        return looks_gone_ && looks_gone_();
    }
    void abort() noexcept override {
        events_ = nullptr;
        {
            std::scoped_lock const lock(mutex_);
            news_.is_aborted = true;
        }
        wake_();
        self_.reset();  // the last line: nobody else may have it
    }

private:
    template <class Function>
    void post(Function fn) {
        net::post(shard_, [self = shared_from_this(), fn = std::move(fn)]() mutable { fn(*self); });
    }
    /// Nothing is out yet: always false.
    bool put(std::span<std::string_view const> parts, bool is_last) {
        {
            std::scoped_lock const lock(mutex_);
            if (head_) news_.head = std::exchange(head_, std::nullopt);
            for (auto const part : parts) {
                news_.body.append(part);
                unsent_ += part.size();
            }
            news_.is_complete = is_complete_ = is_last;
        }
        wake_();
        if (is_last) self_.reset();  // what is posted has a reference of its own
        return false;
    }
    void tell_lost() {
        // Who has the whole answer coming may end its half of the connection.
        if (lost_ == loss::no_more_requests && (!needs_client_ || is_complete_)) return;
        auto* const told = std::exchange(events_, nullptr);
        if (!told) return;
        lost_ == loss::stalled ? told->on_stalled() : told->on_gone();
        abort();
    }
    answer_head head_of(anywire::answer const& a, bool is_stream) const {
        answer_head out{.status = a.status, .is_stream = is_stream, .close = a.close};
        if (!a.content_type.empty()) out.fields.emplace_back("Content-Type", a.content_type);
        for (std::string_view rest : {std::string_view(page_fields_), a.fields, a.more_fields})
            while (!rest.empty()) {
                auto const line = rest.substr(0, rest.find("\r\n"));
                auto const colon = line.find(": ");
                out.fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
                rest.remove_prefix(line.size() + 2);
            }
        return out;
    }

    net::any_io_executor shard_;
    std::function<void()> wake_;
    std::atomic<std::chrono::milliseconds> longest_stall_{std::chrono::seconds(30)};
    std::atomic<std::size_t> unsent_{0};
    std::atomic<bool> client_gone_{false};

    mutable std::mutex mutex_{};
    answer_news news_{};
    std::function<bool()> looks_gone_{};

    // -- the shard's
    std::shared_ptr<remote_exchange> self_{};  // while the library may still call
    anywire::exchange_events* events_ = nullptr;
    std::string page_fields_{};
    std::optional<answer_head> head_{};
    std::optional<loss> lost_{};
    bool needs_client_ = false;
    bool awaits_sent_ = false;
    bool is_complete_ = false;
};

}  // namespace hosts
