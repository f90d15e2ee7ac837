#include "support/stomp_peer.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

std::string begin(std::string const& id) {
    return frame_of("BEGIN", {"transaction:" + id});
}
std::string send(std::string const& body,
                 std::string const& more = "x:x",
                 std::string const& to = "/topic/x") {
    return frame_of("SEND", {"destination:" + to, more}, body);
}
std::string listen() {
    return frame_of("SUBSCRIBE", {"id:a", "destination:/topic/x"});
}

std::vector<std::string> told(std::vector<got_frame> const& all) {
    std::vector<std::string> texts;
    for (auto const& f : all)
        texts.push_back(f.command == "RECEIPT" ? "receipt " + f.header("receipt-id")
                        : f.command == "ERROR" ? "error"
                                               : f.body);
    return texts;
}
using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a transaction is seen when it is committed, in order, and what is outside passes it") {
    stomp_host at(allow_all);
    auto peer = at.connected();
    peer.send(listen() + begin("t") +
              frame_of("SEND", {"destination:/topic/x", "transaction:t", "receipt:s"}, "1") +
              send("outside") + send("2", "transaction:t"));
    CHECK(told(peer.take()) == texts{"outside"});
    peer.send(frame_of("COMMIT", {"transaction:t", "receipt:c"}));
    CHECK(told(peer.take()) == texts{"1", "receipt s", "2", "receipt c"});
    peer.send(frame_of("COMMIT", {"transaction:t"}));
    CHECK(told(peer.take()) == texts{"error"});
}

TEST_CASE("nothing of a transaction is seen that is aborted, or cut off") {
    stomp_host at(allow_all);
    auto listener = at.connected();
    listener.send(listen());
    auto peer = at.connected();
    peer.send(begin("t") + send("1", "transaction:t") +
              frame_of("ABORT", {"transaction:t", "receipt:a"}));
    CHECK(told(peer.take()) == texts{"receipt a"});
    peer.send(begin("t") + send("2", "transaction:t"));
    SECTION("by DISCONNECT") {
        peer.send(frame_of("DISCONNECT", {"receipt:d"}));
        CHECK(told(peer.take()) == texts{"receipt d"});
    }
    SECTION("by its end") {
        peer.wire().cut();
    }
    at.host.settle();
    CHECK(listener.take().empty());
}

TEST_CASE("acknowledgements wait for their transaction, too") {
    stomp_host at(allow_all);
    auto peer = at.connected();
    CHECK(at.broker.send("/queue/x", "1"));
    peer.send(frame_of("SUBSCRIBE", {"id:q", "destination:/queue/x", "ack:client"}));
    at.host.settle();
    auto const id = peer.take_one().header("ack");
    peer.send(begin("t") + frame_of("ACK", {"id:" + id, "transaction:t"}));
    CHECK(at.broker.numbers().unacknowledged == 1);
    peer.send(frame_of("COMMIT", {"transaction:t"}));
    CHECK(at.broker.numbers().unacknowledged == 0);
}

TEST_CASE("a transaction that has no room is not done by half") {
    stomp_host at(allow_all, {.queue = {.max_messages = 2}});
    auto peer = at.connected();
    std::string all = begin("t");
    for (int i = 0; i < 3; ++i) all += send("x", "transaction:t", "/queue/x");
    peer.send(all + frame_of("COMMIT", {"transaction:t", "receipt:c"}));
    CHECK(told(peer.take()) == texts{"error"});
    CHECK(at.broker.numbers().queued_messages == 0);
}

TEST_CASE("what cannot be done is refused before a transaction begins to be done") {
    stomp_host at([](stomp::server& s) {
        allow_all(s);
        s.allow_send("/user/**");
    });
    auto const cannot =
        GENERATE(as<std::string>{},
                 frame_of("ACK", {"id:9-9", "transaction:t"}),
                 frame_of("NACK", {"id:1-9", "transaction:t"}),
                 frame_of("ACK", {"id:none", "transaction:t"}),
                 send("x", "transaction:t", "/user/ann"),
                 frame_of("SEND", {"destination:/app/x", "transaction:t", "receipt:r"}));
    auto peer = at.connected();
    peer.send(listen() + begin("t") + send("1", "transaction:t"));
    CHECK(peer.take().empty());
    peer.send(cannot);
    CHECK(told(peer.take()) == texts{"error"});
    CHECK_FALSE(peer.wire().is_open());
}

TEST_CASE("wrong and excessive transactions end the session") {
    stomp_host at(
        allow_all,
        {.max_transactions = 2, .max_transaction_frames = 3, .max_transaction_bytes = 1000});
    auto const twice = begin("t") + begin("t");
    auto const many = begin("1") + begin("2") + begin("3");
    auto long_one = begin("t");
    for (int i = 0; i < 4; ++i) long_one += send("x", "transaction:t");
    auto const big = begin("t") + send(std::string(1000, 'x'), "transaction:t");
    for (auto const& wrong : {twice,
                              many,
                              long_one,
                              big,
                              send("x", "transaction:unknown"),
                              frame_of("ABORT", {"transaction:unknown"}),
                              frame_of("BEGIN", {"x:x"}),
                              frame_of("COMMIT", {"x:x"}),
                              begin("t") + send("x", "transaction:t", "/forbidden/x")}) {
        auto peer = at.connected();
        peer.send(wrong);
        CHECK(told(peer.take()) == texts{"error"});
        CHECK_FALSE(peer.wire().is_open());
    }
}
