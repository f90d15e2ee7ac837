#pragma once

#include <anywire/redis/connection.hpp>

#include "kept_link.hpp"
#include "servers.hpp"
#include "tallies.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::redis {

/// Takes the answer to XREAD, for one stream, apart.
///
/// Errors: nothing where it is no such answer. Nil has no entries.
[[nodiscard]] std::optional<std::vector<stream_entry>> entries_in(reply&& r);

/// The last id in the answer to XREVRANGE + - COUNT 1; "0-0" for a stream without entries.
///
/// Errors: nothing where it is no such answer.
[[nodiscard]] std::optional<std::string> last_id_in(reply const& r);

/// Reads one stream as it grows, on a socket of its own.
///
/// Thread: the host's.
class stream_line final : private kept_link::events {
public:
    class events {
    public:
        virtual void on_entry(stream_line& s, stream_entry const& e) = 0;
        /// Its place is known, or it is refused: then it is to be destroyed, later.
        virtual void on_reading(stream_line& s, error_code ec) = 0;
        virtual void on_place_wrong(std::string_view error, dial_target const& by) = 0;

    protected:
        ~events() = default;
    };

    stream_line(io_host& host,
                std::shared_ptr<settings const> how,
                std::shared_ptr<tallies> counts,
                servers const& where,
                stream_options what,
                events& to);

    void start() { place(); }
    /// Slots have other masters.
    void relocate();
    /// Nothing is told any more.
    void stop() noexcept;

private:
    enum class step : std::uint8_t { none, ask_last, read };

    void on_up() override { ask(); }
    void on_reply(reply&& r) override;
    void on_silent() override;
    void on_down(failure const& why, bool was_up) override;

    void place();
    void ask();
    void on_error(reply const& r);
    void take(reply&& r);

    io_host& host_;
    std::shared_ptr<settings const> how_;
    std::shared_ptr<tallies> counts_;
    servers const& servers_;
    stream_options what_;
    stream_line::events& to_;
    std::string last_{};  // empty until it is known
    bool has_begun_ = false;
    bool is_stopped_ = false;
    step step_ = step::none;
    std::unique_ptr<kept_link> link_{};
    client_deadline retry_;
};

}  // namespace anywire::redis
