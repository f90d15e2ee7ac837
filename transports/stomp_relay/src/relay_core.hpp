#pragma once

#include "core/log_throttle.hpp"
#include "relay_settings.hpp"
#include "relay_tally.hpp"
#include "stomp/server/relay.hpp"
#include "system_link.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace anywire::stomp {

/// A relay: the connections of clients on their own shards, that of the application on the first.
class relay_core final : public broker_relay, public std::enable_shared_from_this<relay_core> {
public:
    explicit relay_core(std::shared_ptr<relay_settings> how);

    void attach(std::shared_ptr<shard_group> shards, options const& of) override;
    void on_shards_gone() noexcept override;
    std::unique_ptr<relay_link> open(std::size_t shard,
                                     relay_request what,
                                     relay_link::events& to) override;
    result<void> send(published_ptr p) override;
    relay_numbers numbers() const noexcept override {
        return {.is_there = counts_->is_up,
                .held_bytes = counts_->held(),
                .losses = counts_->losses,
                .left_out = counts_->left_out};
    }

private:
    void drain();

    std::shared_ptr<relay_settings> how_;
    std::shared_ptr<relay_tally> counts_;
    std::shared_ptr<log_throttle> logs_ = std::make_shared<log_throttle>();
    std::shared_ptr<shard_group> shards_{};
    std::vector<io_host*> hosts_{};
    std::unique_ptr<system_link> system_{};  // the first shard's

    std::mutex mutex_{};  // for what follows
    std::vector<published_ptr> inbox_{};
};

}  // namespace anywire::stomp
