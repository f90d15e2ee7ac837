#pragma once

#include "adapters/session_codec.hpp"
#include "port.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <fnmatch.h>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

/// As much of Redis as adapters use, in one process, with a time of its own. Nothing happens but in
/// `run` and `advance`.
class fake_redis {
public:
    using words = std::vector<std::string>;

    /// A connection to it.
    class port;

    std::shared_ptr<port> connect();

    /// Does what waits, until nothing does.
    void run() {
        while (!queue_.empty()) {
            auto const next = std::move(queue_.front());
            queue_.pop_front();
            next();
        }
    }
    void advance(std::chrono::milliseconds by) {
        auto const until = now_ + by.count();
        for (;;) {
            run();
            auto const next = timers_.begin();
            if (next == timers_.end() || next->first > until) break;
            now_ = next->first;
            auto const fn = std::move(next->second.second);
            timers_.erase(next);
            fn();
        }
        now_ = until;
        run();
    }
    /// Drops all connections, and lets nobody in; or lets everybody in again.
    void set_up(bool up);
    /// What somebody publishes who is nobody's port.
    std::size_t publish(redis::channel_kind kind, std::string const& channel, std::string payload);
    void add_entry(std::string const& key, redis::entry_fields fields);

    std::vector<words> commands{};  ///< All that were given, as MONITOR shows them.
    std::vector<std::string> log{};
    std::size_t count(std::string_view name) const {
        return static_cast<std::size_t>(std::count_if(
            commands.begin(), commands.end(), [&](words const& w) { return w.front() == name; }));
    }
    words const& last(std::string_view name) const {
        auto const found = std::find_if(
            commands.rbegin(), commands.rend(), [&](words const& w) { return w.front() == name; });
        static words const none{""};
        return found == commands.rend() ? none : *found;
    }
    std::size_t subscribers(std::string const& channel) const {
        return static_cast<std::size_t>(
            std::count_if(subscribers_.begin(), subscribers_.end(), [&](auto const& s) {
                return s.name == channel;
            }));
    }

    std::map<std::string, std::string> strings{};
    std::map<std::string, std::vector<redis::stream_entry>> streams{};
    /// Messages of channels that subscribers were given, and entries that readers were.
    std::size_t delivered = 0;
    std::size_t subscriber_count() const noexcept { return subscribers_.size(); }
    /// Keeps what is read from streams from coming, until it is false again.
    bool holds_readers = false;

private:
    struct subscriber {
        std::uint64_t id;
        redis::channel_kind kind;
        std::string name;
        redis::connection::message_handler fn;
    };
    struct reader {
        std::uint64_t id;
        std::string key;
        std::size_t at;
        redis::connection::entry_handler fn;
    };
    using timer = std::pair<std::uint64_t, std::function<void()>>;

    redis::reply answer(words const& w);
    redis::reply range(words const& w) const;
    void feed_readers();
    static redis::reply text(std::string t) {
        return {.kind = redis::reply_kind::string, .text = std::move(t)};
    }

    bool is_up_ = true;
    std::int64_t now_ = 0;
    std::uint64_t next_id_ = 0;
    std::uint64_t next_entry_ = 0;
    std::deque<std::function<void()>> queue_{};
    std::multimap<std::int64_t, timer> timers_{};
    std::list<subscriber> subscribers_{};
    std::list<reader> readers_{};
    std::list<std::pair<std::uint64_t, std::function<void(redis::state_change const&)>>>
        watchers_{};
};

class fake_redis::port final : public redis::stream_port {
public:
    explicit port(fake_redis& at) noexcept : at_(at) {}

    void command(std::vector<std::string> args, answer_fn done) override {
        at_.queue_.push_back([&at = at_, args = std::move(args), done = std::move(done)] {
            at.commands.push_back(args);
            if (!at.is_up_) {
                if (done) done(redis::errc::connection_lost, {});
                return;
            }
            auto r = at.answer(args);
            at.queue_.push_back([r = std::move(r), done] {
                if (done) done({}, r);
            });
        });
    }
    void transaction(std::vector<std::vector<std::string>> all_args, answer_fn done) override {
        at_.queue_.push_back([&at = at_, all_args = std::move(all_args), done = std::move(done)] {
            redis::reply all{.kind = redis::reply_kind::array};
            for (auto const& args : all_args) {
                at.commands.push_back(args);
                all.elements.push_back(at.answer(args));
            }
            if (at.is_up_)
                done({}, std::move(all));
            else
                done(redis::errc::connection_lost, {});
        });
    }
    void publish(redis::channel_kind kind, std::string channel, std::string payload) override {
        command({kind == redis::channel_kind::sharded ? "SPUBLISH" : "PUBLISH",
                 std::move(channel),
                 std::move(payload)},
                {});
    }
    redis::subscription subscribe(redis::channel_kind kind,
                                  std::string channel,
                                  redis::connection::message_handler on_message) override {
        auto const id = at_.next_id_++;
        at_.subscribers_.push_back({id, kind, std::move(channel), std::move(on_message)});
        return redis::subscription([&at = at_, id] {
            at.subscribers_.remove_if([&](auto const& s) { return s.id == id; });
        });
    }
    void count_subscribers(redis::channel_kind kind, std::string channel, count_fn done) override {
        auto const sharded = kind == redis::channel_kind::sharded;
        command({"PUBSUB", sharded ? "SHARDNUMSUB" : "NUMSUB", channel},
                [&at = at_, channel, done = std::move(done)](error_code e, redis::reply const&) {
                    done(e, e ? 0 : at.subscribers(channel));
                });
    }
    redis::subscription read_stream(redis::stream_options what,
                                    redis::connection::entry_handler on_entry) override {
        auto const id = at_.next_id_++;
        auto const from = redis::parse_entry_id(what.from).value();
        auto const& all = at_.streams[what.key];
        auto const at = std::find_if(all.begin(), all.end(), [&](auto const& e) {
            return from < redis::parse_entry_id(e.id).value();
        });
        at_.readers_.push_back(
            {id, what.key, static_cast<std::size_t>(at - all.begin()), std::move(on_entry)});
        at_.feed_readers();
        return redis::subscription(
            [&at = at_, id] { at.readers_.remove_if([&](auto const& r) { return r.id == id; }); });
    }
    redis::subscription watch(std::function<void(redis::state_change const&)> fn) override {
        auto const id = at_.next_id_++;
        at_.watchers_.emplace_back(id, std::move(fn));
        return redis::subscription([&at = at_, id] {
            at.watchers_.remove_if([&](auto const& w) { return w.first == id; });
        });
    }
    bool is_ready() const override { return at_.is_up_; }
    redis::subscription after(std::chrono::milliseconds delay, std::function<void()> fn) override {
        auto const id = at_.next_id_++;
        at_.timers_.emplace(at_.now_ + delay.count(), timer{id, std::move(fn)});
        return redis::subscription([&at = at_, id] {
            std::erase_if(at.timers_, [&](auto const& t) { return t.second.first == id; });
        });
    }
    tick now() const override { return to_ticks(std::chrono::milliseconds(at_.now_)); }
    void log(log_level, std::string_view line) override { at_.log.emplace_back(line); }
    void draw_random(std::span<unsigned char> to) override {
        for (auto& b : to)
            b = static_cast<unsigned char>((seed_ = seed_ * 1103515245 + 12345) >> 16);
    }

private:
    static inline std::uint32_t seed_ = 1;
    fake_redis& at_;
};

inline std::shared_ptr<fake_redis::port> fake_redis::connect() {
    return std::make_shared<port>(*this);
}

inline void fake_redis::set_up(bool up) {
    is_up_ = up;
    auto const all = watchers_;
    for (auto const& [id, fn] : all)
        fn({.now = up ? redis::state::ready : redis::state::lost, .text = "told to"});
    feed_readers();
}

inline std::size_t fake_redis::publish(redis::channel_kind kind,
                                       std::string const& channel,
                                       std::string payload) {
    std::size_t n = 0;
    auto const is_sharded = kind == redis::channel_kind::sharded;
    for (auto const& s : subscribers_) {
        auto const fits = s.kind == redis::channel_kind::pattern
                              ? fnmatch(s.name.c_str(), channel.c_str(), 0) == 0
                              : s.name == channel;
        if (!fits || is_sharded != (s.kind == redis::channel_kind::sharded)) continue;
        ++n;
        queue_.push_back([this, id = s.id, fn = s.fn, channel, payload] {
            if (std::any_of(subscribers_.begin(), subscribers_.end(), [&](auto const& each) {
                    return each.id == id;
                })) {
                ++delivered;
                fn({.channel = channel, .payload = payload});
            }
        });
    }
    return n;
}

inline void fake_redis::add_entry(std::string const& key, redis::entry_fields fields) {
    auto const id = std::to_string(1'000 + next_entry_ / 2) + "-" + std::to_string(next_entry_ % 2);
    ++next_entry_;
    streams[key].push_back({id, std::move(fields)});
    feed_readers();
}

inline void fake_redis::feed_readers() {
    if (holds_readers || !is_up_) return;
    for (auto& r : readers_)
        for (auto const& all = streams[r.key]; r.at < all.size(); ++r.at)
            queue_.push_back([this, fn = r.fn, e = all[r.at]] {
                ++delivered;
                fn(e);
            });
}

inline redis::reply fake_redis::range(words const& w) const {
    redis::reply out{.kind = redis::reply_kind::array};
    auto const found = streams.find(w[1]);
    if (found == streams.end()) return out;
    auto const count = w.size() > 5 ? std::stoul(w[5]) : SIZE_MAX;
    auto const is_reverse = w[0] == "XREVRANGE";
    auto all = found->second;
    if (is_reverse) std::reverse(all.begin(), all.end());
    for (auto const& e : all) {
        auto const id = redis::parse_entry_id(e.id).value();
        if (!is_reverse && id < redis::parse_entry_id(w[2]).value()) continue;
        if (!is_reverse && w[3] != "+" && redis::parse_entry_id(w[3]).value() < id) continue;
        if (out.elements.size() == count) break;
        redis::reply fields{.kind = redis::reply_kind::array};
        for (auto const& [name, value] : e.fields) {
            fields.elements.push_back(text(name));
            fields.elements.push_back(text(value));
        }
        out.elements.push_back(
            {.kind = redis::reply_kind::array, .elements = {text(e.id), fields}});
    }
    return out;
}

inline redis::reply fake_redis::answer(words const& w) {
    if (w[0] == "PUBLISH" || w[0] == "SPUBLISH") {
        auto const kind =
            w[0] == "PUBLISH" ? redis::channel_kind::plain : redis::channel_kind::sharded;
        return {.kind = redis::reply_kind::integer,
                .integer = static_cast<std::int64_t>(publish(kind, w[1], w[2]))};
    }
    if (w[0] == "XADD") {
        redis::entry_fields fields;
        for (std::size_t i = 6; i + 1 < w.size(); i += 2) fields.emplace_back(w[i], w[i + 1]);
        add_entry(w[1], std::move(fields));
        return text(streams[w[1]].back().id);
    }
    if (w[0] == "XRANGE" || w[0] == "XREVRANGE") return range(w);
    if (w[0] == "SET") strings[w[1]] = w[2];
    if (w[0] == "GET") {
        auto const found = strings.find(w[1]);
        return found == strings.end() ? redis::reply{} : text(found->second);
    }
    if (w[0] == "DEL") strings.erase(w[1]);
    return {.kind = redis::reply_kind::status, .text = "OK"};
}

}  // namespace anywire::test
