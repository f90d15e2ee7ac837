#pragma once

#include "command_line.hpp"
#include "slots.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace anywire::redis {

/// The servers that commands go to: one, or the masters of a cluster, of which it knows which slot
/// is whose.
///
/// Thread: the host's. Nothing is told from within a call.
class servers final : private command_line::events, private asker::events {
public:
    class events {
    public:
        /// One is reached (`why` is null), or is lost, or cannot be reached.
        virtual void on_server(failure const* why) = 0;
        /// Slots have other masters.
        virtual void on_slots() = 0;
        virtual void on_done(request& r, error_code ec, reply&& answer) = 0;

    protected:
        ~events() = default;
    };

    servers(io_host& host,
            std::shared_ptr<settings const> how,
            std::shared_ptr<tallies> counts,
            events& to);

    void start();
    void run(request r);
    /// The same at a certain master of a cluster.
    void run_at(dial_target const& which, request r);
    /// Nothing is sent any more: what waits is told so.
    void close();

    /// What they are, for people.
    std::string text() const;
    /// Whether all of them are reached, without a doubt.
    bool is_whole() const noexcept;
    /// Sees whether they live.
    void doubt();
    std::vector<dial_target> masters() const;
    /// The master of a slot, or, without one, the first; nothing where that is not known, and
    /// where there is no cluster.
    std::optional<dial_target> place_of(std::optional<std::uint16_t> slot) const;
    bool is_cluster() const noexcept { return how_->is_cluster(); }
    bool is_master(dial_target const& which) const noexcept {
        return slots_ && slots_->is_master(which);
    }
    /// What a node has said to somebody else: slots have moved, or something is wrong.
    void note_redirection(std::string_view error, dial_target const& by);
    /// Asks the cluster anew, soon.
    void refresh() {
        if (is_cluster() && !refresh_.is_set()) refresh_.set(tick_length);
    }

private:
    void on_line_up(command_line& l) override;
    void on_line_down(command_line& l, failure const& why, bool was_up) override;
    void on_done(request& r, error_code ec, reply&& answer) override;
    void on_not_here(command_line& l, request&& r, reply&& error) override;
    failure on_asked(reply&& r, dial_target const& by) override;
    void on_nobody(failure const& last) override;

    command_line& line_to(std::optional<dial_target> const& which);
    void follow(request r, redirection const& to, bool is_ask);
    void keep(request r);
    void run_kept();
    void ask();
    void leave_others();

    io_host& host_;
    std::shared_ptr<settings const> how_;
    std::shared_ptr<tallies> counts_;
    servers::events& to_;
    std::map<std::string, std::unique_ptr<command_line>, std::less<>> lines_{};  // by address
    std::optional<slot_map> slots_{};
    std::deque<request> kept_{};  // whose server is not known, or not ready
    bool is_again_ = false;       // ask once more after the answer that is due
    std::uint32_t failures_ = 0;
    asker nodes_;
    client_deadline refresh_;
    client_deadline retry_;
};

}  // namespace anywire::redis
