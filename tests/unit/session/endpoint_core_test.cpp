#include "session/endpoint_core.hpp"

#include "support/colliding_names.hpp"
#include "support/on_threads.hpp"
#include "support/printers.hpp"
#include "support/session_fixture.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <set>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

void broadcast(world& w, message_view m) {
    shared_message shared(m);
    w.endpoint.broadcast(shared);
    w.loop.flush();
}

class test_codec final : public codec {
public:
    frame_ptr encode(message_view, std::string&) const override { return {}; }
};

void send_to_group(world& w, std::string_view name, message_view m) {
    shared_message shared(m);
    w.endpoint.send_to({.rooms = {std::string(name)}}, shared);
    w.loop.flush();
}

}  // namespace

// -- finding --------------------------------------------------------------------------------------

TEST_CASE("a session is found by its id until it has closed") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    std::string const id(s.id());
    CHECK(w.endpoint.find(id) == &s);
    CHECK(w.endpoint.find("") == nullptr);
    CHECK(w.endpoint.find(id.substr(1)) == nullptr);
    CHECK(w.endpoint.find(std::string(22, 'A')) == nullptr);
    w.on_close = [&](session& same, close_event const&) {
        CHECK(w.endpoint.find(same.id()) == &s);
    };
    w.close(s);
    CHECK(w.endpoint.find(id) == nullptr);
}

TEST_CASE("the sid finds only sessions that have one, and never by their public id") {
    world w;
    auto& transport = w.transport();
    auto& plain = w.plain(transport);
    auto& http = w.sockjs(nullptr, "sid");
    CHECK(w.endpoint.find_by_sid("sid") == &http);
    CHECK(w.endpoint.find_by_sid("other") == nullptr);
    CHECK(w.endpoint.find_by_sid("") == nullptr);
    CHECK(w.endpoint.find_by_sid(http.id()) == nullptr);
    CHECK(w.endpoint.find_by_sid(plain.id()) == nullptr);
    CHECK(w.endpoint.find("sid") == nullptr);
    CHECK(w.endpoint.size() == 2);
}

TEST_CASE("a closed SockJS session is found by its sid only, for its goodbye") {
    world w;
    auto& s = w.sockjs(nullptr, "sid");
    std::string const id(s.id());
    w.close(s);
    auto& transport = w.transport(carrier::stream);
    w.attach(s, transport);
    CHECK(w.endpoint.find(id) == nullptr);
    CHECK(w.endpoint.find_by_sid("sid") == &s);
    CHECK(w.endpoint.size() == 0);
    CHECK(w.sessions() == 0);
}

TEST_CASE("many sessions are all found, and counted") {
    world w;
    std::vector<session_base*> all;
    for (int i = 0; i < 500; ++i)
        all.push_back(&w.sockjs(nullptr, std::string("s").append(std::to_string(i))));
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(w.endpoint.find(all[i]->id()) == all[i]);
        CHECK(w.endpoint.find_by_sid(std::string("s").append(std::to_string(i))) == all[i]);
    }
    CHECK(w.sessions() == 500);
    CHECK(w.counters.opened == 500);
    w.advance(5s);
    CHECK(w.sessions() == 0);
    CHECK(w.counters.opened == 500);
    CHECK(w.closes == 500);
}

TEST_CASE("a mount has room up to its limit, 0 being none") {
    world unlimited;
    CHECK(unlimited.endpoint.has_room());
    world w({.max_sessions = 2});
    auto& first = w.transport();
    auto& second = w.transport();
    auto& s = w.plain(first);
    CHECK(w.endpoint.has_room());
    w.plain(second);
    CHECK_FALSE(w.endpoint.has_room());
    w.close(s);
    CHECK(w.endpoint.has_room());
}

// -- broadcasts -----------------------------------------------------------------------------------

TEST_CASE("a broadcast is one frame for all sessions of an encoding") {
    world w;
    std::vector<fake_transport*> plain;
    std::vector<fake_transport*> sockjs;
    for (int i = 0; i < 4; ++i) {
        plain.push_back(&w.transport());
        w.plain(*plain.back());
        sockjs.push_back(&w.transport());
        w.sockjs_websocket(*sockjs.back());
    }
    sockjs.push_back(&w.transport(carrier::stream));
    w.sockjs(sockjs.back());
    broadcast(w, "hi \"all\"");
    for (auto* transport : plain) {
        CHECK(transport->written.back() == "hi \"all\"");
        CHECK(transport->frames.back() == plain[0]->frames.back());
    }
    for (auto* transport : sockjs) {
        CHECK(transport->written.back() == R"(a["hi \"all\""])");
        CHECK(transport->frames.back() == sockjs[0]->frames.back());
    }
    CHECK(plain[0]->frames.back() != sockjs[0]->frames.back());
}

TEST_CASE("a form is made once for each codec and only when somebody wants it") {
    std::array<test_codec, 2 * shared_message::usual + 1> const codecs;
    shared_message m("x");
    int made = 0;
    auto const make = [&] {
        ++made;
        return frame_ptr(frame::make("made", frame_kind::text));
    };
    auto const first = m.frame_for(codecs[0], make);
    auto const second = m.frame_for(codecs[0], make);
    CHECK(made == 1);
    CHECK(first.get() == second.get());
    CHECK(first->is_shared());
    auto const other = m.frame_for(codecs[1], make);
    CHECK(made == 2);
    CHECK(other.get() != first.get());
    CHECK_FALSE(shared_message("y").frame_for(codecs[0], [] { return frame_ptr(); }));

    // Those beyond the usual number, too.
    std::set<frame const*> all;
    for (int round = 0; round < 2; ++round)
        for (auto const& c : codecs) all.insert(m.frame_for(c, make).get());
    CHECK(all.size() == codecs.size());
    CHECK(made == static_cast<int>(codecs.size()));
}

TEST_CASE("shards that ask for a form at once all get the same frame") {
    std::array<test_codec, 2 * shared_message::usual> const codecs;
    shared_message m("x");
    std::array<std::array<frame const*, codecs.size()>, 4> got{};
    auto const errors = on_threads(static_cast<int>(got.size()), [&](int t) {
        auto const self = static_cast<std::size_t>(t);
        for (std::size_t i = 0; i < codecs.size(); ++i) {
            auto const which = (i + self) % codecs.size();
            got[self][which] = m.frame_for(codecs[which], [] {
                                    return frame_ptr(frame::make("made", frame_kind::text));
                                }).get();
        }
    });
    CHECK(errors.empty());
    for (auto const& each : got) CHECK(each == got.front());
}

TEST_CASE("a broadcast's frame outlives the message while somebody still waits for it") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    transport.block();
    CHECK(w.send(s, "x"));
    broadcast(w, "later");
    w.unblock(s, transport);
    CHECK(transport.written == strings{"x", "later"});
}

TEST_CASE("a broadcast that is no text reaches nobody and harms nobody") {
    world w;
    auto& plain_transport = w.transport();
    auto& sockjs_transport = w.transport();
    auto& plain = w.plain(plain_transport);
    auto& sockjs = w.sockjs_websocket(sockjs_transport);
    sockjs_transport.take();
    shared_message bad("\xff\xfe");
    CHECK(plain.send_shared(bad).error() == errc::bad_utf8);
    CHECK(sockjs.send_shared(bad).error() == errc::bad_utf8);
    // Binary reaches those who can have it.
    shared_message binary(message_view("\xff\xfe"sv, true));
    CHECK(plain.send_shared(binary));
    CHECK(sockjs.send_shared(binary).error() == errc::bad_utf8);
    w.loop.flush();
    CHECK(plain_transport.written == strings{"\xff\xfe"});
    CHECK(sockjs_transport.written.empty());
}

TEST_CASE("a broadcast keeps the order of each session's own messages") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    CHECK(s.send("1"));
    shared_message m("2");
    w.endpoint.broadcast(m);
    CHECK(w.send(s, "3"));
    CHECK(transport.written == strings{"1", "2", "3"});
}

// -- groups ---------------------------------------------------------------------------------------

TEST_CASE("a message to a group reaches its members only, once each") {
    world w;
    auto& a_transport = w.transport();
    auto& b_transport = w.transport();
    auto& c_transport = w.transport();
    auto& a = w.plain(a_transport);
    auto& b = w.plain(b_transport);
    w.plain(c_transport);
    a.join("red");
    a.join("red");
    b.join("red");
    b.join("blue");
    CHECK(w.endpoint.group_size("red") == 2);
    send_to_group(w, "red", "r");
    send_to_group(w, "blue", "b");
    send_to_group(w, "green", "g");
    CHECK(a_transport.written == strings{"r"});
    CHECK(b_transport.written == strings{"r", "b"});
    CHECK(c_transport.written.empty());
    CHECK(a_transport.frames[0] == b_transport.frames[0]);
}

TEST_CASE("leaving is idempotent, and an empty group is gone") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    s.leave("never");
    s.join("red");
    s.join("blue");
    s.leave("red");
    s.leave("red");
    CHECK(w.endpoint.group_size("red") == 0);
    CHECK(w.endpoint.group_size("blue") == 1);
    s.leave("blue");
    CHECK_FALSE(s.groups());
    s.join("red");
    CHECK(w.endpoint.group_size("red") == 1);
}

TEST_CASE("closing leaves all groups") {
    world w;
    auto& a_transport = w.transport();
    auto& b_transport = w.transport();
    auto& a = w.plain(a_transport);
    auto& b = w.plain(b_transport);
    for (auto const* name : {"red", "blue", "green"}) CHECK(a.join(name));
    b.join("blue");
    w.on_close = [&](session&, close_event const&) {
        send_to_group(w, "blue", "one is closing");  // to the other one
    };
    w.close(a);
    CHECK(w.endpoint.group_size("red") == 0);
    CHECK(w.endpoint.group_size("green") == 0);
    CHECK(w.endpoint.group_size("blue") == 1);
    CHECK(b_transport.written == strings{"one is closing"});
}

TEST_CASE("a session that is closing joins no group any more") {
    world w;
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    s.close(close_code::normal, {});
    CHECK_FALSE(s.join("late"));
    CHECK(w.endpoint.group_size("late") == 0);
    w.loop.flush();
}

TEST_CASE("a client that is let name groups joins no more than the limit") {
    world w{{.max_groups = 3}};
    auto& s = w.plain(w.transport());
    auto& other = w.plain(w.transport());
    for (int i = 0; i < 1'000; ++i) CHECK(s.join(std::to_string(i)) == (i < 3));
    REQUIRE(s.groups() != nullptr);
    CHECK(s.groups()->size() == 3);
    CHECK(w.endpoint.group_size("3") == 0);
    CHECK(s.join("2"));  // it is in it
    CHECK(other.join("3"));
    CHECK_FALSE(s.join("3"));
    s.leave("0");
    CHECK(s.join("3"));
    CHECK(w.endpoint.group_size("3") == 2);
    // One line a second, of whatever many.
    REQUIRE(w.notices.size() == 1);
    CHECK(w.notices[0].find("`session_limits::max_groups`") != std::string::npos);
    CHECK(w.notices[0].find("not let into '3'") != std::string::npos);
    w.advance(2s);
    CHECK_FALSE(s.join("5"));
    REQUIRE(w.notices.size() == 2);
    CHECK(w.notices[1].find("more like it") != std::string::npos);
}

TEST_CASE("a session is in a thousand groups at most, and in any number where there is no limit") {
    world w;
    auto& s = w.plain(w.transport());
    for (int i = 0; i < 1'001; ++i) CHECK(s.join(std::to_string(i)) == (i < 1'000));
    world unbounded{{.max_groups = 0}};
    auto& t = unbounded.plain(unbounded.transport());
    for (int i = 0; i < 2'000; ++i) CHECK(t.join(std::to_string(i)));
}

// -- the end --------------------------------------------------------------------------------------

TEST_CASE("a mount shuts down some sessions at a time, each with a goodbye") {
    world w;
    std::vector<fake_transport*> transports;
    for (int i = 0; i < 10; ++i) {
        transports.push_back(&w.transport());
        w.plain(*transports.back());
    }
    int turns = 0;
    while (w.endpoint.shut_down_some(3)) {
        ++turns;
        w.loop.flush();
        CHECK(w.closes == turns * 3);
    }
    w.loop.flush();
    CHECK(turns == 3);
    CHECK(w.closes == 10);
    for (auto* transport : transports) CHECK(transport->goodbye == "1001 server shutting down");
    CHECK_FALSE(w.endpoint.shut_down_some(3));
}

TEST_CASE("a mount that dies takes its closed sessions with it") {
    auto w = std::make_unique<world>();
    auto& s = w->sockjs(nullptr, "sid");
    s.close(close_code::normal, {});
    w->loop.flush();
    w->advance(5s);
    CHECK(w->closes == 1);
    CHECK(w->endpoint.find_by_sid("sid") == &s);
    w.reset();  // what is still served its goodbye goes, too: nothing leaks
}

TEST_CASE("groups whose names collide under std::hash are joined and left like others") {
    world w{{.max_groups = 0}};
    auto& transport = w.transport();
    auto& s = w.plain(transport);
    auto const names = colliding_names(16'000);
    for (int round = 0; round < 2; ++round) {
        for (auto const& n : names) s.join(n);
        CHECK(s.groups()->size() == names.size());
        CHECK(s.groups()->has_index());
        for (auto const& n : names) s.leave(n);
        CHECK_FALSE(s.groups());
    }
    CHECK(w.endpoint.group_size(names.front()) == 0);
}
