#pragma once

#include "asker.hpp"
#include "server_link.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace anywire::redis {

/// The address in a sentinel's answer to SENTINEL get-master-addr-by-name.
///
/// Errors: nothing, and in `why` the end of a sentence.
[[nodiscard]] std::optional<dial_target> master_in(reply const& r, failure& why);

/// A connection to a server that comes back, for ever: where there are sentinels, to whichever is
/// the master then.
///
/// Thread: the host's. Destroying it ends it, without a word; also in each of its events, which
/// never come from within a call.
class kept_link final : private server_link::events, private asker::events {
public:
    class events {
    public:
        virtual void on_up() = 0;
        virtual void on_reply(reply&& r) = 0;
        /// Something should be sent that is answered.
        virtual void on_silent() = 0;
        /// It is lost (`was_up`), or an attempt has failed; the next one follows.
        virtual void on_down(failure const& why, bool was_up) = 0;

    protected:
        ~events() = default;
    };

    /// `fixed`: a node of a cluster. Without it, the server of the URL, or the sentinels' master.
    kept_link(io_host& host,
              std::shared_ptr<settings const> how,
              std::optional<dial_target> fixed,
              std::chrono::milliseconds silence,
              events& to);
    kept_link(kept_link const&) = delete;
    kept_link& operator=(kept_link const&) = delete;
    /// What is in `output` is sent still, as far as the kernel takes it at once: a program that
    /// ends has asked for it.
    ~kept_link() {
        *alive_ = false;
        if (is_up_ && link_ && !out_.empty()) link_->leave(out_);
    }

    /// Begins, soon.
    void start() { next_.set_soon(); }
    bool is_up() const noexcept { return is_up_; }
    /// Has something sent that is answered, if it is up; it is in doubt until its user believes
    /// that it lives, or it is lost.
    void doubt() {
        if (!is_up_ || std::exchange(is_doubted_, true)) return;
        to_.on_silent();
    }
    bool is_doubted() const noexcept { return is_doubted_; }
    /// Whether it was in doubt.
    bool believe() noexcept { return std::exchange(is_doubted_, false); }
    /// Sends at once, in front of `output`. Requires: it is up.
    void send(std::string_view bytes) { link_->send(bytes); }
    /// What is to be sent, for `flush_soon`. It is emptied when the connection is made, and when it
    /// is lost.
    std::string& output() noexcept { return out_; }
    /// Sends it in one write, with what else is there by then; nothing where it is not up then.
    void flush_soon();
    /// Ends the connection, to come back; requires that it is up, and nothing of it is used by the
    /// caller after that. `on_down` follows at once.
    void drop(failure why) { link_->fail(std::move(why)); }
    /// The server that it leads to, or shall.
    dial_target const& place() const noexcept { return place_; }

private:
    void on_link_up() override;
    void on_link_reply(reply&& r) override { to_.on_reply(std::move(r)); }
    void on_link_silent() override { to_.on_silent(); }
    void on_link_down(failure const& why) override;
    failure on_asked(reply&& r, dial_target const& by) override;
    void on_nobody(failure const& last) override;

    void attempt();
    void open();
    void come_back(failure const& why);

    io_host& host_;
    std::shared_ptr<settings const> how_;
    std::chrono::milliseconds silence_;
    kept_link::events& to_;
    dial_target place_;
    std::unique_ptr<asker> sentinels_{};  // null where none are asked
    std::size_t best_sentinel_ = 0;
    std::unique_ptr<server_link> link_{};
    bool is_up_ = false;
    bool is_doubted_ = false;
    std::uint32_t failures_ = 0;  // in a row
    std::string out_{};
    bool will_flush_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    client_deadline next_;
};

}  // namespace anywire::redis
