#pragma once

#include "kept_link.hpp"
#include "request.hpp"

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace anywire::redis {

/// Whether an error says that the command was not executed here and now, but may be elsewhere, or
/// later.
[[nodiscard]] bool is_not_here(std::string_view error) noexcept;

/// The commands for one server, in order: those that wait for it, and those that it has to answer.
///
/// Thread: the host's. It may be destroyed in its events `on_line_up` and `on_line_down`.
class command_line final : private kept_link::events {
public:
    class events {
    public:
        /// It is up; or it was in doubt, and lives.
        virtual void on_line_up(command_line& l) = 0;
        virtual void on_line_down(command_line& l, failure const& why, bool was_up) = 0;
        /// It has its answer, or will have none. Never from within a call.
        virtual void on_done(request& r, error_code ec, reply&& answer) = 0;
        /// It was answered by an error as in `is_not_here`.
        virtual void on_not_here(command_line& l, request&& r, reply&& error) = 0;

    protected:
        ~events() = default;
    };

    /// `fixed` as in `kept_link`.
    command_line(io_host& host,
                 std::shared_ptr<settings const> how,
                 std::shared_ptr<tallies> counts,
                 std::optional<dial_target> fixed,
                 events& to);

    void start() { link_.start(); }
    void add(request r);
    bool is_up() const noexcept { return link_.is_up(); }
    /// As `kept_link`.
    void doubt() { link_.doubt(); }
    bool is_doubted() const noexcept { return link_.is_doubted(); }
    bool is_idle() const noexcept { return sent_.empty() && waiting_.empty(); }
    dial_target const& place() const noexcept { return link_.place(); }
    /// Those that were not sent.
    std::deque<request> take_waiting() noexcept { return std::exchange(waiting_, {}); }
    /// Those that were, for a line that goes.
    std::deque<request> take_sent() noexcept { return std::exchange(sent_, {}); }
    /// As `kept_link::drop`. Requires: it is up.
    void drop(failure why) { link_.drop(std::move(why)); }

private:
    void on_up() override;
    void on_reply(reply&& r) override;
    void on_silent() override;
    void on_down(failure const& why, bool was_up) override;

    void send(request r);
    void on_time();
    void set_time();

    io_host& host_;
    std::shared_ptr<tallies> counts_;
    command_line::events& to_;
    std::deque<request> waiting_{};
    std::deque<request> sent_{};
    client_deadline time_;
    kept_link link_;
};

}  // namespace anywire::redis
