#pragma once

#include <anywire/socketio/event.hpp>

#include "io_core.hpp"

#include <any>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace anywire::socketio {

/// What one middleware decides: at once, or later, from any thread; the first time counts. When
/// all copies of its `next` have gone and none was called, it has refused.
class verdict : public std::enable_shared_from_this<verdict> {
public:
    using later_fn = std::function<void(std::optional<connect_error>, std::any data)>;

    /// `later` is called on the shard's thread, for a decision that did not come at once.
    verdict(std::shared_ptr<io_core> io, std::size_t shard, later_fn later)
        : io_(std::move(io)), shard_(shard), later_(std::move(later)) {}

    next make_next() {
        return next(
            std::make_shared<next::channel>([to = std::make_shared<asker>(shared_from_this())](
                                                std::optional<connect_error> why, std::any data) {
                to->of->decide(std::move(why), std::move(data));
            }));
    }

    /// Ends the time in which a decision is at once; says whether there was one.
    bool came_at_once() noexcept {
        calling_ = false;
        return early_;
    }
    std::optional<connect_error> take() noexcept { return std::move(why_); }
    /// What the socket's data shall be; empty where it stays.
    std::any take_data() noexcept { return std::move(data_); }

private:
    struct asker {
        explicit asker(std::shared_ptr<verdict> v) noexcept : of(std::move(v)) {}
        ~asker() { of->decide(connect_error{"No decision was made", std::nullopt}, {}); }
        asker(asker const&) = delete;
        asker& operator=(asker const&) = delete;
        std::shared_ptr<verdict> of;
    };

    void decide(std::optional<connect_error> why, std::any data) {
        if (decided_.exchange(true)) return;
        if (io_->here() == shard_ && calling_) {
            early_ = true;
            why_ = std::move(why);
            data_ = std::move(data);
            return;
        }
        (void)io_->post(
            shard_,
            [self = shared_from_this(), why = std::move(why), data = std::move(data)]() mutable {
                io_shard::entry const here(self->io_->shard(self->shard_));
                self->later_(std::move(why), std::move(data));
            });
    }

    std::shared_ptr<io_core> io_;
    std::size_t shard_;
    later_fn later_;
    std::atomic<bool> decided_{false};
    bool calling_ = true;  // the shard's thread only, as what follows
    bool early_ = false;
    std::optional<connect_error> why_{};
    std::any data_{};
};

}  // namespace anywire::socketio
