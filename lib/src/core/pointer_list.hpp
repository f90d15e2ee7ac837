#pragma once

#include "core/keyed_hash.hpp"

#include <boost/container/vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace anywire {

/// Pointers, each once, oldest first as long as they are few. Few cost what a vector costs; many
/// get an index, so that none is looked for among all.
///
/// Cost: `add` and `remove` are constant, but for moving `few` pointers at most.
template <class T>
class pointer_list {
public:
    /// Above this number there is an index.
    static constexpr std::size_t few = 32;

    bool empty() const noexcept { return all_.empty(); }
    std::size_t size() const noexcept { return all_.size(); }
    auto begin() const noexcept { return all_.begin(); }
    auto end() const noexcept { return all_.end(); }
    T& back() const noexcept { return *all_.back(); }
    bool has_index() const noexcept { return places_ != nullptr; }
    std::size_t capacity() const noexcept { return all_.capacity(); }

    /// Requires: it is not in it. What throws leaves the list as it was.
    void add(T& t) {
        all_.push_back(&t);
        try {
            if (places_)
                places_->emplace(&t, place_of(all_.size() - 1));
            else if (all_.size() > few)
                make_index();
        } catch (...) {
            all_.pop_back();
            throw;
        }
    }

    /// Nothing if it is not in it.
    void remove(T& t) noexcept {
        if (!places_) {
            auto const at = std::find(all_.begin(), all_.end(), &t);
            if (at != all_.end()) all_.erase(at);
        } else if (auto const found = places_->find(&t); found != places_->end()) {
            auto const at = found->second;
            places_->erase(found);
            if (all_[at] != all_.back()) {
                all_[at] = all_.back();
                places_->find(all_[at])->second = at;
            }
            all_.pop_back();
            shrink_sparse(*places_);
        }
        shrink();
    }

private:
    using index = boost::unordered_flat_map<T*, std::uint32_t>;

    static std::uint32_t place_of(std::size_t i) noexcept { return static_cast<std::uint32_t>(i); }

    void make_index() {
        auto made = std::make_unique<index>();
        for (std::size_t i = 0; i < all_.size(); ++i) made->emplace(all_[i], place_of(i));
        places_ = std::move(made);
    }

    void shrink() noexcept {
        if (all_.size() <= few / 2) places_.reset();
        if (all_.capacity() <= few || all_.size() >= all_.capacity() / 8) return;
        try {
            all_.shrink_to_fit();
        } catch (std::bad_alloc const&) {
            return;  // it stays as large as it is
        }
    }

    using narrow = typename boost::container::vector_options<
        boost::container::stored_size<std::uint32_t>>::type;
    boost::container::vector<T*, void, narrow> all_{};
    std::unique_ptr<index> places_{};
};
static_assert(sizeof(pointer_list<int>) == 24);

}  // namespace anywire
