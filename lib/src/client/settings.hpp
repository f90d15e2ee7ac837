#pragma once

#include <anywire/client_options.hpp>

#include "client/url.hpp"
#include "websocket/client_handshake.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// What a client's session can be carried by.
enum class client_carrier : std::uint8_t {
    websocket,
    xhr_streaming,
    eventsource,
    xhr_polling,
    polling,  ///< Of Engine.IO.
};

/// "websocket", "xhr-streaming", "eventsource", "xhr-polling", "polling".
[[nodiscard]] std::string_view to_string(client_carrier c) noexcept;

/// Options that were found valid, with what follows from them. Shared by all sessions of a client.
struct client_settings {
    client_options options{};
    client_url url{};                        ///< Without its query; Engine.IO's path ends in `/`.
    std::string query{};                     ///< The URL's and the option's.
    std::vector<client_carrier> carriers{};  ///< Never empty, none twice.
    std::vector<websocket::request_field> fields{};  ///< Point into `options.headers`.

    bool has_carrier(client_carrier c) const noexcept;
    /// What opens a WebSocket with: offers compression where the options say so.
    websocket::deflate_options deflate() const noexcept;
};

/// Settings, or what is wrong with the options, in one sentence.
struct checked_settings {
    std::shared_ptr<client_settings const> value{};
    std::string wrong{};
};
[[nodiscard]] checked_settings check_settings(client_options options);

/// What is wrong with what one client of these settings has of its own, in one sentence; empty when
/// nothing is.
[[nodiscard]] std::string check_particulars(client_particulars const& own,
                                            client_settings const& settings);

}  // namespace anywire
