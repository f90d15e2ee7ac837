// The nodes, as processes: one thread for each reads what it says, and waits for its end.
#include "nodes.hpp"

#include "process_view.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <random>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spawn.h>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace demo {
namespace {

using text = std::string_view;

/// One end of a pipe.
class descriptor {
public:
    descriptor() noexcept = default;
    explicit descriptor(int d) noexcept : d_(d) {}
    descriptor(descriptor&& other) noexcept : d_(std::exchange(other.d_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(d_, other.d_);
        return *this;
    }
    ~descriptor() {
        if (d_ >= 0) ::close(d_);
    }
    int get() const noexcept { return d_; }

private:
    int d_ = -1;
};

struct pipe_ends {
    descriptor read{};
    descriptor write{};
};

pipe_ends make_pipe() {
    std::array<int, 2> both{};
    if (::pipe2(both.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
    return {descriptor(both[0]), descriptor(both[1])};
}

struct child {
    pid_t id = 0;
    descriptor life{};  // the child ends when this closes, also when this process is killed
    descriptor words{};
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& t : texts) out.push_back(t.data());
    out.push_back(nullptr);
    return out;
}

/// This process's, with a secret of its own that the nodes know each other by.
std::vector<std::string> make_environment() {
    std::vector<std::string> out;
    for (auto* const* v = environ; *v; ++v) out.emplace_back(*v);
    std::random_device random;
    std::string secret("ANYWIRE_NODES_SECRET=");
    for (int i = 0; i < 8; ++i) secret.append(std::to_string(random()));
    out.push_back(std::move(secret));
    return out;
}

/// Starts a program with nothing of this process but its errors.
child spawn(std::vector<std::string> command, std::vector<std::string> environment) {
    auto input = make_pipe();
    auto output = make_pipe();
    auto const words = pointers_to(command);
    auto const variables = pointers_to(environment);

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    ::posix_spawnattr_setpgroup(&attributes, 0);  // Ctrl-C is for this process
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawn_file_actions_adddup2(&actions, input.read.get(), 0);
    ::posix_spawn_file_actions_adddup2(&actions, output.write.get(), 1);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    child out;
    auto const error = ::posix_spawn(
        &out.id, words.front(), &actions, &attributes, words.data(), variables.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0)
        throw std::system_error(error, std::generic_category(), "cannot start " + command.front());
    out.life = std::move(input.write);
    out.words = std::move(output.read);
    return out;
}

/// Calls `take` with each line that comes, until there are no more.
template <class Take>
void read_lines(int from, Take take) {
    std::array<char, 4096> bytes{};
    std::string kept;
    for (;;) {
        auto const n = ::read(from, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        kept.append(bytes.data(), static_cast<std::size_t>(n));
        for (auto end = kept.find('\n'); end != std::string::npos; end = kept.find('\n')) {
            take(text(kept).substr(0, end));
            kept.erase(0, end + 1);
        }
        if (kept.size() > bytes.size()) kept.clear();
    }
}

/// The first word of a line, which goes.
text take_word(text& line) {
    auto const word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
    return word;
}

template <class Number>
Number number_of(text word) {
    Number n{};
    std::from_chars(word.data(), word.data() + word.size(), n);
    return n;
}

std::string make_folder() {
    auto out = (std::filesystem::temp_directory_path() / "anywire-nodes-XXXXXX").string();
    if (!::mkdtemp(out.data()))
        throw std::runtime_error("cannot make the folder " + out + " for the nodes");
    return out;
}

}  // namespace

class node_crew::impl {
public:
    explicit impl(node_crew_options o)
        : options_(std::move(o)), folder_(make_folder()), nodes_(options_.count) {
        for (std::size_t i = 0; i < nodes_.size(); ++i)
            nodes_[i].name = "Node " + std::to_string(i + 1);
    }
    ~impl() {
        {
            std::scoped_lock const lock(mutex_);
            for (auto const& n : nodes_)
                if (n.process != 0) ::kill(n.process, SIGKILL);
        }
        for (auto& n : nodes_)
            if (n.watcher.joinable()) n.watcher.join();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;

    void begin(std::function<void(std::string const&)> on_change) {
        on_change_ = std::move(on_change);
        for (std::size_t i = 0; i < nodes_.size(); ++i) start(i);
    }

    void kill(std::size_t which) {
        std::scoped_lock const lock(mutex_);
        if (which < nodes_.size() && nodes_[which].process != 0)
            ::kill(nodes_[which].process, SIGKILL);
    }

    void start(std::size_t which) {
        if (which >= nodes_.size()) return;
        auto& n = nodes_[which];
        std::thread before;
        {
            std::scoped_lock const lock(mutex_);
            if (n.process != 0 || std::exchange(n.is_starting, true)) return;
            before = std::move(n.watcher);
        }
        if (before.joinable()) before.join();  // its process has ended; it may still tell so
        {
            std::scoped_lock const lock(mutex_);
            n.is_starting = false;
            try {
                auto made = spawn(command_of(n), environment_);
                n.process = made.id;
                n.watcher = std::thread(
                    [this, &n, process = std::move(made)]() mutable { watch(n, process); });
            } catch (std::system_error const& e) {
                std::fprintf(stderr, "anywire-demo: %s\n", e.what());
            }
        }
        tell();
    }

    std::size_t size() const noexcept { return nodes_.size(); }

    std::uint16_t next_port(bool opens_websocket) {
        std::scoped_lock const lock(mutex_);
        auto at = opens_websocket ? turn_++ : std::size_t{random_()};
        for (std::size_t i = 0; i < nodes_.size(); ++i, ++at)
            if (auto const port = nodes_[at % nodes_.size()].port) {
                if (opens_websocket) turn_ = at + 1;
                return port;
            }
        return 0;
    }

    std::string json() const {
        rapidjson::StringBuffer out;
        rapidjson::Writer<rapidjson::StringBuffer> w(out);
        std::scoped_lock const lock(mutex_);
        w.StartArray();
        for (auto const& n : nodes_) {
            auto const* const state = n.process == 0 ? "down" : n.port == 0 ? "starting" : "up";
            w.StartObject();
            w.Key("name");
            w.String(n.name.c_str());
            w.Key("state");
            w.String(state);
            w.Key("id");
            w.String(n.id.c_str());
            w.Key("sessions");
            w.Uint64(n.sessions);
            w.Key("carried");
            w.Uint64(n.carried);
            w.EndObject();
        }
        w.EndArray();
        return out.GetString();
    }

private:
    struct node {
        std::string name{};
        pid_t process = 0;
        std::uint16_t port = 0;  // 0: does not serve
        std::string id{};
        std::size_t sessions = 0;
        std::uint64_t carried = 0;  // requests for sessions of other nodes
        std::thread watcher{};
        bool is_starting = false;
    };

    /// One at a time, so that nobody is told last what was so before.
    void tell() {
        std::scoped_lock const lock(telling_);
        on_change_(json());
    }

    std::vector<std::string> command_of(node const& n) const {
        std::vector<std::string> out{options_.program, "--name", n.name, "--folder", folder_};
        if (!options_.tls.certificate.empty())
            out.insert(out.end(), {"--tls", options_.tls.certificate, options_.tls.key});
        return out;
    }

    // On the node's watcher.
    void watch(node& n, child const& process) {
        name_threads("nodes");
        read_lines(process.words.get(), [&](text line) {
            {
                std::scoped_lock const lock(mutex_);
                take(n, line);
            }
            tell();
        });
        // The number is nobody else's until it was waited for: `kill` may still use it.
        siginfo_t end{};
        while (::waitid(P_PID, static_cast<id_t>(process.id), &end, WEXITED | WNOWAIT) != 0 &&
               errno == EINTR) {
        }
        {
            std::scoped_lock const lock(mutex_);
            (void)::waitpid(process.id, nullptr, 0);
            n.process = 0;
            n.port = 0;
            n.sessions = 0;
            n.carried = 0;
            n.id.clear();
        }
        tell();
    }

    static void take(node& n, text line) {
        auto const what = take_word(line);
        if (what == "ready") {
            n.port = number_of<std::uint16_t>(take_word(line));
            n.id = line;
        } else if (what == "sessions") {
            n.sessions = number_of<std::size_t>(line);
        } else if (what == "carried") {
            n.carried = number_of<std::uint64_t>(line);
        }
    }

    node_crew_options options_;
    std::string folder_;
    std::vector<std::string> environment_ = make_environment();
    std::function<void(std::string const&)> on_change_{};
    std::mutex telling_{};
    mutable std::mutex mutex_{};
    std::vector<node> nodes_;
    std::size_t turn_ = 0;
    std::minstd_rand random_{std::random_device{}()};
};

node_crew::node_crew(node_crew_options o) {
    if (o.count > 0 && ::access(o.program.c_str(), X_OK) != 0)
        throw std::runtime_error("--nodes wants the program " + o.program +
                                 ", which is built where anywire::unix_bus is");
    impl_ = std::make_unique<impl>(std::move(o));
}
node_crew::~node_crew() = default;

void node_crew::begin(std::function<void(std::string const&)> on_change) {
    impl_->begin(std::move(on_change));
}
void node_crew::kill(std::size_t which) {
    impl_->kill(which);
}
void node_crew::start(std::size_t which) {
    impl_->start(which);
}
std::size_t node_crew::size() const noexcept {
    return impl_->size();
}
std::uint16_t node_crew::next_port(bool opens_websocket) {
    return impl_->next_port(opens_websocket);
}
std::string node_crew::json() const {
    return impl_->json();
}

std::string node_program() {
    std::error_code ec;
    auto const own = std::filesystem::read_symlink("/proc/self/exe", ec);
    return (own.parent_path() / "anywire-demo-node").string();
}

}  // namespace demo
