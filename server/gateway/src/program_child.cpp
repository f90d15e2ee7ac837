#include "program_child.hpp"

#include "core/utf8.hpp"
#include "pipe_stream.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace anywire::gateway {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 50ms;
constexpr std::size_t longest_line = 1'000;
constexpr unsigned lines_per_second = 10;
constexpr unsigned line_burst = 50;

int open_process(pid_t process) noexcept {
    return static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
}

}  // namespace

std::string to_text(program_exit const& how) {
    if (!how.is_known) return "the program has gone";
    if (!how.is_signal) return "the program exited with " + std::to_string(how.value);
    auto const* const name = ::sigabbrev_np(how.value);
    return "the program was ended by " +
           (name ? "SIG" + std::string(name) : "signal " + std::to_string(how.value));
}

program_child::program_child(io_host& host,
                             pid_t process,
                             owned_descriptor errors,
                             program_options options,
                             std::unique_ptr<connection_ticket> ticket)
    : connection(
          host,
          byte_stream(std::make_unique<pipe_stream>(host.sockets(), errors.release(), -1), false),
          0,
          std::move(ticket)),
      process_(process),
      options_(std::move(options)) {}

program_child::~program_child() {
    unwatch_exit();
}

void program_child::start(program_user& to, program_child*& slot) {
    to_ = &to;
    slot_ = &slot;
    slot = this;
    run_event([this] {
        start_reading();
        watch_exit();
        arm_next();
    });
}

void program_child::watch_exit() {
    if (options_.watch == exit_watch::descriptor)
        exit_descriptor_ = owned_descriptor(open_process(process_));
    auto const descriptor = exit_descriptor_.get();
    polls_ = descriptor < 0 || !host().sockets().add(descriptor, EPOLLIN, watcher_);
    if (polls_) exit_descriptor_.reset();
}

void program_child::unwatch_exit() noexcept {
    if (exit_descriptor_.get() < 0) return;
    host().sockets().forget(watcher_);
    host().sockets().remove(exit_descriptor_.get());
    exit_descriptor_.reset();
}

// -- the end --------------------------------------------------------------------------------------

void program_child::begin_end() {
    if (stage_ != stage::running) return;
    stage_ = stage::asked;
    step_at_ = loop().now() + to_ticks(options_.end_grace);
    arm_next();
}

void program_child::abandon() {
    to_ = nullptr;
    slot_ = nullptr;
    begin_end();
    finish_if_over();
}

/// Looks whether the process has ended, and leaves its number taken: it names the group.
void program_child::look() {
    if (has_exited_) return;
    siginfo_t info{};
    auto const done =
        ::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (done != 0 && errno == EINTR) return;
    if (done == 0 && info.si_pid == 0) return;
    has_exited_ = true;
    is_ours_ = done == 0;
    unwatch_exit();
    // Others may have its output still; they are not waited for without end.
    auto const was_told = stage_ >= stage::told;
    begin_end();
    if (!to_) return finish_if_over();
    program_exit const how{.is_known = is_ours_,
                           .is_signal = info.si_code != CLD_EXITED,
                           .value = info.si_status,
                           .was_told = was_told};
    to_->on_program_exit(how);
}

void program_child::on_deadline() {
    if (stage_ == stage::leftovers) {
        // The number may be somebody else's by now only if all others of the group have ended and
        // the kernel has used up all numbers since.
        signal_group(SIGKILL);
        return drop();
    }
    if (polls_) look();
    if (is_dropped()) return;
    auto const is_due = stage_ != stage::running && not_after(step_at_, loop().now());
    if (is_due) step();
    if (!is_dropped()) arm_next();
}

/// It has had its time: something stronger.
void program_child::step() {
    if (stage_ == stage::given_up || stage_ == stage::leftovers) return;
    step_at_ = loop().now() + to_ticks(options_.end_grace);
    switch (stage_) {
        case stage::asked: stage_ = stage::told; return signal_group(SIGTERM);
        case stage::told: stage_ = stage::killed; return signal_group(SIGKILL);
        default: break;
    }
    stage_ = stage::given_up;
    if (to_) to_->on_program_given_up();
    if (!is_dropped()) finish_if_over();
}

/// Its end has been seen, nobody needs it any more, and what it said has been read.
void program_child::finish_if_over() {
    if (!has_exited_ || to_ || stage_ == stage::leftovers) return;
    if (errors_ended_ || stage_ == stage::given_up) finish();
}

void program_child::finish() {
    auto const was_ours = std::exchange(is_ours_, false);
    if (was_ours) {
        // What it has left running in its group goes, too.
        (void)::kill(-process_, SIGTERM);
        (void)::waitpid(process_, nullptr, WNOHANG);
    }
    if (!was_ours || ::kill(-process_, 0) != 0) return drop();
    is_ours_ = true;
    stage_ = stage::leftovers;
    set_ticket(nullptr);
    set_deadline(loop().now() + to_ticks(options_.end_grace));
}

void program_child::arm_next() {
    if (stage_ == stage::leftovers) return;
    auto const has_step = stage_ != stage::running && stage_ != stage::given_up;
    auto when = loop().now() + to_ticks(poll_interval);
    if (has_step && (!polls_ || has_exited_ || not_after(step_at_, when))) when = step_at_;
    if (has_step || (polls_ && !has_exited_)) set_deadline(when);
}

void program_child::signal_group(int signal) noexcept {
    if (is_ours_) (void)::kill(-process_, signal);
}

/// The loop has ended, and with it all waiting.
void program_child::on_cut() noexcept {
    to_ = nullptr;
    if (slot_) *std::exchange(slot_, nullptr) = nullptr;
    unwatch_exit();
    signal_group(SIGKILL);
    if (stage_ == stage::leftovers || !is_ours_) return;
    constexpr int most_looks = 100;
    for (int i = 0; i < most_looks && ::waitpid(process_, nullptr, WNOHANG) == 0; ++i)
        (void)::poll(nullptr, 0, 10);
    is_ours_ = false;
}

// -- what it says ---------------------------------------------------------------------------------

void program_child::on_end(bool) {
    end_line();
    errors_ended_ = true;
    finish_if_over();
}

void program_child::on_bytes(char* data, std::size_t size) {
    std::string_view bytes(data, size);
    for (auto end = bytes.find('\n'); end != bytes.npos; end = bytes.find('\n')) {
        add_to_line(bytes.substr(0, end));
        end_line();
        bytes.remove_prefix(end + 1);
    }
    add_to_line(bytes);
}

void program_child::add_to_line(std::string_view bytes) {
    auto const room = longest_line - line_.size();
    if (bytes.size() > room) line_is_cut_ = true;
    line_.append(bytes.substr(0, room));
}

void program_child::end_line() {
    auto const line = std::exchange(line_, {});
    auto const is_cut = std::exchange(line_is_cut_, false);
    if (line.empty()) return;
    if (!lines_.take(1, lines_per_second, line_burst, loop().now())) {
        ++left_out_;
        return;
    }
    std::string text;
    append_utf8_repaired(text, line);
    for (auto& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\t' ? ' ' : '?';
    if (is_cut) text += "...";
    if (auto const n = std::exchange(left_out_, 0u); n != 0)
        text += " (" + std::to_string(n) + " lines before were left out)";
    host().log().write(log_level::info, "session ", options_.name, ": program: ", text);
}

}  // namespace anywire::gateway
