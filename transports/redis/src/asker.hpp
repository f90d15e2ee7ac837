#pragma once

#include "server_link.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace anywire::redis {

/// Asks servers one thing, one after the other, until one knows it: sentinels where the master is,
/// nodes who serves which slot. Each is asked on a connection of its own.
///
/// Thread: the host's. Destroying it ends it, also in its events.
class asker final : private server_link::events {
public:
    class events {
    public:
        /// What one has answered. The last call, unless it says (by an error) why that is not
        /// enough: then the next is asked.
        virtual failure on_asked(reply&& r, dial_target const& by) = 0;
        /// The last call: nobody has answered well. `last` is of the last one.
        virtual void on_nobody(failure const& last) = 0;

    protected:
        ~events() = default;
    };

    asker(io_host& host, std::shared_ptr<settings const> how, events& to)
        : host_(host), how_(std::move(how)), to_(to) {}

    /// Begins, in an event, unless it is at it. `terms` are those of all, but for the address. May
    /// call back at once.
    void start(std::vector<dial_target> whom, link_terms terms, std::string question);
    bool is_busy() const noexcept { return link_ != nullptr; }

private:
    void on_link_up() override { link_->send(question_); }
    void on_link_reply(reply&& r) override;
    void on_link_silent() override { link_->fail({errc::timed_out, "did not answer in time"}); }
    void on_link_down(failure const& why) override;

    void ask_next();
    void go_on(failure const& why);

    io_host& host_;
    std::shared_ptr<settings const> how_;
    asker::events& to_;
    std::vector<dial_target> whom_{};
    link_terms terms_{};
    std::string question_{};
    std::size_t next_ = 0;
    std::unique_ptr<server_link> link_{};
};

}  // namespace anywire::redis
