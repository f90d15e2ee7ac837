#pragma once

#include <anywire/response_headers.hpp>

#include "client/network.hpp"
#include "websocket_events.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::gateway {

/// What an application has answered to one POST.
class hook_answer {
public:
    /// What the application wants back with each POST: "Set-Meta-NAME" in its answer becomes
    /// "Meta-NAME".
    using meta_fields = std::vector<std::pair<std::string, std::string>>;

    // Bounds of those: beyond, further ones are left out.
    static constexpr std::size_t most_meta = 32;
    static constexpr std::size_t most_meta_bytes = 4096;

    hook_answer() = default;
    explicit hook_answer(client_response const& head);

    void append(std::string_view piece) { body_.append(piece); }
    /// All of the body has come.
    void finish();

    unsigned status() const noexcept { return status_; }
    std::string const& body() const noexcept { return body_; }
    /// 200 with events, or with no body at all, or 204.
    bool is_good() const noexcept { return is_good_; }
    /// Why it is not, as the log says it.
    std::string explain() const;

    /// The subprotocol chosen; empty where none is.
    std::string const& protocol() const noexcept { return protocol_; }
    /// Set-Cookie, WWW-Authenticate and Retry-After, for the client.
    response_headers const& for_client() const noexcept { return for_client_; }
    void take_meta(meta_fields& into) const;

    /// A message to the client, or what the application wants of the gateway.
    struct item {
        enum class kind : std::uint8_t { message, close, disconnect, control, none };
        kind what = kind::none;
        std::string_view data{};
        bool binary = false;
    };
    /// The next one; nothing at the end. Of what is none, `kind::none`.
    std::optional<item> next();
    bool is_at_end() const noexcept { return events_.is_at_end(); }
    void drop() noexcept { events_ = {}; }

private:
    item read_message(websocket_event const& e) const noexcept;
    void note_extensions(std::string_view list);

    unsigned status_ = 0;
    bool is_good_ = false;
    bool has_type_ = false;
    bool is_coded_ = false;
    bool is_grip_ = false;      // messages have prefixes
    std::string prefix_{"m:"};  // of those to the client, then
    std::string protocol_{};
    response_headers for_client_{};
    meta_fields meta_{};
    std::string body_{};
    event_reader events_{};
};

/// What an application wants with a control message of GRIP: {"type": "subscribe", "channel": "x"}.
struct hook_control {
    enum class kind : std::uint8_t { subscribe, unsubscribe, unknown };
    kind what = kind::unknown;
    std::string channel{};
};
[[nodiscard]] hook_control read_control(std::string_view json);

/// How a session ends whose application says CLOSE: two bytes of code and a reason, or nothing.
[[nodiscard]] std::pair<close_code, std::string> read_close(std::string_view content);
[[nodiscard]] std::string close_content(close_code code, std::string_view reason);

}  // namespace anywire::gateway
