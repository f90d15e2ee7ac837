#pragma once

#include <anywire/codec.hpp>
#include <anywire/socketio/ack.hpp>
#include <anywire/socketio/broadcast.hpp>
#include <anywire/socketio/parser.hpp>

#include "socketio/packet.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::socketio {

/// The frames of one packet: its text, and one for each attachment.
using frame_list = boost::container::small_vector<frame_ptr, 2>;

/// Why an event was not sent, for the log.
inline constexpr std::string_view why_unsound =
    "it repeats an object of a client's that only looks like bytes";
inline constexpr std::string_view why_in_pieces =
    "it has bytes beside its text, and what is `latest` has to be one frame";

/// Whether recovery keeps events that are sent so.
inline bool is_kept(emit_flags const& flags) noexcept {
    return !flags.is_volatile && flags.key.empty();
}
/// Whether an event is several frames, but is to be replaced as one.
bool has_pieces(emit_flags const& flags,
                detail::encoded const& payload,
                packet_parser const* parser) noexcept;
/// Throws: `std::invalid_argument` where what may be replaced asks for an answer.
void check_latest(emit_flags const& flags, bool is_asking);

/// Whether what stands for attachments in a payload are all of them its own. A peer's value that
/// only looks like one, repeated beside real bytes, would cost the receivers their connections.
[[nodiscard]] bool is_sound(detail::encoded const& payload) noexcept;

/// The frame of a packet's text: the same for all codecs of Engine.IO.
frame_ptr make_text_frame(wire::packet_type type,
                          std::string_view nsp,
                          std::optional<std::uint64_t> id,
                          std::size_t attachments,
                          std::string_view payload);

/// The one frame of a packet as a parser encodes it.
frame_ptr make_parsed_frame(packet_parser const& parser, packet_view const& p, codec const& how);

/// The frames of a packet for one receiver. `type` is that of a packet without attachments; without
/// a `parser` the default one encodes it.
frame_list make_frames(packet_parser const* parser,
                       wire::packet_type type,
                       std::string_view nsp,
                       std::optional<std::uint64_t> id,
                       detail::encoded const& payload,
                       codec const& how,
                       bool compress);

/// A packet for many sockets: encoded once, however many get it.
///
/// Thread: constant once made, but for attachments in what codecs make of them.
class outgoing_packet {
public:
    /// `offset` is appended as one more argument for clients that can recover; empty: none.
    outgoing_packet(std::string_view nsp,
                    std::optional<std::uint64_t> id,
                    detail::encoded event,
                    bool compress,
                    std::string_view offset = {},
                    packet_parser const* parser = nullptr);

    /// Has it replace what waits with the same key; 0, or where it is several frames: nothing.
    /// Requires: it has no offset, and nobody else has it yet.
    void set_key(std::uint64_t key);
    frame_list frames(codec const& how) const;
    /// What goes alone, as most packets do; nothing where there are attachments.
    frame_ptr only_frame(codec const& how) const {
        if (parsed_) return parsed_frame(how);
        return attachments_.empty() ? text_for(how) : frame_ptr{};
    }
    /// The event as `["name",...]`, without the offset, and what goes beside it.
    std::string_view payload() const {
        return parsed_ ? std::string_view(json_) : without_offset()->text().substr(head_size_);
    }
    std::vector<std::string> const& attachments() const noexcept { return attachments_; }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    void encode_with(packet_parser const& parser,
                     std::string_view nsp,
                     std::optional<std::uint64_t> id,
                     std::string_view json);
    frame_ptr parsed_frame(codec const& how) const;
    frame_ptr const& text_for(codec const& how) const;
    frame_ptr const& without_offset() const;

    std::vector<std::string> attachments_;
    std::unique_ptr<shared_message> parsed_{};  // of a parser; there is no text then, but this
    std::string json_{};                        // the event, without the offset
    frame_ptr text_{};
    std::size_t head_size_ = 0;
    std::size_t offset_size_ = 0;  // of what the offset takes in the text
    std::size_t bytes_ = 0;
    std::uint64_t key_ = 0;
    bool compress_;
    mutable std::mutex mutex_{};
    mutable frame_ptr plain_{};  // the text without the offset
    struct encoded_attachments {
        codec const* how;
        std::vector<frame_ptr> frames;
    };
    mutable boost::container::small_vector<encoded_attachments, 1> made_{};
};

}  // namespace anywire::socketio
