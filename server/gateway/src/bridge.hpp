#pragma once

#include <anywire/handlers.hpp>

#include "backend.hpp"
#include "shard_state.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

struct route;

/// One client and what is behind it. The backend is asked first: what it says is the client's
/// answer. Then messages go both ways, each side as fast as the other takes them.
///
/// Thread: its shard's.
class bridge final : public link_events,
                     public link_owner,
                     public std::enable_shared_from_this<bridge> {
public:
    /// Begins to open a link for a client that wants to come in.
    static void admit(std::shared_ptr<route> on,
                      std::string_view dialect,
                      request const& from,
                      decision decide);
    /// That of a session that was let in.
    static bridge& of(session& s);

    bridge(std::shared_ptr<route> on, std::string_view dialect, shard_state& here, decision decide);
    bridge(bridge const&) = delete;
    bridge& operator=(bridge const&) = delete;
    ~bridge();

    // -- the client
    void on_open(session& s);
    void on_message(message_view m);
    void on_drain();
    void on_transport();
    void on_close(close_event const& how);

    void drop_link() noexcept override { link_.reset(); }

    // -- link_events
    void on_link_open(std::string_view subprotocol, response_headers fields) override;
    void on_link_refused(link_refusal why) override;
    void on_link_message(message_view m) override;
    void on_link_drain() override;
    void on_link_end(link_end const& how) override;

private:
    struct kept_message {
        std::string data;
        bool is_binary;
    };

    void begin(request const& from);
    void note_transport(std::string_view name);
    bool is_websocket() const noexcept;
    void open_link(request const& from);
    void keep(message_view m);
    void send_kept();
    void deliver(message_view m);
    void try_again();
    void end(close_code code, std::string_view text);
    void write_record(close_event const& how);

    std::shared_ptr<route> route_;
    shard_state& here_;
    session* session_ = nullptr;
    std::unique_ptr<backend_link> link_{};
    std::optional<decision> decide_{};
    session_notes notes_{};
    std::optional<kept_message>
        undelivered_{};                 ///< Of the backend, which the session had no room for.
    std::vector<kept_message> kept_{};  ///< Of the client, while it is held.
    std::size_t kept_bytes_ = 0;
    std::chrono::steady_clock::time_point held_until_{};
    unsigned resumption_ = 0;
    unsigned attempts_ = 0;  ///< Since the link was lost.
    bool link_is_open_ = false;
    bool client_is_paused_ = false;
    bool offers_by_field_ = false;  ///< Over HTTP the shim offers subprotocols in a field.
};

}  // namespace anywire::gateway
