#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// Where HTTP/1.1 messages begin and end: all that a relay of bytes has to know of them.
namespace anywire::testing {

/// What a head says about its message.
///
/// Borrow: the bytes it was read from.
struct message_head {
    std::string_view method{};  ///< Of requests.
    std::string_view target{};  ///< Of requests.
    std::string_view origin{};  ///< Of requests; empty where it is not visible ASCII.
    unsigned status = 0;        ///< Of responses.
    std::size_t size = 0;       ///< Bytes, with the empty line after it.
    std::optional<std::uint64_t> content_length{};
    bool is_chunked = false;
    bool keep_alive = true;
    bool is_websocket = false;  ///< Has `Upgrade: websocket`.
};

enum class head_state : std::uint8_t { incomplete, complete, malformed };

/// Reads the head at the start of `bytes`. Lenient: what it relays, others shall refuse.
///
/// Spec: RFC 9112, sections 2.1, 6 and 9.3
head_state read_request_head(std::string_view bytes, message_head& out) noexcept;
head_state read_response_head(std::string_view bytes, message_head& out) noexcept;

enum class body_kind : std::uint8_t { none, sized, chunked, until_close };

/// How long the body after a head is.
///
/// Spec: RFC 9112, section 6.3
body_kind body_of_request(message_head const& head) noexcept;
body_kind body_of_response(message_head const& head, bool answers_head) noexcept;

/// Finds the end of a body in bytes that come in any pieces.
class body_scanner {
public:
    void start(body_kind kind, std::uint64_t length) noexcept;

    /// The number of bytes at the start of `bytes` that belong to the body. All of them, once the
    /// body is malformed: then its end is the connection's.
    std::size_t take(std::string_view bytes) noexcept;

    [[nodiscard]] bool is_done() const noexcept { return state_ == state::done; }
    [[nodiscard]] bool is_malformed() const noexcept { return state_ == state::malformed; }
    [[nodiscard]] bool ends_with_connection() const noexcept {
        return state_ == state::until_close || is_malformed();
    }

private:
    enum class state : std::uint8_t {
        done,
        sized,
        until_close,
        chunk_size,
        chunk_extension,
        chunk_data,
        chunk_end,
        trailer,
        malformed
    };

    void take_line_byte(char c) noexcept;
    void take_chunk_end(char c) noexcept;
    void take_trailer(char c) noexcept;
    void take_size(char c) noexcept;
    void end_size_line() noexcept;

    state state_ = state::done;
    std::uint64_t left_ = 0;     ///< Of the body, or of the chunk.
    unsigned digits_ = 0;        ///< Of the chunk's size.
    std::size_t line_size_ = 0;  ///< Of the trailer's line.
};

}  // namespace anywire::testing
