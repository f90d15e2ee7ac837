#include "core/outbox.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

namespace anywire {
namespace {

std::size_t hard_bound(session_limits const& limits) noexcept {
    return std::max(limits.max_queued_bytes, limits.max_burst_bytes);
}

}  // namespace

/// Where the keyed frames are: by numbers that stay the same while others leave.
struct outbox::key_index {
    std::uint32_t front = 0;  // the number of the first slot
    boost::unordered_flat_map<std::uint64_t, std::uint32_t> numbers{};
};

outbox::~outbox() {
    clear();
}

/// Counts a frame among those that wait to be taken, or no longer.
void outbox::count(frame const& f, bool comes) noexcept {
    auto const cost = static_cast<std::uint32_t>(f.cost());
    auto const by = comes ? cost : 0u - cost;
    bytes_ += by;
    if (f.is_protocol()) own_bytes_ += by;
    auto const size = static_cast<std::uint32_t>(f.is_shared() ? f.size() : f.rest_size());
    shared_bytes_ += comes ? size : 0u - size;
}

/// Calls `visit` for `n` frames from a place on; it must not change the outbox but for its counts.
template <class Visit>
void outbox::for_each(std::uint32_t from, std::size_t n, Visit visit) const noexcept {
    auto* const* const all = slots();
    auto const most = mask();
    for (std::uint32_t i = 0, at = head_ + from; i < n; ++i, ++at) visit(*all[at & most]);
}

/// Counts a frame that comes and is not plain.
void outbox::note_special(frame const& f) noexcept {
    count(f, true);
    if (f.rest()) has_headed_ = true;
}

void outbox::copy_to(std::vector<frame*>& to, std::size_t n) const {
    auto const first = (head_ + sent_) & mask();
    auto const in_one = std::min<std::size_t>(n, capacity() - first);
    auto* const* const all = slots();
    to.assign(all + first, all + first + in_one);
    to.insert(to.end(), all, all + (n - in_one));
}

// -- keys -----------------------------------------------------------------------------------------

/// The slot of a key that waits; `count_` when none does.
std::uint32_t outbox::place_of(std::uint64_t key) const noexcept {
    if (retains_) return count_;
    if (auto const* const known = find_index()) {
        auto const found = known->numbers.find(key);
        return found == known->numbers.end() ? count_ : found->second - known->front;
    }
    auto i = sent_;
    while (i < count_ && slot(i)->key() != key) ++i;
    return i;
}

frame const* outbox::find(std::uint64_t key) const noexcept {
    auto const at = place_of(key);
    return at == count_ ? nullptr : slot(at);
}

bool outbox::push_latest(frame_ptr f) {
    auto const key = f->key();
    auto const at = place_of(key);
    if (at != count_) {
        auto*& place = slot(at);
        count(*place, false);
        count(*f, true);
        std::exchange(place, f.release())->unref();
        return true;
    }
    push(std::move(f));
    if (auto* const known = find_index())
        known->numbers[key] = known->front + at;
    else if (!retains_ && size() > few)
        make_index();
    return false;
}

/// Requires: the slots are on the heap. Cost: the frames that wait, spread over those.
void outbox::make_index() {
    auto made = std::make_unique<key_index>();
    for (auto i = sent_; i < count_; ++i)
        if (auto const key = slot(i)->key(); key != 0) made->numbers[key] = i;
    index() = made.release();
}

/// The index forgets a frame that leaves.
void outbox::unlist(frame const& f) noexcept {
    auto* const known = find_index();
    if (known && f.key() != 0) known->numbers.erase(f.key());
}

// -- what is taken --------------------------------------------------------------------------------

void outbox::join(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        auto*& place = slot(sent_ + i);
        if (!place->rest()) continue;
        auto whole = place->joined();
        count(*place, false);
        count(*whole, true);
        std::exchange(place, whole.release())->unref();
    }
    if (n == size()) has_headed_ = false;
}

/// Counts a frame that is taken and is not plain.
void outbox::take_special(frame const& f, taken& all) noexcept {
    count(f, false);
    if (f.is_protocol()) return;
    all.messages += f.is_attachment() ? 0 : 1;
    all.bytes += f.size() + f.rest_size();
}

outbox::taken outbox::take(std::size_t n) noexcept {
    taken all;
    auto const before = bytes_;
    std::uint32_t plain = 0;
    std::uint32_t plain_bytes = 0;
    for_each(sent_, n, [&](frame const& f) {
        if (!f.is_plain()) return take_special(f, all);
        ++plain;
        plain_bytes += static_cast<std::uint32_t>(f.size());
    });
    bytes_ -= plain_bytes + plain * static_cast<std::uint32_t>(frame::overhead);
    all.messages += plain;
    all.bytes += plain_bytes;
    if (retains_) {
        kept_bytes_ += before - bytes_;
        sent_ += static_cast<std::uint32_t>(n);
    } else {
        release_front(static_cast<std::uint32_t>(n));
    }
    return all;
}

void outbox::acknowledge(std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) kept_bytes_ -= static_cast<std::uint32_t>(slot(i)->cost());
    sent_ -= static_cast<std::uint32_t>(n);
    release_front(static_cast<std::uint32_t>(n));
}

void outbox::rewind() noexcept {
    for (std::uint32_t i = 0; i < sent_; ++i) count(*slot(i), true);
    sent_ = 0;
    kept_bytes_ = 0;
}

bool outbox::drop_oldest() noexcept {
    auto const may_go = [](frame const& f) { return !f.is_protocol() && !f.is_attachment(); };
    auto first = sent_;
    while (first < count_ && !may_go(*slot(first))) ++first;
    if (first == count_) return false;
    auto end = first + 1;
    while (end < count_ && slot(end)->is_attachment()) ++end;
    for (auto i = first; i < end; ++i) {
        count(*slot(i), false);
        unlist(*slot(i));
        slot(i)->unref();
    }
    // What is older moves up. Those are frames of the protocol's own, which are bounded, and what
    // is kept, which only a dialect with acknowledgements has.
    for (auto k = first; k > 0; --k) slot(k - 1 + (end - first)) = slot(k - 1);
    forget_front(end - first);
    return true;
}

void outbox::clear() noexcept {
    bytes_ = own_bytes_ = shared_bytes_ = kept_bytes_ = 0;
    sent_ = 0;
    release_front(count_);
}

void outbox::release_front(std::uint32_t n) noexcept {
    if (find_index()) for_each(0, n, [this](frame const& f) { unlist(f); });
    for_each(0, n, [](frame const& f) { f.unref(); });
    forget_front(n);
}

void outbox::forget_front(std::uint32_t n) noexcept {
    head_ = (head_ + n) & mask();
    count_ -= n;
    if (auto* const known = find_index()) known->front += n;
    if (count_ != 0) return;
    has_headed_ = false;
    head_ = 0;
    if (is_inline()) return;
    delete index();
    free_heap();
    log2_capacity_ = 1;
}

void outbox::free_heap() noexcept {
    std::free(heap_ - 1);
}

void outbox::grow() {
    auto const wider = static_cast<std::uint8_t>(is_inline() ? 3 : log2_capacity_ + 1);
    // One more in front, for the index.
    auto** const room =
        static_cast<frame**>(std::malloc(((std::size_t{1} << wider) + 1) * sizeof(frame*)));
    if (!room) throw std::bad_alloc();
    auto* const known = find_index();
    auto** const next = room + 1;
    for (std::uint32_t i = 0; i < count_; ++i) next[i] = slot(i);
    if (!is_inline()) free_heap();
    heap_ = next;
    index() = known;
    head_ = 0;
    log2_capacity_ = wider;
}

// -- the bound ------------------------------------------------------------------------------------

/// Drops the oldest until `cost` more bytes are within `most`. False when that cannot be had; then
/// nothing is dropped that would not have helped.
bool outbox::make_room(std::size_t most, std::size_t cost, std::size_t elsewhere) noexcept {
    // What a transport has taken cannot be dropped: if that leaves no room, nothing would.
    if (elsewhere != 0 && elsewhere + cost > most) return false;
    while (!fits(cost, elsewhere, most) && drop_oldest()) ++dropped_;
    return fits(cost, elsewhere, most);
}

outbox::verdict outbox::judge(std::size_t cost,
                              std::size_t elsewhere,
                              session_limits const& limits,
                              tick now) {
    if (!over_) {
        over_ = true;
        grace_end_ = now + to_ticks(limits.burst_grace);
    }
    auto const most = overdue_ ? limits.max_queued_bytes : hard_bound(limits);
    if (fits(cost, elsewhere, most)) return verdict::take;
    switch (limits.overflow) {
        case overflow_policy::close: return verdict::close;
        case overflow_policy::refuse: owes_drain_ = true; return verdict::refuse;
        case overflow_policy::drop_oldest:
            if (make_room(most, cost, elsewhere)) return verdict::take;
            break;
        case overflow_policy::drop_newest: break;
    }
    ++dropped_;
    return verdict::drop;
}

outbox::verdict outbox::on_grace_over(std::size_t elsewhere,
                                      session_limits const& limits,
                                      tick now) {
    if (!over_ || overdue_ || !not_after(grace_end_, now)) return verdict::take;
    overdue_ = true;  // from now on the lower bound acts at once, until the transport has caught up
    if (limits.overflow == overflow_policy::close) return verdict::close;
    if (limits.overflow == overflow_policy::drop_oldest)
        (void)make_room(limits.max_queued_bytes, 0, elsewhere);
    return verdict::take;
}

}  // namespace anywire
