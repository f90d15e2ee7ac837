#include <anywire/folder_registry.hpp>

#include "node_files.hpp"
#include "private_folder.hpp"
#include "session_links.hpp"

#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace anywire {
namespace {

using relay::node_files;
using relay::session_links;

/// Removes what dead nodes have left, on a thread of its own: they may have had many sessions.
///
/// Thread: any.
class sweeper {
public:
    sweeper(node_files& nodes, session_links& sessions) : nodes_(nodes), sessions_(sessions) {}
    sweeper(sweeper const&) = delete;
    sweeper& operator=(sweeper const&) = delete;
    ~sweeper() {
        is_ending_ = true;
        if (thread_.joinable()) thread_.join();
    }

    /// Does nothing while it is at it: who is dead is found again.
    void begin(std::vector<std::string> dead) {
        std::scoped_lock const lock(mutex_);
        if (is_busy_.exchange(true)) return;
        if (thread_.joinable()) thread_.join();
        try {
            thread_ = std::thread([this, dead = std::move(dead)] { sweep(dead); });
        } catch (std::system_error const&) {
            is_busy_ = false;  // there is no thread to be had now
        }
    }

private:
    void sweep(std::vector<std::string> const& dead) noexcept {
        try {
            // Its file last: until then it is found that there is something to do.
            if (sessions_.sweep(dead, is_ending_))
                for (auto const& id : dead) nodes_.remove_dead(id);
        } catch (...) {  // NOLINT(bugprone-empty-catch): no memory; it is found again
        }
        is_busy_ = false;
    }

    node_files& nodes_;
    session_links& sessions_;
    std::mutex mutex_{};
    std::atomic<bool> is_busy_{false};
    std::atomic<bool> is_ending_{false};
    std::thread thread_{};
};

class folder_registry final : public session_registry {
public:
    explicit folder_registry(std::string const& folder)
        : nodes_(folder + "/nodes"), sessions_(folder + "/sessions", nodes_) {}

    void announce(registered_node node, std::chrono::milliseconds lives, done then) override {
        then(nodes_.announce(node, lives));
    }
    void withdraw(std::string node) override { nodes_.withdraw(node); }
    void list(listed then) override {
        node_files::view all;
        auto const failed = nodes_.look(all);
        if (!all.dead.empty()) sweeper_.begin(std::move(all.dead));
        then(failed, std::move(all.alive));
    }

    void claim(std::string session,
               std::string node,
               std::chrono::milliseconds,
               owned then) override {
        std::string owner;
        auto const failed = sessions_.claim(session, node, owner);
        then(failed, failed ? std::string{} : std::move(owner));
    }
    void find(std::string session, owned then) override {
        std::string owner;
        auto const failed = sessions_.find(session, owner);
        then(failed, std::move(owner));
    }
    void release(std::string session, std::string node) override {
        sessions_.release(session, node);
    }

private:
    node_files nodes_;
    session_links sessions_;
    sweeper sweeper_{nodes_, sessions_};
};

}  // namespace

std::shared_ptr<session_registry> make_folder_registry(folder_registry_options options) {
    return std::make_shared<folder_registry>(
        private_folder(options.folder, "folder_registry_options::folder"));
}

}  // namespace anywire
