#pragma once

#include "door.hpp"
#include "visitor.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bench::costs {

class intrusion;

/// How the bytes of a shape are made and brought.
enum class way : std::uint8_t {
    units,     ///< `make(i)` is the i-th message, packet or element; as many as the amount holds.
    text,      ///< `make(n)` is one frame's payload or POST's body, of about `n` bytes.
    wire,      ///< `make(n)` is about `n` raw bytes behind an open door.
    requests,  ///< `make(i)` is a whole request; the next goes when the answer has come.
    connections,  ///< The same, each on a connection of its own that is reset after the answer.
    cut_short,    ///< The same, reset as soon as it is sent.
    sessions,     ///< Each opens a session, sends `make(i)` as a unit and leaves.
    script,       ///< `script` does it all.
};

/// What a client pays with.
enum class currency : std::uint8_t {
    by_way,  ///< Units, texts and wire are bytes, everything else requests.
    bytes,
    requests,
};

/// One hostile input: what it is, what it attacks, where it comes in and how its bytes are made.
/// An amount is a megabyte, or some thousand requests.
struct shape {
    std::string_view name{};
    std::string_view attacks{};
    std::vector<door> doors{};
    way how = way::units;
    std::function<std::string(std::size_t)> make{};
    habit does = habit::reads;
    std::size_t portion = ~std::size_t{0};  ///< Bytes of units that are brought at once.
    std::string_view content_type = visitor::text_plain;
    std::function<void(intrusion&, door)> script{};
    currency pays_in = currency::by_way;
    bool is_baseline = false;  ///< What ratios of its door are taken to.
};

/// True for a shape that is made of whole requests, connections or sessions.
inline bool is_of_requests(shape const& s) noexcept {
    if (s.pays_in != currency::by_way) return s.pays_in == currency::requests;
    return s.how != way::units && s.how != way::text && s.how != way::wire;
}

std::vector<shape> baseline_shapes();
std::vector<shape> http_shapes();
std::vector<shape> websocket_shapes();
std::vector<shape> deflate_shapes();
std::vector<shape> sockjs_shapes();
std::vector<shape> engineio_shapes();
std::vector<shape> socketio_shapes();
std::vector<shape> stomp_shapes();

// -- makers that several files use

std::string repeat(std::string_view text, std::size_t times);
/// `text` repeated to `bytes` at most, at least once.
std::string fill(std::string_view text, std::size_t bytes);
/// So many bytes of a few letters at random. Whoever compresses it finds something everywhere, and
/// nothing better.
std::string few_letters(unsigned letters, std::size_t bytes);
/// A masked frame.
std::string frame(unsigned first_byte, std::string_view payload);
/// A GET with further header fields, each with its line end.
std::string get(std::string_view target, std::string_view fields = {});
std::string post(std::string_view target, std::string_view body, std::string_view fields = {});

/// Adds a unit to `out` as its door wants it; `is_first` in a body.
void append_unit(std::string& out, door d, std::string_view unit, bool is_first);
/// As many units as `bytes` hold, from number `made` on; to be made before the clock starts.
std::string packed(door d,
                   std::function<std::string(std::size_t)> const& make,
                   std::size_t bytes,
                   std::size_t& made);
std::string packed(door d, std::function<std::string(std::size_t)> const& make, std::size_t bytes);
/// What goes around the units of a body.
std::string wrapped_body(door d, std::string_view units);

}  // namespace bench::costs
