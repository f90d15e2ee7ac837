// Engine.IO: packets, payloads and transports.
#include "intrusion.hpp"

#include <cstdint>

namespace bench::costs {
namespace {

const std::vector<door> fourth{door::engineio_ws, door::engineio_polling};
const std::vector<door> third{door::engineio3_ws, door::engineio3_polling};
const std::vector<door> every{
    door::engineio_ws, door::engineio_polling, door::engineio3_ws, door::engineio3_polling};

shape units(std::string_view name,
            std::string_view attacks,
            std::vector<door> doors,
            std::string unit,
            habit does = habit::reads) {
    return {.name = name,
            .attacks = attacks,
            .doors = std::move(doors),
            .make = [unit = std::move(unit)](std::size_t) { return unit; },
            .does = does};
}

shape text(std::string_view name,
           std::string_view attacks,
           std::vector<door> doors,
           std::string before,
           std::string piece,
           std::string after = {},
           std::string_view content_type = visitor::text_plain) {
    return {.name = name,
            .attacks = attacks,
            .doors = std::move(doors),
            .how = way::text,
            .make = [=](std::size_t n) { return before + fill(piece, n) + after; },
            .content_type = content_type};
}

std::vector<shape> packets() {
    return {
        units("empty messages", "work a packet", every, "4"),
        units("messages of one byte", "work a packet", every, "4a"),
        units("messages of one byte, unread", "the queue", every, "4a", habit::never_reads),
        units("messages of one byte, unasked",
              "the queue",
              {door::engineio_polling},
              "4a",
              habit::never_asks),
        units("messages of 4 KB, unread",
              "the queue",
              fourth,
              "4" + std::string(4'096, 'a'),
              habit::never_reads),
        units("pongs", "heartbeats", fourth, "3"),
        units("noops", "packets without meaning", fourth, "6"),
        units("upgrades out of place", "packets without meaning", fourth, "5"),
        units("pings of the third", "pongs", third, "2"),
        units("pings of the third, unread",
              "pongs that pile up",
              third,
              "2" + std::string(64, 'p'),
              habit::never_reads),
        units("probes of the third", "pongs", third, "2probe"),
        units("binary of one byte", "base64", fourth, "bAA=="),
        units("binary of one byte, third", "base64", third, "b4AA=="),
    };
}

std::vector<shape> payloads() {
    const std::vector<door> polls{door::engineio_polling};
    const std::vector<door> old{door::engineio3_polling};
    constexpr std::string_view octets = "application/octet-stream";
    return {
        text("nothing but separators", "the payload's decoder", polls, "", "\x1e"),
        text("a message, then separators", "the payload's decoder", polls, "4a", "\x1e"),
        text("one message of base64",
             "base64",
             {door::engineio_ws, door::engineio_polling},
             "b",
             "AAAA"),
        text("base64 that is none at its end", "base64", polls, "b", "AAAA", "!"),
        text("four-byte characters", "UTF-8", every, "4", "\xf0\x9f\x98\x80"),
        text("bad UTF-8", "replacement", polls, "4", "\xff"),
        text("lengths with zeros in front", "third's lengths", old, "", "0000000002:4a"),
        text("a length of a megabyte", "third's lengths", old, "", "1", ":4a"),
        text("empty packets", "third's lengths", old, "", "0:"),
        text("wide characters, counted", "third's lengths", old, "", "3:4\xf0\x9f\x98\x80"),
        text("bad UTF-8, counted", "third's lengths", old, "", "2:4\xff"),
        text("binary payload of short packets",
             "third's binary",
             old,
             "",
             std::string("\x00\x02\xff"
                         "4a",
                         5),
             "",
             octets),
        text("binary payload of empty packets",
             "third's binary",
             old,
             "",
             std::string("\x01\x01\xff\x04", 4),
             "",
             octets),
        text(
            "binary payload of zeros", "third's binary", old, "", std::string(1, '\0'), "", octets),
        text("a form of escapes", "the form's decoder", {door::engineio_jsonp}, "d=4", "%61"),
        text("a form of escaped line ends",
             "the form's decoder",
             {door::engineio_jsonp},
             "d=4",
             "\\n"),
        text("a form of backslashes", "the form's decoder", {door::engineio_jsonp}, "d=4", "\\"),
        text("line separators", "JSONP's escapes", {door::engineio_jsonp}, "d=4", "\xe2\x80\xa8"),
        text("control characters", "JSONP's escapes", {door::engineio_jsonp}, "d=4", "\x01"),
    };
}

/// Letters in an order that no compressor finds anything in.
std::string noise(std::size_t size) {
    std::string out("4");
    std::uint32_t random = 12'345;
    while (out.size() < size) {
        random = random * 1'664'525u + 1'013'904'223u;
        out.push_back(static_cast<char>('0' + (random >> 24) % 64));
    }
    return out;
}

std::vector<shape> compressed() {
    auto all = std::vector<shape>{
        units("messages of one byte", "the compressor", {}, "4a"),
        text("one long message", "the compressor", {}, "4", "a"),
        text("letters that change",
             "the compressor",
             {},
             "4",
             "abcdefghijklmnopqrstuvwxyz0123456789"),
        {.name = "noise", .attacks = "the compressor", .how = way::text, .make = noise},
        {.name = "letters of three",
         .attacks = "the compressor",
         .how = way::text,
         .make = [](std::size_t n) { return "4" + few_letters(3, n - 1); }},
        units("messages of 1 KB", "the compressor", {}, noise(1'024))};
    for (auto& s : all) s.doors = {door::engineio_gzip};
    return all;
}

std::string target_of(door d, std::string_view transport, std::string_view sid) {
    return std::string(traits_of(d).path) + "&transport=" + std::string(transport) +
           "&sid=" + std::string(sid);
}

std::string upgrade_of(door d, std::string_view sid) {
    return get(target_of(d, "websocket", sid),
               "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

/// A session for each, whose transport becomes a WebSocket.
void upgrade(intrusion& on, door d) {
    on.start();
    for (std::size_t i = 0; i < on.requests() / 4; ++i) {
        auto& v = on.enter(d);
        auto& up = on.enter(door::http);
        up.send(upgrade_of(d, v.sid()) + frame(0x81, "2probe") + frame(0x81, "5") +
                frame(0x81, "1"));
        on.turn_until([&] { return up.is_gone() || v.is_gone(); });
        on.leave(up);
        on.leave(v);
    }
}

/// Upgrades of one session, begun and given up over and over.
void begin_upgrades(intrusion& on, door d) {
    auto& v = on.enter(d);
    on.start();
    for (std::size_t i = 0; i < on.requests() / 4 && !v.is_gone(); ++i) {
        auto& up = on.enter(door::http);
        up.send(upgrade_of(d, v.sid()) + frame(0x81, "2probe"));
        on.turn_until([&] { return up.received() > 0 || up.is_gone(); });
        on.leave(up);
    }
}

/// Probes without end on one upgrade.
void probe(intrusion& on, door d) {
    auto& v = on.enter(d);
    auto& up = on.enter(door::http);
    auto const probes = fill(frame(0x81, "2probe"), on.bytes());
    on.start();
    up.send(upgrade_of(d, v.sid()) + probes);
    on.turn_until([&] { return up.is_idle(); });
}

/// Two polls of one session at once, which ends it.
void overlap(intrusion& on, door d) {
    on.start();
    for (std::size_t i = 0; i < on.requests() / 4; ++i) {
        auto& v = on.enter(d);
        auto& second = on.enter(door::http);
        second.request(get(target_of(d, "polling", v.sid())));
        on.wait_for(second);
        on.leave(second);
        on.leave(v);
    }
}

/// Requests of one session, each with next to nothing in it.
void post_often(intrusion& on, door d) {
    auto& v = on.enter(d);
    on.start();
    for (std::size_t i = 0; i < on.requests(); ++i) {
        v.post("4a");
        if (i % 8 == 0) on.wait_for(v);
    }
    on.wait_for(v);
}

shape scripted(std::string_view name,
               std::string_view attacks,
               void (*script)(intrusion&, door),
               std::vector<door> doors = {door::engineio_polling}) {
    return {.name = name,
            .attacks = attacks,
            .doors = std::move(doors),
            .how = way::script,
            .script = script};
}

}  // namespace

std::vector<shape> engineio_shapes() {
    std::vector<shape> all;
    for (auto const& some : {packets(), payloads(), compressed()})
        all.insert(all.end(), some.begin(), some.end());
    all.push_back(scripted("session, upgrade and goodbye", "upgrades", upgrade));
    all.push_back(scripted("upgrades given up", "upgrades", begin_upgrades));
    all.push_back(scripted("probes without end", "upgrades", probe));
    all.back().pays_in = currency::bytes;
    all.push_back(scripted("two polls at once", "overlap", overlap));
    all.push_back(scripted("POSTs of one message", "work a request", post_often));
    return all;
}

}  // namespace bench::costs
