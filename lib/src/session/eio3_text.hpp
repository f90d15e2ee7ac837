#pragma once

#include <anywire/options.hpp>

#include "engineio/packet.hpp"
#include "engineio/payload.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace anywire {

/// Reads the text of a packet out of a payload of text, which is `known` to be encoded so, and
/// learns from it what it shows.
///
/// Borrow: the packet may point to `room` afterwards.
/// Cost:   nothing where it is known to be encoded once; else linear.
void read_eio3_text(engineio::packet& p, eio3_text_encoding& known, std::string& room);

/// What the receiver of a payload can read.
struct eio3_reader {
    eio3_text_encoding text = eio3_text_encoding::once;
    bool takes_binary = true;
    bool has_json = false;  ///< All messages are Socket.IO packets.
};

/// Appends the payload of these packets so that the reader gets their text, whichever he is; says
/// whether it is in the octet-stream format, which both read alike. Who takes no binary gets text:
/// in ASCII where it is JSON, else encoded as his is, and once as long as that is not known.
///
/// Cost: linear.
[[nodiscard]] bool append_eio3_payload(std::string& out,
                                       std::span<engineio::outgoing const> packets,
                                       eio3_reader const& reader);

}  // namespace anywire
