#pragma once

#include "connection.hpp"
#include "core/token_bucket.hpp"
#include "spawn.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace anywire::gateway {

/// How a program has ended.
struct program_exit {
    bool is_known = false;   ///< Else somebody else has waited for it.
    bool is_signal = false;  ///< Else `value` is its exit status.
    int value = 0;
    bool was_told = false;  ///< It had got a signal of ours before.
};

/// "the program exited with 3" or "the program was ended by SIGSEGV".
[[nodiscard]] std::string to_text(program_exit const& how);

/// How the end of a process is noticed.
enum class exit_watch : std::uint8_t {
    descriptor,  ///< By the kernel's descriptor of it, where it has such; else as `polling`.
    polling,     ///< By asking every now and then.
};

/// Hears of a program. It may let go of it in each of its calls; none comes from within a call.
class program_user {
public:
    /// The process has ended; what it wrote may still be in its pipe.
    virtual void on_program_exit(program_exit const& how) = 0;
    /// All that could be done to end it has been done.
    virtual void on_program_given_up() = 0;

protected:
    ~program_user() = default;
};

struct program_options {
    std::string name{};                          ///< Of the session, for the log.
    std::chrono::milliseconds end_grace{2'000};  ///< Before SIGTERM, and again before SIGKILL.
    exit_watch watch = exit_watch::descriptor;
};

/// A process from its beginning to its end, and what it says on its standard error, which becomes
/// lines of the log.
///
/// It is seen to its end whatever becomes of its user: the process and its group get SIGTERM some
/// time after they should have ended, SIGKILL some time later, and it is waited for, so that no
/// zombie is left. Where the loop ends before, it is killed.
/// Limits: lines of 1 000 bytes, 50 at once and 10 a second; others are counted.
/// Thread: the host's. Owns itself, as each `connection`.
class program_child final : public connection {
public:
    program_child(io_host& host,
                  pid_t process,
                  owned_descriptor errors,
                  program_options options,
                  std::unique_ptr<connection_ticket> ticket);
    ~program_child() override;

    /// `slot` is where the user has its pointer to this; it is cleared when the loop ends.
    void start(program_user& to, program_child*& slot);
    /// It should end by itself now, as its input has ended. Idempotent.
    void begin_end();
    /// The user has gone: as `begin_end`, and nothing is told any more.
    void abandon();

    void on_shutdown() override {}

private:
    /// Hears of the process's descriptor.
    struct exit_watcher final : poller::watcher {
        explicit exit_watcher(program_child& child) noexcept : of(child) {}
        void on_ready(std::uint32_t) override {
            of.run_event([this] { of.look(); });
        }
        program_child& of;
    };

    void on_bytes(char* data, std::size_t size) override;
    void on_end(bool orderly) override;
    void on_sent() override {}
    void on_stalled() override {}
    void on_deadline() override;
    void on_cut() noexcept override;

    void watch_exit();
    void unwatch_exit() noexcept;
    void look();
    void step();
    void finish_if_over();
    void finish();
    void arm_next();
    void signal_group(int signal) noexcept;
    void add_to_line(std::string_view bytes);
    void end_line();

    enum class stage : std::uint8_t { running, asked, told, killed, given_up, leftovers };

    program_user* to_ = nullptr;
    program_child** slot_ = nullptr;
    pid_t process_;
    program_options options_;
    exit_watcher watcher_{*this};
    owned_descriptor exit_descriptor_{};
    std::string line_{};
    token_bucket lines_{};
    std::uint32_t left_out_ = 0;
    tick step_at_ = 0;
    stage stage_ = stage::running;
    bool polls_ = false;
    bool has_exited_ = false;
    bool errors_ended_ = false;
    bool is_ours_ = true;  ///< Its number is: nobody else has waited for it.
    bool line_is_cut_ = false;
};

}  // namespace anywire::gateway
