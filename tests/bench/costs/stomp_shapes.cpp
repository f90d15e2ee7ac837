// STOMP: frames, subscriptions, transactions, acknowledgements, receipts and patterns.
#include "intrusion.hpp"

namespace bench::costs {
namespace {

std::string stomp(std::string_view command, std::string_view headers, std::string_view body = {}) {
    std::string text(command);
    return text.append("\n").append(headers).append("\n").append(body).append(1, '\0');
}
std::string send(std::string const& to, std::string const& more = {}, std::string_view body = {}) {
    return stomp("SEND", "destination:" + to + "\n" + more, body);
}
std::string subscribe(std::string const& id, std::string const& to, std::string const& more = {}) {
    return stomp("SUBSCRIBE", "id:" + id + "\ndestination:" + to + "\n" + more);
}
std::string unsubscribe(std::string const& id) {
    return stomp("UNSUBSCRIBE", "id:" + id + "\n");
}

shape made(std::string_view name,
           std::string_view attacks,
           std::function<std::string(std::size_t)> make,
           habit does = habit::reads) {
    return {.name = name,
            .attacks = attacks,
            .doors = {door::stomp_ws},
            .make = std::move(make),
            .does = does,
            .portion = 16'000};
}
shape units(std::string_view name,
            std::string_view attacks,
            std::string unit,
            habit does = habit::reads) {
    return made(
        name, attacks, [unit = std::move(unit)](std::size_t) { return unit; }, does);
}

constexpr std::size_t most_subscriptions = 128;

/// As many subscriptions as there may be, then the same for ever.
shape after_subscribing(std::string_view name,
                        std::string_view attacks,
                        std::function<std::string(std::size_t)> to,
                        std::string then) {
    return made(name, attacks, [to = std::move(to), then = std::move(then)](std::size_t i) {
        if (i < most_subscriptions) return subscribe(std::to_string(i), to(i));
        return then;
    });
}

std::vector<shape> frames() {
    auto const one = send("/topic/a");
    return {
        units("heart-beats, a message each", "work a message", "\n"),
        units("heart-beats, many a message", "work a byte", std::string(4'000, '\n')),
        made("frames of a byte a message",
             "frames that are put together",
             [=](std::size_t i) { return std::string(1, one[i % one.size()]); }),
        units("frames, a message each", "work a frame", one),
        units("frames, many a message", "work a frame", repeat(one, 100)),
        units("headers of two bytes", "headers", send("/topic/a", repeat("a:\n", 60))),
        units("headers full of escapes",
              "escapes",
              send("/topic/a", repeat("a:" + repeat("\\c", 1'000) + "\n", 7))),
        units("bodies that announce much and end early",
              "memory of frames",
              "SEND\ndestination:/topic/a\ncontent-length:60000\n\n"),
        units("receipts", "answers", stomp("UNSUBSCRIBE", "id:\nreceipt:\n")),
        units("receipts, unread",
              "the queue",
              stomp("UNSUBSCRIBE", "id:\nreceipt:\n"),
              habit::never_reads),
        units("messages that nobody handles", "errors told", send("/app/x")),
        units("messages to a handler", "work a handler", send("/app/echo")),
        units("subscriptions that are answered", "work a handler", subscribe("a", "/app/state")),
    };
}

std::vector<shape> subscriptions() {
    auto const in_turns = [](std::string_view name, std::string const& to) {
        return units(name, "subscriptions", subscribe("a", to) + unsubscribe("a"));
    };
    auto const pattern = [](std::size_t i) {
        return "/topic/**/a" + std::to_string(i) + "/**/b/**/c/*";
    };
    return {
        in_turns("subscribed to a topic and not", "/topic/a"),
        in_turns("subscribed to a pattern and not", "/topic/**/a/**/b/*"),
        in_turns("subscribed to a queue and not", "/queue/a"),
        in_turns("subscribed to one's own and not", "/user/queue/a"),
        made("subscribed to many queues and not",
             "queues that stay",
             [](std::size_t i) {
                 return subscribe("a", "/queue/" + std::to_string(i % 4'000)) + unsubscribe("a");
             }),
        made("subscribed to a full queue and not",
             "what goes back",
             [](std::size_t i) {
                 if (i < 64) return send("/queue/full");
                 return subscribe("a", "/queue/full", "ack:client\n") + unsubscribe("a");
             }),
        after_subscribing(
            "sends to nobody, many subscriptions",
            "walks over subscriptions",
            [](std::size_t i) { return "/topic/" + std::to_string(i); },
            send("/topic/a")),
        after_subscribing(
            "sends to oneself, many subscriptions",
            "walks over subscriptions",
            [](std::size_t i) { return "/user/queue/" + std::to_string(i); },
            send("/user/eve/queue/x")),
        after_subscribing("sends under many patterns",
                          "patterns",
                          pattern,
                          send("/topic/a/a/b/b/c/c/a/b/c/a/b/c/a/b/c")),
        // Each is a message of its own: who lets clients send to topics lets them do that.
        made("sends that come back four times",
             "messages that multiply",
             [](std::size_t i) {
                 return i < 4 ? subscribe(std::to_string(i), "/topic/a") : send("/topic/a");
             }),
    };
}

std::vector<shape> settling() {
    auto const in_one = "transaction:t\n";
    return {
        units("transactions begun and aborted",
              "transactions",
              stomp("BEGIN", in_one) + stomp("ABORT", in_one)),
        units("transactions filled and committed",
              "transactions",
              stomp("BEGIN", in_one) + repeat(send("/topic/a", in_one), 250) +
                  stomp("COMMIT", in_one)),
        units("transactions filled with headers, and aborted",
              "transactions",
              stomp("BEGIN", in_one) + repeat(send("/topic/a", in_one + repeat("a:\n", 50)), 60) +
                  stomp("ABORT", in_one)),
        made("acknowledgements of what has gone",
             "walks over subscriptions",
             [](std::size_t i) {
                 if (i < most_subscriptions) return subscribe(std::to_string(i), "/topic/a");
                 return i == most_subscriptions ? unsubscribe("0") : stomp("ACK", "id:1-1\n");
             }),
        made("acknowledgements, over and over",
             "queues",
             [](std::size_t i) {
                 if (i == 0) return subscribe("a", "/queue/a", "ack:client-individual\n");
                 if (i == 1) return send("/queue/a");
                 // Beats, until the message has surely gone out.
                 return i < 50'000 ? std::string("\n") : stomp("ACK", "id:1-1\n");
             }),
    };
}

/// Many subscriptions of many clients to other topics, and one who sends.
void send_beside_many(intrusion& on, door d) {
    auto const n = on.requests() >= 1'000 ? 800u : 8u;
    for (unsigned i = 0; i < n; ++i) {
        auto& v = on.enter(d);
        auto const to = [i](std::size_t at) {
            auto const number = std::to_string(at);
            return subscribe(number, "/topic/" + std::to_string(i) + "-" + number);
        };
        on.deliver(v, d, packed(d, to, 125 * subscribe("100", "/topic/100-100").size()));
    }
    on.let_it_read();
    auto& v = on.enter(d);
    auto const sent = packed(
        d, [](std::size_t) { return send("/topic/a"); }, on.bytes());
    on.start();
    on.deliver(v, d, sent);
}

}  // namespace

std::vector<shape> stomp_shapes() {
    std::vector<shape> all;
    for (auto const& some : {frames(), subscriptions(), settling()})
        all.insert(all.end(), some.begin(), some.end());
    auto beside = made("sends beside 100 000 subscriptions", "walks over subscriptions", {});
    beside.how = way::script;
    beside.script = send_beside_many;
    beside.pays_in = currency::bytes;
    all.push_back(beside);
    auto cut = made("half a frame, then gone", "memory of frames", [](std::size_t) {
        return "SEND\ndestination:/topic/a\n\n" + std::string(30'000, 'x');
    });
    cut.how = way::sessions;
    cut.pays_in = currency::bytes;
    all.push_back(cut);
    return all;
}

}  // namespace bench::costs
