#include "workload.hpp"

#include "histogram.hpp"

#include <algorithm>
#include <memory>

namespace bench {
namespace {

using namespace std::chrono_literals;

constexpr unsigned most_connecting = 64;
constexpr unsigned churning = 16;

std::uint64_t ns_since(time_point then) {
    return static_cast<std::uint64_t>((steady::now() - then).count());
}

class runner final : client_events {
public:
    runner(event_loop& loop,
           process const& server,
           ssl_ctx_st* tls,
           workload const& w,
           timing const& t)
        : loop_(loop),
          server_(server),
          work_(w),
          timing_(t),
          text_(w.what == work::broadcast ? 'b' : 'e', w.bytes),
          context_{.loop = loop,
                   .events = *this,
                   .server = {server.port(), tls},
                   .deflate = w.deflate,
                   .text = &text_} {
        if (!w.deflate) return;
        frames_ = make_deflated_frames(w.bytes, 16);
        context_.frames = &frames_;
    }

    outcome run(std::vector<transport> const& transports) {
        make_clients(transports);
        switch (work_.what) {
            case work::churn: churn(); break;
            case work::idle: idle(); break;
            case work::hold: hold(); break;
            default: exchange(); break;
        }
        if (!server_.is_running()) fail("the server died");
        for (auto& c : clients_) c->abort();
        return std::move(out_);
    }

private:
    void make_clients(std::vector<transport> const& transports) {
        auto const n = work_.what == work::churn ? churning : work_.clients;
        clients_.reserve(n);
        reopen_.reserve(n);
        for (std::size_t i = 0; i < n; ++i)
            clients_.push_back(client::make(context_, transports[i % transports.size()], i));
    }

    // -- the kinds of work

    void exchange() {
        if (!open_all()) return;
        works_ = true;
        if (work_.what == work::broadcast)
            clients_[0]->send(1);
        else
            for (auto& c : clients_) c->send(work_.burst);
        measure();
        works_ = false;
        // What is under way comes to its end, so that nothing is lost unseen.
        if (out_.problem.empty() && !wait([this] { return under_way() == 0; }))
            fail("messages were lost");
    }

    void churn() {
        works_ = true;
        for (auto& c : clients_) start(*c);
        measure();
        works_ = false;
    }

    /// An idle client has used its connection once: what is made on first use is there.
    void idle() {
        server_.collect_garbage();
        settle(100ms);
        auto const before = server_.resident_bytes();
        if (!open_all() || !echo_once()) return;
        server_.collect_garbage();
        settle(300ms);
        auto const after = server_.resident_bytes();
        if (open_ != clients_.size()) fail("clients were lost");
        out_.bytes_per_client = (static_cast<double>(after) - static_cast<double>(before)) /
                                static_cast<double>(clients_.size());
        out_.messages = clients_.size();
    }

    /// The first client is the active one. None holds two connections for long, so that there can
    /// be as many clients as descriptors.
    void hold() {
        context_.closes_posts = true;
        if (!open_all()) return;
        works_ = true;
        echoes_only_first_ = true;
        clients_[0]->send(1);
        measure();
        works_ = false;
        if (open_ != clients_.size()) fail("clients were lost");
    }

    // -- their parts

    bool open_all() {
        for (; opening_ < clients_.size() && opening_ < most_connecting; ++opening_)
            start(*clients_[opening_]);
        return wait([this] { return open_ == clients_.size(); }) || fail("clients did not connect");
    }

    bool echo_once() {
        message greeting('e', work_.bytes);
        context_.text = &greeting;
        std::size_t next = 0;
        auto const all = clients_.size();
        auto const ok = wait([&] {
            for (; next < all && next < total_ + most_connecting; ++next) clients_[next]->send(1);
            return total_ == all;
        });
        context_.text = &text_;
        return ok || fail("echoes were lost");
    }

    void settle(milliseconds how_long) {
        loop_.run_until(steady::now() + how_long, [] { return false; });
    }

    void measure() {
        warm_up();
        latencies_.clear();
        auto const messages = total_;
        auto const cpu = server_.cpu_time();
        auto const start_time = steady::now();
        settle_working(timing_.measure);
        auto const spent = server_.cpu_time() - cpu;
        auto const seconds = std::chrono::duration<double>(steady::now() - start_time).count();
        out_.messages = total_ - messages;
        if (out_.messages == 0) {
            fail("no messages came through");
            return;
        }
        auto const count = static_cast<double>(out_.messages);
        out_.cpu_us = std::chrono::duration<double, std::micro>(spent).count() / count;
        out_.per_second = count / seconds;
        out_.p50_us = latencies_.percentile_us(0.50);
        out_.p99_us = latencies_.percentile_us(0.99);
    }

    void warm_up() {
        auto const start_time = steady::now();
        auto const enough = total_ + std::max<std::uint64_t>(timing_.warm_messages, 1);
        wait([&] {
            auto const elapsed = steady::now() - start_time;
            return elapsed >= timing_.warm && (total_ >= enough || elapsed >= timing_.most_warm);
        });
    }

    /// Goes on for that long, and beyond it until at least one message has come.
    void settle_working(milliseconds how_long) {
        auto const end = steady::now() + how_long;
        auto const before = total_;
        wait([&] { return steady::now() >= end && total_ > before; });
    }

    /// Turns until `done`; false after a problem or when nothing has moved for too long.
    template <class Done>
    bool wait(Done done) {
        auto progress = moved_;
        auto since = steady::now();
        while (out_.problem.empty()) {
            if (done()) return true;
            loop_.turn(steady::now() + 20ms);
            open_again();
            auto const now = steady::now();
            if (progress != moved_) {
                progress = moved_;
                since = now;
            } else if (now - since > timing_.patience) {
                return false;
            }
        }
        return false;
    }

    void start(client& c) {
        c.sent_at = steady::now();
        c.open();
    }

    void open_again() {
        for (auto* const c : reopen_) start(*c);
        reopen_.clear();
    }

    std::uint64_t under_way() const {
        if (work_.what == work::broadcast) return clients_[0]->sent * clients_.size() - total_;
        std::uint64_t sum = 0;
        for (auto const& c : clients_) sum += c->sent - c->received;
        return sum;
    }

    bool fail(std::string why) {
        if (out_.problem.empty()) out_.problem = std::move(why);
        return false;
    }

    // -- what clients tell

    void on_open(client& c) override {
        ++moved_;
        if (work_.what == work::churn) return c.leave();
        ++open_;
        if (opening_ < clients_.size()) start(*clients_[opening_++]);
    }

    void on_message(client& c, std::string_view text, bool compressed) override {
        if (work_.deflate ? !compressed
                          : message::number_of(text) != static_cast<std::int64_t>(c.received)) {
            fail(work_.deflate ? "an answer came uncompressed" : "messages came out of order");
            return;
        }
        ++c.received;
        ++total_;
        ++moved_;
        if (!works_) return;
        if (work_.what == work::broadcast) return on_delivery();
        latencies_.add(ns_since(c.sent_at));
        if (c.received == c.sent && (!echoes_only_first_ || c.index() == 0)) c.send(work_.burst);
    }

    void on_delivery() {
        auto& publisher = *clients_[0];
        latencies_.add(ns_since(publisher.sent_at));
        if (total_ == publisher.sent * clients_.size()) publisher.send(1);
    }

    void on_left(client& c) override {
        ++moved_;
        ++total_;
        latencies_.add(ns_since(c.sent_at));
        if (works_) reopen_.push_back(&c);
    }

    void on_gone(client& c, char const* why) override {
        fail(std::string(traits_of(c.over()).name) + ": " + why);
    }

    event_loop& loop_;
    process const& server_;
    workload work_;
    timing timing_;
    message text_;
    std::vector<std::string> frames_{};
    client_context context_;
    std::vector<std::unique_ptr<client>> clients_{};
    std::vector<client*> reopen_{};
    histogram latencies_{};
    outcome out_{};
    std::size_t opening_ = 0;  // clients that were told to open
    std::size_t open_ = 0;
    std::uint64_t total_ = 0;  // messages received, or connections ended
    std::uint64_t moved_ = 0;  // anything at all
    bool works_ = false;
    bool echoes_only_first_ = false;
};

}  // namespace

outcome run_workload(event_loop& loop,
                     process const& server,
                     ssl_ctx_st* tls,
                     workload const& w,
                     std::vector<transport> const& transports,
                     timing const& t) {
    // On the heap: its histogram is large.
    auto const r = std::make_unique<runner>(loop, server, tls, w, t);
    return r->run(transports);
}

}  // namespace bench
