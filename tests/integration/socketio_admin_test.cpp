// What the page of @socket.io/admin-ui is told, and what it may do.
#include <anywire/socketio/admin.hpp>

#include "integration/socketio_client.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace anywire;
using namespace anywire::test;
using namespace std::chrono_literals;

namespace {

sio::admin_options open_to_all() {
    return {.without_password = true, .period = 25ms};
}

/// A Socket.IO server with an admin page, and namespaces "/", "/chat" and "/dyn-...".
struct admin_test_server {
    explicit admin_test_server(sio::admin_options const& o, unsigned threads = 1)
        : server(on_free_port(threads), [&](anywire::server& at) {
              io.on("flush", [](sio::ack<> done) { done(); });
              io.on("join", [](sio::socket& s, std::string room) { s.join(room); });
              io.on("leave", [](sio::socket& s, std::string room) { s.leave(room); });
              io.on("say", [](sio::socket& s, sio::arguments what) { s.emit("said", what); });
              io.on_connection([](sio::socket& s) {
                  s.data() = std::string("of the application");
                  s.emit("hello");
              });
              (void)io.of("/chat");
              (void)io.of(
                  [](std::string_view name, sio::json_view) { return name.starts_with("/dyn-"); });
              at.mount("/socket.io/", io);
              sio::serve_admin(at, io, o);
          }) {}

    std::uint16_t port() const { return server.port(); }

    sio::server io{};
    running_server server;
};

/// The page, connected.
struct admin_page : sio_client {
    explicit admin_page(admin_test_server const& at, std::string_view auth = {})
        : sio_client(at.port()), own(join("/admin", auth).sid) {}

    /// The next event of that name, its arguments as one array's inside.
    std::string told(std::string_view name) {
        auto const start = std::string("2/admin,[\"").append(name).append("\"");
        return until(start).substr(start.size());
    }
    /// The same of one that holds a text.
    std::string told_of(std::string_view name, std::string_view text) {
        for (;;)
            if (auto p = told(name); p.find(text) != p.npos) return p;
    }
    void command(std::string_view event) { packet("2/admin," + std::string(event)); }

    std::string own;
};

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("operators come in with their name and password, and again with what they got then") {
    auto o = open_to_all();
    o.without_password = false;
    o.check = [](std::string_view name, std::string_view password) {
        if (name == "broken") throw std::runtime_error("no users");
        return name == "ann" && password == "secret";
    };
    admin_test_server const tested(o);
    auto const is_refused = [&](std::string_view auth) {
        try {
            admin_page const page(tested, auth);
            return std::string("let in");
        } catch (std::runtime_error const& e) {
            return std::string(e.what());
        }
    };
    for (auto const* auth : {"",
                             R"({"username":"ann"})",
                             R"({"username":"ann","password":"wrong"})",
                             R"({"username":"broken","password":"secret"})",
                             R"({"username":["ann"],"password":{}})",
                             R"({"sessionId":""})",
                             R"({"sessionId":"0123456789abcdef0123456789abcdef"})"}) {
        CAPTURE(auth);
        CHECK(is_refused(auth) == R"(refused: 4/admin,{"message":"invalid credentials"})");
    }
    admin_page page(tested, R"({"username":"ann","password":"secret"})");
    auto const session = page.told("session");
    REQUIRE(session.size() == 36);
    CHECK(has(page.told("config"), "\"supportedFeatures\":[\"AGGREGATED_EVENTS\""));
    CHECK_FALSE(has(page.told("all_sockets"), session.substr(2, 32)));

    admin_page again(tested, R"({"sessionId":)" + session.substr(1, 34) + "}");
    for (auto p = again.next(); !has(p, "\"config\""); p = again.next())
        CHECK_FALSE(has(p, "[\"session\""));  // no other one
}

TEST_CASE("an admin page wants a check of passwords, a mounted server and times that make sense") {
    sio::server const io;
    running_server server(on_free_port(1), [&](anywire::server& at) {
        CHECK_THROWS_AS(sio::serve_admin(at, io, open_to_all()), std::logic_error);
        at.mount("/socket.io/", io);
        CHECK_THROWS_AS(sio::serve_admin(at, io, {}), std::invalid_argument);
        auto o = open_to_all();
        o.period = 0ms;
        CHECK_THROWS_AS(sio::serve_admin(at, io, o), std::invalid_argument);
        o = open_to_all();
        o.session_lifetime = -1ms;
        CHECK_THROWS_AS(sio::serve_admin(at, io, o), std::invalid_argument);
        o = open_to_all();
        o.nsp = "/a,b";
        CHECK_THROWS_AS(sio::serve_admin(at, io, o), std::invalid_argument);
    });
}

TEST_CASE("the page is told of every socket, room and event, in every namespace") {
    admin_test_server tested(open_to_all(), some_threads());
    admin_page page(tested);
    std::optional<sio_client> c(std::in_place, tested.port());
    auto const sid = c->join().sid;
    auto const in_main = R"("/",")" + sid + "\"";
    auto const came = page.told_of("socket_connected", sid);
    CHECK(has(came, R"(,"transport":"websocket","nsp":"/","data":{},"handshake":{"address":)"));
    CHECK(has(came, R"("rooms":[")" + sid + R"("]},")"));
    CHECK(came.ends_with("Z\"]"));
    CHECK(has(page.told("event_sent"), in_main + R"(,["hello"],")"));

    c->packet(R"(2["say",1,{"a":[null]}])");
    CHECK(has(page.told("event_received"), in_main + R"(,["say",1,{"a":[null]}],")"));
    CHECK(has(page.told("event_sent"), in_main + R"(,["said",1,{"a":[null]}],")"));
    c->packet(R"(2["join","r 1"])");
    CHECK(has(page.told("room_joined"), R"("/","r 1",")" + sid + "\",\""));
    c->packet(R"(2["leave","r 1"])");
    CHECK(has(page.told("room_left"), R"("/","r 1",")" + sid + "\",\""));
    (void)tested.io.of("/later");
    for (auto const* nsp : {"/chat", "/later", "/dyn-1"}) {
        auto const id = c->join(nsp).sid;
        CHECK(has(page.told_of("socket_connected", id), "\"nsp\":\"" + std::string(nsp) + "\""));
        c->packet("1" + std::string(nsp) + ",");
        CHECK(has(page.told("socket_disconnected"),
                  "\"" + std::string(nsp) + "\",\"" + id + R"(","client namespace disconnect",")"));
    }
    c.reset();
    CHECK(has(page.told("socket_disconnected"), in_main + R"(,"transport close",")"));
    CHECK(has(page.told("room_left"), R"("/",")" + sid + "\",\"" + sid + "\""));
}

TEST_CASE("bytes in events are shown as bytes") {
    admin_test_server tested(open_to_all());
    admin_page page(tested);
    sio_client c(tested.port());
    (void)c.join();
    c.packet(R"(51-["say",{"_placeholder":true,"num":0}])");
    c.attachment("bytes");
    CHECK(has(page.until("51-/admin,[\"event_received\""),
              R"(["say",{"_placeholder":true,"num":0}])"));
    CHECK(page.next() == "bytes");
}

TEST_CASE("a page that comes later is told of all sockets, but not of their secrets") {
    auto o = open_to_all();
    o.show_data = [](std::any const& data) {
        auto const* const text = std::any_cast<std::string>(&data);
        if (!text) throw std::runtime_error("no data");
        return to_json(json_object{{"text", *text}});
    };
    admin_test_server const tested(o, 2);
    sio_client a(tested.port());
    sio_client b(tested.port());
    auto const in_main = a.join().sid;
    auto const in_chat = a.join("/chat").sid;
    auto const other = b.join("/dyn-x").sid;
    raw_client poll(tested.port());
    auto const path = std::string("/socket.io/?EIO=4&transport=");
    auto const fields = "Cookie: token=hidden\r\nAuthorization: Basic hidden\r\nX-App: shown\r\n";
    auto const sid = "&sid=" + sid_in(poll.get(path + "polling", fields).body);
    CHECK(poll.post(path + "polling" + sid, R"(40{"token":"hidden"})").status == 200);

    admin_page page(tested);
    auto const all = page.told("all_sockets");
    for (auto const& id : {in_main, in_chat, other, page.own})
        CHECK(has(all, R"({"id":")" + id + R"(","clientId":")"));
    CHECK(has(all, R"("data":{"text":"of the application"})"));
    CHECK(has(all, R"("transport":"polling")"));
    CHECK(has(all, R"("x-app":"shown")"));
    CHECK(has(all, "\"cookie\":\"(not shown)\""));
    CHECK_FALSE(has(all, "hidden"));

    raw_client ws(tested.port());
    REQUIRE(ws.upgrade(path + "websocket" + sid).status == 101);
    ws.send_text("2probe");
    CHECK(ws.read_message() == "3probe");
    ws.send_text("5");
    CHECK(has(page.told("socket_updated"), R"(,"nsp":"/","transport":"websocket"}])"));
}

TEST_CASE("the page emits, moves sockets between rooms and disconnects them") {
    admin_test_server const tested(open_to_all(), some_threads());
    admin_page page(tested);
    sio_client a(tested.port());
    sio_client b(tested.port());
    auto const id = a.join().sid;
    (void)b.join();
    CHECK(a.next() == R"(2["hello"])");
    CHECK(b.next() == R"(2["hello"])");

    page.command(R"(["emit","/",null,"news",1,{"x":"y"}])");
    CHECK(a.next() == R"(2["news",1,{"x":"y"}])");
    CHECK(b.next() == R"(2["news",1,{"x":"y"}])");
    page.command(R"(["join","/","vip",")" + id + "\"]");
    page.command(R"(["emit","/","vip","for vips"])");
    CHECK(a.next() == R"(2["for vips"])");
    page.command(R"(["leave","/","vip"])");
    page.command(R"(["emit","/","vip","for nobody"])");
    page.command(R"(["emit","/",null,"disconnect"])");  // a name that is reserved
    page.command(R"(["emit","/made up",null,"x"])");
    page.command(R"(["_disconnect","/",true,")" + id + "\"]");
    CHECK(a.is_closed());
    CHECK(b.flush().empty());
    for (auto const& n : tested.io.namespaces()) CHECK(n.name() != "/made up");
    page.command(R"(["_disconnect","/",false])");
    CHECK(b.next() == "1");
}

TEST_CASE("a page that may only read is obeyed in nothing, and told so") {
    auto o = open_to_all();
    o.read_only = true;
    admin_test_server const tested(o);
    admin_page page(tested);
    CHECK(page.told("config") == R"(,{"supportedFeatures":["AGGREGATED_EVENTS","ALL_EVENTS"]}])");
    sio_client a(tested.port());
    (void)a.join();
    CHECK(a.flush().size() == 1);
    page.command(R"(["emit","/",null,"news"])");
    page.command(R"(["_disconnect","/",true])");
    page.packet("0");
    (void)page.until("0{");
    (void)page.flush();
    CHECK(a.flush().empty());
}

TEST_CASE("without details the page has numbers only") {
    auto o = open_to_all();
    o.details = false;
    o.server_id = "one";
    admin_test_server const tested(o, 2);
    admin_page page(tested);
    CHECK(has(page.next(), R"("supportedFeatures":["AGGREGATED_EVENTS","EMIT")"));
    {
        sio_client a(tested.port());
        (void)a.join("/chat");
        auto const stats = page.told_of("server_stats", R"({"name":"/chat","socketsCount":1})");
        CHECK(has(stats, R"({"serverId":"one","hostname":")"));
        CHECK(has(stats, R"("clientsCount":2,"pollingClientsCount":0,)"));
        CHECK(has(stats, R"({"name":"/admin","socketsCount":1})"));
        a.packet("0");
        (void)a.join("/dyn-1");
        (void)page.told_of("server_stats", R"("type":"packetsIn")");
    }
    for (;;) {
        auto const p = page.next();
        REQUIRE(p.starts_with(R"(2/admin,["server_stats",)"));  // and nothing else
        if (has(p, R"("type":"rawDisconnection","subType":")")) break;
    }
}

TEST_CASE("what the page was served with goes with the server") {
    auto witness = std::make_shared<int>(0);
    std::weak_ptr<int> const there = witness;
    auto o = open_to_all();
    o.show_data = [witness](std::any const&) { return sio::json_value("{}", {}); };
    {
        admin_test_server const tested(o, 2);
        admin_page page(tested);
        sio_client a(tested.port());
        (void)a.join();
        (void)a.join("/dyn-1");
        (void)page.told("socket_connected");
    }
    o = {};
    witness.reset();
    CHECK(there.expired());
}
