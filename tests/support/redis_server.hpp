#pragma once

#include "support/running_server.hpp"
#include "support/temp_folder.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace anywire::test {

/// A port of the loopback that nobody listens on now. Redis takes no 0.
inline std::uint16_t free_port() {
    auto const s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto const is_bound = ::bind(s, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0 &&
                          ::getsockname(s, reinterpret_cast<sockaddr*>(&at), &size) == 0;
    ::close(s);
    if (!is_bound) throw std::runtime_error("no free port");
    return ntohs(at.sin_port);
}

/// A real redis-server in a folder of its own, on the loopback and on a unix socket. It ends with
/// this object, and with the test's process.
///
/// Ports that are free now may be taken a moment later, by another test: then it tries others.
class redis_server {
public:
    /// `more` are lines of its configuration, or "--sentinel" as the first. "{port}" in a line is
    /// a second port: of TLS, or of a cluster's bus.
    explicit redis_server(std::vector<std::string> more = {}) : more_(std::move(more)) {
        for (int attempt = 0; pid_ < 0; ++attempt) {
            port_ = free_port();
            second_port_ = free_port();
            try {
                start();
            } catch (std::runtime_error const&) {
                if (attempt == 5 || log().find("Address already in use") == std::string::npos)
                    throw;
            }
        }
    }
    redis_server(redis_server const&) = delete;
    redis_server& operator=(redis_server const&) = delete;
    ~redis_server() { stop(SIGKILL); }

    std::uint16_t port() const noexcept { return port_; }
    std::uint16_t second_port() const noexcept { return second_port_; }
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    std::string url() const { return "redis://" + address(); }
    std::string socket_path() const { return folder_.file("redis.sock"); }
    pid_t pid() const noexcept { return pid_; }

    /// Waits until it takes connections.
    ///
    /// Throws: `std::runtime_error` with its log when it does not.
    void start() {
        bool const is_sentinel = !more_.empty() && more_.front() == "--sentinel";
        std::string text = "bind 127.0.0.1\nport " + std::to_string(port_) + "\nunixsocket " +
                           socket_path() + "\ndir " + folder_.path() + "\nlogfile " + log_path() +
                           "\n";
        if (!is_sentinel) text += "save \"\"\nappendonly no\nenable-debug-command yes\n";
        for (auto line : more_) {
            if (line == "--sentinel") continue;
            if (auto const at = line.find("{port}"); at != std::string::npos)
                line.replace(at, 6, std::to_string(second_port_));
            text += line + "\n";
        }
        std::filesystem::remove(log_path());
        folder_.write("redis.conf", text);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            auto const null = ::open("/dev/null", O_WRONLY);
            ::dup2(null, STDOUT_FILENO);
            auto const conf = folder_.file("redis.conf");
            if (is_sentinel)
                ::execlp("redis-server", "redis-server", conf.c_str(), "--sentinel", nullptr);
            else
                ::execlp("redis-server", "redis-server", conf.c_str(), nullptr);
            ::_exit(127);
        }
        auto const is_ended = [this] { return ::waitpid(pid_, nullptr, WNOHANG) == pid_; };
        auto is_dead = false;
        if (eventually([&] { return is_listening() || (is_dead = is_ended()); }) && !is_dead)
            return;
        if (is_dead) pid_ = -1;
        stop(SIGKILL);
        throw std::runtime_error("redis-server does not start: " + log());
    }
    void stop(int how = SIGTERM) {
        if (pid_ <= 0) return;
        ::kill(pid_, how);
        ::kill(pid_, SIGCONT);
        ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    }
    void restart() {
        stop(SIGKILL);
        start();
    }
    void pause() const { ::kill(pid_, SIGSTOP); }
    void resume() const { ::kill(pid_, SIGCONT); }
    std::string log() const {
        std::ifstream in(log_path());
        return std::string(std::istreambuf_iterator<char>(in), {});
    }

private:
    std::string log_path() const { return folder_.file("log"); }

    bool is_listening() const {
        auto const s = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        socket_path().copy(at.sun_path, sizeof at.sun_path - 1);
        auto const is = ::connect(s, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0;
        ::close(s);
        return is;
    }

    temp_folder folder_{};
    std::vector<std::string> more_;
    std::uint16_t port_ = 0;
    std::uint16_t second_port_ = 0;
    pid_t pid_ = -1;
};

}  // namespace anywire::test
