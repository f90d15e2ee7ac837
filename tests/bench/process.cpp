#include "process.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sched.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace bench {
namespace {

cpu_set_t allowed_at_start() {
    static cpu_set_t const all = [] {
        cpu_set_t set;
        CPU_ZERO(&set);
        ::sched_getaffinity(0, sizeof set, &set);
        return set;
    }();
    return all;
}

int first_core(cpu_set_t const& set) {
    for (int i = 0; i < CPU_SETSIZE; ++i)
        if (CPU_ISSET(i, &set)) return i;
    return 0;
}

std::uint16_t port_in(std::string_view line) {
    while (!line.empty() && (line.back() == '/' || line.back() == '\r')) line.remove_suffix(1);
    auto const colon = line.rfind(':');
    if (colon == std::string_view::npos) return 0;
    std::uint16_t port = 0;
    auto const* const end = line.data() + line.size();
    auto const [at, ec] = std::from_chars(line.data() + colon + 1, end, port);
    return ec == std::errc{} && at == end ? port : std::uint16_t{0};
}

/// What `pid` has started, with all that these have started; none where it is one process.
std::vector<pid_t> descendants_of(pid_t pid) {
    std::vector<pid_t> all;
    for (std::size_t next = 0;; pid = all[next++]) {
        auto const at = "/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid);
        std::ifstream children(at + "/children");
        for (pid_t child = 0; children >> child;) all.push_back(child);
        if (next == all.size()) return all;
    }
}

std::chrono::nanoseconds cpu_time_of(pid_t pid) {
    clockid_t clock{};
    timespec t{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &t) != 0) return {};
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

std::uint64_t resident_bytes_of(pid_t pid) {
    auto* const f = std::fopen(("/proc/" + std::to_string(pid) + "/smaps_rollup").c_str(), "r");
    if (!f) return 0;
    char line[256];
    unsigned long long kb = 0;
    while (std::fgets(line, sizeof line, f))
        if (std::sscanf(line, "Anonymous: %llu kB", &kb) == 1) break;
    std::fclose(f);
    return kb * 1'024;
}

[[noreturn]] void become(std::vector<std::string> const& command, int output) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // none is left behind, however this program ends
    ::dup2(output, STDOUT_FILENO);
    cores::pin_server();
    std::vector<char*> arguments;
    for (auto const& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    std::fprintf(stderr, "%s: %s\n", arguments[0], std::strerror(errno));
    ::_exit(127);
}

}  // namespace

bool cores::pin_generator() {
    auto const all = allowed_at_start();
    if (CPU_COUNT(&all) < 2) return false;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(first_core(all)), &one);
    return ::sched_setaffinity(0, sizeof one, &one) == 0;
}

void cores::pin_server() {
    auto rest = allowed_at_start();
    if (CPU_COUNT(&rest) > 1) CPU_CLR(static_cast<std::size_t>(first_core(rest)), &rest);
    ::sched_setaffinity(0, sizeof rest, &rest);
}

process::process(std::vector<std::string> const& command, bool collects_garbage)
    : collects_garbage_(collects_garbage) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) become(command, ends[1]);
    ::close(ends[1]);
    output_ = ends[0];
    read_port();
    if (port_ == 0) {
        this->~process();
        throw std::runtime_error("the server did not start: " + command.front());
    }
}

process::process(process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      port_(other.port_),
      collects_garbage_(other.collects_garbage_) {}

void process::collect_garbage() const {
    if (collects_garbage_) ::kill(pid_, SIGUSR2);
}

void process::read_port() {
    std::string line;
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (port_ == 0 && std::chrono::steady_clock::now() < end) {
        pollfd p{.fd = output_, .events = POLLIN, .revents = 0};
        if (::poll(&p, 1, 100) <= 0) continue;
        char c = 0;
        if (::read(output_, &c, 1) != 1) return;
        if (c == '\n') {
            port_ = port_in(line);
            line.clear();
        } else {
            line.push_back(c);
        }
    }
}

process::~process() {
    if (output_ >= 0) ::close(output_);
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    output_ = -1;
}

bool process::is_running() const noexcept {
    return ::kill(pid_, 0) == 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0;
}

std::chrono::nanoseconds process::cpu_time() const {
    auto all = cpu_time_of(pid_);
    for (auto const pid : descendants_of(pid_)) all += cpu_time_of(pid);
    return all;
}

std::uint64_t process::resident_bytes() const {
    auto all = resident_bytes_of(pid_);
    for (auto const pid : descendants_of(pid_)) all += resident_bytes_of(pid);
    return all;
}

/// A field of /proc/PID/status that is a number of KiB.
std::uint64_t process::status_bytes(char const* field) const {
    auto* const f = std::fopen(("/proc/" + std::to_string(pid_) + "/status").c_str(), "r");
    if (!f) return 0;
    char line[256];
    unsigned long long kb = 0;
    auto const size = std::strlen(field);
    while (kb == 0 && std::fgets(line, sizeof line, f))
        if (std::strncmp(line, field, size) == 0) std::sscanf(line + size, ": %llu kB", &kb);
    std::fclose(f);
    return kb * 1'024;
}

void process::forget_peak() {
    if (auto* const f =
            std::fopen(("/proc/" + std::to_string(pid_) + "/clear_refs").c_str(), "w")) {
        std::fputs("5", f);  // the highest resident size is what it is now
        std::fclose(f);
    }
    file_bytes_ = status_bytes("VmRSS") - std::min(resident_bytes_of(pid_), status_bytes("VmRSS"));
}

std::uint64_t process::peak_bytes() const {
    auto const all = status_bytes("VmHWM");
    return all > file_bytes_ ? all - file_bytes_ : 0;
}

bool process::is_asleep() const {
    namespace fs = std::filesystem;
    std::error_code ec;
    for (auto const& thread :
         fs::directory_iterator("/proc/" + std::to_string(pid_) + "/task", ec)) {
        std::ifstream in(thread.path() / "stat");
        std::string text;
        std::getline(in, text);
        auto const name_end = text.rfind(')');
        if (name_end != std::string::npos && text.substr(name_end).starts_with(") R")) return false;
    }
    return true;
}

std::uint64_t raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

std::string program_folder() {
    char path[4096];
    auto const n = ::readlink("/proc/self/exe", path, sizeof path);
    std::string_view const all(path, n > 0 ? static_cast<std::size_t>(n) : 0);
    return std::string(all.substr(0, all.rfind('/') + 1));
}

}  // namespace bench
