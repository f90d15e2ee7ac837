// Socket.IO: namespaces, rooms, acknowledgements, attachments and JSON.
#include "collisions.hpp"
#include "intrusion.hpp"

namespace bench::costs {
namespace {

const std::vector<door> every{door::socketio_ws, door::socketio_polling};

shape made(std::string_view name,
           std::string_view attacks,
           std::function<std::string(std::size_t)> make,
           habit does = habit::reads) {
    return {
        .name = name, .attacks = attacks, .doors = every, .make = std::move(make), .does = does};
}

shape units(std::string_view name,
            std::string_view attacks,
            std::string unit,
            habit does = habit::reads) {
    return made(
        name, attacks, [unit = std::move(unit)](std::size_t) { return unit; }, does);
}

/// One packet with a megabyte in it.
shape text(std::string_view name,
           std::string_view attacks,
           std::string before,
           std::string piece,
           std::string after) {
    return {.name = name,
            .attacks = attacks,
            .doors = every,
            .how = way::text,
            .make = [=](std::size_t n) { return before + fill(piece, n) + after; }};
}

/// Two packets in turns, with a number in place of '#' that grows with each pair.
shape pairs(std::string_view name, std::string_view attacks, std::string one, std::string other) {
    return made(name, attacks, [one = std::move(one), other = std::move(other)](std::size_t i) {
        auto packet = i % 2 == 0 ? one : other;
        if (auto const at = packet.find('#'); at != std::string::npos)
            packet.replace(at, 1, std::to_string(i / 2));
        return packet;
    });
}

std::string numbered(std::string packet, std::size_t i) {
    packet.replace(packet.find('#'), 1, std::to_string(i));
    return packet;
}

std::vector<shape> namespaces() {
    return {
        units("CONNECT to the unknown", "refusals that pile up", "40/a,"),
        units(
            "CONNECT to the unknown, unread", "refusals that pile up", "40/a,", habit::never_reads),
        units("CONNECT to the unknown with auth", "refusals and JSON", "40/a,{\"token\":\"x\"}"),
        made("CONNECT to many unknown",
             "names",
             [](std::size_t i) { return numbered("40/a#,", i); }),
        made("CONNECT to long unknown names",
             "names",
             [](std::size_t i) { return numbered("40/" + std::string(240, 'n') + "#,", i); }),
        units("CONNECT to one known, again", "joins", "40/known,"),
        units("CONNECT with nested auth",
              "auth",
              "40/a,{\"a\":" + repeat("[", 100) + repeat("]", 100) + "}"),
        pairs("CONNECT and DISCONNECT", "joins", "40/known,", "41/known,"),
        pairs("CONNECT and DISCONNECT of /", "joins", "41", "40"),
        pairs(
            "dynamic namespaces in turns", "namespaces that stay", "40/dynamic#,", "41/dynamic#,"),
        pairs("long dynamic namespaces in turns",
              "namespaces that stay",
              "40/dynamic" + std::string(200, 'd') + "#,",
              "41/dynamic" + std::string(200, 'd') + "#,"),
        pairs("one dynamic namespace in turns", "namespaces", "40/dynamic,", "41/dynamic,"),
        units("DISCONNECT of the unknown", "packets out of place", "41/nowhere,"),
        made("CONNECT to colliding names",
             "hashed names",
             [](std::size_t i) { return "40" + colliding_name("/", i) + ","; }),
        made("colliding dynamic namespaces",
             "hashed names",
             [](std::size_t i) {
                 return (i % 2 == 0 ? "40" : "41") + colliding_name("/dynamic", i / 2) + ",";
             }),
    };
}

std::vector<shape> rooms() {
    auto const join = [](std::string const& room) { return "42[\"join\",\"" + room + "\"]"; };
    auto const leave = [](std::string const& room) { return "42[\"leave\",\"" + room + "\"]"; };
    constexpr std::size_t most = 9'000;
    return {
        made("rooms joined", "rooms", [=](std::size_t i) { return join(std::to_string(i)); }),
        made("rooms joined and left in order",
             "rooms",
             [=](std::size_t i) {
                 auto const room = std::to_string(i % most);
                 return i / most % 2 == 0 ? join(room) : leave(room);
             }),
        made("rooms joined and left backwards",
             "rooms",
             [=](std::size_t i) {
                 return i / most % 2 == 0 ? join(std::to_string(i % most))
                                          : leave(std::to_string(most - 1 - i % most));
             }),
        pairs("one room joined and left", "rooms", join("r"), leave("r")),
        made("colliding rooms",
             "hashed names",
             [=](std::size_t i) { return join(colliding_name("", i)); }),
    };
}

std::vector<shape> events() {
    return {
        units("events of nothing", "work an event", "42[\"m\"]"),
        units("events of nothing, unread", "the queue", "42[\"m\"]", habit::never_reads),
        units("events that nobody hears", "work an event", "42[\"\"]"),
        made("events of many names",
             "names",
             [](std::size_t i) { return numbered("42[\"e#\"]", i); }),
        made("acks wanted",
             "acknowledgements",
             [](std::size_t i) { return "42" + std::to_string(i) + "[\"ack\"]"; }),
        units("acks that nobody asked for", "acknowledgements", "431[]"),
        units("acks without an id", "acknowledgements", "43[]"),
        units("arguments that do not fit", "argument errors", "421[\"text\",1]"),
        units("arguments that do not fit, no ack", "argument errors", "42[\"text\",1]"),
        pairs("binary of one byte",
              "attachments",
              "451-[\"m\",{\"_placeholder\":true,\"num\":0}]",
              "bAA=="),
        made("ten references to one attachment",
             "echoes that expand",
             [](std::size_t i) {
                 if (i % 2 == 1) return "b" + std::string(80'000, 'A');
                 auto const one = std::string("{\"_placeholder\":true,\"num\":0}");
                 return "451-[\"m\"" + repeat("," + one, 10) + "]";
             }),
        made("a hundred references to one attachment",
             "echoes that expand",
             [](std::size_t i) {
                 if (i % 2 == 1) return "b" + std::string(8'000, 'A');
                 auto const one = std::string("{\"_placeholder\":true,\"num\":0}");
                 return "451-[\"m\"" + repeat("," + one, 100) + "]";
             }),
        units("placeholders without attachments",
              "placeholders",
              "42[\"m\"" + repeat(",{\"_placeholder\":true,\"num\":0}", 10) + "]"),
    };
}

std::vector<shape> long_packets() {
    return {
        text("digits before a dash", "attachment counts", "45", "2", "-[\"m\"]"),
        text("digits before a bracket", "ack ids", "42", "1", "[\"m\"]"),
        text("a namespace of a megabyte", "names", "40/", "n", ","),
        text("numbers", "JSON's numbers", "42[\"m\"", ",1e308", "]"),
        text("numbers of 18 digits", "JSON's numbers", "42[\"m\"", ",0.12345678901234567", "]"),
        text("small numbers", "JSON's numbers", "42[\"m\"", ",2.2250738585072012e-308", "]"),
        text("a number of a megabyte", "JSON's numbers", "42[\"m\",", "7", "]"),
        text("a fraction of a megabyte", "JSON's numbers", "42[\"m\",0.", "7", "]"),
        text("empty arrays", "JSON's values", "42[\"m\"", ",[]", "]"),
        text("empty objects", "JSON's values", "42[\"m\"", ",{}", "]"),
        text("empty strings", "JSON's values", "42[\"m\"", ",\"\"", "]"),
        text("single digits", "JSON's values", "42[\"m\"", ",1", "]"),
        text("arrays to the bound",
             "JSON's depth",
             "42[\"m\"",
             "," + repeat("[", 120) + repeat("]", 120),
             "]"),
        text("arrays beyond the bound", "JSON's depth", "42[\"m\",", "[", "]"),
        text("objects of one member", "JSON's members", "42[\"m\"", ",{\"\":1}", "]"),
        text("one key, often", "JSON's members", "42[\"m\",{\"a\":1", ",\"a\":1", "}]"),
        text("control characters", "JSON's strings", "42[\"m\",\"", "\\u0001", "\"]"),
        text("lone surrogates", "JSON's strings", "42[\"m\",\"", "\\ud800", "\"]"),
        text("quotes", "JSON's strings", "42[\"m\",\"", "\\\"", "\"]"),
        text("four-byte characters", "JSON's strings", "42[\"m\",\"", "\xf0\x9f\x98\x80", "\"]"),
        text("white space", "JSON's scanner", "42[\"m\",", " ", "1]"),
        text("an event name of a megabyte", "names", "42[\"", "e", "\"]"),
        text("an event for an ack of a megabyte", "acknowledgements", "421[\"ack\",\"", "a", "\"]"),
        text("auth of a megabyte", "auth", "40/known,{\"a\":\"", "a", "\"}"),
    };
}

/// How most is left to the server: polls that do not come, or bytes that are not read.
habit idleness(door d) {
    return traits_of(d).down == carrier::polls ? habit::never_asks : habit::never_reads;
}

/// Sessions that are opened, made to queue as much as they may, and left alone. Of what a WebSocket
/// does not read the kernel takes some megabytes first.
void fill_and_abandon(intrusion& on,
                      door d,
                      std::function<std::string(std::size_t)> const& unit,
                      std::size_t bytes) {
    auto const is_whole = on.requests() >= 1'000;
    auto const n = !is_whole ? 2u : is_websocket(d) ? 8u : 48u;
    auto const times = is_whole && is_websocket(d) ? 12u : 1u;
    std::vector<visitor*> all;
    for (unsigned i = 0; i < n; ++i) all.push_back(&on.enter(d, idleness(d)));
    auto const units = packed(d, unit, bytes);
    on.start();
    for (unsigned i = 0; i < times; ++i)
        for (auto* v : all) on.deliver(*v, d, units);
}

void abandon(intrusion& on, door d) {
    auto const unit = [d](std::size_t) {
        auto const letters = std::string(1'000, 'a');
        switch (traits_of(d).speaks) {
            case language::socketio: return "42[\"m\",\"" + letters + "\"]";
            case language::sockjs: return "\"" + letters + "\"";
            case language::engineio: return "4" + letters;
            default: return letters;
        }
    };
    fill_and_abandon(on, d, unit, on.bytes() / 2);
}

/// The same with a byte a message, of which each is charged more than it weighs.
void abandon_small(intrusion& on, door d) {
    auto const unit = [d](std::size_t) -> std::string {
        switch (traits_of(d).speaks) {
            case language::socketio: return "42[\"m\"]";
            case language::sockjs: return "\"\"";
            case language::engineio: return "4";
            default: return "";
        }
    };
    fill_and_abandon(on, d, unit, on.bytes() / 12);
}

/// A session that joins, makes one socket a namespace and goes, over and over.
void announce(intrusion& on, door d) {
    auto const units = packed(
        d, [](std::size_t) { return "4510-[\"m\"]"; }, 1);
    on.start();
    for (std::size_t i = 0; i < on.requests() / 4; ++i) {
        auto& v = on.enter(d);
        on.deliver(v, d, units);
        on.leave(v);
    }
}

/// Sessions that are kept for a while, each in as many rooms as a message of 4 KB joins.
void wait_to_recover(intrusion& on, door d) {
    auto const join = [](std::size_t n) { return numbered("42[\"join\",\"#\"]", n); };
    auto const joins = packed(d, join, 4'000);
    on.start();
    for (std::size_t i = 0; i < on.requests() / 4; ++i) {
        auto& v = on.enter(d);
        on.deliver(v, d, joins);
        on.leave(v);
    }
}

std::vector<shape> recovery() {
    auto all =
        std::vector<shape>{pairs("recoveries of what never was",
                                 "recovery",
                                 "40/known,{\"pid\":\"x\",\"offset\":\"#\"}",
                                 "41/known,"),
                           units("events of nothing, logged", "the log of recovery", "42[\"m\"]"),
                           units("events of nothing, logged and unread",
                                 "the log of recovery",
                                 "42[\"m\"]",
                                 habit::never_reads),
                           {.name = "sessions that wait to recover",
                            .attacks = "sessions that are kept",
                            .how = way::script,
                            .script = wait_to_recover,
                            .pays_in = currency::bytes}};
    for (auto& s : all) s.doors = {door::socketio_recovery};
    return all;
}

}  // namespace

std::vector<shape> socketio_shapes() {
    std::vector<shape> all = recovery();
    for (auto const& some : {namespaces(), rooms(), events(), long_packets()})
        all.insert(all.end(), some.begin(), some.end());
    const std::vector<door> sessions{door::ws,
                                     door::sockjs_polling,
                                     door::sockjs_streaming,
                                     door::engineio_ws,
                                     door::engineio_polling,
                                     door::socketio_ws,
                                     door::socketio_polling};
    auto filled = made("sessions filled and abandoned", "memory of many sessions", {});
    filled.doors = sessions;
    filled.how = way::script;
    filled.script = abandon;
    filled.pays_in = currency::bytes;
    all.push_back(filled);
    filled.name = "sessions filled with little and abandoned";
    filled.script = abandon_small;
    all.push_back(filled);
    filled.pays_in = currency::by_way;
    filled.name = "attachments announced, then gone";
    filled.attacks = "sessions that end half-way";
    filled.doors = every;
    filled.script = announce;
    all.push_back(filled);
    return all;
}

}  // namespace bench::costs
