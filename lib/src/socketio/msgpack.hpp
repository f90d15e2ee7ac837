#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// MessagePack, and JSON with bytes beside it: one becomes the other in one pass.
namespace anywire::socketio::msgpack {

/// One value, or the head of an array or a map, whose elements follow.
struct item {
    enum class type : std::uint8_t {
        nil,
        undefined,  ///< As notepack.io writes it: an extension.
        boolean,
        unsigned_integer,
        negative_integer,
        real,
        string,
        binary,
        extension,
        date,  ///< As notepack.io writes it; `negative` holds the milliseconds.
        array,
        map,
    };
    type is = type::nil;
    bool truth = false;
    std::int8_t extension = 0;
    std::uint64_t number = 0;  ///< Also how many elements or members follow.
    std::int64_t negative = 0;
    double real = 0;
    std::string_view bytes{};
};

/// Takes one item; nothing where the bytes are none, or end too early. A count is one that the
/// bytes left can hold.
[[nodiscard]] std::optional<item> take_item(std::string_view& rest) noexcept;

/// Takes one value with all that is in it, and looks at none of it; false as above.
///
/// Cost: linear, no allocation, no recursion.
[[nodiscard]] bool skip_value(std::string_view& rest) noexcept;

struct limits {
    unsigned max_attachments = 10;
    unsigned max_depth = 128;
    std::size_t max_bytes = 10'000'000;  ///< Of the JSON and what is beside it, together.
};

/// Writes the value that `bytes` are as JSON, and bytes in it as attachments. Says what is wrong
/// with them, or nothing.
///
/// Cost: linear, no recursion.
[[nodiscard]] std::string_view to_json(std::string_view bytes,
                                       limits const& most,
                                       std::string& json,
                                       std::vector<std::string>& attachments);

/// Appends JSON as MessagePack, in the smallest forms there are.
///
/// Requires: `json` is one JSON value, its placeholders are right.
/// Cost:     linear, no recursion.
void append_json(std::string& out,
                 std::string_view json,
                 std::span<std::string const> attachments = {});

void append_string(std::string& out, std::string_view text);
void append_unsigned(std::string& out, std::uint64_t value);
void append_map_head(std::string& out, std::uint32_t members);

}  // namespace anywire::socketio::msgpack
