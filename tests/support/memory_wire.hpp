#pragma once

#include <anywire/test.hpp>

#include "support/fake_network.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Between a client's network and a server, both without sockets: what one sends comes to the other
// when chance has it, in pieces that chance cuts, or not at all.
namespace anywire::test {

class memory_wire {
public:
    memory_wire(fake_network& net, testing::host& server, unsigned seed)
        : net_(net), server_(server), random_(seed) {}

    /// One in so many steps cuts a connection; 0: none.
    unsigned cuts_one_in = 0;
    /// Whether WebSockets do not get through: they hang.
    bool swallows_websockets = false;
    /// Whether a proxy keeps what is streamed until its end.
    bool swallows_streams = false;

    /// One thing happens, on one of the connections, or time passes.
    void step() {
        adopt();
        if (cuts_one_in > 0 && below(cuts_one_in) == 0) return cut_one();
        auto const n = exchanges_.size() + sockets_.size();
        auto const which = below(n + 1);
        if (which == n) return pass_time(tick_length);
        if (which < exchanges_.size())
            move(*exchanges_[which]);
        else
            move(*sockets_[which - exchanges_.size()]);
    }
    void run(int steps) {
        while (steps-- > 0) step();
    }
    void pass_time(std::chrono::milliseconds by) {
        for (auto left = by / tick_length; left > 0; --left) {
            server_.advance(tick_length);
            net_.advance(tick_length);
        }
    }

private:
    struct exchange {
        std::shared_ptr<fake_call> call;
        std::optional<testing::reply> reply{};
        std::size_t given = 0;
        bool has_head = false;
    };
    struct socket {
        std::shared_ptr<fake_socket> end;
        std::optional<testing::client> client{};
        std::size_t sent = 0;
        int answered_pings = 0;
        std::deque<std::string> coming{};
    };

    unsigned below(std::size_t n) { return static_cast<unsigned>(random_() % n); }

    /// What was begun since the last step; and lets go of what is over.
    void adopt() {
        for (; known_calls_ < net_.calls.size(); ++known_calls_)
            exchanges_.push_back(std::make_unique<exchange>(exchange{net_.calls[known_calls_]}));
        for (; known_sockets_ < net_.sockets.size(); ++known_sockets_)
            sockets_.push_back(std::make_unique<socket>(socket{net_.sockets[known_sockets_]}));
        std::erase_if(exchanges_, [](auto const& e) {
            if (e->call->is_open()) return false;
            if (e->reply) e->reply->cut();
            return true;
        });
        std::erase_if(sockets_, [](auto const& s) {
            if (s->end->events) return false;
            if (s->client) s->client->cut();
            return true;
        });
    }

    void move(exchange& e) {
        auto& call = *e.call;
        if (!e.reply) {
            auto const target = call.query.empty() ? call.path : call.path + '?' + call.query;
            e.reply = server_.request(
                call.method, target, call.body, {{"Content-Type", call.content_type}});
            return;
        }
        auto const r = *e.reply;
        if (r.is_broken_off()) return call.cut();
        if (!r.has_begun() || call.is_paused) return;
        auto const holds = swallows_streams || !call.streamed;
        if (holds && !r.is_complete()) return;
        if (!e.has_head) {
            e.has_head = true;
            return call.begin(r.status(), r.header("Content-Type"));
        }
        if (e.given < r.body().size()) {
            auto const left = r.body().size() - e.given;
            auto const size = call.streamed ? 1 + below(std::min<std::size_t>(left, 40)) : left;
            auto const piece = r.body().substr(e.given, size);
            e.given += size;
            return call.piece(piece);
        }
        if (r.is_complete()) call.finish();
    }

    void move(socket& s) {
        auto& end = *s.end;
        if (swallows_websockets) return;
        if (!s.client) {
            auto const target = end.query.empty() ? end.path : end.path + '?' + end.query;
            s.client = server_.connect(target);
            if (s.client->refused_with() == 0 && !s.client->closed_with()) return end.open();
            auto why = broken("refused");
            why.status = s.client->refused_with();
            return end.fail(why);
        }
        if (s.client->is_open() && s.answered_pings < end.pings) {
            ++s.answered_pings;
            return end.live();
        }
        for (auto& text : s.client->take()) s.coming.push_back(std::move(text));
        if (s.sent < end.sent.size() && below(2) == 0) return send_one(s);
        if (!s.coming.empty()) {
            if (end.is_paused) return;
            auto const text = std::move(s.coming.front());
            s.coming.pop_front();
            return end.message(text);
        }
        if (auto const code = s.client->closed_with())
            return end.closed(static_cast<unsigned>(*code), *code != close_code::abnormal);
        if (s.sent < end.sent.size()) return send_one(s);
        if (!end.goodbye.empty()) {
            s.client->close();
            end.closed(static_cast<unsigned>(std::stoi(end.goodbye)));
        }
    }

    void send_one(socket& s) {
        auto& end = *s.end;
        auto const [data, is_binary] = end.sent[s.sent++];
        s.client->send({data, is_binary});
        if (s.sent == end.sent.size()) end.drain();
    }

    void cut_one() {
        auto const n = exchanges_.size() + sockets_.size();
        if (n == 0) return;
        auto const which = below(n);
        if (which < exchanges_.size()) {
            auto& e = *exchanges_[which];
            if (e.reply && below(2) == 0) e.reply->cut();
            e.call->cut();
        } else {
            auto& s = *sockets_[which - exchanges_.size()];
            if (s.client) s.client->cut();
            s.end->cut();
        }
    }

    fake_network& net_;
    testing::host& server_;
    std::mt19937 random_;
    std::size_t known_calls_ = 0;
    std::size_t known_sockets_ = 0;
    std::vector<std::unique_ptr<exchange>> exchanges_{};
    std::vector<std::unique_ptr<socket>> sockets_{};
};

}  // namespace anywire::test
