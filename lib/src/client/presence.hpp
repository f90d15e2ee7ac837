#pragma once

namespace anywire {

/// Lets a function that calls out see whether its object is still there afterwards: a member of the
/// object, and a `watch` in the function.
class presence {
public:
    presence() noexcept = default;
    presence(presence const&) = delete;
    presence& operator=(presence const&) = delete;
    ~presence() {
        for (auto* w = newest_; w; w = w->before_) w->of_ = nullptr;
    }

    class watch {
    public:
// GCC 12 does not see that the destructor takes the address away again, or that `of` has gone.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#endif
        explicit watch(presence& of) noexcept : of_(&of), before_(of.newest_) {
            of.newest_ = this;
        }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
        watch(watch const&) = delete;
        watch& operator=(watch const&) = delete;
        ~watch() {
            if (of_) of_->newest_ = before_;
        }
        bool is_gone() const noexcept {
            return !of_;
        }

    private:
        friend class presence;
        presence* of_;
        watch* before_;
    };

private:
    watch* newest_ = nullptr;
};

}  // namespace anywire
