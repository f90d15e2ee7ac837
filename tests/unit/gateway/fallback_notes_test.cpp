#include "fallback_notes.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace anywire::gateway;
using namespace std::chrono_literals;

namespace {

using time_of = fallback_notes::time;

time_of const start{1h};
constexpr std::array<std::uint64_t, 2> secret{1, 2};

struct notes_of_one {
    fallback_notes all{secret};
    fallback_notes::key ann = all.key_of("192.0.2.7", "browser");

    std::string why(time_of now) const { return all.reason_for(ann, now).text(); }
};

}  // namespace

TEST_CASE("a client without a WebSocket before has asked for none") {
    notes_of_one n;
    CHECK(n.why(start) == "no WebSocket handshake came");
    n.all.on_websocket_opened(n.all.key_of("192.0.2.7", "another"), start);
    n.all.on_websocket_opened(n.all.key_of("192.0.2.8", "browser"), start);
    CHECK(n.why(start) == "no WebSocket handshake came");
}

TEST_CASE("a refused handshake is known by its status, for a while") {
    notes_of_one n;
    n.all.on_websocket_refused(n.ann, start, 403);
    CHECK(n.why(start + 60s) == "its WebSocket was refused with 403");
    CHECK(n.why(start + 61s) == "no WebSocket handshake came");
}

TEST_CASE("how a WebSocket ended is why the client comes over HTTP") {
    notes_of_one n;
    n.all.on_websocket_opened(n.ann, start);
    CHECK(n.why(start + 1s) == "its WebSocket is still open here");
    CHECK(n.why(start + 1h) == "its WebSocket is still open here");

    n.all.on_websocket_ended(n.ann, start, start + 250ms, 5, websocket_end::lost);
    CHECK(n.why(start + 1s) == "its WebSocket was lost after 0.2 s");
    n.all.on_websocket_opened(n.ann, start);
    n.all.on_websocket_ended(n.ann, start, start + 3'600s, 0, websocket_end::goodbye);
    CHECK(n.why(start + 3'601s) == "it closed its WebSocket after 3600 s without a message");
    n.all.on_websocket_opened(n.ann, start);
    n.all.on_websocket_ended(n.ann, start, start + 1s, 1, websocket_end::goodbye);
    CHECK(n.why(start + 2s) == "the client's choice: its WebSocket worked");
    CHECK(n.all.size() == 1);
}

TEST_CASE("of several WebSockets of a client the last event counts") {
    notes_of_one n;
    n.all.on_websocket_opened(n.ann, start);
    n.all.on_websocket_opened(n.ann, start);
    n.all.on_websocket_ended(n.ann, start, start + 1s, 0, websocket_end::lost);
    CHECK(n.all.reason_for(n.ann, start + 1s).kind == fallback_kind::lost);
    CHECK(n.all.reason_for(n.ann, start + 2min).kind == fallback_kind::no_handshake);
}

TEST_CASE("the clients that were noted last are remembered, and never more than twice as many") {
    fallback_notes all(secret, 10);
    auto const key = [&](int i) { return all.key_of("192.0.2.7", std::to_string(i)); };
    for (int i = 0; i < 1'000; ++i) {
        all.on_websocket_refused(key(i), start, 403);
        if (i % 3 == 0) all.on_websocket_opened(key(0), start);
        CHECK(all.size() <= 20);
    }
    for (int i = 0; i < 1'000; ++i) {
        CAPTURE(i);
        auto const kind = all.reason_for(key(i), start).kind;
        if (i >= 993) CHECK(kind == fallback_kind::refused);
        if (i > 0 && i < 980) CHECK(kind == fallback_kind::no_handshake);
    }
    CHECK(all.reason_for(key(0), start).kind == fallback_kind::still_open);
}

TEST_CASE("the end of a WebSocket that was forgotten is noted all the same") {
    notes_of_one n;
    n.all.on_websocket_ended(n.ann, start, start + 1s, 0, websocket_end::lost);
    CHECK(n.why(start + 1s) == "its WebSocket was lost after 1.0 s");
}
