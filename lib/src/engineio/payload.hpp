#pragma once

#include "engineio/packet.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anywire::engineio {

/// Walks the packets of a POST body.
///
/// Spec:   engine.io-protocol v4, "HTTP long-polling": packets joined by 0x1e; v3, "Payload".
/// Borrow: packets point into the body given to the constructor, or into `scratch`.
/// Limits: none on the number of packets; `scratch` grows to three times the body at most.
/// Cost:   linear in the body, all packets together.
class payload_reader {
public:
    /// `binary` says that the body is in v3's octet-stream format; v4 has none, so there it fails.
    /// A body in text is UTF-8; one that is not is read all the same, cut wherever.
    payload_reader(revision r, std::string_view body, bool binary) noexcept;

    /// The next packet; nothing at the end, or at one that cannot be decoded: see `failed`. After
    /// a `close` packet nothing is read. An empty body is one packet that cannot be decoded.
    [[nodiscard]] std::optional<packet> next(std::string& scratch);

    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    struct piece {
        std::string_view bytes{};
        bool binary = false;
    };

    std::optional<piece> take_piece() noexcept;
    std::optional<piece> take_separated() noexcept;
    std::optional<piece> take_counted_text() noexcept;
    std::optional<piece> take_counted_bytes() noexcept;
    std::optional<packet> decode(piece const& p, std::string& scratch) const;

    std::string_view rest_;
    revision revision_;
    bool binary_;
    bool ended_ = false;
    bool failed_ = false;
};

/// One packet on its way out.
struct outgoing {
    /// The whole packet as text ("4hello", "2", or already base64); if `binary`, the payload of its
    /// WebSocket frame: in v4 the bytes, in v3 0x04 and the bytes.
    std::string_view data{};
    bool binary = false;
};

/// Whether v3's octet-stream format is called for: a packet is binary.
[[nodiscard]] bool needs_binary_payload(revision r, std::span<outgoing const> packets) noexcept;

/// Appends the payload of these packets: what `payload_reader` reads, as binary where
/// `needs_binary_payload`.
///
/// Cost: linear.
void append_payload(std::string& out, revision r, std::span<outgoing const> packets);

/// Appends these packets in v3's octet-stream format, which carries text, too.
///
/// Cost: linear.
void append_counted_bytes(std::string& out, std::span<outgoing const> packets);

}  // namespace anywire::engineio
