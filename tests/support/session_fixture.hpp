#pragma once

#include <anywire/transport.hpp>

#include "session/duplex_session.hpp"
#include "session/endpoint_core.hpp"
#include "session/session_loop.hpp"
#include "support/sockjs_session.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <any>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Sessions without sockets or a clock: transports that write down what they are given, time that
// is told, handlers that write down what they hear.
namespace anywire::test {

using namespace std::literals;
using strings = std::vector<std::string>;
using then = write_result::next;

/// A close code by its number, as applications give it.
constexpr close_code app_code(unsigned n) {
    return static_cast<close_code>(n);
}

/// A transport that takes what its script says. Touching it after its end is an error.
class fake_transport final : public transport {
public:
    explicit fake_transport(carrier shape = carrier::duplex) : shape_(shape) {
        if (shape == carrier::one_shot) {
            answer = then::ended;
            most = 1;
        }
    }

    // -- the script
    then answer = then::ready;  ///< Of writes that take the whole batch.
    std::size_t most = std::numeric_limits<std::size_t>::max();  ///< Frames of one write.
    std::size_t pending = 0;
    bool takes_pieces = false;  ///< Headed frames need not be joined for it.

    // -- what happened
    strings written{};
    std::vector<frame const*> frames{};  ///< Only addresses: the frames may be gone.
    int writes = 0;
    std::vector<bool> pauses{};
    std::string goodbye{};  ///< "code text" of `close`.
    bool aborted = false;
    bool over = false;      ///< Closed, aborted, ended or finished: the session has let go.
    bool finished = false;  ///< In order, but not all is on the wire: it may still be aborted.

    /// Takes what it is given and no more; `bytes` of it do not leave.
    void block(std::size_t bytes = 0) {
        answer = then::blocked;
        pending = bytes;
    }
    /// What was written since the last call.
    strings take() { return std::exchange(written, {}); }

    carrier shape() const noexcept override { return shape_; }
    std::string_view name() const noexcept override {
        switch (shape_) {
            case carrier::duplex: return "websocket";
            case carrier::stream: return "xhr-streaming";
            case carrier::one_shot: return "xhr-polling";
        }
        return {};
    }
    bool gathers() const noexcept override { return takes_pieces; }
    write_result write(std::span<frame* const> batch) override {
        CHECK_FALSE(over);
        CHECK_FALSE(batch.empty());
        ++writes;
        auto result = write_result{0, answer};
        while (result.taken < std::min(most, batch.size())) {
            auto const* f = batch[result.taken++];
            written.emplace_back(f->kind() == frame_kind::ping ? "(ping)" : f->text());
            frames.push_back(f);
            CHECK((takes_pieces || !f->rest()));
            if (f->rest()) written.back().append(f->rest()->text());
            if (shape_ != carrier::stream || !f->text().starts_with('c')) continue;
            result.then = answer == then::blocked ? then::finished : then::ended;
            break;
        }
        over = result.then == then::ended || result.then == then::finished;
        finished = result.then == then::finished;
        return result;
    }
    void close(close_code code, std::string_view text) noexcept override {
        CHECK_FALSE(over);
        over = true;
        goodbye = std::to_string(static_cast<unsigned>(code)).append(" ").append(text);
    }
    void abort() noexcept override {
        CHECK_FALSE(aborted);
        CHECK((!over || finished));
        over = aborted = true;
    }
    std::size_t pending_bytes() const noexcept override { return pending; }
    void pause_reading(bool pause) override {
        CHECK_FALSE(over);
        pauses.push_back(pause);
    }

private:
    carrier shape_;
};

/// A POST whose answer is held back.
struct fake_post final : held_sender {
    std::optional<bool> released{};
    void release(bool lives) override {
        CHECK_FALSE(released);
        released = lives;
    }
};

/// One shard with one mount.
///
/// The handlers write what they hear into `heard`, each line led by the session's name where it
/// has one, and then do what `on_...` says. That no handler is re-entered, that nothing is heard
/// before the open or after the close, is checked all the time.
class world {
public:
    explicit world(session_limits const& with = {}, tick start = 1000) : world(with, start, 0) {}
    world(session_limits const& with, tick start, unsigned shard)
        : limits(with), loop(shard, start, sink, [this](auto bytes) { fill(bytes); }) {
        app.on_open = [this](session& s) { hear(s, "open", [&] { on_open(s); }); };
        app.on_message = [this](session& s, message_view m) {
            hear(s, std::string("message ").append(m.data), [&] { on_message(s, m); });
        };
        app.on_drain = [this](session& s) { hear(s, "drain", [&] { on_drain(s); }); };
        app.on_close = [this](session& s, close_event const& how) {
            auto line = std::string("close ").append(to_string(how.reason)).append(" ");
            line.append(std::to_string(static_cast<unsigned>(how.code)));
            if (!how.text.empty()) line.append(" ").append(how.text);
            hear(s, line, [&] { on_close(s, how); });
        };
    }
    ~world() {
        endpoint.abandon_all();
        loop.flush();
        CHECK(endpoint.size() == 0);
        CHECK(opens == closes);
    }
    world(world const&) = delete;
    world& operator=(world const&) = delete;

    session_limits limits;
    log_sink sink{log_level::debug, [this](log_level level, std::string_view line) {
                      if (level == log_level::error) errors.emplace_back(line);
                      if (level == log_level::info) notices.emplace_back(line);
                  }};
    session_loop loop;
    handlers app{};
    endpoint_counters counters{};
    std::deque<fake_transport> transports{};  ///< Outlive the sessions.
    endpoint_core endpoint{loop, app, limits, counters, siphash_key{1, 2}};
    duplex_timing ping{.ping_interval = 1000, .ping_timeout = 800};
    duplex_timing no_ping{};
    http_timing http{.heartbeat = 1000, .disconnect_delay = 200};

    std::function<void(session&)> on_open = [](session&) {};
    std::function<void(session&, message_view)> on_message = [](session&, message_view) {};
    std::function<void(session&)> on_drain = [](session&) {};
    std::function<void(session&, close_event const&)> on_close = [](session&, close_event const&) {
    };
    strings heard{};
    strings errors{};
    strings notices{};  ///< Log lines at info.
    int opens = 0;
    int closes = 0;
    /// Every random byte, instead of a fixed sequence.
    std::optional<unsigned char> all_random{};

    fake_transport& transport(carrier shape = carrier::duplex) {
        return transports.emplace_back(shape);
    }

    // -- sessions: each is opened, attached and flushed
    plain_session& plain(fake_transport& transport, std::string_view name = {}) {
        return opened(*new plain_session(endpoint, origin_of(name), no_ping), &transport);
    }
    plain_session& pinged(fake_transport& transport, std::string_view name = {}) {
        return opened(*new plain_session(endpoint, origin_of(name), ping), &transport);
    }
    sockjs_duplex_session& sockjs_websocket(fake_transport& transport, std::string_view name = {}) {
        return opened(*new sockjs_duplex_session(endpoint, origin_of(name), ping), &transport);
    }
    /// Without a receiver when `transport` is null.
    sockjs_session& sockjs(fake_transport* transport, std::string_view id = "abc") {
        auto& s = *new sockjs_session(endpoint, origin_of(id == "abc" ? "" : id), id, http);
        return opened(s, transport);
    }
    template <class Session>
    Session& opened(Session& s, fake_transport* transport) {
        endpoint.add(&s);
        if (transport) s.attach(*transport);
        loop.flush();
        return s;
    }
    session_base::origin origin_of(std::string_view name) {
        session_base::origin from;
        if (!name.empty()) from.data = std::string(name);
        return from;
    }

    // -- events, each with its flush
    void receive(session_base& s,
                 fake_transport& from,
                 std::string_view text,
                 bool binary = false) {
        s.on_payload(from, text, binary);
        loop.flush();
    }
    result<void> send(session& s, message_view m) {
        auto const sent = s.send(m);
        loop.flush();
        return sent;
    }
    void close(session& s, close_code code = close_code::normal, std::string_view text = {}) {
        s.close(code, text);
        loop.flush();
    }
    void resume(session& s) {
        s.resume();
        loop.flush();
    }
    void alive(session_base& s, fake_transport& from) {
        s.on_alive(from);
        loop.flush();
    }
    void writable(session_base& s, fake_transport& transport) {
        transport.pending = 0;
        s.on_writable(transport);
        loop.flush();
    }
    void unblock(session_base& s, fake_transport& transport) {
        transport.answer = then::ready;
        writable(s, transport);
    }
    void lost(session_base& s, fake_transport& transport) {
        transport.over = true;
        transport.finished = false;
        s.on_closed(
            transport, false, {close_reason::transport_lost, close_code::abnormal, "broke"});
        loop.flush();
    }
    /// What a carrier had kept when it finished is on the wire.
    void out(session_base& s, fake_transport& transport) {
        transport.finished = false;
        s.on_closed(transport, true, {});
        loop.flush();
    }
    void peer_closes(session_base& s, fake_transport& transport) {
        transport.over = true;
        s.on_closed(transport, false, {close_reason::client_closed, close_code::going_away, "bye"});
        loop.flush();
    }
    void attach(session_base& s, fake_transport& transport) {
        s.attach(transport);
        loop.flush();
    }
    result<void> post(sockjs_session& s, std::vector<std::string_view> const& messages) {
        auto const taken = s.receive(messages);
        loop.flush();
        return taken;
    }

    // -- time
    void tick_once() {
        loop.advance(loop.now() + 1);
        loop.flush();
    }
    void advance(std::chrono::milliseconds d) { advance_ticks(to_ticks(d)); }
    void advance_ticks(tick n) {
        for (; n != 0; --n) tick_once();
    }

    /// What was heard since the last call.
    strings take() { return std::exchange(heard, {}); }
    std::size_t sessions() const noexcept { return counters.sessions; }
    bool is_alive(std::string const& id) const { return endpoint.find(id) != nullptr; }

private:
    struct life {
        bool in_handler = false;
        bool open = false;
        bool closed = false;
    };

    template <class Then>
    void hear(session& s, std::string const& line, Then run) {
        auto& its = lives_[std::string(s.id())];
        CHECK_FALSE(its.in_handler);
        auto const is_open = line == "open";
        auto const is_close = line.starts_with("close ");
        CHECK(its.open != is_open);
        CHECK_FALSE(its.closed);
        its.open = true;
        its.closed = is_close;
        opens += is_open;
        closes += is_close;
        auto const* name = std::any_cast<std::string>(&s.data());
        heard.push_back(name ? std::string(*name).append(": ").append(line) : line);
        its.in_handler = true;
        struct leave {
            life& its;
            ~leave() { its.in_handler = false; }
        } const on_return{its};
        run();
    }

    void fill(std::span<unsigned char> bytes) {
        for (auto& b : bytes) {
            random_ = random_ * 6364136223846793005u + 1442695040888963407u;
            b = all_random ? *all_random : static_cast<unsigned char>(random_ >> 56);
        }
    }

    std::uint64_t random_ = 42;
    std::map<std::string, life> lives_{};
};

}  // namespace anywire::test
