#pragma once

#include <anywire/layer.hpp>
#include <anywire/stomp/server.hpp>

#include "core/keyed_hash.hpp"
#include "heart_beat.hpp"
#include "published.hpp"
#include "receipts.hpp"
#include "relayed_client.hpp"
#include "stomp/frame_reader.hpp"
#include "stomp/frame_writer.hpp"
#include "stomp_core.hpp"
#include "subscription.hpp"
#include "transaction.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::stomp {

/// One client: what STOMP keeps of a session.
///
/// Thread: its shard's.
class stomp_client final : public layer_session, public timer_node {
public:
    stomp_client(stomp_core& core, stomp_shard& at, session_below below);
    ~stomp_client() override;

    stomp_core& core() const noexcept { return core_; }
    std::string_view id() const noexcept { return below_->id(); }
    std::string const& user() const noexcept { return user_; }
    stomp::version version() const noexcept { return version_; }
    session_below below() const noexcept { return below_; }
    client& handle() noexcept { return handle_; }
    void prefetch() const noexcept { below_.prefetch(); }

    // -- the session's events
    void on_open() override;
    void on_message(message_view m) override;
    void on_close(close_event const& how) override;
    void on_timer(tick now) override;

    // -- what the broker does
    /// Sends a message to one subscription.
    void deliver(subscription& s, published const& p);
    /// The same of a queue; false where it cannot be sent now.
    bool deliver_queued(subscription& s, delivery const& d);
    template <class Visit>
    void for_each_subscription(Visit visit) const {
        auto const each = [&](subscription const& s) { visit(const_cast<subscription&>(s)); };
        subscriptions_.for_each(each);
    }

    // -- what the application does
    void accept(accepted with);
    /// It is let in, by the broker too where that is elsewhere.
    void begin(stomp::version v);
    void refuse(std::string_view text);
    void disconnect(std::string_view message);
    /// A handler has come to its end; `at` is its frame's receipt, if it has one.
    void finish(std::optional<receipts::place> at);
    void fail_handler(std::optional<receipts::place> at,
                      std::string_view destination,
                      std::exception_ptr const& why);

private:
    friend class relayed_client;
    enum class state : std::uint8_t { opening, deciding, connected, leaving, ended };
    class handler_work;
    /// Takes what a handler returns, of a client that may have gone, sent to a destination.
    using value_taker =
        std::function<void(stomp_core&, stomp_client*, std::string const&, payload)>;

    // -- reading
    void read(std::string_view bytes);
    void hold(std::string_view bytes);
    void take(frame_view const& f);
    void take_command(frame_view const& f);
    void take_first(frame_view const& f);
    void on_connect(frame_view const& f);
    bool choose_version(frame_view const& f);
    void on_send(frame_view const& f);
    void on_subscribe(frame_view const& f);
    void on_unsubscribe(frame_view const& f);
    void on_settle(frame_view const& f);
    void on_begin(frame_view const& f);
    void on_commit(frame_view const& f);
    void on_abort(frame_view const& f);
    void on_disconnect(frame_view const& f);

    // -- what a frame becomes
    bool check_send(frame_view const& f);
    void execute(frame_view const& f);
    void send_to_broker(frame_view const& f);
    void send_to_others(frame_view const& f);
    void send_to_application(frame_view const& f);
    bool check_settled(frame_view const& f) const;
    void settle(frame_view const& f);
    bool may(bool is_send, std::string_view destination);
    bool store(frame_view const& f, std::string_view id);
    bool count_stored(frame_view const& f, std::string_view id);
    transaction* find_transaction(std::string_view id) noexcept;
    bool open_transaction(frame_view const& f);
    std::optional<transaction> take_transaction(frame_view const& f);

    std::unique_ptr<subscription> read_subscription(frame_view const& f);
    bool check_subscription(subscription& s, frame_view const& f);
    bool may_subscribe(subscription& s);
    bool may_use_pattern(std::string_view text) const;
    void answer_subscriber(subscription const& s, frame_view const& f);
    void take_snapshot(subscription& s);
    void enter(std::unique_ptr<subscription> s, frame_view const& f);
    subscription* find_numbered(std::uint64_t number) const noexcept;
    subscription* find_subscription(frame_view const& f);
    void drop(subscription& s);

    // -- writing
    void call_route(detail::route_call const& route,
                    std::vector<std::string_view> const& variables,
                    message const& m,
                    frame_view const& f,
                    value_taker with_value);
    void no_handler(frame_view const& f, std::string_view destination);
    static published_ptr publication_of(frame_view const& f);
    std::string head_of(subscription const& s, std::uint64_t number, bool redelivered);
    result<void> send_message(std::string_view head, published const& p, sending how);
    void note_delivery(result<void> const& sent, published const& p);
    void send_frame(std::string_view text);
    void send_receipts();
    void done(frame_view const& f);
    void send_connected();
    /// Ends the session with an ERROR.
    void fail(close_reason why, std::string_view text, std::optional<std::string_view> receipt);
    void fail(close_reason why, std::string_view text, frame_view const& f);
    void send_error(std::string_view text, std::optional<std::string_view> receipt);
    void leave(close_reason why);
    void stop_consuming();
    void tell_error(failure::kind what, std::string_view destination, std::string_view text);
    void arm_next();
    bool is_ended() const noexcept { return state_ == state::ended; }

    stomp_core& core_;
    stomp_shard& at_;
    session_below below_;
    client handle_;
    frame_reader reader_;
    std::string user_{};
    std::string versions_{};  // that it offers, as its CONNECT lists them
    std::string held_{};      // what has come while it is decided who may connect
    heart_beats beats_{};
    heart_beat asked_{};
    tick connect_until_ = 0;
    named_set<subscription> subscriptions_;
    boost::unordered_flat_map<std::uint64_t, subscription*> numbered_{};  // the same
    std::vector<transaction> transactions_{};
    receipts receipts_{};
    std::size_t working_ = 0;  // handlers that have not come to their end
    std::uint64_t last_subscription_ = 0;
    std::shared_ptr<stomp_client*> self_;  // for what may come too late
    std::unique_ptr<relayed_client> relayed_{};
    stomp::version version_ = version::v1_0;
    state state_ = state::opening;
    bool was_connected_ = false;
    bool has_waiting_ = false;  // subscriptions of queues wait until there is room
};

}  // namespace anywire::stomp
