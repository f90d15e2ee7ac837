#pragma once

#include <anywire/options.hpp>

#include "core/gzip.hpp"
#include "engineio/packet.hpp"
#include "session/http_carriers.hpp"

#include <cstddef>
#include <string>

namespace anywire {

/// What the answer to an Engine.IO poll needs to know of its request.
struct engineio_dress {
    engineio::revision revision = engineio::revision::v4;
    /// How the session's client encodes text, known better with each message of it; null: once.
    /// Looked at while the session writes, so it may be the session's own.
    eio3_text_encoding const* text = nullptr;
    bool takes_binary = true;
    bool has_json = false;        ///< Text is Socket.IO packets, see `engineio_upper`.
    std::string jsonp{};          ///< The callback's index; empty: no JSONP.
    std::size_t max_packets = 0;  ///< Most packets in one answer; 0: no limit.
    content_coding coding = content_coding::identity;
    std::size_t compress_from = 1024;  ///< Shorter bodies go as they are.
    std::string fields{};              ///< Fields of the response.
};

/// One payload answers one request.
std::unique_ptr<poll_dress> make_poll_dress(engineio_dress how);

}  // namespace anywire
