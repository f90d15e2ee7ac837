#pragma once

#include "adapters/cluster_message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What the streams adapter keeps in Redis besides messages.
namespace anywire::redis {

/// A session of who was cut off: base64 of MessagePack.
[[nodiscard]] std::string encode_session(socketio::stored_session const& s, data_codec const& data);
[[nodiscard]] std::string_view decode_session(std::string_view text,
                                              wire_limits const& most,
                                              socketio::stored_session& out,
                                              data_codec const& data);

/// The id of a stream's entry: milliseconds and a sequence, "1526919030474-55".
struct entry_id {
    std::uint64_t time = 0;
    std::uint64_t sequence = 0;

    // NOLINTNEXTLINE(modernize-use-nullptr): there is none
    friend auto operator<=>(entry_id const&, entry_id const&) = default;

    [[nodiscard]] std::string text() const {
        return std::to_string(time) + "-" + std::to_string(sequence);
    }
    /// The smallest that is greater.
    [[nodiscard]] entry_id next() const noexcept {
        return sequence == UINT64_MAX ? entry_id{time + 1, 0} : entry_id{time, sequence + 1};
    }
};
/// Nothing where the text is none.
[[nodiscard]] std::optional<entry_id> parse_entry_id(std::string_view text) noexcept;

/// Which of so many streams a namespace is in; what follows the stream's name. Empty for one.
///
/// Spec: @socket.io/redis-streams-adapter 0.3: a hash of its UTF-16 units whose remainder keeps its
///       sign.
[[nodiscard]] std::string stream_suffix(std::string_view nsp, unsigned streams);

}  // namespace anywire::redis
