#pragma once

#include "backend.hpp"
#include "cgi_environment.hpp"
#include "framed_connection.hpp"
#include "program_child.hpp"
#include "server_claim.hpp"
#include "settings.hpp"
#include "upstreams.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::gateway {

/// What all links of a route share; it goes with the last of them.
struct program_route {
    program_route(route_settings const& s,
                  std::shared_ptr<upstreams> among,
                  cgi_environment variables,
                  exit_watch how)
        : settings(s), servers(std::move(among)), environment(std::move(variables)), watch(how) {}

    route_settings const settings;
    std::shared_ptr<upstreams> servers;
    cgi_environment environment;
    exit_watch watch;
    std::vector<std::vector<std::string>> commands{};  ///< For each server.
    std::atomic<std::size_t> processes{0};
};

/// One session's program.
class program_link final : public backend_link, private framed_user, private program_user {
public:
    program_link(std::shared_ptr<program_route> of,
                 shard_place& here,
                 link_opening const& what,
                 link_events& to);
    program_link(program_link const&) = delete;
    program_link& operator=(program_link const&) = delete;
    ~program_link() override;

    // -- backend_link
    bool send(message_view m) override;
    void close(close_code code, std::string_view text) override;
    void pause(bool is) override;
    std::size_t queued_bytes() const noexcept override;
    std::string_view server() const noexcept override;

private:
    struct opening;

    void begin();
    void start(io_host& host, spawned_process process);
    void refuse(link_refusal why);
    void end(link_end const& how);
    void end_as_program();

    // -- framed_user
    void on_framed_message(message_view m) override { events_.on_link_message(m); }
    void on_framed_room() override { events_.on_link_drain(); }
    void on_framed_end(framed_end why) override;
    // -- program_user
    void on_program_exit(program_exit const& how) override;
    void on_program_given_up() override;

    std::shared_ptr<program_route> of_;
    link_events& events_;
    std::unique_ptr<opening> opening_;         ///< Until the program runs.
    framed_connection* connection_ = nullptr;  ///< Cleared when the program's output has ended.
    program_child* child_ = nullptr;
    server_claim server_{};
    std::optional<program_exit> exit_{};
    bool is_closing_ = false;
};

}  // namespace anywire::gateway
