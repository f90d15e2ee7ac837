// Whatever happens to sessions, and whatever applications do in their handlers: one close follows
// each open and nothing after it, memory is bounded, messages arrive in order and once.
#include "fuzz/session_transport.hpp"
#include "session/duplex_session.hpp"
#include "session/sockjs_frames.hpp"
#include "support/sockjs_session.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

/// One mount with its sessions, their transports and an application that does anything.
class machine {
public:
    explicit machine(input bytes);
    ~machine();

    void run();

private:
    void step();
    void step_application();
    void open(unsigned kind);
    void attach_some();
    fake_transport& make_transport(carrier shape, session_base& s, record& of);
    void feed_duplex(bool garbage);
    void post_some();
    void end_some_transport();
    void let_some_write();
    void advance(tick n);
    void finish();

    session_base* some_session();
    sockjs_session* some_http();
    fake_transport* some_transport();

    std::string numbered(std::uint64_t n) {
        return std::string("#").append(std::to_string(n)).append(in_.next() % 200, 'x');
    }
    void send(session& s);
    void broadcast(bool to_group);
    void react(session& s);
    void check(session_base& s, record& r);
    template <class Then>
    void hear(session& s, Then then);

    input in_;
    session_limits limits_{};
    log_sink sink_{};
    std::uint64_t random_ = 1;
    session_loop loop_;
    handlers app_{};
    endpoint_counters counters_{};
    duplex_timing const pings_{
        .ping_interval = 1000, .ping_timeout = 400, .heartbeat_messages = true};
    duplex_timing const no_pings_{};
    http_timing const http_{.heartbeat = 1000, .disconnect_delay = 200};
    std::map<std::string, std::unique_ptr<record>, std::less<>> records_{};
    std::vector<std::unique_ptr<fake_transport>> transports_{};
    std::vector<std::unique_ptr<post>> posts_{};
    std::uint64_t sent_ = 0;
    std::uint64_t opened_http_ = 0;
    endpoint_core endpoint_{loop_, app_, limits_, counters_, siphash_key{1, 2}};
};

// -- the application ------------------------------------------------------------------------------

template <class Then>
void machine::hear(session& s, Then then) {
    auto const found = records_.find(s.id());
    require(found != records_.end());
    auto& r = *found->second;
    require(!r.in_handler && !r.closed);
    r.in_handler = true;
    struct leave {
        record& r;
        ~leave() { r.in_handler = false; }
    } const on_return{r};
    then(r);
}

machine::machine(input bytes)
    : in_(bytes), loop_(3, 0u - 5000, sink_, [this](auto random) {
          for (auto& b : random) {
              random_ = random_ * 6364136223846793005u + 1442695040888963407u;
              b = static_cast<unsigned char>(random_ >> 56);
          }
      }) {
    limits_.max_queued_bytes = 200 + 50 * in_.next();
    auto const how = in_.next();
    limits_.overflow = static_cast<overflow_policy>(how % 4);
    limits_.max_burst_bytes = limits_.max_queued_bytes * (how / 4 % 4);
    limits_.burst_grace = tick_length * (how / 16 * 20);
    app_.on_open = [this](session& s) {
        hear(s, [&](record& r) {
            require(!std::exchange(r.opened, true));
            react(s);
        });
    };
    app_.on_message = [this](session& s, message_view m) {
        hear(s, [&](record& r) {
            require(r.opened);
            // None is skipped, none comes twice.
            if (auto const n = number_in(m.data)) require(n == ++r.heard);
            react(s);
        });
    };
    app_.on_drain = [this](session& s) {
        hear(s, [&](record& r) {
            require(r.opened);
            require(limits_.overflow == overflow_policy::refuse && s.queued_bytes() == 0);
            react(s);
        });
    };
    app_.on_close = [this](session& s, close_event const&) {
        hear(s, [&](record& r) {
            require(r.opened && !s.is_open());
            require(s.send("late").has_error());
            r.closed = true;
            react(s);
        });
    };
}

machine::~machine() {
    endpoint_.abandon_all();
    loop_.flush();
    for (auto const& [id, r] : records_) require(r->opened == r->closed);
    require(endpoint_.size() == 0 && counters_.sessions == 0);
}

void machine::send(session& s) {
    auto const found = records_.find(s.id());
    if (found == records_.end()) return;
    auto& r = *found->second;
    auto const text = numbered(++sent_);
    r.largest = std::max(r.largest, text.size() + 5 + frame::overhead);
    if (s.send(text)) r.owed.push_back(sent_);
}

void machine::broadcast(bool to_group) {
    auto const text = numbered(++sent_);
    for (auto const& [id, r] : records_)
        r->largest = std::max(r->largest, text.size() + 5 + frame::overhead);
    shared_message m(text);
    if (to_group)
        endpoint_.send_to({.rooms = {in_.coin() ? "a" : "b"}}, m);
    else
        endpoint_.broadcast(m);
}

/// What an application may do anywhere.
void machine::react(session& s) {
    for (int left = 3; left > 0; --left) {
        switch (in_.next() % 24) {
            case 1: send(s); break;
            case 2: broadcast(false); break;
            case 3: broadcast(true); break;
            case 4: s.close(static_cast<close_code>(2990 + in_.next()), "bye"); break;
            case 5: s.pause(); break;
            case 6: s.resume(); break;
            case 7: s.join(in_.coin() ? "a" : "b"); break;
            case 8: s.leave(in_.coin() ? "a" : "b"); break;
            case 9:
                s.after(std::chrono::milliseconds(in_.next() * 40), [this](session& same) {
                    hear(same, [&](record& r) {
                        require(r.opened && same.is_open());
                        react(same);
                    });
                });
                break;
            case 10: throw 1;
            case 11:
                if (auto* const other = some_session())
                    other->close(close_code::normal, "by another");
                break;
            case 12:
                if (auto* const other = some_session()) send(*other);
                break;
            case 13: (void)s.send("\xff"); break;
            default: return;
        }
    }
}

// -- events ---------------------------------------------------------------------------------------

session_base* machine::some_session() {
    if (records_.empty()) return nullptr;
    auto const at = std::next(records_.begin(), in_.next() % static_cast<long>(records_.size()));
    return endpoint_.find(at->first);
}

sockjs_session* machine::some_http() {
    if (opened_http_ == 0) return nullptr;
    auto const id = std::to_string(in_.next() % opened_http_);
    return static_cast<sockjs_session*>(endpoint_.find_by_sid(id));
}

fake_transport* machine::some_transport() {
    std::erase_if(transports_, [](auto const& w) { return !w->is_held(); });
    return transports_.empty() ? nullptr : in_.pick(transports_).get();
}

fake_transport& machine::make_transport(carrier shape, session_base& s, record& of) {
    return *transports_.emplace_back(std::make_unique<fake_transport>(in_, shape, s, of));
}

void machine::open(unsigned kind) {
    if (records_.size() >= 40) return;
    session_base* s = nullptr;
    auto r = std::make_unique<record>();
    r->is_duplex = kind < 3;
    r->is_pinged = kind == 0 || kind == 2;
    switch (kind) {
        case 0: s = new plain_session(endpoint_, {}, pings_); break;
        case 1: s = new plain_session(endpoint_, {}, no_pings_); break;
        case 2: s = new sockjs_duplex_session(endpoint_, {}, pings_); break;
        default:
            r->sid = std::to_string(opened_http_++);
            s = new sockjs_session(endpoint_, {}, r->sid, http_);
    }
    endpoint_.add(s);
    auto& of = *r;
    records_.emplace(s->id(), std::move(r));
    auto const shape = kind < 3 ? carrier::duplex : kind == 3 ? carrier::stream : carrier::one_shot;
    s->attach(make_transport(shape, *s, of));
}

void machine::attach_some() {
    auto* const s = some_http();
    if (!s || s->is_attached()) return;
    auto const found = records_.find(s->id());
    s->attach(make_transport(in_.coin() ? carrier::stream : carrier::one_shot, *s, *found->second));
}

void machine::feed_duplex(bool garbage) {
    auto* const w = some_transport();
    if (!w || !w->is_duplex()) return;
    auto const is_sockjs = dynamic_cast<sockjs_duplex_session*>(&w->session()) != nullptr;
    std::string text;
    for (auto n = garbage ? in_.next() % 8 : 0; n > 0; --n) {
        auto const c = static_cast<char>(in_.next());
        text.push_back(c == '#' || c == '\\' ? '.' : c);
    }
    for (auto n = garbage ? 0 : 1 + in_.next() % 3; n > 0; --n) {
        std::string const one = std::string("#").append(std::to_string(++w->of().next_in));
        if (is_sockjs)
            text.append(text.empty() ? "[\"" : ",\"").append(one).append("\"");
        else
            w->session().on_payload(*w, one, in_.coin());
    }
    if (is_sockjs && !garbage) text.push_back(']');
    if (!text.empty()) w->session().on_payload(*w, text, garbage && in_.coin());
}

void machine::post_some() {
    auto* const s = some_http();
    if (!s) return;
    auto& r = *records_.find(s->id())->second;
    std::vector<std::string> texts;
    auto const before = r.next_in;
    for (auto n = in_.next() % 4; n > 0; --n) {
        texts.emplace_back("#").append(std::to_string(++r.next_in));
        texts.back().append(in_.next(), 'y');
    }
    std::vector<std::string_view> const views(texts.begin(), texts.end());
    if (!s->receive(views)) r.next_in = before;
    if (!s->is_paused()) return;
    s->held().hold(*posts_.emplace_back(std::make_unique<post>()));
    if (in_.coin()) return;
    s->held().forget(*posts_.back());
    posts_.pop_back();
}

void machine::end_some_transport() {
    auto* const w = some_transport();
    if (!w) return;
    if (w->is_duplex() || in_.coin()) return w->end(false);
    if (w->is_waiting()) w->become_writable();
}

void machine::let_some_write() {
    if (auto* const w = some_transport(); w && w->is_waiting()) w->become_writable();
}

void machine::advance(tick n) {
    for (auto const& [id, r] : records_) r->protocol += frame::overhead * 2 * (n / 400 + 2);
    auto const stride = in_.empty() ? tick{25} : tick{1} + in_.next() % 50;
    while (n != 0) {
        auto const jump = std::min(n, stride);
        loop_.advance(loop_.now() + jump);
        loop_.flush();
        n -= jump;
    }
}

void machine::step_application() {
    auto* const s = some_session();
    if (!s) return;
    switch (in_.next() % 8) {
        case 0:
            for (auto n = in_.next() % 8; n > 0; --n) send(*s);
            break;
        case 1: broadcast(in_.coin()); break;
        case 2: s->end(close_reason::shutting_down, ending::after_queue, "down"); break;
        case 3: s->end(close_reason::shutting_down, ending::silently); break;
        case 4: s->pause(); break;
        case 5: s->resume(); break;
        default:
            s->call_posted([this](session& same) { hear(same, [&](record&) { react(same); }); });
    }
}

void machine::step() {
    auto const op = in_.next();
    switch (op % 16) {
        case 0: open(in_.next() % 5); break;
        case 1:
        case 2: attach_some(); break;
        case 3:
        case 4: feed_duplex(false); break;
        case 5: feed_duplex(true); break;
        case 6:
        case 7: post_some(); break;
        case 8: end_some_transport(); break;
        case 9:
        case 10: let_some_write(); break;
        case 11: advance(1 + in_.next()); break;
        case 12: advance(in_.next() * 20); break;
        case 13:
            if (auto* const w = some_transport(); w && w->is_duplex()) w->session().on_alive(*w);
            break;
        default: step_application();
    }
    // Several things may happen in one event, but a new receiver is an event of its own.
    if (op % 16 > 2 && (op & 0x80) != 0) return;
    loop_.flush();
    for (auto const& [id, r] : records_)
        if (auto* const s = endpoint_.find(id)) check(*s, *r);
}

void machine::check(session_base& s, record& r) {
    require(r.opened && !r.closed);
    auto const most = std::max(limits_.max_queued_bytes, limits_.max_burst_bytes);
    require(s.queued_bytes() <= most + r.largest + r.protocol);
    // What was accepted and is missing was dropped, and counted.
    require(r.missing <= s.dropped());
    if (limits_.overflow != overflow_policy::drop_oldest) require(r.missing == 0);
    // A broadcast that is refused counts, for nobody hears of it otherwise.
    if (limits_.overflow == overflow_policy::close) require(s.dropped() == 0);
}

/// Every peer falls silent: the heartbeats and delays end every session that has one.
void machine::finish() {
    in_.at = in_.end;
    loop_.flush();
    for (int round = 0; round < 40; ++round) {
        for (auto const& [id, r] : records_)
            if (auto* const s = endpoint_.find(id)) s->resume();
        loop_.flush();
        for (std::size_t i = 0; i < transports_.size(); ++i)
            if (transports_[i]->is_waiting()) transports_[i]->become_writable();
        loop_.flush();
        advance(200);
    }
    for (auto const& w : transports_)
        if (w->is_held() && w->shape() == carrier::stream) w->end(false);
    loop_.flush();
    advance(300);
    for (auto const& [id, r] : records_) {
        auto const is_left = endpoint_.find(id) != nullptr;
        require(is_left == (r->is_duplex && !r->is_pinged && !r->closed));
        if (!r->sid.empty()) require(endpoint_.find_by_sid(r->sid) == nullptr);
    }
    for (auto const& p : posts_) require(p->released);
}

void machine::run() {
    while (!in_.empty()) step();
    finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    machine m({data, data + size});
    m.run();
    return 0;
}
