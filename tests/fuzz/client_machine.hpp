#pragma once

#include "client/reconnector.hpp"
#include "support/fake_network.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// A channel whose server and network do what the input says, in any order: one end follows, no
// message comes before the open, after the end or over the limit, nothing is left under way.
namespace anywire::test {

class client_machine final : public client_channel_events {
public:
    static constexpr std::size_t max_message = 300;

    /// `phrases`: what a server could say, to get further than chance does.
    client_machine(client_options o,
                   std::span<std::string_view const> phrases,
                   std::uint8_t const* data,
                   std::size_t size)
        : phrases_(phrases), data_(data), left_(size) {
        o.limits.max_message = max_message;
        o.limits.max_body = 4'096;
        auto checked = check_settings(std::move(o));
        require(checked.value != nullptr);
        channel_ = make_channel(net_, checked.value, *this);
    }

    void run() {
        channel_->start();
        while (left_ > 0 && channel_) step();
        if (channel_) {
            channel_.reset();
            is_over_ = true;
        }
        require(net_.open_calls() == 0 && net_.open_sockets() == 0);
        net_.advance(std::chrono::seconds{5});
    }

    void on_open() override {
        require(!is_open_ && !is_over_);
        is_open_ = true;
        maybe_destroy();
    }
    void on_message(message_view m) override {
        require(is_open_ && !is_over_ && !is_paused_ && !is_closing_);
        require(m.data.size() <= max_message);
        maybe_destroy();
    }
    void on_transport() override {
        require(is_open_ && !is_over_);
        maybe_destroy();
    }
    void on_sent() override { require(is_open_ && !is_over_); }
    void on_failure(client_failure const& why) override {
        require(!is_open_ && !is_over_);
        require(why.error.failed() && !why.text.empty());
        end();
    }
    void on_closed(close_event const&) override {
        require(is_open_ && !is_over_);
        end();
    }

private:
    static void require(bool condition) {
        if (!condition) std::abort();
    }

    void end() {
        is_over_ = true;
        channel_.reset();
    }
    void maybe_destroy() {
        if (destroys_ && channel_) end();
    }

    unsigned next() {
        if (left_ == 0) return 0;
        --left_;
        return *data_++;
    }
    std::string text() {
        auto const n = next();
        if (n >= 128 && !phrases_.empty()) return std::string(phrases_[n % phrases_.size()]);
        std::string out;
        for (auto i = n % 64; i > 0 && left_ > 0; --i) out.push_back(static_cast<char>(next()));
        if (n % 64 == 63) out.append(max_message, 'x');
        return out;
    }

    void step() {
        switch (next() % 8) {
            case 0:
            case 1:
            case 2: return act_on_call();
            case 3:
            case 4: return act_on_socket();
            case 5: return act_on_channel();
            case 6: return net_.advance(std::chrono::milliseconds{25 * (1 + next())});
            default: destroys_ = next() % 16 == 0;
        }
    }

    /// One of those that are open.
    template <class List>
    auto pick(List const& all, auto is_open) {
        auto const which = next();
        typename List::value_type found{};
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto const& one = all[all.size() - 1 - (i + which) % all.size()];
            if (!is_open(*one)) continue;
            found = one;
            break;
        }
        return found;
    }

    void act_on_call() {
        auto const c = pick(net_.calls, [](auto const& one) { return one.is_open(); });
        if (!c) return;
        constexpr std::array statuses{200u, 200u, 200u, 204u, 400u, 404u, 413u, 500u};
        auto const what = next();
        auto const* const type = what >= 128 ? "application/octet-stream" : "text/plain";
        switch (what % 8) {
            case 0: return c->fail();
            case 1: return c->begin(statuses[next() % 8], type);
            case 2: return c->piece(text());
            case 3: return c->finish();
            default: return c->answer(what % 8 == 7 ? statuses[next() % 8] : 200, text(), type);
        }
    }

    void act_on_socket() {
        auto const s = pick(net_.sockets, [](auto const& one) { return one.events != nullptr; });
        if (!s) return;
        if (!s->is_open) return next() % 4 == 0 ? s->fail() : s->open();
        switch (auto const what = next(); what % 8) {
            case 0: return s->closed(1000 + next(), what >= 128);
            case 1: return s->live();
            case 2: return s->drain();
            case 3: return s->message(text(), true);
            default: return s->message(text());
        }
    }

    void act_on_channel() {
        if (!is_open_ || is_closing_) return;
        switch (next() % 8) {
            case 0: is_closing_ = true; return channel_->close(close_code::normal, "bye");
            case 1: is_paused_ = true; return channel_->pause(true);
            case 2: is_paused_ = false; return channel_->pause(false);
            case 3: return channel_->send({text(), true});
            default: return channel_->send("hello");
        }
    }

    fake_network net_{};
    std::span<std::string_view const> phrases_;
    std::uint8_t const* data_;
    std::size_t left_;
    std::unique_ptr<client_channel> channel_{};
    bool is_open_ = false;
    bool is_over_ = false;
    bool is_paused_ = false;
    bool is_closing_ = false;
    bool destroys_ = false;
};

}  // namespace anywire::test
