#pragma once

#include "bus_port.hpp"
#include "support/running_server.hpp"
#include "support/temp_folder.hpp"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace anywire::test {

using namespace std::chrono_literals;

/// A folder for nodes, and options that look into it often.
struct bus_place {
    unix_bus_options options() const {
        return {.folder = temp.file("bus"), .look_every = 25ms, .retry_after = 50ms};
    }
    bool is_there(std::string const& node) const {
        return std::filesystem::exists(temp.file("bus/" + node + ".sock"));
    }
    temp_folder temp{};
};

/// One node: what it hears and logs.
struct bus_node {
    explicit bus_node(unix_bus_options const& with) {
        auto own = std::make_unique<client_context>(
            log_sink{.write = [log = log](log_level, std::string_view line) {
                log->add(std::string(line));
            }});
        auto& on = *own;
        port = std::make_shared<mesh::bus_port>(std::move(own), on, with);
    }

    [[nodiscard]] redis::subscription hear(std::string const& channel) const {
        return port->subscribe(
            redis::channel_kind::plain, channel, [seen = seen](redis::channel_message const& m) {
                seen->add(std::string(m.channel) + ": " + std::string(m.payload));
            });
    }
    void say(std::string const& channel, std::string payload) const {
        port->publish(redis::channel_kind::plain, channel, std::move(payload));
    }
    std::uint64_t count(std::string const& channel) const {
        auto const answer = std::make_shared<std::promise<std::uint64_t>>();
        port->count_subscribers(redis::channel_kind::plain,
                                channel,
                                [answer](error_code, std::uint64_t n) { answer->set_value(n); });
        auto got = answer->get_future();
        if (got.wait_for(patience) != std::future_status::ready)
            throw std::runtime_error("nobody counts");
        return got.get();
    }
    bool knows(bus_node const& other) const {
        return log->wait_for("unix_bus: connected with node " + other.port->node());
    }
    bool loses(bus_node const& other) const {
        return log->wait_for("unix_bus: node " + other.port->node());
    }

    std::shared_ptr<notes> seen = std::make_shared<notes>();
    std::shared_ptr<notes> log = std::make_shared<notes>();
    std::shared_ptr<mesh::bus_port> port{};
};

/// A socket that says to a node what a test wants.
class raw_node {
public:
    explicit raw_node(std::string const& path) {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        path.copy(at.sun_path, sizeof at.sun_path - 1);
        socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(socket_, reinterpret_cast<sockaddr const*>(&at), sizeof at) != 0)
            throw std::runtime_error("cannot connect to " + path);
    }
    raw_node(raw_node const&) = delete;
    raw_node& operator=(raw_node const&) = delete;
    ~raw_node() { ::close(socket_); }

    void send(std::string_view bytes) const {
        (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    /// Whether the node closes it.
    bool is_closed() const {
        pollfd entry{.fd = socket_, .events = POLLIN, .revents = 0};
        char byte = 0;
        return ::poll(&entry, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) ==
                   1 &&
               ::recv(socket_, &byte, 1, 0) <= 0;
    }

private:
    int socket_ = -1;
};

/// The socket of a node that is a test's own: it listens, and does what the test does.
class fake_node {
public:
    fake_node(bus_place const& at, std::string name)
        : folder_(at.temp.file("bus"), std::move(name)) {}
    /// The next connection of a node to this one.
    int accept() {
        pollfd entry{.fd = folder_.listener(), .events = POLLIN, .revents = 0};
        bool is_foreign = false;
        if (::poll(&entry, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) != 1)
            throw std::runtime_error("nobody connects");
        return folder_.accept(is_foreign);
    }
    std::string const& name() const { return folder_.node(); }

private:
    mesh::node_folder folder_;
};

}  // namespace anywire::test
