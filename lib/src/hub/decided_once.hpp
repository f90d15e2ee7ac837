#pragma once

#include <mutex>
#include <optional>
#include <utility>

namespace anywire::hub {

/// What the application is asked on a shard and decides once: at once, or later, from any thread.
/// The first decision counts, or the first claim that there is none to wait for any more.
template <class T>
class decided_once {
public:
    /// Calls the application, on the shard: what it has decided when that returns.
    template <class Ask>
    std::optional<T> ask(Ask ask) {
        is_asking_ = true;
        ask();
        is_asking_ = false;
        return std::exchange(at_once_, std::nullopt);
    }

    /// `is_here` says whether the calling thread is in the shard. A decision that comes late is
    /// given to `post`, to be brought there; when that throws, it does not count. Neither is called
    /// once something was decided or claimed: the shard may have gone.
    ///
    /// Thread: any. A shard that goes and claims waits for whoever is posting to it.
    template <class IsHere, class Post>
    void decide(T what, IsHere is_here, Post post) {
        std::scoped_lock const lock(mutex_);
        if (std::exchange(is_decided_, true)) return;
        if (is_here() && is_asking_) {
            at_once_.emplace(std::move(what));
            return;
        }
        try {
            post(std::move(what));
        } catch (...) {
            is_decided_ = false;
            throw;
        }
    }

    /// Thread: any.
    bool is_decided() {
        std::scoped_lock const lock(mutex_);
        return is_decided_;
    }

    /// True for the first, and where nothing was decided.
    bool claim() noexcept {
        std::scoped_lock const lock(mutex_);
        return !std::exchange(is_decided_, true);
    }

private:
    std::mutex mutex_{};
    bool is_decided_ = false;
    bool is_asking_ = false;  // the shard's thread only, as what follows
    std::optional<T> at_once_{};
};

}  // namespace anywire::hub
