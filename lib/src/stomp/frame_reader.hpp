#pragma once

#include "frame.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::stomp {

/// Bounds of one frame, each judged before what it bounds is kept.
struct frame_limits {
    /// Longest frame, head and body, in bytes. Default 64 KiB.
    std::size_t max_frame = std::size_t{64} * 1024;
    /// Longest line of a head, its name, colon and value, in bytes as sent. Default 4 KiB.
    std::size_t max_header_line = std::size_t{4} * 1024;
    /// Longest head, all lines, in bytes as sent. Default 16 KiB.
    std::size_t max_head = std::size_t{16} * 1024;
    /// Most headers of a frame. Default 64.
    std::size_t max_headers = 64;
};

/// Why bytes are no frame.
enum class frame_fault : std::uint8_t {
    none,
    unknown_command,
    no_colon,
    empty_name,
    lone_carriage_return,
    nul_in_head,
    bad_escape,
    bad_utf8,
    bad_content_length,
    unexpected_body,
    no_nul_after_body,
    too_many_headers,
    line_too_long,
    head_too_long,
    frame_too_long,
};

/// A sentence without its stop, for the peer and the log: nothing of what was sent is in it.
[[nodiscard]] std::string_view text_of(frame_fault why) noexcept;
/// Whether the peer has sent too much, and not something that is wrong.
[[nodiscard]] bool is_excess(frame_fault why) noexcept;

/// Reads frames from a stream of bytes, in whatever pieces they come: a frame may spread over many
/// messages, and a message hold several.
///
/// What a piece costs is proportional to its length, however frames are cut. A frame whose body
/// lies in one piece is not copied.
///
/// Spec: STOMP 1.2, 1.1 and 1.0, "STOMP Frames", "Value Encoding", "Body".
class frame_reader {
public:
    enum class event : std::uint8_t {
        more,    ///< All bytes were taken; the frame goes on in the next piece.
        frame,   ///< `frame` has it.
        beat,    ///< A heart-beat: line ends between frames, one or many.
        failed,  ///< `fault` says why. Final.
    };

    /// Reads what the other end sends: `self` is the end that reads.
    explicit frame_reader(end self, frame_limits limits = {}) : limits_(limits), self_(self) {}

    /// What was negotiated; from the next frame on. Until then, only the handshake is read well.
    void set_version(version v) noexcept { version_ = v; }
    /// From the next frame on.
    void set_limits(frame_limits const& l) noexcept { limits_ = l; }

    /// Takes from the front of `bytes` what makes up the next event.
    [[nodiscard]] event read(std::string_view& bytes);

    [[nodiscard]] frame_view const& frame() const noexcept { return frame_; }
    [[nodiscard]] frame_fault fault() const noexcept { return fault_; }
    /// The `receipt` header of the frame that failed, as far as that was read: the ERROR names it.
    [[nodiscard]] std::optional<std::string_view> receipt_of_failed();
    /// Whether a frame has begun that is not whole.
    [[nodiscard]] bool is_within_frame() const noexcept { return state_ != state::between; }
    /// Bytes that are kept of it.
    [[nodiscard]] std::size_t kept_bytes() const noexcept {
        return line_.size() + head_.size() + body_.size();
    }

private:
    enum class state : std::uint8_t { between, command, headers, sized_body, open_body, nul };
    /// Where in `head_` a header lies: that may still move while it grows.
    struct place {
        std::uint32_t name = 0;
        std::uint32_t value = 0;
        std::uint32_t end = 0;
    };

    std::optional<event> step(std::string_view& bytes);
    std::optional<event> between(std::string_view& bytes);
    std::optional<event> take_head(std::string_view& bytes);
    std::optional<event> take_nul(std::string_view& bytes);
    bool skip_ends(std::string_view& bytes);
    std::optional<std::string_view> take_line(std::string_view& bytes);
    void begin();
    bool take_command(std::string_view line);
    bool take_header(std::string_view line);
    bool unescape(std::string_view text);
    bool end_head();
    bool take_sized_body(std::string_view& bytes);
    bool take_open_body(std::string_view& bytes);
    bool ignores_bodies() const noexcept;
    bool allow_body(std::size_t size);
    event deliver();
    void name_headers();
    bool fail(frame_fault why) noexcept;

    frame_limits limits_;
    frame_view frame_{};
    std::string line_{};  // the beginning of a line that is not whole
    std::string head_{};  // names and values, read
    std::vector<place> places_{};
    std::string body_{};          // what came of it before the last piece
    std::size_t head_bytes_ = 0;  // as sent
    std::size_t length_ = 0;      // of a body that says so
    std::optional<version> version_{};
    end self_;
    state state_ = state::between;
    frame_fault fault_ = frame_fault::none;
    bool has_length_ = false;
    bool after_return_ = false;  // between frames: a line feed has to follow
};

}  // namespace anywire::stomp
