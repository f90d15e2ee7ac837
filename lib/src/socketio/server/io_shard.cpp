#include "client.hpp"
#include "io_core.hpp"

#include <utility>

namespace anywire::socketio {

/// Room for deferred functions that is kept.
constexpr std::size_t deferred_kept = 1024;

thread_local io_shard::entry* io_shard::entry::innermost_ = nullptr;

io_shard::io_shard(io_core const& io, std::size_t index, session_loop& loop) noexcept
    : io_(io), index_(index), loop_(loop) {}
io_shard::~io_shard() = default;

io_shard* io_shard::current(io_core const& io) noexcept {
    for (auto const* e = entry::innermost_; e; e = e->outer_)
        if (&e->shard_.io() == &io) return &e->shard_;
    return nullptr;
}

void io_shard::delist(io_client& c) noexcept {
    clients_.erase(&c);
    shrink_sparse(clients_);
}

void io_shard::for_each_client(std::function<void(io_client&)> const& visit) {
    std::vector<io_client*> const all(clients_.begin(), clients_.end());
    for (auto* c : all) visit(*c);
}

void io_shard::leave() noexcept {
    if (depth_ != 1) return (void)--depth_;
    // Still inside: what these functions defer runs here, too.
    for (std::size_t i = 0; i < deferred_.size(); ++i) {
        auto const fn = std::move(deferred_[i]);
        (void)io_.call(fn);
    }
    deferred_.clear();
    if (deferred_.capacity() > deferred_kept) std::vector<std::function<void()>>().swap(deferred_);
    --depth_;
}

}  // namespace anywire::socketio
