#include <anywire/codec.hpp>

#include <memory>

namespace anywire {

/// A place for a codec beyond the usual number.
struct shared_message::further_place : place {
    further_place* next = nullptr;
};

shared_message::~shared_message() {
    for (auto& p : places_)
        if (auto* const f = p.made.load(std::memory_order_acquire)) f->unref();
    for (auto* p = further_.load(std::memory_order_acquire); p;) {
        std::unique_ptr<further_place> const gone(p);
        if (auto* const f = p->made.load(std::memory_order_acquire)) f->unref();
        p = p->next;
    }
}

/// Looks for the place of a codec, and takes a free one for it where it has none.
shared_message::place& shared_message::find_place(void const* owner) {
    for (auto& p : places_) {
        auto const* known = p.owner.load(std::memory_order_acquire);
        if (known == owner) return p;
        if (known) continue;
        if (p.owner.compare_exchange_strong(known, owner, std::memory_order_acq_rel) ||
            known == owner)
            return p;
    }
    return find_further_place(owner);
}

shared_message::place& shared_message::find_further_place(void const* owner) {
    std::unique_ptr<further_place> made;
    auto* newest = further_.load(std::memory_order_acquire);
    for (;;) {
        for (auto* p = newest; p; p = p->next)
            if (p->owner.load(std::memory_order_relaxed) == owner) return *p;
        if (!made) {
            made = std::make_unique<further_place>();
            made->owner.store(owner, std::memory_order_relaxed);
        }
        made->next = newest;
        if (further_.compare_exchange_weak(newest, made.get(), std::memory_order_acq_rel))
            return *made.release();
    }
}

frame* shared_message::keep(std::atomic<frame*>& to, frame_ptr made) {
    if (!made) return nullptr;
    made->mark_shared();
    frame* expected = nullptr;
    if (to.compare_exchange_strong(expected, made.get(), std::memory_order_acq_rel))
        return made.release();
    return expected;
}

}  // namespace anywire
