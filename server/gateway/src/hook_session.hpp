#pragma once

#include "core/timer_wheel.hpp"
#include "hook_answer.hpp"
#include "hooks_shard.hpp"
#include "server_claim.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::gateway {

/// One session as the application behind hooks knows it. It outlives its link where the
/// application has still to hear of the end.
///
/// Thread: the shard's. Owned by its `hooks_shard`.
class hook_session final : private client_response_events, private timer_node {
public:
    hook_session(hooks_shard& at, link_opening const& what, link_events& to);
    hook_session(hook_session const&) = delete;
    hook_session& operator=(hook_session const&) = delete;
    ~hook_session();

    /// Requires: it has just been made.
    void begin(link_opening const& what);

    // -- for its link
    bool send(message_view m);
    void close(close_code code, std::string_view text);
    void pause(bool is);
    void attach(session* s);
    /// The link goes.
    void leave();
    std::size_t queued_bytes() const noexcept { return queued_bytes_; }
    std::string_view server() const noexcept { return server_.url(); }
    /// Is told when there is no session any more.
    void set_link(hook_session** link) noexcept { link_ = link; }

    // -- for its shard
    void on_turn();

private:
    // Of messages that wait while a POST is under way, as many go together.
    static constexpr std::size_t most_in_one_post = 64u << 10;
    // How long the application may take to answer a goodbye before the session is over without it.
    static constexpr std::chrono::milliseconds longest_goodbye{5'000};

    enum class stage : std::uint8_t { opening, open, ending };
    enum class post_kind : std::uint8_t { open, message, close, disconnect };

    void try_server();
    void post_next();
    std::optional<post_kind> choose_post() const noexcept;
    std::string body_for(post_kind what);
    void make_fields(std::string_view body, std::vector<websocket::request_field>& out);
    void start_post();
    void end_post();

    // -- client_response_events
    void on_head(client_response const& head) override;
    void on_body(std::string_view piece) override { answer_.append(piece); }
    void on_end() override;
    void on_failure(client_failure const& why) override;
    // -- timer_node
    void on_timer(tick now) override;

    void on_opened();
    void on_not_opened();
    void on_answer();
    /// The session is over for the client; the application, which may hold it open, is told.
    void give_up(close_code code, std::string text);
    void deliver_soon();
    void deliver();
    void obey(std::string_view json);
    void arm(std::chrono::milliseconds from_now);
    /// It is over; `*this` is gone when these return.
    void refuse(link_refusal why);
    void refuse_soon(link_refusal why);
    void refuse_late(std::string_view why);
    void end(bool is_clean, close_code code, std::string text);
    void end_quietly();
    void disown() noexcept;

    hooks_shard& shard_;
    link_events* events_;
    hook_session** link_ = nullptr;
    session* client_ = nullptr;
    std::shared_ptr<bool const> alive_ = std::make_shared<bool const>(true);

    std::string id_;
    std::vector<client_field> fields_{};
    std::vector<std::string> urls_{};  // for each server, until one has taken the session
    client_url url_{};
    std::vector<std::size_t> tried_{};
    server_claim server_{};
    std::string offered_{};  // subprotocols
    hook_answer::meta_fields meta_{};
    std::vector<std::string> channels_{};  // to be joined when the client is there

    std::deque<std::string> queue_{};  // events, each as it is posted
    std::size_t queued_bytes_ = 0;
    std::optional<std::string> goodbye_{};  // an event

    std::unique_ptr<client_call> call_{};
    hook_answer answer_{};
    std::string last_failure_{};
    std::uint64_t sequence_ = 0;
    tick deadline_ = 0;
    post_kind posting_ = post_kind::open;
    stage stage_ = stage::opening;
    bool waits_ = false;  // for its turn
    bool has_deadline_ = false;
    bool is_paused_ = false;
    bool is_full_ = false;  // the client was told so
    bool is_lost_ = false;  // the client has gone without a goodbye
    bool delivers_soon_ = false;
};

}  // namespace anywire::gateway
