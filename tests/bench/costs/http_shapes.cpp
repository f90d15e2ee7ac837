// Heads, bodies and connections: whatever reaches the server without a session.
#include "intrusion.hpp"

namespace bench::costs {
namespace {

constexpr std::size_t long_value = 15'000;  // below the longest head
constexpr std::string_view referer = "Referer: http://127.0.0.1/\r\n";

/// Requests of one target and one set of fields.
shape requests(std::string_view name, std::string_view attacks, std::string text) {
    return {.name = name,
            .attacks = attacks,
            .doors = {door::http},
            .how = way::requests,
            .make = [text = std::move(text)](std::size_t) { return text; }};
}

shape connections(way how, std::string_view name, std::string_view attacks, std::string text) {
    auto s = requests(name, attacks, std::move(text));
    s.how = how;
    return s;
}

shape wire(std::string_view name,
           std::string_view attacks,
           std::function<std::string(std::size_t)> make) {
    return {.name = name,
            .attacks = attacks,
            .doors = {door::http},
            .how = way::wire,
            .make = std::move(make)};
}

/// One request over and over, without waiting for answers.
shape pipelined(std::string_view name, std::string_view attacks, std::string one) {
    auto s = wire(name, attacks, [one = std::move(one)](std::size_t n) { return fill(one, n); });
    s.pays_in = currency::requests;
    return s;
}

std::string field(std::string_view name, std::string_view value) {
    return std::string(name) + ": " + std::string(value) + "\r\n";
}

std::string many_fields(std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += "x" + std::to_string(i) + ": y\r\n";
    return out;
}

std::string upgrade(std::string_view target, std::string_view fields = {}) {
    return get(target,
               "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                   std::string(fields));
}

std::string chunked(std::string_view chunk,
                    std::size_t bytes,
                    std::string_view last = "0\r\n\r\n") {
    return "POST /sockjs/0/nobody/xhr_send HTTP/1.1\r\nHost: 127.0.0.1\r\n"
           "Transfer-Encoding: chunked\r\n\r\n" +
           fill(chunk, bytes) + std::string(last);
}

std::vector<shape> heads() {
    constexpr std::string_view handshake = "/engine.io/?EIO=4&transport=polling";
    auto const poll_of_nobody = std::string(handshake) + "&sid=";
    auto const cookies = field("Cookie", fill("a=b; ", long_value));
    return {
        requests("404", "routing", get("/nothing")),
        requests("404 of 15 KB", "routing", get("/" + fill("n/", long_value))),
        requests("404 below a mount", "SockJS's URLs", get("/sockjs/" + fill("a/", long_value))),
        requests(
            "sid of escapes", "the query's decoder", get(poll_of_nobody + fill("%41", long_value))),
        requests("query of 7 500 keys",
                 "the query's decoder",
                 get("/engine.io/?" + fill("a&", long_value))),
        requests("query of one key, often",
                 "the query's decoder",
                 get("/engine.io/?" + fill("EIO=4&", long_value) + "transport=polling&sid=x")),
        requests("3 000 cookies", "the Cookie field", post("/sockjs/0/{n}/xhr", "", cookies)),
        requests("100 fields", "fields by number", get("/sockjs/info", many_fields(90))),
        requests("one field of 15 KB",
                 "fields by size",
                 get("/sockjs/", field("X", fill("y", long_value)))),
        requests("a field of white space",
                 "fields by size",
                 get("/sockjs/", "X: " + fill(" ", long_value) + "y\r\n")),
        requests(
            "Accept-Encoding of 15 KB",
            "its decoder",
            get(poll_of_nobody + "x", field("Accept-Encoding", fill("gzip;q=0.1,", long_value)))),
        requests("Origin of 15 KB",
                 "origins",
                 get("/sockjs/info", field("Origin", "http://" + fill("a.", long_value)))),
        requests("X-Forwarded-For of 15 KB",
                 "proxies",
                 get("/sockjs/info", field("X-Forwarded-For", fill("127.0.0.1,", long_value)))),
        requests("Connection of 15 KB",
                 "field lists",
                 get("/sockjs/", field("Connection", fill("a,", long_value)))),
        requests("preflight of 15 KB",
                 "CORS",
                 "OPTIONS /engine.io/ HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\n"
                 "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: " +
                     fill("x,", long_value) + "\r\n\r\n"),
        requests("SockJS info", "random numbers", get("/sockjs/info")),
        requests("iframe page", "constant pages", get("/sockjs/iframe.html", referer)),
        requests("POST to nobody",
                 "the look-up of sessions",
                 post("/sockjs/0/nobody/xhr_send", "[\"a\"]")),
        requests("poll of nobody",
                 "the look-up of sessions",
                 get(poll_of_nobody + "AAAAAAAAAAAAAAAAAAAA")),
        requests("unknown transport", "refusals", get("/engine.io/?EIO=4&transport=%61")),
        requests("JSONP of a long name",
                 "the callback's check",
                 get("/sockjs/0/j/jsonp?c=" + fill("%61", long_value), referer)),
        requests("HEAD", "methods", "HEAD /sockjs/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
        requests("Expect: 100-continue",
                 "interim answers",
                 post("/sockjs/0/nobody/xhr_send", "[\"a\"]", "Expect: 100-continue\r\n")),
    };
}

std::vector<shape> bodies() {
    return {
        pipelined("pipelined GETs", "pipelining", get("/sockjs/")),
        pipelined("pipelined 404s", "pipelining", get("/x")),
        pipelined(
            "pipelined tiny POSTs", "pipelining", post("/sockjs/0/nobody/xhr_send", "[\"a\"]")),
        wire("line ends between requests",
             "the head's reader",
             [](std::size_t n) { return fill("\r\n", n); }),
        wire("a head that does not end",
             "the head's reader",
             [](std::size_t n) { return "GET / HTTP/1.1\r\n" + fill("a: b\r\n", n); }),
        wire("chunks of one byte",
             "chunked bodies",
             [](std::size_t n) { return chunked("1\r\na\r\n", n); }),
        wire("chunks with an extension",
             "chunk extensions",
             [](std::size_t n) {
                 auto const one =
                     "1;" + std::string(4'000, 'e') + "\r\n" + repeat("a\r\n1\r\n", 50) + "a\r\n";
                 return fill(chunked(one, 1), n);
             }),
        pipelined("many short chunked bodies", "chunked bodies", chunked("1\r\na\r\n", 1)),
        wire("trailers",
             "trailers",
             [](std::size_t n) {
                 return fill(chunked("1\r\na\r\n", 1, "0\r\n" + fill("t: u\r\n", 3'900) + "\r\n"),
                             n);
             }),
        wire("a body for nobody",
             "bodies that are read in vain",
             [](std::size_t n) { return post("/nothing", std::string(n, 'x')); }),
        wire("a body of a megabyte for nobody",
             "bodies that are read in vain",
             [](std::size_t n) {
                 return post("/sockjs/0/nobody/xhr_send", "[\"" + std::string(n, 'x') + "\"]");
             }),
        wire("noise",
             "the head's reader",
             [](std::size_t n) { return fill("\x16\x03\x01\xff\xfe", n); }),
    };
}

std::vector<shape> comings_and_goings() {
    return {
        connections(way::connections, "connect and go", "accept", ""),
        connections(way::connections, "one request a connection", "accept", get("/sockjs/")),
        connections(way::connections, "bad request", "refusals", "GET / HTTP/9.9\r\n\r\n"),
        connections(way::connections,
                    "head too long",
                    "refusals",
                    "GET / HTTP/1.1\r\n" + field("X", fill("y", 20'000))),
        connections(way::connections,
                    "body too long",
                    "refusals",
                    "POST /sockjs/0/x/xhr_send HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: "
                    "99999999999\r\n\r\n"),
        connections(
            way::connections, "upgrade of nothing", "refused upgrades", upgrade("/nothing")),
        connections(
            way::connections,
            "upgrade without a key",
            "refused upgrades",
            get("/ws",
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n")),
        connections(way::connections,
                    "upgrade from a foreign origin",
                    "refused upgrades",
                    upgrade("/ws", "Origin: http://elsewhere.example\r\n")),
        connections(way::connections,
                    "upgrade of an unknown sid",
                    "refused upgrades",
                    upgrade("/engine.io/?EIO=4&transport=websocket&sid=x")),
        connections(
            way::cut_short, "refused upgrade and reset", "refused upgrades", upgrade("/nothing")),
        connections(
            way::cut_short, "upgrade and reset", "sessions that end at once", upgrade("/ws")),
        connections(
            way::connections,
            "15 KB of extensions offered",
            "the handshake",
            upgrade("/deflated",
                    field("Sec-WebSocket-Extensions", fill("permessage-deflate;a,", long_value)))),
        connections(
            way::connections,
            "15 KB of semicolons offered",
            "the handshake",
            upgrade("/deflated", field("Sec-WebSocket-Extensions", "a" + fill(";", long_value)))),
        connections(way::connections,
                    "15 KB of subprotocols",
                    "the handshake",
                    upgrade("/ws", field("Sec-WebSocket-Protocol", fill("a, ", long_value) + "b"))),
    };
}

std::vector<shape> sessions() {
    constexpr std::string_view handshake = "/engine.io/?EIO=4&transport=polling";
    return {
        connections(
            way::cut_short, "aborted xhr", "polls that are cut off", post("/sockjs/0/{n}/xhr", "")),
        connections(way::cut_short,
                    "aborted stream",
                    "polls that are cut off",
                    post("/sockjs/0/{n}/xhr_streaming", "")),
        connections(way::cut_short,
                    "aborted Engine.IO handshake",
                    "polls that are cut off",
                    get(handshake)),
        requests("SockJS sessions", "sessions without number", post("/sockjs/0/{n}/xhr", "")),
        requests("Engine.IO sessions", "sessions without number", get(handshake)),
        requests("Socket.IO sessions",
                 "sessions without number",
                 get("/socket.io/?EIO=4&transport=polling")),
    };
}

/// Polls of one session that are cut off over and over, a message waiting for each.
void abort_polls(intrusion& on, door d) {
    auto& owner = on.enter(d, habit::never_asks);
    auto const is_sockjs = traits_of(d).speaks == language::sockjs;
    auto const poll = is_sockjs ? post("/sockjs/0/" + owner.sid() + "/xhr", "")
                                : get("/engine.io/?EIO=4&transport=polling&sid=" + owner.sid());
    on.start();
    for (std::size_t i = 0; i < on.requests() && !owner.is_gone(); ++i) {
        auto& poller = on.enter(door::http);
        poller.send(poll);
        on.turn_until([&] { return poller.is_idle(); });
        on.leave(poller);
    }
}

/// A head that comes byte by byte, a packet each.
void drip(intrusion& on, door d) {
    auto& v = on.enter(d);
    auto const text = get("/sockjs/", field("X", fill("y", long_value)));
    on.start();
    for (std::size_t i = 0; i < on.requests() / 4; ++i) {
        v.send(text.substr(i % text.size(), 1));
        on.let_it_read();
    }
}

}  // namespace

std::vector<shape> http_shapes() {
    std::vector<shape> all;
    for (auto const& some : {heads(), bodies(), comings_and_goings(), sessions()})
        all.insert(all.end(), some.begin(), some.end());
    for (auto& s : all)
        if (s.how != way::wire)
            s.make = [make = s.make](std::size_t i) {
                auto text = make(i);
                if (auto const at = text.find("{n}"); at != std::string::npos)
                    text.replace(at, 3, "n" + std::to_string(i));
                return text;
            };
    all.push_back({.name = "aborted polls of one session",
                   .attacks = "polls that are cut off",
                   .doors = {door::sockjs_polling, door::engineio_polling},
                   .how = way::script,
                   .script = abort_polls});
    all.push_back({.name = "a head byte by byte",
                   .attacks = "reads",
                   .doors = {door::http},
                   .how = way::script,
                   .script = drip});
    return all;
}

}  // namespace bench::costs
