// Whatever clients of a Socket.IO server send, however their connections come and go, and whatever
// the application does in its handlers: one disconnect follows each connection and nothing after
// it, no handler is re-entered, and in the end nothing is left.
#include "fuzz/socketio_machine.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

write_result fake_transport::write(std::span<frame* const> batch) {
    require(session != nullptr && !blocked && !batch.empty());
    for (auto const* f : batch) m_.note(f->text());
    blocked = m_.next() % 8 == 7;
    return {batch.size(), blocked ? write_result::next::blocked : write_result::next::ready};
}

void machine::note(std::string_view text) {
    for (auto const& [key, list] :
         {std::pair("\"pid\":\"", &pids_), std::pair("\"sid\":\"", &ids_)})
        if (auto const at = text.find(key); at != text.npos && list->size() < 8)
            list->emplace_back(text.substr(at + 7, 20));
}

session_loop make_loop(unsigned shard, log_sink const& sink, std::uint64_t& state) {
    return session_loop(shard, 0u - 5000, sink, [&state](auto random) {
        for (auto& b : random) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            b = static_cast<unsigned char>(state >> 56);
        }
    });
}

machine::machine(std::uint8_t const* data, std::size_t size)
    : at_(data),
      end_(data + size),
      loops_{make_loop(0, sink_, random_), make_loop(1, sink_, random_)},
      group_(std::make_shared<fake_shards>(std::array{&loops_[0], &loops_[1]})) {
    auto const how = next();
    limits_.max_queued_bytes = how % 4 == 0 ? 1500 : 100'000;
    constexpr overflow_policy policies[] = {
        overflow_policy::close, overflow_policy::drop_oldest, overflow_policy::drop_newest};
    limits_.overflow = policies[how / 4 % 3];
    limits_.max_burst_bytes = how / 16 % 2 == 0 ? 0 : 4 * limits_.max_queued_bytes;
    sio::options o;
    o.engine.limits = limits_;
    o.connect_timeout = std::chrono::milliseconds(500);
    o.max_namespaces = 3;
    o.max_pending_acks = 4;
    o.max_rooms = 2;
    o.max_packet_bytes = 300;
    o.max_child_namespaces = 2;
    o.clean_up_child_namespaces = how % 2 == 0;
    o.recovery.enabled = how % 3 != 0;
    o.recovery.skip_middlewares = how % 5 != 0;
    o.recovery.max_log_events = 8;
    o.recovery.max_sessions = 3;
    io_ = sio::io_core::make(std::move(o));
    add_app(sio::nsp(io_->main()));
    add_app(sio::nsp(io_->of("/a")));
    add_app(sio::nsp(io_->of([this](std::string_view name, sio::json_view) {
        if (next() % 32 == 31) throw std::runtime_error("predicate");
        return name.starts_with("/d");
    })));
    app_ = sio::io_core::handlers_for_mount(io_);
    io_->attach(group_, "/socket.io");
    for (std::size_t i = 0; i < shards; ++i)
        endpoints_[i] =
            std::make_unique<endpoint_core>(loops_[i], app_, limits_, counters_, siphash_key{1, 2});
}

// -- the application ------------------------------------------------------------------------------

/// Brackets what the application hears of one socket.
template <class Fn>
void machine::hear(std::shared_ptr<record> const& r, Fn fn) {
    require(r->is_connected && !r->in_handler);
    r->in_handler = true;
    struct leave {
        record& r;
        ~leave() { r.in_handler = false; }
    } const on_return{*r};
    fn();
}

void machine::decide(sio::next const& go_on) {
    switch (next() % 8) {
        case 0: return go_on({.message = "no"});
        case 1: return decisions_.push_back(go_on);
        case 2: return;  // dropped
        case 3: throw std::runtime_error("middleware");
        default: return go_on();
    }
}

void machine::add_app(sio::nsp const& to) {
    to.use([this](sio::socket& s, sio::next go_on) {
        if (coin()) s.join(some_room());
        if (next() % 16 == 15) s.disconnect(coin());
        if (next() % 16 == 15) s.emit("early", [](error_code) {});
        decide(go_on);
    });
    to.on_connection([this](sio::socket& s) {
        ++came_;
        auto const r = std::make_shared<record>();
        s.on_disconnect([this, r](sio::disconnect_reason) {
            hear(r, [] {});
            r->is_connected = false;
            ++went_;
        });
        s.on_disconnecting(
            [this, &s, r](sio::disconnect_reason) { hear(r, [&] { react(s, r); }); });
        listen(s, r);
        if (coin()) s.use([this](sio::event const&, sio::next go_on) { decide(go_on); });
        if (coin()) s.on_any([this, &s, r](sio::event const&) { hear(r, [&] { react(s, r); }); });
        if (coin()) s.on_any_outgoing([&s](sio::event const&) { s.emit("seen"); });
        s.on_error([this, &s, r](sio::connect_error const&) { hear(r, [&] { react(s, r); }); });
        hear(r, [&] { react(s, r); });
    });
    to.on("kept", [this](sio::ack<int> done) { acks_.push_back(done); });
    to.on("typed", [](int, std::string, sio::ack<int> done) { done(1); });
    to.on_room([this](sio::room_change, std::string const&, std::string const&) {
        if (next() % 16 == 15) act_outside();
        if (next() % 16 == 15) throw std::runtime_error("room");
    });
    to.on_new_namespace([this](sio::nsp const& n) {
        if (coin()) n.on_connection([](sio::socket&) {});
        if (next() % 8 == 7) throw std::runtime_error("new namespace");
    });
}

void machine::listen(sio::socket& s, std::shared_ptr<record> const& r) {
    auto const handler = [this, &s, r](sio::arguments args, sio::ack<sio::arguments> done) {
        hear(r, [&] {
            if (coin()) done(args);
            react(s, r);
        });
    };
    coin() ? s.on("e", handler) : s.once("e", handler);
}

/// Namespaces may throw what the application's predicates do.
template <class Fn>
void machine::outside(Fn fn) {
    try {
        fn();
    } catch (std::exception const&) {
    }
}

void machine::act_outside() {
    auto const n = some_handle();
    switch (next() % 8) {
        case 0: n.to(some_room()).emit("m", 1); break;
        case 1: n.except(some_room()).volatile_().emit("m", "x"); break;
        case 2: n.sockets_join(some_room()); break;
        case 3: n.in(some_room()).sockets_leave(some_room()); break;
        case 4: n.to(some_room()).disconnect_sockets(coin()); break;
        case 5: n.fetch_sockets([](error_code, std::vector<sio::remote_socket> const&) {}); break;
        case 6:
            n.timeout(std::chrono::milliseconds(next() * 20))
                .emit("q", [](error_code, std::vector<int>) {});
            break;
        case 7: n.emit("m", std::vector<std::byte>(next() % 64)); break;
    }
}

/// What an application may do anywhere.
void machine::react(sio::socket& s, std::shared_ptr<record> const& r) {
    auto const again = [this, &s, r] { hear(r, [&] { react(s, r); }); };
    for (int left = 2; left > 0; --left) {
        switch (next() % 24) {
            case 1: s.emit("m", next()); break;
            case 2: s.emit("q", [again](error_code) { again(); }); break;
            case 3:
                s.timeout(std::chrono::milliseconds(next() * 10)).emit("q", [again](error_code) {
                    again();
                });
                break;
            case 4: s.volatile_().emit("m"); break;
            case 5: s.join(some_room()); break;
            case 6: s.leave(some_room()); break;
            case 7: s.broadcast().emit("m"); break;
            case 8: s.to(some_room()).emit("m", std::string(next(), 'x')); break;
            case 9: s.disconnect(); break;
            case 10: s.disconnect(true); break;
            case 11:
                s.after(std::chrono::milliseconds(next() * 20), [again](sio::socket&) { again(); });
                break;
            case 12: throw std::runtime_error("handler");
            case 13: listen(s, r); break;
            case 14: s.off("e"); break;
            case 15: s.off(next() % 8); break;
            case 16: s.off_any(); break;
            case 17: s.data() = std::string("data"); break;
            case 18:
            case 19: act_outside(); break;
            case 20: (void)s.handshake(); break;
            default: return;
        }
    }
}

// -- events ---------------------------------------------------------------------------------------

std::string_view machine::some_nsp() {
    constexpr std::string_view names[] = {"/", "/", "/a", "/d1", "/d2", "/d3", "/unknown", "/a"};
    return names[next() % std::size(names)];
}

std::string machine::packet() {
    auto const n = some_nsp();
    auto const nsp = n == "/" ? std::string() : std::string(n) + ",";
    auto const id = coin() ? std::to_string(next() % 16) : std::string();
    switch (next() % 12) {
        case 0:
        case 1: return "0" + nsp;
        case 2:
            return "0" + nsp + R"({"pid":")" +
                   (pids_.empty() ? "x" : pids_[next() % pids_.size()]) + R"(","offset":")" +
                   "0123456789abc"[next() % 13] + "\"}";
        case 3: return "1" + nsp;
        case 4:
        case 5: return "2" + nsp + id + R"(["e",1,"x"])";
        case 6: return "2" + nsp + id + R"(["kept"])";
        case 7: return "2" + nsp + id + R"(["typed",1])";
        case 8: return "3" + nsp + std::to_string(next() % 32) + "[1]";
        case 9: return "51-" + nsp + id + R"(["e",{"_placeholder":true,"num":0}])";
        case 10:
            return "61-" + nsp + std::to_string(next() % 16) + R"([{"_placeholder":true,"num":0}])";
        default: break;
    }
    std::string garbage;
    for (auto left = next() % 16; left > 0; --left) garbage.push_back(static_cast<char>(next()));
    return garbage;
}

void machine::open() {
    if (transports_.size() >= 12) return;
    auto const shard = next() % shards;
    auto const how = next();
    engineio_session::setup setup;
    setup.revision = how % 4 == 0 ? engineio::revision::v3 : engineio::revision::v4;
    setup.base64 = how % 8 == 1;
    setup.websocket = true;
    setup.sid = "w" + std::to_string(random_);
    setup.open = "0{}";
    auto& s = *new engineio_session(*endpoints_[shard], {}, timing_, setup);
    endpoints_[shard]->add(&s);
    auto& w = *transports_.emplace_back(std::make_unique<fake_transport>(*this));
    w.session = &s;
    w.shard = shard;
    s.attach(w);
}

void machine::feed() {
    if (transports_.empty()) return;
    auto& w = *transports_[next() % transports_.size()];
    if (!w.session) return;
    switch (next() % 8) {
        case 0: {
            std::string bytes(next() % 40, '\4');
            w.session->on_payload(w, bytes, true);
            break;
        }
        case 1: w.session->on_payload(w, coin() ? "3" : "2", false); break;
        case 2:
            if (!w.blocked) break;
            w.blocked = false;
            w.session->on_writable(w);
            break;
        case 3: {
            auto* const s = std::exchange(w.session, nullptr);
            s->on_closed(w, false, {close_reason::transport_lost, close_code::abnormal, "lost"});
            break;
        }
        default: w.session->on_payload(w, "4" + packet(), false);
    }
}

/// The end of one IO event.
void machine::settle() {
    for (auto& loop : loops_)
        while (!loop.flush()) {
        }
    std::erase_if(transports_, [](auto const& w) { return !w->session; });
}

void machine::step() {
    switch (next() % 16) {
        case 0:
        case 1: open(); break;
        case 2:
            for (auto& loop : loops_) loop.advance(loop.now() + next());
            break;
        case 3: outside([&] { act_outside(); }); break;
        case 4:
            if (decisions_.empty()) break;
            {
                auto const d = decisions_.back();
                decisions_.pop_back();
                coin() ? d() : d({.message = "late"});
            }
            break;
        case 5:
            for (auto const& a : std::exchange(acks_, {})) a(1);
            break;
        case 6:
        case 7: {
            auto& posts = group_->posts[next() % shards];
            if (posts.empty()) break;
            auto const fn = std::move(posts.front());
            posts.pop_front();
            fn();
            break;
        }
        case 8:
            outside([&] {
                if (ids_.empty()) return;
                some_handle().post(ids_[next() % ids_.size()],
                                   [](sio::socket& s) { s.emit("posted"); });
            });
            break;
        case 9:
            if (next() % 16 == 15) io_->close();
            break;
        default: feed();
    }
    settle();
}

void machine::run() {
    while (at_ != end_) step();
    for (auto const& e : endpoints_) e->abandon_all();
    settle();
    auto const run_posts = [this] {
        auto any = false;
        for (auto& posts : group_->posts)
            while (!posts.empty()) {
                auto const fn = std::move(posts.front());
                posts.pop_front();
                fn();
                any = true;
            }
        settle();
        return any;
    };
    while (run_posts()) continue;
    require(came_ == went_);
    require(io_->connections() == 0);
    for (auto const& e : endpoints_) require(e->size() == 0);
    group_->has_ended = true;
    io_->on_shards_gone();
    std::weak_ptr<sio::io_core> const left = io_->weak_from_this();
    app_ = {};
    io_.reset();
    decisions_.clear();
    acks_.clear();
    require(left.expired());
}

}  // namespace anywire::test

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    anywire::test::machine(data, size).run();
    return 0;
}
