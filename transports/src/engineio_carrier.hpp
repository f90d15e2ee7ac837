#pragma once

#include "core/gzip.hpp"
#include "engineio/packet.hpp"
#include "http_carriers.hpp"

#include <cstddef>
#include <string>

namespace anywire {

/// What the carrier of an Engine.IO poll needs to know of its request.
struct poll_dress {
    engineio::revision revision = engineio::revision::v4;
    std::string jsonp{};          ///< The callback's index; empty: no JSONP.
    std::size_t max_packets = 0;  ///< Most packets in one answer; 0: no limit.
    content_coding coding = content_coding::identity;
    std::size_t compress_from = 1024;  ///< Shorter bodies go as they are.
    std::string fields{};              ///< Fields of the response.
};

/// Engine.IO long-polling: one payload answers one request.
class poll_carrier final : public http_carrier {
public:
    poll_carrier(exchange& to, poll_dress dress, transport_events& session)
        : http_carrier(to, session), dress_(std::move(dress)) {}

    carrier shape() const noexcept override { return carrier::one_shot; }
    std::string_view name() const noexcept override { return "polling"; }
    write_result write(std::span<frame* const> batch) override;

private:
    bool compress(std::string& body, std::span<frame* const> batch) const;

    poll_dress dress_;
};

}  // namespace anywire
