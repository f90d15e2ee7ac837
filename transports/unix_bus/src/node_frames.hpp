#pragma once

#include <anywire/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What the nodes of one host say to each other, each on a connection that it has made itself:
//
//   length (4 bytes, big endian, of what follows), kind (1 byte), and by kind
//
//   hello         version (1 byte), the node's name; the first frame, and only that
//   subscribe     a channel
//   unsubscribe   a channel
//   told          nothing: what was subscribed to before is all there is at the beginning
//   message       length of the channel (2 bytes, big endian), channel, payload
namespace anywire::mesh {

inline constexpr char wire_version = 1;
inline constexpr std::size_t most_channel_bytes = 65'535;
/// What a message is longer by than its channel and payload together.
inline constexpr std::size_t message_overhead = 7;

enum class node_frame_kind : std::uint8_t { hello = 1, subscribe, unsubscribe, told, message };

/// Borrow: valid until the reader is asked for the next one.
struct node_frame {
    node_frame_kind kind{};
    std::string_view name{};  ///< The node's, or the channel's.
    std::string_view payload{};
};

void append_hello(std::string& out, std::string_view node);
void append_subscribe(std::string& out, std::string_view channel, bool is_end = false);
void append_told(std::string& out);
/// Requires: `channel` is at most `most_channel_bytes` long.
[[nodiscard]] frame_ptr make_message(std::string_view channel, std::string_view payload);

/// Whether a node may be called so: 1 to 64 of a-z, 0-9 and '-'.
[[nodiscard]] bool is_node_name(std::string_view name) noexcept;

/// Takes apart what another node sends. It keeps no more than one frame that has not come whole,
/// and of one that is too long nothing.
class frame_reader {
public:
    enum class event : std::uint8_t {
        more,    ///< All that was fed is taken apart, or kept.
        frame,   ///< There is one: `frame`.
        failed,  ///< It makes no sense: `wrong`. Final.
    };

    /// `most`: the longest message, its channel included.
    explicit frame_reader(std::size_t most) noexcept : most_(most + message_overhead - 4) {}

    /// Requires: `next` has said `more`, or nothing was fed yet. Borrow: until it says so again.
    void feed(std::string_view bytes);
    event next();
    node_frame const& frame() const noexcept { return frame_; }
    /// One phrase, as in "has sent ...".
    std::string_view wrong() const noexcept { return wrong_; }

private:
    event keep();
    event fail(std::string_view why);
    event read(std::string_view body);
    event read_greeting(std::string_view body);
    event read_message(std::string_view body);

    std::size_t most_;
    std::string kept_{};
    std::string_view in_{};
    bool is_greeted_ = false;
    node_frame frame_{};
    std::string_view wrong_{};
};

}  // namespace anywire::mesh
