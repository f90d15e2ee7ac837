#pragma once

#include <anywire/socketio/event.hpp>

#include "hub/decided_once.hpp"
#include "io_core.hpp"

#include <any>
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

    struct decision {
        std::optional<connect_error> why{};
        std::any data{};  ///< What the socket's data shall be; empty where it stays.
    };
    /// Calls the middleware: what it has decided when that returns.
    template <class Call>
    std::optional<decision> ask(Call call) {
        return decided_.ask(call);
    }

private:
    struct asker {
        explicit asker(std::shared_ptr<verdict> v) noexcept : of(std::move(v)) {}
        ~asker() { of->decide(connect_error{"No decision was made", std::nullopt}, {}); }
        asker(asker const&) = delete;
        asker& operator=(asker const&) = delete;
        std::shared_ptr<verdict> of;
    };

    void decide(std::optional<connect_error> why, std::any data) {
        decided_.decide(
            {std::move(why), std::move(data)},
            [this] { return io_->here() == shard_; },
            [this](decision late) {
                (void)io_->post(shard_, [self = shared_from_this(), d = std::move(late)]() mutable {
                    io_shard::entry const here(self->io_->shard(self->shard_));
                    self->later_(std::move(d.why), std::move(d.data));
                });
            });
    }

    std::shared_ptr<io_core> io_;
    std::size_t shard_;
    later_fn later_;
    hub::decided_once<decision> decided_{};
};

}  // namespace anywire::socketio
