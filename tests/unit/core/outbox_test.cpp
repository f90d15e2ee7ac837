// The outbox: its order, its counts, its bound in bytes and time, what it keeps until it is
// acknowledged.
#include "core/outbox.hpp"

#include "support/outbox_frames.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::literals;

// -- order and counts -----------------------------------------------------------------------------

TEST_CASE("an outbox keeps its order over its inline slots, the heap and back") {
    outbox q;
    CHECK(q.empty());
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 20; ++i) q.push(make(std::to_string(i)));
        CHECK(q.size() == 20);
        q.take(3);
        for (int i = 20; i < 40; ++i) q.push(make(std::to_string(i)));
        for (std::size_t i = 0; i < q.size(); ++i) CHECK(q.at(i)->text() == std::to_string(i + 3));
        q.take(q.size());
        CHECK(q.empty());
        CHECK(q.bytes() == 0);
    }
}

TEST_CASE("dropping the oldest passes over the protocol's own frames") {
    outbox q;
    q.push(own("o"));
    q.push(make("1"));
    q.push(own("h"));
    q.push(make("2"));
    q.push(make("3"));
    CHECK(q.own_bytes() == 130);
    CHECK(q.drop_oldest());
    CHECK(texts(q) == strings{"o", "h", "2", "3"});
    CHECK(q.drop_oldest());
    CHECK(q.drop_oldest());
    CHECK(texts(q) == strings{"o", "h"});
    CHECK_FALSE(q.drop_oldest());
    CHECK(q.bytes() == 130);
    q.clear();
    CHECK_FALSE(q.drop_oldest());
    CHECK(q.own_bytes() == 0);
}

TEST_CASE("dropping the oldest takes its attachments along, and no others") {
    outbox q;
    q.push(attachment("of one that has left"));
    q.push(own("ping"));
    q.push(make("a"));
    q.push(attachment("a1"));
    q.push(attachment("a2"));
    q.push(own("pong"));
    q.push(make("b"));
    q.push(make("c"));
    q.push(attachment("c1"));
    CHECK(q.drop_oldest());
    CHECK(texts(q) == strings{"of one that has left", "ping", "pong", "b", "c", "c1"});
    CHECK(q.drop_oldest());
    CHECK(texts(q) == strings{"of one that has left", "ping", "pong", "c", "c1"});
    CHECK(q.drop_oldest());
    CHECK(texts(q) == strings{"of one that has left", "ping", "pong"});
    CHECK_FALSE(q.drop_oldest());
    CHECK(q.bytes() == 20 + 4 + 4 + 3 * frame::overhead);
}

TEST_CASE("what many sessions share is not charged to one of them") {
    outbox q;
    q.push(make("1234567890"));
    CHECK(q.exclusive_bytes() == 74);
    q.push(shared(std::string(1000, 'x')));
    CHECK(q.bytes() == 74 + 1064);
    CHECK(q.exclusive_bytes() == 74 + 64);
    q.take(2);
    CHECK(q.exclusive_bytes() == 0);
}

// -- the bound ------------------------------------------------------------------------------------

TEST_CASE("an empty outbox takes any one message, whatever of the protocol's own waits") {
    for (auto const policy : {overflow_policy::close, overflow_policy::drop_oldest}) {
        outbox q;
        q.push(own(std::string(1000, 'o')));
        CHECK(offer(q, small(policy), 0, std::string(100'000, 'x')) == verdict::take);
        CHECK(q.dropped() == 0);
    }
    outbox q;
    CHECK_FALSE(q.fits(196, 1, 195));  // not while a transport still holds some
}

TEST_CASE("a burst is taken above the bound, and judged at once above the other one") {
    struct row {
        overflow_policy policy;
        verdict beyond;
    };
    for (auto const& [policy, beyond] : {row{overflow_policy::close, verdict::close},
                                         row{overflow_policy::refuse, verdict::refuse},
                                         row{overflow_policy::drop_oldest, verdict::take},
                                         row{overflow_policy::drop_newest, verdict::drop}}) {
        auto const limits = small(policy);
        outbox q;
        for (auto const* text : {"1", "2", "3", "4", "5", "6"})
            CHECK(offer(q, limits, 0, text) == verdict::take);
        CHECK(q.is_over());
        CHECK(q.grace_end() == 100);
        CHECK(offer(q, limits, 0, "7") == beyond);
        auto const drops =
            policy == overflow_policy::drop_oldest || policy == overflow_policy::drop_newest;
        CHECK(q.dropped() == (drops ? 1 : 0));
        CHECK(texts(q).back() == (policy == overflow_policy::drop_oldest ? "7" : "6"));
        CHECK(q.bytes() == 6 * 65);
        CHECK(q.owes_drain() == (policy == overflow_policy::refuse));
    }
}

TEST_CASE("a bound for bursts below the other one counts as that") {
    auto limits = small(overflow_policy::drop_newest);
    limits.max_burst_bytes = 0;
    outbox q;
    for (int i = 0; i < 3; ++i) CHECK(offer(q, limits, 0) == verdict::take);
    CHECK(offer(q, limits, 0) == verdict::drop);
}

TEST_CASE("who is below the bound again within the grace was never slow") {
    auto const limits = small(overflow_policy::close);
    outbox q;
    for (int i = 0; i < 5; ++i) (void)offer(q, limits, 0);
    CHECK(q.is_over());
    q.take(1);
    q.on_progress(0, limits.max_queued_bytes);
    CHECK(q.is_over());
    q.take(1);
    q.on_progress(1, limits.max_queued_bytes);
    CHECK(q.is_over());  // a byte that is on the wire counts
    q.on_progress(0, limits.max_queued_bytes);
    CHECK_FALSE(q.is_over());
    CHECK(q.on_grace_over(0, limits, 100) == verdict::take);
    // The next burst has a grace of its own.
    (void)offer(q, limits, 500);
    CHECK(q.grace_end() == 600);
}

TEST_CASE("after the grace the lower bound acts at once, until the transport has caught up") {
    auto const policy = GENERATE(overflow_policy::close,
                                 overflow_policy::refuse,
                                 overflow_policy::drop_oldest,
                                 overflow_policy::drop_newest);
    auto const limits = small(policy);
    outbox q;
    for (auto const* text : {"1", "2", "3", "4", "5"}) (void)offer(q, limits, 0, text);
    CHECK(q.on_grace_over(0, limits, 99) == verdict::take);
    CHECK(q.size() == 5);
    if (policy == overflow_policy::close) {
        CHECK(q.on_grace_over(0, limits, 100) == verdict::close);
        return;
    }
    CHECK(q.on_grace_over(0, limits, 100) == verdict::take);
    if (policy == overflow_policy::drop_oldest) {
        CHECK(texts(q) == strings{"3", "4", "5"});
        CHECK(offer(q, limits, 101, "6") == verdict::take);
        CHECK(texts(q) == strings{"4", "5", "6"});
        CHECK(q.dropped() == 3);
    } else {
        CHECK(offer(q, limits, 101, "6") != verdict::take);
        CHECK(q.size() == 5);
    }
    q.take(q.size());
    q.on_progress(0, limits.max_queued_bytes);
    for (auto const* text : {"1", "2", "3", "4", "5"})
        CHECK(offer(q, limits, 200, text) == verdict::take);
}

TEST_CASE("dropping the oldest makes no room of what a transport holds, and drops nothing for it") {
    auto const limits = small(overflow_policy::drop_oldest);
    outbox q;
    (void)offer(q, limits, 0, "1");
    CHECK(offer(q, limits, 0, "2", 6 * 65) == verdict::drop);
    CHECK(texts(q) == strings{"1"});
    CHECK(q.dropped() == 1);
}

// -- what is kept ---------------------------------------------------------------------------------

TEST_CASE("what was taken is kept until it is acknowledged, and waits again after a rewind") {
    outbox q;
    q.retain();
    for (auto const* text : {"0", "1", "2", "3", "4"}) q.push(make(text));
    q.take(3);
    CHECK(texts(q) == strings{"3", "4"});
    CHECK(q.kept() == 3);
    CHECK(q.bytes() == 2 * 65);
    CHECK(q.kept_bytes() == 3 * 65);
    CHECK(q.exclusive_bytes() == 5 * 65);
    q.acknowledge(1);
    CHECK(q.kept() == 2);
    q.rewind();
    CHECK(texts(q) == strings{"1", "2", "3", "4"});
    CHECK(q.bytes() == 4 * 65);
    CHECK(q.kept_bytes() == 0);
    q.take(4);
    CHECK(q.empty());
    q.acknowledge(4);
    CHECK(q.exclusive_bytes() == 0);
}

TEST_CASE("dropping touches nothing that was taken") {
    outbox q;
    q.retain();
    for (auto const* text : {"0", "1", "2"}) q.push(make(text));
    q.take(2);
    CHECK(q.drop_oldest());
    CHECK_FALSE(q.drop_oldest());
    CHECK(q.kept() == 2);
    q.rewind();
    CHECK(texts(q) == strings{"0", "1"});
}

// -- headed frames --------------------------------------------------------------------------------

TEST_CASE("the rest of a headed frame is charged as waiting, and not as the session's own") {
    outbox q;
    auto const rest = make("123456");
    q.push(headed("ab", rest));
    CHECK(q.has_headed());
    CHECK(q.bytes() == 8 + frame::overhead);
    CHECK(q.exclusive_bytes() == 2 + frame::overhead);
    q.take(1);
    CHECK(q.bytes() == 0);
    CHECK(q.exclusive_bytes() == 0);
    CHECK_FALSE(q.has_headed());
}

TEST_CASE("what is joined is the session's own from then on") {
    outbox q;
    auto const rest = make("123456");
    q.push(make("x"));
    q.push(headed("ab", rest));
    q.push(headed("cd", rest));
    q.join(2);
    CHECK(q.has_headed());
    CHECK(texts(q) == strings{"x", "ab123456", "cd"});
    CHECK(q.bytes() == 1 + 8 + 8 + 3 * frame::overhead);
    CHECK(q.exclusive_bytes() == 1 + 8 + 2 + 3 * frame::overhead);
    q.join(3);
    CHECK_FALSE(q.has_headed());
    CHECK(texts(q) == strings{"x", "ab123456", "cd123456"});
    CHECK(q.exclusive_bytes() == q.bytes());
    q.clear();
    CHECK(q.bytes() == 0);
}

TEST_CASE("what is kept until it is acknowledged is not joined again") {
    outbox q;
    q.retain();
    auto const rest = make("123456");
    q.push(headed("ab", rest));
    q.push(headed("cd", rest));
    q.join(1);
    q.take(1);
    q.join(1);
    CHECK(texts(q) == strings{"cd123456"});
    q.rewind();
    CHECK(texts(q) == strings{"ab123456", "cd123456"});
    q.acknowledge(0);
}

// -- keys -----------------------------------------------------------------------------------------

namespace {

frame_ptr keyed(std::uint64_t key, std::string_view text) {
    auto f = make(text);
    f->set_key(key);
    return f;
}

}  // namespace

TEST_CASE("a frame with a key takes the place of the one that waits, and its bytes count") {
    outbox q;
    q.push(make("first"));
    CHECK_FALSE(q.push_latest(keyed(7, "a1")));
    CHECK_FALSE(q.push_latest(keyed(8, "b1")));
    q.push(make("last"));
    auto const before = q.bytes();
    CHECK(q.push_latest(keyed(7, "a2 is longer")));
    CHECK(q.bytes() == before + 10);
    CHECK(q.push_latest(keyed(7, "a3")));
    CHECK(q.bytes() == before);
    CHECK(texts(q) == strings{"first", "a3", "b1", "last"});
    CHECK(q.find(7)->text() == "a3");
    CHECK(q.find(9) == nullptr);
    q.take(2);
    CHECK(q.find(7) == nullptr);
    CHECK_FALSE(q.push_latest(keyed(7, "a4")));
    CHECK(texts(q) == strings{"b1", "last", "a4"});
    q.take(3);
    CHECK(q.bytes() == 0);
    CHECK_FALSE(q.push_latest(keyed(7, "a5")));
}

TEST_CASE("frames with and without a key agree with a model, however many wait") {
    std::mt19937 random(42);
    for (int run = 0; run < 60; ++run) {
        outbox q;
        struct waiting {
            std::uint64_t key;
            std::string text;
            bool is_own;
        };
        std::deque<waiting> model;
        std::size_t bytes = 0;
        auto const keys = 1 + random() % 200;
        for (int step = 0; step < 600; ++step) {
            auto const text = std::to_string(step);
            auto const what = random() % 10;
            if (what < 6) {
                auto const key = 1 + random() % keys;
                auto const known = std::find_if(
                    model.begin(), model.end(), [&](auto const& m) { return m.key == key; });
                CHECK(q.push_latest(keyed(key, text)) == (known != model.end()));
                if (known != model.end())
                    known->text = text;
                else
                    model.push_back({key, text, false});
            } else if (what == 6) {
                q.push(make(text));
                model.push_back({0, text, false});
            } else if (what == 7) {
                q.push(own(text));
                model.push_back({0, text, true});
            } else if (what == 8) {
                auto const n = random() % (1 + model.size() / 4);
                q.take(n);
                model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(n));
            } else {
                auto const first = std::find_if(
                    model.begin(), model.end(), [](auto const& m) { return !m.is_own; });
                CHECK(q.drop_oldest() == (first != model.end()));
                if (first != model.end()) model.erase(first);
            }
            bytes = 0;
            strings expected;
            for (auto const& m : model) {
                bytes += m.text.size() + frame::overhead;
                expected.push_back(m.text);
            }
            REQUIRE(texts(q) == expected);
            REQUIRE(q.bytes() == bytes);
        }
        q.take(q.size());
        CHECK(q.empty());
        CHECK(q.bytes() == 0);
    }
}

TEST_CASE("where what is sent is kept until it is acknowledged, each message counts") {
    outbox q;
    q.retain();
    CHECK_FALSE(q.push_latest(keyed(7, "a1")));
    CHECK_FALSE(q.push_latest(keyed(7, "a2")));
    q.take(1);
    CHECK(q.find(7) == nullptr);
    q.rewind();
    CHECK(texts(q) == strings{"a1", "a2"});
}

TEST_CASE("a key's stand-in is never none, and is another for another key or secret") {
    siphash_key const secret{1, 2};
    CHECK(outbox::key_of(secret, "a") != 0);
    CHECK(outbox::key_of(secret, "a") == outbox::key_of(secret, "a"));
    CHECK(outbox::key_of(secret, "a") != outbox::key_of(secret, "b"));
    CHECK(outbox::key_of(secret, "a") != outbox::key_of({1, 3}, "a"));
    auto f = make("x");
    CHECK(f->key() == 0);
    f->set_key(0);
    CHECK(f->key() == 0);
}
