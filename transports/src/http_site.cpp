#include "http_site.hpp"

#include "http_connection.hpp"

#include <utility>

namespace anywire {

void http_site::open(http_arrival a) {
    if (auto* const lent = a.stream.lent()) lent->bind(host_.executor());
    auto bytes = std::move(a.bytes);
    (new http_connection(*this, std::move(a)))->start(std::move(bytes));
}

void http_site::adopt(http_arrival a) {
    auto w = std::make_unique<waiting>(waiting{std::move(a)});
    w->next = arrivals_.load(std::memory_order_relaxed);
    ++moving_;
    do {
        if (w->next == &ended_) {
            --moving_;
            return;
        }
    } while (!arrivals_.compare_exchange_weak(
        w->next, w.get(), std::memory_order_release, std::memory_order_relaxed));
    (void)w.release();
    host_.post([this] { begin_arrived(); });
}

void http_site::adopt_idle(http_arrival a) {
    auto* const lent = a.stream.lent();
    if (!lent) return adopt(std::move(a));
    auto const kept = std::make_shared<http_arrival>(std::move(a));
    lent->when_idle([this, kept] { adopt(std::move(*kept)); });
}

void http_site::begin_arrived() {
    // Nobody else takes any, so what `first` says is next stays so.
    auto* first = arrivals_.load(std::memory_order_acquire);
    while (first && first != &ended_ &&
           !arrivals_.compare_exchange_weak(first, first->next, std::memory_order_acquire)) {
    }
    if (!first || first == &ended_) return;
    struct arrived {
        std::atomic<std::size_t>& moving;
        ~arrived() { --moving; }
    } const counted{moving_};
    std::unique_ptr<waiting> const w(first);
    open(std::move(w->arrival));
}

void http_site::end() noexcept {
    for (auto* w = arrivals_.exchange(&ended_, std::memory_order_acquire); w && w != &ended_;) {
        std::unique_ptr<waiting> const gone(w);
        w = w->next;
        --moving_;
    }
}

}  // namespace anywire
