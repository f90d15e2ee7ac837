#include "spawn.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace anywire::gateway {
namespace {

struct pipe_pair {
    owned_descriptor ours{};
    owned_descriptor theirs{};
};

/// Only our end does not block: programs do not expect that of theirs.
bool make_pipe(pipe_pair& out, bool we_read) noexcept {
    std::array<int, 2> both{};
    if (::pipe2(both.data(), O_CLOEXEC) != 0) return false;
    out.ours = owned_descriptor(both[we_read ? 0 : 1]);
    out.theirs = owned_descriptor(both[we_read ? 1 : 0]);
    return ::fcntl(out.ours.get(), F_SETFL, O_NONBLOCK) == 0;
}

std::vector<char*> pointers_to(std::vector<std::string> const& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (auto const& t : texts) out.push_back(const_cast<char*>(t.c_str()));
    out.push_back(nullptr);
    return out;
}

/// What the new process does before it becomes the program.
class spawn_plan {
public:
    spawn_plan() noexcept {
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
    }
    ~spawn_plan() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }
    spawn_plan(spawn_plan const&) = delete;
    spawn_plan& operator=(spawn_plan const&) = delete;

    int fill(std::string const& folder, int input, int output, int errors) noexcept {
        sigset_t all, none;
        sigfillset(&all);
        sigemptyset(&none);
        ::posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        int error = 0;
        auto const note = [&error](int result) { error = error != 0 ? error : result; };
        if (!folder.empty()) note(::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str()));
        note(::posix_spawn_file_actions_adddup2(&actions, input, 0));
        note(::posix_spawn_file_actions_adddup2(&actions, output, 1));
        note(::posix_spawn_file_actions_adddup2(&actions, errors, 2));
        note(::posix_spawn_file_actions_addclosefrom_np(&actions, 3));
        return error;
    }

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

}  // namespace

void owned_descriptor::reset() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

bool spawn_failure::is_overload() const noexcept {
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

std::optional<spawned_process> spawn(std::vector<std::string> const& command,
                                     std::vector<std::string> const& environment,
                                     std::string const& folder,
                                     spawn_failure& why) {
    pipe_pair input, output, errors;
    if (!make_pipe(input, false) || !make_pipe(output, true) || !make_pipe(errors, true)) {
        why.error = errno;
        return std::nullopt;
    }
    auto const arguments = pointers_to(command);
    auto const variables = pointers_to(environment);
    spawn_plan plan;
    spawned_process out;
    why.error = plan.fill(folder, input.theirs.get(), output.theirs.get(), errors.theirs.get());
    if (why.error == 0)
        why.error = ::posix_spawnp(&out.id,
                                   arguments.front(),
                                   &plan.actions,
                                   &plan.attributes,
                                   arguments.data(),
                                   variables.data());
    if (why.error != 0) return std::nullopt;
    out.input = std::move(input.ours);
    out.output = std::move(output.ours);
    out.errors = std::move(errors.ours);
    return out;
}

void prepare_to_spawn() noexcept {
    struct sigaction now {};
    if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
        (void)std::signal(SIGPIPE, SIG_IGN);
    if (::sigaction(SIGCHLD, nullptr, &now) == 0 && now.sa_handler == SIG_IGN)
        (void)std::signal(SIGCHLD, SIG_DFL);
    for (;;) {
        auto const descriptor = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        if (descriptor < 0 || descriptor <= 2) {
            if (descriptor < 0) return;
            continue;
        }
        ::close(descriptor);
        return;
    }
}

}  // namespace anywire::gateway
