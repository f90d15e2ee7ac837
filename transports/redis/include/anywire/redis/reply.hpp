#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::redis {

/// What a server may answer, as RESP 2 has it.
enum class reply_kind : std::uint8_t {
    nil,      ///< Nothing: there is no such key. Also a null array: a transaction was aborted.
    status,   ///< A short text of the server's: "OK". In `text`.
    error,    ///< In `text`: "WRONGTYPE Operation against ...".
    integer,  ///< In `integer`.
    string,   ///< Any bytes, in `text`.
    array,    ///< In `elements`.
};

/// One answer of a server, owned.
struct reply {
    reply_kind kind = reply_kind::nil;
    std::int64_t integer = 0;
    std::string text{};
    std::vector<reply> elements{};

    bool is_nil() const noexcept { return kind == reply_kind::nil; }
    bool is_error() const noexcept { return kind == reply_kind::error; }
    bool is_string() const noexcept { return kind == reply_kind::string; }
    bool is_integer() const noexcept { return kind == reply_kind::integer; }
    bool is_array() const noexcept { return kind == reply_kind::array; }
};

/// One message of a channel.
///
/// Borrow: valid only during the call that brings it.
struct channel_message {
    std::string_view channel{};
    std::string_view payload{};
    std::string_view pattern{};  ///< The pattern that fitted; empty unless by `psubscribe`.
};

/// One entry of a stream.
struct stream_entry {
    std::string id{};  ///< "1526919030474-55".
    std::vector<std::pair<std::string, std::string>> fields{};
};

}  // namespace anywire::redis
