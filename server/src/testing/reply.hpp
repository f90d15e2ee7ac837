#pragma once

#include <anywire/test.hpp>

#include "core/ascii.hpp"
#include "core/fault.hpp"
#include "shard.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace anywire::testing {

/// Runs `fn` as an event, and what was posted by it.
class event_runner {
public:
    virtual void run(std::function<void()> const& fn) = 0;
    /// Runs `fn` as an event of its own, after the one that runs now.
    virtual void later(std::function<void()> fn) = 0;

protected:
    ~event_runner() = default;
};

/// The exchange of one request, whose answer is kept.
class memory_exchange : public exchange {
public:
    explicit memory_exchange(std::shared_ptr<event_runner*> events) : runner_(std::move(events)) {}
    virtual ~memory_exchange() = default;

    bool has_begun = false;
    bool is_complete = false;
    bool is_broken_off = false;
    unsigned status = 0;
    std::string head{};
    std::string body{};
    std::vector<std::string> parts{};

    void cut() {
        if (is_over() || gone_) return;
        gone_ = true;
        auto* const told = std::exchange(events_, nullptr);
        if (told && *runner_) (*runner_)->run([told] { told->on_gone(); });
    }

    // -- exchange
    void listen(exchange_events* events, bool) noexcept override { events_ = events; }
    void limit_stall(std::chrono::milliseconds) noexcept override {}
    void set_page_fields(std::string given) override { page_fields_ = std::move(given); }
    bool respond(answer const& a) override {
        begin(a);
        body = a.body;
        is_complete = true;
        return true;
    }
    void begin_stream(answer const& a) override { begin(a); }
    bool write_stream(std::span<std::string_view const> more) override {
        for (auto const part : more) {
            body.append(part);
            parts.emplace_back(part);
        }
        return true;
    }
    bool end_stream(std::span<std::string_view const> more) override {
        (void)write_stream(more);
        is_complete = true;
        return true;
    }
    std::size_t unsent() const noexcept override { return 0; }
    void upgrade(websocket_upgrade) override {
        (void)respond({.status = status_of(fault::cannot_upgrade),
                       .body = "this request is not a WebSocket's\n"});
    }
    bool is_client_gone() const noexcept override { return gone_; }
    void abort() noexcept override { is_broken_off = true; }

protected:
    event_runner* runner() const noexcept { return *runner_; }

private:
    bool is_over() const noexcept { return is_complete || is_broken_off; }
    void begin(answer const& a) {
        has_begun = true;
        status = a.status;
        head = page_fields_;
        if (!a.content_type.empty())
            head.append("Content-Type: ").append(a.content_type).append("\r\n");
        head.append(a.fields).append(a.more_fields);
    }

    std::shared_ptr<event_runner*> runner_;  // to null once the host has gone
    exchange_events* events_ = nullptr;
    std::string page_fields_{};
    bool gone_ = false;
};

class reply::state final : public memory_exchange {
public:
    using memory_exchange::memory_exchange;
};

}  // namespace anywire::testing
