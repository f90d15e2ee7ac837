#include "outcome.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace anywire::cli {

outcome::outcome() : wake_(::eventfd(0, EFD_CLOEXEC)) {
    if (wake_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

outcome::~outcome() {
    ::close(wake_);
}

void outcome::wake() {
    changed_.notify_all();
    std::uint64_t const one = 1;
    (void)!::write(wake_, &one, sizeof one);
}

void outcome::set_open() {
    std::lock_guard const lock(guard_);
    was_open_ = true;
    changed_.notify_all();
}

void outcome::set_room() {
    std::lock_guard const lock(guard_);
    has_room_ = true;
    changed_.notify_all();
}

void outcome::set(exit_code code) {
    std::lock_guard const lock(guard_);
    if (!code_) code_ = code;
    wake();
}

void outcome::set_ended() {
    std::lock_guard const lock(guard_);
    has_ended_ = true;
    if (!code_) code_ = was_open_ ? exit_code::ended : exit_code::no_way;
    wake();
}

bool outcome::is_set() const {
    std::lock_guard const lock(guard_);
    return code_.has_value();
}

exit_code outcome::code(exit_code otherwise) const {
    std::lock_guard const lock(guard_);
    return code_.value_or(otherwise);
}

bool outcome::wait_open(double seconds) {
    std::unique_lock lock(guard_);
    auto const is_known = [this] { return was_open_ || code_.has_value(); };
    if (seconds <= 0)
        changed_.wait(lock, is_known);
    else
        changed_.wait_for(lock, std::chrono::duration<double>(seconds), is_known);
    return was_open_;
}

void outcome::await_room() {
    std::lock_guard const lock(guard_);
    has_room_ = false;
}

bool outcome::wait_room() {
    std::unique_lock lock(guard_);
    changed_.wait(lock, [this] { return has_room_ || code_.has_value(); });
    return !code_.has_value();
}

void outcome::wait(double seconds, exit_code otherwise) {
    std::unique_lock lock(guard_);
    auto const is_known = [this] { return code_.has_value(); };
    if (seconds <= 0)
        changed_.wait(lock, is_known);
    else if (!changed_.wait_for(lock, std::chrono::duration<double>(seconds), is_known))
        code_ = otherwise;
}

void outcome::wait_ended() {
    std::unique_lock lock(guard_);
    changed_.wait(lock, [this] { return has_ended_; });
}

bool outcome::read_line(std::string& line) {
    while (!take_line(line)) {
        if (is_set()) return false;
        if (input_ended_) {  // what is left has no end of a line
            line = std::exchange(input_, {});
            return !line.empty();
        }
        if (!read_input()) return false;
    }
    return true;
}

bool outcome::take_line(std::string& line) {
    auto const end = input_.find('\n');
    if (end == std::string::npos) return false;
    line = input_.substr(0, end);
    input_.erase(0, end + 1);
    return true;
}

bool outcome::read_input() {
    std::array<pollfd, 2> watched{{{STDIN_FILENO, POLLIN, 0}, {wake_, POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0) {
        input_ended_ = errno != EINTR;
        return true;
    }
    if (watched[1].revents != 0) return false;
    std::array<char, 65536> piece{};
    auto const got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got > 0) input_.append(piece.data(), static_cast<std::size_t>(got));
    input_ended_ = got == 0 || (got < 0 && errno != EINTR);
    return true;
}

}  // namespace anywire::cli
