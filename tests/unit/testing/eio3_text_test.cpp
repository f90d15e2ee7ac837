// Text of Engine.IO 3 that is not ASCII, as clients 1.x (encoded twice) and 2.x (once) poll it.

#include <anywire/socketio.hpp>
#include <anywire/test.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace std::string_literals;

namespace {

std::string const hangul = "\xec\x95\x88";
std::string const hangul_twice = "\xc3\xac\xc2\x95\xc2\x88";
std::string const bytes_type = "application/octet-stream";
std::string const text_type = "text/plain; charset=UTF-8";

engineio_options options_for(eio3_text_encoding text) {
    engineio_options o;
    o.eio3 = true;
    o.jsonp = true;
    o.eio3_text = text;
    return o;
}

/// One polling session of an echo at "/eio/"; notes what the server has heard.
struct polling {
    explicit polling(eio3_text_encoding text = eio3_text_encoding::detected,
                     std::string_view query = {}) {
        host.mount("/eio/", options_for(text), {.on_message = [this](session& s, message_view m) {
                       heard.emplace_back(m.data);
                       (void)s.send(m);
                   }});
        open(query);
    }
    void open(std::string_view query) {
        auto const opened = host.get("/eio/?EIO=3&transport=polling" + std::string(query),
                                     {{"Sec-Fetch-Site", "same-origin"}});
        REQUIRE(opened.status() == 200);
        auto const at = opened.body().find("sid") + 6;
        auto const from = opened.body().find_first_not_of("\\\":", at - 1);
        target = "/eio/?EIO=3&transport=polling&sid=" +
                 opened.body().substr(from, opened.body().find_first_of("\\\"", from) - from);
    }
    void post(std::string_view body, std::string_view type = "text/plain;charset=UTF-8") {
        REQUIRE(host.post(target, body, {{"Content-Type", type}}).body() == "ok");
    }
    /// Whatever waits for the client.
    testing::reply poll() { return host.get(target, {{"Sec-Fetch-Site", "same-origin"}}); }
    /// The echo of a body.
    std::string echo(std::string_view body) {
        post(body);
        return poll().body();
    }

    testing::host host{};
    std::vector<std::string> heard{};
    std::string target{};
};

/// A packet of text in the octet-stream format.
std::string counted(std::string_view packet) {
    std::string out(1, '\0');
    for (auto const digit : std::to_string(packet.size()))
        out.push_back(static_cast<char>(digit - '0'));
    return out.append("\xff").append(packet);
}

}  // namespace

TEST_CASE("text of clients 1.x and 2.x is heard alike, whichever it is") {
    polling first;
    first.post("4:4" + hangul_twice);
    first.post("3:4\xc3\x83\xc2\xa9");  // U+00E9
    CHECK(first.heard == std::vector<std::string>{hangul, "\xc3\xa9"});

    polling second;
    second.post("2:4" + hangul);
    second.post("2:4\xc3\xa9");
    // Known for 2.x by now: nothing that it sends is looked into.
    second.post("4:4" + hangul_twice);
    CHECK(second.heard == std::vector<std::string>{hangul, "\xc3\xa9", hangul_twice});
}

TEST_CASE("a client that was taken for 1.x is known for 2.x as soon as it shows") {
    polling p;
    p.post("3:4\xc3\x83\xc2\xa9");
    p.post("2:4" + hangul);
    p.post("3:4\xc3\x83\xc2\xa9");
    CHECK(p.heard == std::vector<std::string>{"\xc3\xa9", hangul, "\xc3\x83\xc2\xa9"});
}

TEST_CASE("packets of one body are each decoded, and ASCII shows nothing") {
    polling p;
    p.post("6:4first4:4" + hangul_twice + "5:4last");
    CHECK(p.heard == std::vector<std::string>{"first", hangul, "last"});
}

TEST_CASE("where it is known what the clients are, nothing is guessed") {
    polling once(eio3_text_encoding::once);
    CHECK(once.echo("4:4" + hangul_twice) == "4:4" + hangul_twice);
    CHECK(once.heard == std::vector<std::string>{hangul_twice});

    polling twice(eio3_text_encoding::twice, "&b64=1");
    CHECK(twice.echo("4:4" + hangul_twice) == "4:4" + hangul_twice);
    CHECK(twice.heard == std::vector<std::string>{hangul});
}

TEST_CASE("clients that take bytes are answered in them what is not short ASCII") {
    polling p;
    p.post("6:4hello");
    auto const plain = p.poll();
    CHECK(plain.body() == "6:4hello");
    CHECK(plain.header("content-type") == text_type);

    p.post("4:4" + hangul_twice + "2:4a");
    auto const bytes = p.poll();
    CHECK(bytes.body() == counted("4" + hangul) + counted("4a"));
    CHECK(bytes.header("content-type") == bytes_type);

    std::string const longer(40'000, 'x');
    p.post("40001:4" + longer);
    auto const back = p.poll();
    CHECK(back.body() == counted("4" + longer));
    CHECK(back.header("content-type") == bytes_type);
}

TEST_CASE("a client known for 2.x is answered in text") {
    polling p;
    CHECK(p.echo("2:4" + hangul) == "2:4" + hangul);
    std::string const longer(40'000, 'x');
    CHECK(p.echo("40001:4" + longer) == "40001:4" + longer);
}

TEST_CASE("clients that take no bytes are answered as they write") {
    polling first(eio3_text_encoding::detected, "&b64=1");
    CHECK(first.echo("4:4" + hangul_twice) == "4:4" + hangul_twice);
    polling second(eio3_text_encoding::detected, "&b64=1");
    CHECK(second.echo("2:4" + hangul) == "2:4" + hangul);

    polling script(eio3_text_encoding::detected, "&j=0");
    // The poll waits when the client shows what it is.
    auto const parked = script.poll();
    CHECK_FALSE(parked.is_complete());
    script.post("d=4%3A4%C3%AC%C2%95%C2%88");
    CHECK(parked.body() == "___eio[0](\"4:4" + hangul_twice + "\");");
}

TEST_CASE("Socket.IO goes in ASCII to clients that take no bytes") {
    testing::host host;
    socketio::server io({.engine = options_for(eio3_text_encoding::detected)});
    io.on_connection([](socketio::socket& s) { s.emit("greeting", hangul, "\xf0\x9f\x98\x80"); });
    host.mount("/socket.io/", io);
    auto const sid_of = [](testing::reply const& r) {
        auto const from = r.body().find("\"sid\":\"") + 7;
        return r.body().substr(from, r.body().find('"', from) - from);
    };
    std::string const target = "/socket.io/?EIO=3&transport=polling";
    auto const text = target + "&sid=" + sid_of(host.get(target + "&b64=1"));
    CHECK(host.get(text).body() == "2:4038:42[\"greeting\",\"\\uc548\",\"\\ud83d\\ude00\"]");
    auto const bytes = target + "&sid=" + sid_of(host.get(target));
    CHECK(host.get(bytes).body() ==
          counted("40") + counted("42[\"greeting\",\"" + hangul + "\",\"\xf0\x9f\x98\x80\"]"));
}

TEST_CASE("half of a surrogate pair, as browsers of then send it, is one character") {
    polling p;
    // Encoded once; QtWebKit counts the three bytes as one unit.
    p.post("3:4\xed\xa0\x80!");
    p.post(counted("4\xed\xa0\x80"), bytes_type);
    CHECK(p.heard == std::vector<std::string>{"\xef\xbf\xbd!", "\xef\xbf\xbd"});
    polling first;
    first.post("4:4\xc3\xad\xc2\xa0\xc2\x80");
    CHECK(first.heard == std::vector<std::string>{"\xef\xbf\xbd"});
}
