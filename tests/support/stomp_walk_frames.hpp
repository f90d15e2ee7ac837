#pragma once

// What the clients of a `stomp_walk` send. Included by stomp_walk.hpp.

#include "support/stomp_walk.hpp"

namespace anywire::test {

inline stomp::options stomp_walk::draw_options() {
    using std::chrono::milliseconds;
    stomp::options o;
    o.patterns = true;
    o.max_frame = 2'000;
    o.max_frame_before_connect = 1'100;
    o.max_headers = 8;
    o.max_header_line = 100;
    o.max_destination = 40;
    o.max_segments = 5;
    o.max_subscriptions = 4;
    o.max_transactions = 2;
    o.max_transaction_frames = 3;
    o.max_unacknowledged = 1 + draw_(3);
    o.max_receipts = 3;
    o.queue.max_messages = 3 + 5 * draw_(4);
    o.queue.max_deliveries = static_cast<unsigned>(1 + draw_(3));
    o.queue.ttl = milliseconds(one_in(3) ? 3'000 : 0);
    o.queue.max_queues = one_in(3) ? 2 : 100;
    o.queue.idle = milliseconds(one_in(2) ? 2'000 : 60'000);
    if (one_in(3)) o.queue.overflow = stomp::queue_overflow::drop_oldest;
    return o;
}

inline void stomp_walk::set_up() {
    auto& s = broker_;
    s.allow_send("/topic/**");
    s.allow_send("/topic/closed", [] { return false; });
    s.allow_send("/queue/{name}");
    s.allow_send("/user/**");
    s.on_connect([this](stomp::connect const& c, stomp::admission answer) {
        if (c.find("refuse")) return answer.refuse("no");
        if (!c.find(stomp_model_frames::waits))
            return answer.accept({.user = std::string(c.header("as"))});
        if (asking_) asking_->asks = std::move(answer);
    });
    s.on_message("/app/echo", [](stomp::message const& m) {
        return stomp::payload{std::string(m.body()), {}};
    });
    s.on_message("/app/throws", [] { throw std::runtime_error("a handler"); });
    s.on_message("/app/refuses", [] { throw stomp::refusal("not now"); });
    s.on_message("/app/leaves", [](stomp::client& c) { c.disconnect(); });
#ifdef __clang__
    s.on_message("/app/later", [] {});
#else
    s.on_message("/app/later", [](stomp::client& c) -> task<> {
        co_await c.session().async_wait(std::chrono::milliseconds(stomp_model_frames::later));
    });
#endif
    s.on_subscribe("/app/state", [] { return "state"; });
    s.snapshot("/topic/snap", [] { return "snap"; });
    s.on_dead_letter([this](stomp::dead_letter const& l) {
        dead_.push_back({std::string(l.destination), std::string(l.body), l.why});
    });
}

namespace stomp_wire {

inline std::string frame_text(std::string_view command,
                              std::string const& headers,
                              std::string_view body = {}) {
    return std::string(command).append("\n").append(headers).append("\n").append(body).append(1,
                                                                                              '\0');
}

}  // namespace stomp_wire

inline std::string stomp_walk::new_body() {
    auto body = "b" + std::to_string(++serial_);
    if (one_in(8)) body += "\xff";  // no text
    return body;
}

inline std::string stomp_walk::connect_frame() {
    auto headers = one_of({"accept-version:1.2\n",
                           "accept-version:1.0,1.1,1.2\n",
                           "accept-version:1.2\n",
                           "accept-version:1.1,1.0\n",
                           "accept-version:1.0\n",
                           ""});
    headers += one_of({"", "as:u0\n", "as:u1\n"});
    if (one_in(16)) headers += one_of({"refuse:1\n", "accept-version:9\n"});
    if (one_in(8)) headers += "wait:1\n";
    if (one_in(4)) headers += one_of({"heart-beat:1000,1000\n", "heart-beat:0,500\n"});
    return stomp_wire::frame_text(one_in(4) ? "STOMP" : "CONNECT", headers);
}

/// Of one that has begun, mostly.
inline std::string stomp_walk::transaction_header(guest& g) {
    auto const& begun = g.self->transactions;
    if (one_in(32)) return "transaction:" + one_of({"t", "u"}) + "\n";
    if (begun.empty()) return {};
    auto at = begun.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(draw_(begun.size())));
    return "transaction:" + at->first + "\n";
}

inline std::string stomp_walk::send_frame(guest& g) {
    auto headers = "destination:" +
                   one_of({"/topic/a",
                           "/topic/a",
                           "/topic/b",
                           "/topic/a/b",
                           "/queue/a",
                           "/queue/a",
                           "/queue/a",
                           "/queue/b",
                           "/queue/b",
                           "/queue/c",
                           "/user/u0/queue/x",
                           "/user/u1/queue/x",
                           "/app/echo",
                           "/app/later",
                           "/app/throws"}) +
                   "\n";
    if (one_in(32))
        headers = "destination:" +
                  one_of({"/topic/closed",
                          "/nowhere/x",
                          "/user/u0",
                          "/app/refuses",
                          "/app/leaves",
                          "/app/none",
                          "/topic/../a",
                          "topic"}) +
                  "\n";
    if (one_in(3)) headers += transaction_header(g);
    if (one_in(3)) headers += "receipt:r" + std::to_string(++serial_) + "\n";
    if (one_in(4)) headers += one_of({"x:y\n", "message-id:9-9\n", "content-type:text/plain\n"});
    return stomp_wire::frame_text("SEND", headers, new_body());
}

inline std::string stomp_walk::subscribe_frame(guest& g) {
    auto const id = one_of({"a", "b", "c", "d"});
    if (!one_in(24) && g.self->find(id))
        return stomp_wire::frame_text("UNSUBSCRIBE", "id:" + id + "\n");
    auto headers = "id:" + id + "\n";
    headers += "destination:" +
               one_of({"/topic/a",
                       "/topic/b",
                       "/topic/a/b",
                       "/topic/*",
                       "/topic/**",
                       "/topic/a/?",
                       "/topic/snap",
                       "/topic/echo",
                       "/queue/a",
                       "/queue/a",
                       "/queue/a",
                       "/queue/b",
                       "/queue/b",
                       "/queue/c",
                       "/user/queue/x",
                       "/app/state"}) +
               "\n";
    headers +=
        one_of({"", "ack:auto\n", "ack:client\n", "ack:client\n", "ack:client-individual\n"});
    if (one_in(3)) headers += "receipt:s" + std::to_string(++serial_) + "\n";
    if (one_in(32)) headers = one_of({"id:x\n", "destination:/queue/*\nid:x\n", "ack:never\n"});
    return stomp_wire::frame_text("SUBSCRIBE", headers);
}

inline std::string stomp_walk::some_id(guest& g) {
    // What it has not read it cannot know.
    if (one_in(16) && g.self->reads)
        return std::to_string(draw_(4)) + "-" + std::to_string(draw_(20));
    return g.acks.empty() ? "" : some(g.acks);
}

inline std::string stomp_walk::settle_frame(guest& g) {
    auto const id = some_id(g);
    if (id.empty()) return subscribe_frame(g);
    auto headers = one_of({"id:", "message-id:"}) + id + "\n";
    if (one_in(4)) headers += transaction_header(g);
    if (one_in(4)) headers += "receipt:k" + std::to_string(++serial_) + "\n";
    return stomp_wire::frame_text(one_in(3) ? "NACK" : "ACK", headers);
}

inline std::string stomp_walk::some_frame(guest& g) {
    auto const receipt = one_in(3) ? "receipt:x" + std::to_string(++serial_) + "\n" : "";
    auto const transaction = transaction_header(g);
    auto const begins = g.self->transactions.size() < 2 && (transaction.empty() || one_in(3));
    switch (draw_(20)) {
        case 0: return one_in(16) ? connect_frame() : "\n";
        case 1:
            return stomp_wire::frame_text(
                "UNSUBSCRIBE", "id:" + one_of({"a", "b", "c", "d", "e"}) + "\n" + receipt);
        case 2:
        case 3:
        case 4:
        case 5:
            if (begins)
                return stomp_wire::frame_text(
                    "BEGIN",
                    "transaction:" + std::string(transaction.ends_with("t\n") ? "u" : "t") + "\n" +
                        receipt);
            if (transaction.empty()) return send_frame(g);
            return stomp_wire::frame_text("COMMIT", transaction + receipt);
        case 6:
            if (transaction.empty()) return send_frame(g);
            return stomp_wire::frame_text("ABORT", transaction + receipt);
        case 7: return one_in(6) ? stomp_wire::frame_text("DISCONNECT", receipt) : "\n\n";
        case 8:
        case 9:
        case 10:
        case 11: return subscribe_frame(g);
        case 12:
        case 13:
        case 14: return settle_frame(g);
        default: return send_frame(g);
    }
}

/// Whatever it is.
inline std::string stomp_walk::some_bytes() {
    std::string bytes;
    for (auto left = draw_(64); left > 0; --left) bytes.push_back(static_cast<char>(draw_(256)));
    return bytes;
}

inline std::string stomp_walk::damaged(std::string bytes) {
    for (auto left = 1 + draw_(4); left > 0 && !bytes.empty(); --left) {
        auto const at = draw_(bytes.size());
        switch (draw_(4)) {
            case 0: bytes[at] = static_cast<char>(draw_(256)); break;
            case 1: bytes.erase(at, 1 + draw_(8)); break;
            case 2: bytes.insert(at, 1, "\n\r:\\\0ac1"[draw_(8)]); break;
            default: bytes.insert(at, bytes.substr(draw_(bytes.size()), 1 + draw_(16)));
        }
    }
    return bytes;
}

}  // namespace anywire::test
