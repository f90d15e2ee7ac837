#pragma once

#include <anywire/redis/socketio_adapter.hpp>

#include "adapters/session_codec.hpp"
#include "port.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::redis {

/// One stream, for all namespaces that are in it: what is added to it, and what is read.
///
/// What a namespace adds *in order* is done here when it is read back, among what others have
/// added: so all servers do the same in the same order. It is done at once, and without a place in
/// the order, while there is no connection, or when adding it has failed.
///
/// Thread: any; what is read, and done in order, comes where the port runs.
class stream_hub : public std::enable_shared_from_this<stream_hub> {
public:
    /// Does what was added. The id is that of the entry; nothing where it has no place in the
    /// order.
    using do_fn = std::function<void(std::optional<entry_id>)>;
    /// Takes an entry of another server.
    using entry_fn = std::function<void(entry_id, entry_fields const&)>;

    stream_hub(std::shared_ptr<stream_port> at, std::string key, streams_options const& with);
    stream_hub(stream_hub const&) = delete;
    stream_hub& operator=(stream_hub const&) = delete;

    /// A server's namespace hears of what others add, until the result goes. Its own entries are
    /// those with that uid.
    [[nodiscard]] subscription join(std::string uid, entry_fn hear);

    /// Adds an entry. `in_order` may be empty: then it is only added.
    void add(entry_fields fields, do_fn in_order);

    /// The last entry that was read, and done where it was to be; nothing before the first read.
    /// Thread: where the port runs.
    std::optional<entry_id> last_read() const noexcept { return last_read_; }
    std::string const& key() const noexcept { return key_; }

private:
    struct listener {
        std::uint64_t id = 0;
        std::string uid{};
        std::shared_ptr<entry_fn> hear{};
    };
    struct added {
        std::uint64_t serial = 0;
        std::optional<entry_id> id{};
        bool has_failed = false;
        do_fn fn{};
    };
    struct entry {
        entry_id id{};
        std::string uid{};
        entry_fields fields{};
    };

    void open();
    void find_end();
    void read_from(entry_id end);
    void leave(std::uint64_t id);
    void on_entry(stream_entry const& e);
    void on_added(std::uint64_t serial, error_code e, reply const& r);
    void on_state(state_change const& change);
    /// Does what can be done now.
    void pump();
    /// What comes next: something to do, or nothing yet.
    std::function<void()> take_next();
    /// The first entry that was read; `own`: what waits for it, where it was added here.
    std::function<void()> take_unread(std::function<void()> own);
    std::function<void()> take_first(std::optional<entry_id> id);
    /// Does all that waits to be read back: it may never be.
    void flush();
    bool is_own(std::string_view uid) const;

    std::shared_ptr<stream_port> port_;
    std::string key_;
    std::size_t max_len_;
    std::uint32_t read_count_;
    std::chrono::milliseconds block_;
    // Where the port runs.
    std::optional<entry_id> last_read_{};
    bool is_pumping_ = false;

    mutable std::mutex mutex_{};
    bool is_open_ = false;
    std::uint64_t next_listener_ = 0;
    std::vector<listener> listeners_{};
    std::uint64_t next_serial_ = 0;
    std::deque<added> added_{};   // to be done when they are read back, oldest first
    std::deque<entry> unread_{};  // read, but waiting for the ids of what was added
    subscription reading_{};
    subscription watching_{};
    subscription retry_{};
};

}  // namespace anywire::redis
