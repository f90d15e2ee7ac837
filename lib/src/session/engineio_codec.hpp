#pragma once

#include <anywire/codec.hpp>

#include "engineio/packet.hpp"

#include <optional>

namespace anywire {

/// The codec of a revision's messages; `base64` for a client that takes no bytes. The four differ
/// in binary messages only.
codec const& engineio_codec(engineio::revision r, bool base64) noexcept;

/// The revision that a codec belongs to; nothing for one of another dialect.
std::optional<engineio::revision> engineio_revision_of(codec const& c) noexcept;

}  // namespace anywire
