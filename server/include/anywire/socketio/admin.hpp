#pragma once

#include <anywire/json/value.hpp>

#include <any>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace anywire {
class service;
}

namespace anywire::socketio {

class server;

/// What an operator sees and may do in the page of the npm package `@socket.io/admin-ui`.
struct admin_options {
    /// Whether somebody with this name and password, which the page asks for, is an operator. What
    /// it throws refuses them. No default: without it nobody comes in, unless `without_password`
    /// is set.
    /// Thread: a shard's; the sessions there wait for it as long as it takes.
    std::function<bool(std::string_view username, std::string_view password)> check{};
    /// Lets in everybody who reaches the mount, where there is no `check`.
    bool without_password = false;

    std::string nsp = "/admin";  ///< Where the page connects to.
    /// Shows, and takes no commands: to emit, to move sockets between rooms, to disconnect them.
    bool read_only = false;
    /// Tells of every socket, room and event, with its arguments: for development, as it costs a
    /// message for each of them while somebody looks. Off, there are only numbers. Default true,
    /// as the reference has it.
    bool details = true;
    /// How this server is called in the page. Default: the host's name and the process id.
    std::string server_id{};
    /// Between two reports of the numbers. Default 2 s; the page takes a server for dead after 10.
    std::chrono::milliseconds period{2'000};
    /// How long a page that was let in may come back without a password. Default 1 day.
    std::chrono::milliseconds session_lifetime{std::chrono::hours(24)};
    /// What is shown of `socket::data`: an object. Default: nothing is, as where it throws.
    std::function<json_value(std::any const& data)> show_data{};
};

/// Serves what the admin page needs, in a namespace of a mounted server. Cookies and credentials in
/// the sockets' headers are not shown.
///
/// Throws: `std::invalid_argument` without `check` and `without_password`, for a name that is no
///         namespace's or times that are not positive; `std::logic_error` where `io` is not mounted
///         yet.
/// Thread: the one that sets up, before the service runs.
void serve_admin(service& to, server const& io, admin_options options);

}  // namespace anywire::socketio
