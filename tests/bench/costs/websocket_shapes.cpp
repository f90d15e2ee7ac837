// Frames.
#include "collisions.hpp"
#include "intrusion.hpp"

namespace bench::costs {
namespace {

const std::vector<door> plain{door::ws};
const std::vector<door> both{door::ws, door::ws_deflated};
const std::vector<door> every{door::ws, door::sockjs_ws, door::engineio_ws, door::socketio_ws};

shape wire(std::string_view name,
           std::string_view attacks,
           std::vector<door> doors,
           std::function<std::string(std::size_t)> make,
           habit does = habit::reads) {
    return {.name = name,
            .attacks = attacks,
            .doors = std::move(doors),
            .how = way::wire,
            .make = std::move(make),
            .does = does};
}

/// One frame over and over.
shape frames(std::string_view name,
             std::string_view attacks,
             std::vector<door> doors,
             unsigned first_byte,
             std::string payload,
             habit does = habit::reads) {
    return wire(
        name,
        attacks,
        std::move(doors),
        [f = frame(first_byte, payload)](std::size_t n) { return fill(f, n); },
        does);
}

/// A message of as many fragments as one may have, over and over. `with` goes between them.
std::string fragmented(std::string_view first,
                       std::string_view each,
                       std::string_view with,
                       std::size_t bytes) {
    constexpr std::size_t most = 16'000;
    auto const one = frame(0x01, first) + repeat(frame(0x00, each) + std::string(with), most) +
                     frame(0x80, each);
    if (bytes >= one.size()) return fill(one, bytes);
    return frame(0x01, first) + fill(frame(0x00, each) + std::string(with), bytes);
}

shape fragments(std::string_view name,
                std::vector<door> doors,
                std::string each,
                std::string with = {}) {
    return wire(name, "the assembly of fragments", std::move(doors), [=](std::size_t n) {
        return fragmented(each, each, with, n);
    });
}

shape text(std::string_view name, std::string_view attacks, std::string_view piece) {
    return {.name = name,
            .attacks = attacks,
            .doors = plain,
            .how = way::text,
            .make = [piece](std::size_t n) { return fill(piece, n); }};
}

shape ended(std::string_view name, std::string_view attacks, std::string bytes) {
    return {.name = name,
            .attacks = attacks,
            .doors = every,
            .how = way::script,
            .script = [bytes = std::move(bytes)](intrusion& on, door d) {
                on.start();
                for (std::size_t i = 0; i < on.requests(); ++i) {
                    auto& v = on.enter(d);
                    v.send(bytes);
                    on.turn_until([&] { return v.is_gone(); });
                    on.leave(v);
                }
            }};
}

/// Frames byte by byte, a packet each.
void drip(intrusion& on, door d) {
    auto& v = on.enter(d);
    auto const one = frame(0x81, "drip");
    on.start();
    for (std::size_t i = 0; i < on.requests() / 4; ++i) {
        v.send(one.substr(i % one.size(), 1));
        on.let_it_read();
    }
}

std::vector<shape> groups() {
    auto const of = [](std::string_view name, std::function<std::string(std::size_t)> make) {
        return shape{
            .name = name, .attacks = "groups", .doors = {door::groups}, .make = std::move(make)};
    };
    return {
        of("groups joined", [](std::size_t i) { return std::to_string(i); }),
        of("one group joined and left", [](std::size_t i) { return i % 2 == 0 ? "g" : "-g"; }),
        of("groups joined and left",
           [](std::size_t i) {
               constexpr std::size_t turn = 9'000;
               return (i / turn % 2 == 0 ? "" : "-") + std::to_string(i % turn);
           }),
        of("colliding groups", [](std::size_t i) { return colliding_name("", i); }),
    };
}

std::vector<shape> frames() {
    return {
        frames("messages of one byte", "work a message", both, 0x81, "a"),
        frames("empty messages", "work a message", both, 0x81, ""),
        frames("binary messages of one byte", "work a message", plain, 0x82, "a"),
        frames("messages of one byte, unread", "the queue", plain, 0x81, "a", habit::never_reads),
        frames("messages of 4 KB, unread",
               "the queue",
               plain,
               0x81,
               std::string(4'096, 'a'),
               habit::never_reads),
        frames("empty pings", "pongs", every, 0x89, ""),
        frames("pings of 125 bytes", "pongs", every, 0x89, std::string(125, 'p')),
        frames("pings, unread",
               "pongs that pile up",
               every,
               0x89,
               std::string(125, 'p'),
               habit::never_reads),
        frames("empty pings, unread", "pongs that pile up", plain, 0x89, "", habit::never_reads),
        frames("pongs", "control frames", every, 0x8A, ""),
        fragments("fragments of one byte",
                  {door::ws, door::sockjs_ws, door::engineio_ws, door::socketio_ws},
                  "4"),
        fragments("empty fragments", every, ""),
        fragments("fragments with pings between", plain, "a", frame(0x89, "")),
        wire("short fragmented messages",
             "the assembly of fragments",
             plain,
             [](std::size_t n) { return fill(frame(0x01, "a") + frame(0x80, "b"), n); }),
        wire("characters cut in fragments",
             "UTF-8 over fragments",
             plain,
             [](std::size_t n) {
                 return fill(frame(0x01, "\xf0\x9f") + frame(0x00, "\x98") + frame(0x80, "\x80"),
                             n);
             }),
        text("text of four-byte characters", "UTF-8", "\xf0\x9f\x98\x80"),
        text("text of two-byte characters", "UTF-8", "\xc3\xa9"),
        text("text that changes its width", "UTF-8", "a\xc3\xa9"),
        text("text of NUL", "UTF-8", std::string_view("\0", 1)),
        ended("goodbye", "closing", frame(0x88, "\x03\xe8" + std::string(123, 'r'))),
        ended("bad opcode", "closing", frame(0x83, "x")),
        ended("bad UTF-8", "closing", frame(0x81, "\xff")),
        {.name = "frames byte by byte",
         .attacks = "reads",
         .doors = plain,
         .how = way::script,
         .script = drip},
    };
}

}  // namespace

std::vector<shape> websocket_shapes() {
    auto all = frames();
    for (auto& s : groups()) all.push_back(std::move(s));
    return all;
}

}  // namespace bench::costs
