#include "session/session_loop.hpp"

#include "session/endpoint_core.hpp"
#include "session/queue_budget.hpp"
#include "session/session_base.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace anywire {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

session_loop::session_loop(unsigned shard, tick now, log_sink const& sink, entropy random)
    : shard_(shard), now_(now), wheel_(now), log_(sink), random_(std::move(random)) {
    wheel_.on_failure([this] { log_.failed("a timer"); });
}

void session_loop::add_dirty(session_base& s) noexcept {
    s.dirty_ = true;
    s.next_dirty_ = nullptr;
    auto const is_first = dirty_last_ == nullptr;
    (is_first ? dirty_first_ : dirty_last_->next_dirty_) = &s;
    dirty_last_ = &s;
    if (is_first) wake();
}

void session_loop::unmark(session_base& s) noexcept {
    session_base* before = nullptr;
    auto* at = dirty_first_;
    for (; at && at != &s; at = at->next_dirty_) before = at;
    if (!at) return;
    (before ? before->next_dirty_ : dirty_first_) = s.next_dirty_;
    if (dirty_last_ == &s) dirty_last_ = before;
    s.dirty_ = false;
}

bool session_loop::flush() {
    auto const is_through = flush_rounds();
    if (budget_ && budget_->is_over() && !budget_->asked.exchange(true)) budget_->relieve();
    return is_through;
}

bool session_loop::flush_rounds() {
    // An application that refills whatever runs empty must not keep the others waiting.
    constexpr int most_rounds = 16;
    for (int round = 0; round < most_rounds && dirty_first_; ++round) {
        for (auto* const last = dirty_last_;;) {
            auto& s = *dirty_first_;
            auto const is_last = &s == last;
            dirty_first_ = s.next_dirty_;
            if (!dirty_first_)
                dirty_last_ = nullptr;
            else
                dirty_first_->fetch_for_flush();
            s.dirty_ = false;
            flush_one(s);
            if (is_last || !dirty_first_) break;
        }
    }
    return dirty_first_ == nullptr;
}

void session_loop::publish() noexcept {
    auto const more = queued_ - std::exchange(published_, queued_);
    budget_->queued.fetch_add(more, std::memory_order_relaxed);
}

void session_loop::relieve() {
    if (!budget_) return;
    publish();
    auto const all = budget_->queued.load(std::memory_order_relaxed);
    auto const most = budget_->most.load(std::memory_order_relaxed);
    auto const wanted = most - most / 10;
    if (all <= wanted || queued_ == 0) return;
    // Each loop frees its part of what is too much.
    auto const part = static_cast<double>(queued_) / static_cast<double>(all);
    auto const to_free = static_cast<std::size_t>(static_cast<double>(all - wanted) * part) + 1;
    std::vector<session_base*> holding;
    for (auto* e : endpoints_)
        e->for_each([&](session_base& s) {
            if (s.charged_bytes() != 0) holding.push_back(&s);
        });
    std::sort(holding.begin(), holding.end(), [](auto* a, auto* b) {
        return a->charged_bytes() > b->charged_bytes();
    });
    std::size_t freed = 0;
    std::size_t ended = 0;
    for (; ended < holding.size() && freed < to_free; ++ended) {
        freed += holding[ended]->charged_bytes();
        // No goodbye: it would wait after what the client does not read.
        holding[ended]->end(close_reason::slow_consumer, ending::silently);
    }
    log_.write(log_level::error,
               "too much waits in all queues together: ",
               ended,
               " sessions were ended, which held ",
               freed,
               " bytes (server_limits::max_queued_total is ",
               most,
               ")");
}

/// What one session cannot do, for want of memory most likely, ends that one.
void session_loop::flush_one(session_base& s) noexcept {
    try {
        s.on_flush();
    } catch (...) {
        log_.failed("writing to a session");
        s.give_up();
    }
}

std::uint32_t session_loop::random_u32() {
    std::array<unsigned char, 4> bytes{};
    random_(bytes);
    std::uint32_t n = 0;
    std::memcpy(&n, bytes.data(), sizeof n);
    return n;
}

session_loop::id_type session_loop::make_id() {
    std::array<unsigned char, 20> bytes{};
    random_(bytes);
    id_type id{alphabet[shard_ >> 6 & 63], alphabet[shard_ & 63]};
    for (std::size_t i = 0; i < bytes.size(); ++i) id[i + 2] = alphabet[bytes[i] & 63];
    return id;
}

unsigned session_loop::shard_of(std::string_view id) noexcept {
    if (id.size() != id_size) return ~0u;
    auto const high = alphabet.find(id[0]);
    auto const low = alphabet.find(id[1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return ~0u;
    return static_cast<unsigned>(high << 6 | low);
}

}  // namespace anywire
