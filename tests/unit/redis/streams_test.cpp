// The order of the stream, and clients that come back by it.
#include "unit/redis/cluster_world.hpp"

#include <chrono>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;
using socketio::restore_error;

namespace {

/// Two servers with recovery.
struct recovering_world : cluster_world {
    recovering_world() : cluster_world("streams") {}

    cluster_server& a = serve("/", true);
    cluster_server& b = serve("/", true);

    static void emit(cluster_server& from, std::string const& text, audience to = {}) {
        from.adapter->broadcast({"[\"" + text + "\"]"}, std::move(to), {});
    }
    static strings sent(cluster_server& at) {
        strings all;
        for (auto const& [offset, json] : at.here.at) all.push_back(offset + " " + json);
        return all;
    }
    struct restored {
        int calls = 0;
        restore_error error{};
        socketio::restored_session session{};
    };
    restored restore(cluster_server& at,
                     std::string const& pid,
                     std::optional<std::string> offset) {
        restored out;
        at.adapter->restore_session(pid, std::move(offset), [&](restore_error e, auto s) {
            ++out.calls;
            out.error = e;
            out.session = std::move(s);
        });
        redis.run();
        CHECK(out.calls == 1);
        return out;
    }
    static socketio::stored_session session(std::string pid) {
        return {.pid = std::move(pid),
                .id = "sid",
                .rooms = {"sid", "r"},
                .data = json_value::parse(R"({"who":"a"})").value()};
    }
};

}  // namespace

TEST_CASE_METHOD(recovering_world, "all servers send all events in the order of the stream") {
    emit(a, "a1");
    emit(b, "b1");
    emit(a, "a2");
    CHECK(sent(a).empty());  // not before it has its place
    redis.run();
    strings const order{R"(1000-0 ["a1"])", R"(1000-1 ["b1"])", R"(1001-0 ["a2"])"};
    CHECK(sent(a) == order);
    CHECK(sent(b) == order);
}

TEST_CASE_METHOD(recovering_world, "what is done to sockets keeps its place among the events") {
    a.add("a1");
    a.adapter->sockets_join({}, {}, {"r"});
    emit(a, "in", {{"r"}, {}});
    a.adapter->sockets_leave({}, {}, {"r"});
    redis.run();
    CHECK(a.here.take() == strings{"join r", R"(broadcast ["in"] to r)", "leave r"});
    CHECK(b.here.take() == strings{"join r", R"(broadcast ["in"] to r)", "leave r"});
}

TEST_CASE_METHOD(recovering_world, "without Redis events are sent here, at once and in order") {
    redis.holds_readers = true;
    emit(a, "added");
    redis.run();
    emit(a, "under way");
    CHECK(a.here.take().empty());
    redis.set_up(false);
    CHECK(a.here.take() == strings{R"(broadcast ["added"])", R"(broadcast ["under way"])"});
    CHECK(sent(a) == strings{R"(1000-0 ["added"])"});
    emit(a, "alone");
    CHECK(a.here.take() == strings{R"(broadcast ["alone"])"});
    redis.run();
    redis.holds_readers = false;
    redis.set_up(true);
    emit(a, "again");
    redis.run();
    // What was sent before is not sent again when it is read at last.
    CHECK(a.here.take() == strings{R"(broadcast ["again"])"});
    CHECK(b.here.take() == strings{R"(broadcast ["added"])", R"(broadcast ["again"])"});
}

TEST_CASE_METHOD(recovering_world, "a session comes back on another server with what it missed") {
    emit(a, "seen");
    redis.run();
    auto const offset = a.here.at.back().first;
    a.adapter->persist_session(session("pid"));
    redis.run();
    CHECK(redis.last("SET")[3] == "PX");
    CHECK(redis.last("SET")[4] == "120000");
    emit(a, "all");
    emit(b, "room", {{"r"}, {}});
    emit(b, "self", {{"sid"}, {}});
    emit(b, "others", {{"x"}, {}});
    emit(b, "but", {{}, {"r"}});
    a.adapter->broadcast({R"(["gone"])"}, {}, {.is_volatile = true});
    redis.run();
    auto const back = restore(b, "pid", offset);
    CHECK(back.error == restore_error::none);
    CHECK(back.session.session.id == "sid");
    CHECK(back.session.session.pid == "pid");
    CHECK(back.session.session.rooms == strings{"sid", "r"});
    CHECK(std::any_cast<json_value>(back.session.session.data).view().text() == R"({"who":"a"})");
    strings missed;
    for (auto const& e : back.session.missed) missed.push_back(e.json);
    CHECK(missed == strings{R"(["all","1000-1"])", R"(["room","1001-0"])", R"(["self","1001-1"])"});
    // What comes from now on is in the log after this position.
    CHECK(back.session.position == b.here.log_position());
    // Nobody gets it twice.
    CHECK(restore(a, "pid", offset).error == restore_error::unknown_session);
}

TEST_CASE_METHOD(recovering_world,
                 "a session of Node's is read, and a session that is none is not") {
    // As captured.
    redis.strings["sio:session:gcrRwIO7EEYsIZZsAAAC"] =
        "hKNzaWS0Ymg1aHdWWFphdGpYX0MtYUFBQUKjcGlktGdjclJ3SU83RUVZc0laWnNBQUFDpXJvb21zkbRiaDVod1ZY"
        "WmF0alhfQy1hQUFBQqRkYXRhgaN3aG+hYQ==";
    auto const written = redis.strings.begin()->second;
    emit(a, "seen");
    redis.run();
    auto back = restore(b, "gcrRwIO7EEYsIZZsAAAC", "1000-0");
    CHECK(back.error == restore_error::none);
    CHECK(back.session.session.id == "bh5hwVXZatjX_C-aAAAB");
    CHECK(back.session.session.rooms == strings{"bh5hwVXZatjX_C-aAAAB"});
    CHECK(back.session.missed.empty());
    b.adapter->persist_session(back.session.session);
    redis.run();
    CHECK(redis.strings.begin()->second == written);
    for (auto const* const wrong : {"", "!", "gA==", "kQ=="}) {
        redis.strings["sio:session:x"] = wrong;
        CHECK(restore(b, "x", "1000-0").error == restore_error::unknown_session);
    }
}

TEST_CASE_METHOD(recovering_world, "a session whose place in the stream is lost starts anew") {
    emit(a, "seen");
    redis.run();
    for (auto const& offset : {std::optional<std::string>{},
                               std::optional<std::string>("5-5"),
                               std::optional<std::string>("nonsense")}) {
        a.adapter->persist_session(session("pid"));
        redis.run();
        CHECK(restore(b, "pid", offset).error == restore_error::offset_lost);
        CHECK(redis.strings.empty());
    }
}

TEST_CASE_METHOD(recovering_world, "many missed events are read page by page, within a bound") {
    emit(a, "seen");
    for (int i = 0; i < 250; ++i) emit(a, std::to_string(i));
    redis.run();
    a.adapter->persist_session(session("pid"));
    redis.run();
    auto const back = restore(b, "pid", "1000-0");
    CHECK(back.error == restore_error::none);
    CHECK(back.session.missed.size() == 250);
    CHECK(redis.count("XRANGE") == 4);

    std::string const big(3u << 20, 'x');
    for (int i = 0; i < 3; ++i) emit(a, big);
    redis.run();
    a.adapter->persist_session(session("pid"));
    redis.run();
    CHECK(restore(b, "pid", "1000-0").error == restore_error::offset_lost);
}

TEST_CASE("without recovery an event is sent here at once, and not when it is read again") {
    cluster_world w("streams");
    auto& a = w.serve();
    auto& b = w.serve();
    a.adapter->broadcast({R"(["ev"])"}, {}, {});
    CHECK(a.here.take() == strings{R"(broadcast ["ev"])"});
    w.redis.run();
    CHECK(a.here.take().empty());
    CHECK(b.here.take() == strings{R"(broadcast ["ev"])"});
    CHECK(w.redis.last("XADD")[5] == "*");
}

TEST_CASE("entries that make no sense are left alone") {
    cluster_world w("streams");
    auto& a = w.serve();
    using fields = redis::entry_fields;
    for (auto const& wrong : {fields{},
                              fields{{"nsp", "/"}},
                              fields{{"nsp", "/"}, {"type", "3"}, {"uid", "x"}},
                              fields{{"nsp", "/"}, {"type", "3"}, {"uid", "x"}, {"data", "{}"}},
                              fields{{"nsp", "/"}, {"type", "3"}, {"uid", "x"}, {"data", "gA=="}},
                              fields{{"nsp", "/"}, {"type", "3"}, {"uid", "x"}, {"data", "%%"}},
                              fields{{"nsp", "/"}, {"type", "x"}, {"uid", "x"}, {"data", "{}"}}})
        w.redis.add_entry("socket.io", wrong);
    // Another namespace's is nobody's business here.
    w.redis.add_entry("socket.io", {{"nsp", "/other"}, {"type", "x"}});
    w.redis.run();
    CHECK(w.counters->refused == 7);
    CHECK(a.here.take().empty());
}
