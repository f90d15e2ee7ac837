#pragma once

#include "connection.hpp"
#include "response_reader.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

class http_link;

/// Why an answer did not come, or not whole.
struct link_failure {
    std::string_view text{};    ///< One sentence, or the end of one.
    bool is_answer = false;     ///< The answer itself is at fault, not the connection.
    bool has_begun = false;     ///< A byte of the answer has come.
    bool has_head = false;      ///< Its head has.
    bool nothing_sent = false;  ///< No byte of the request has left.
    /// The server had ended the connection before any byte of the request came to it.
    bool not_received = false;
};

/// Hears of the answer on a connection. It may be destroyed in each of its calls.
class http_link_user {
public:
    virtual void on_response_head(http::response_head const& head) = 0;
    virtual void on_response_piece(std::string_view piece) = 0;
    /// The connection has left already. The last call.
    virtual void on_response_done() = 0;
    /// A 101 that was asked for; the connection is the user's as a stream, with what was read of it
    /// already. The last call.
    virtual void on_switched(http::response_head const& head,
                             byte_stream stream,
                             std::string_view rest) = 0;
    /// The connection has gone. The last call.
    virtual void on_response_failed(link_failure const& why) = 0;

protected:
    ~http_link_user() = default;
};

/// Connections that wait for their next request. Has no more than `most_of_one` to one origin, and
/// none for longer than `longest`, or than its server has said (`Keep-Alive: timeout=5`) but for a
/// second, in which a request could meet the end on its way.
///
/// Thread: the host's.
class link_pool {
public:
    static constexpr std::size_t most_of_one = 6;
    static constexpr std::size_t most = 64;
    static constexpr std::chrono::seconds longest{30};
    /// After this a connection is not used for what must not be asked twice: there are servers that
    /// end them after 5 s and do not say so.
    static constexpr std::chrono::seconds longest_for_once{4};

    link_pool() = default;
    /// For servers that are known to keep connections for longer than `longest`: has so many to one
    /// origin, also for what must not be asked twice.
    void allow(std::size_t of_one) noexcept {
        of_one_ = of_one;
        all_ = of_one > most ? of_one : most;
        for_once_ = longest;
    }
    link_pool(link_pool const&) = delete;
    link_pool& operator=(link_pool const&) = delete;
    ~link_pool();

    /// The one of that key that was used last; null when there is none. `is_once`: for a request
    /// that cannot be repeated where the connection breaks.
    http_link* take(std::string_view key, bool is_once = false);
    /// Keeps one, or drops it or the oldest where there are too many.
    void put(http_link& link);
    void remove(http_link& link) noexcept { std::erase(idle_, &link); }
    std::size_t size() const noexcept { return idle_.size(); }

private:
    std::vector<http_link*> idle_{};  // the oldest first
    std::size_t of_one_ = most_of_one;
    std::size_t all_ = most;
    std::chrono::seconds for_once_{longest_for_once};
};

/// A client's connection with HTTP/1.1 on it: one request at a time, and none while it is in its
/// pool, where it watches for its end.
class http_link final : public connection {
public:
    /// `pool` outlives its use: links whose user has gone are dropped.
    http_link(io_host& host, byte_stream stream, std::string key, link_pool& pool);

    /// Sends a request. An event of its own.
    void begin(http_link_user& user,
               std::string_view request,
               http::response_limits const& limits,
               http::response_to what);
    /// Stops and resumes the reading of the body.
    void pause(bool is);
    /// Tells the server that another request waits for this answer, which it may then give sooner.
    /// There is none: the connection ends after the answer.
    void announce_next();
    /// The user has gone, or wants no more of it.
    void abandon() noexcept;

    std::string const& key() const noexcept { return key_; }
    bool is_alive() const noexcept { return !is_dropped() && !stream().has_peer_ended(); }

    /// What waits in the pool waits for nothing any more.
    void on_shutdown() override;

private:
    friend class link_pool;

    void on_bytes(char* data, std::size_t size) override;
    void on_end(bool orderly) override;
    void on_sent() override {}
    void on_stalled() override;
    void on_deadline() override;
    void on_cut() noexcept override { user_ = nullptr; }

    void feed(std::string_view bytes);
    void hand_over(std::string_view rest);
    void finish(bool is_clean);
    void fail(std::string_view text, bool is_answer);
    void note_keep_alive();

    link_pool* pool_;
    std::string key_;
    http_link_user* user_ = nullptr;
    http::response_reader reader_{};
    std::unique_ptr<std::string> held_{};  // bytes read that wait for a resume
    std::size_t request_size_ = 0;
    std::chrono::seconds kept_for_{link_pool::longest};  // as its server says, and no longer
    tick idle_since_ = 0;                                // in the pool
    bool paused_ = false;
    bool switches_ = false;  // a 101 was asked for
    bool nothing_sent_ = false;
    bool not_received_ = false;
    bool is_idle_ = false;  // in the pool
};

}  // namespace anywire
