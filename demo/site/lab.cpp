#include "lab.hpp"

#include "process_view.hpp"

#include <exception>
#include <utility>

namespace demo {

using namespace std::chrono_literals;

lab::lab(lab_options o) : options_(std::move(o)) {
    start();
}

lab::~lab() {
    {
        std::scoped_lock const lock(mutex_);
        is_ending_ = true;
    }
    ending_.notify_all();
    if (restarter_.joinable()) restarter_.join();
    stop();
}

void lab::start() {
    server_ = std::make_unique<anywire::server>(anywire::server_options{
        .port = port_, .tls = options_.tls, .threads = options_.threads, .log = options_.log});
    port_ = server_->port();
    mounts_ = mount_lab(*server_, *counts_);
    server_->every(250ms, [announce = mounts_.announce, tick = tick_] { announce(++*tick); });
    server_->every(500ms, [counts = counts_] { counts->sample(); });
    runner_ = std::thread([this] {
        name_threads("lab");
        up_ = true;
        server_->run();
        up_ = false;
    });
}

bool lab::try_start() noexcept {
    try {
        start();
        return true;
    } catch (std::exception const&) {
        port_ = 0;  // somebody has taken it meanwhile; any other will do
        return false;
    }
}

void lab::stop() {
    if (!server_) return;
    server_->stop();
    runner_.join();
    counts_->clear();
    mounts_ = {};
    server_.reset();
    counts_->clear();  // what the server's end has told
}

void lab::restart(std::chrono::milliseconds down) {
    std::scoped_lock const lock(mutex_);
    if (is_ending_ || is_restarting_) return;
    if (restarter_.joinable()) restarter_.join();
    is_restarting_ = true;
    restarter_ = std::thread([this, down] {
        stop();
        std::unique_lock waiting(mutex_);
        ending_.wait_for(waiting, down, [this] { return is_ending_; });
        while (!is_ending_ && !try_start())
            ending_.wait_for(waiting, 500ms, [this] { return is_ending_; });
        is_restarting_ = false;
    });
}

}  // namespace demo
