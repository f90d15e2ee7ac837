#pragma once

#include <anywire/error.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace anywire::hub {

/// Gathers what comes from several shards, and tells it once: when the last part is in, or when all
/// who could still add one have gone.
///
/// Thread: any.
template <class Value>
class gathering {
public:
    using then_fn = std::function<void(error_code, std::vector<Value>)>;
    /// Calls what it is given once, wherever that has to be.
    using tell_fn = std::function<void(std::function<void()>)>;

    gathering(tell_fn tell, std::size_t parts, then_fn then)
        : tell_(std::move(tell)), left_(parts), then_(std::move(then)) {}
    ~gathering() {
        if (left_ == 0) return;
        if (!error_) error_ = errc::session_closed;
        tell();
    }
    gathering(gathering const&) = delete;
    gathering& operator=(gathering const&) = delete;

    void expect(std::size_t more) {
        std::scoped_lock const lock(mutex_);
        left_ += more;
    }
    void add(Value v) {
        std::scoped_lock const lock(mutex_);
        values_.push_back(std::move(v));
    }
    void lost(error_code why) {
        std::scoped_lock const lock(mutex_);
        if (!error_) error_ = why;
    }
    /// One part is in.
    void finish_one() {
        {
            std::scoped_lock const lock(mutex_);
            if (--left_ != 0) return;
        }
        tell();
    }

private:
    void tell() {
        auto const all = std::make_shared<std::vector<Value>>(std::exchange(values_, {}));
        tell_([e = error_, all, fn = std::move(then_)] { fn(e, std::move(*all)); });
    }

    tell_fn tell_;
    std::mutex mutex_{};
    std::size_t left_;
    error_code error_{};
    std::vector<Value> values_{};
    then_fn then_;
};

}  // namespace anywire::hub
