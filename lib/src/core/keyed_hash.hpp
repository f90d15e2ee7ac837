#pragma once

#include "core/siphash.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace anywire {

/// The hash of names that peers choose: who does not know the key cannot make them collide.
struct keyed_hash {
    using is_transparent = void;
    siphash_key key;
    std::size_t operator()(std::string_view text) const noexcept { return siphash(key, text); }
};

/// A table by names that peers choose. Requires: constructed with a `keyed_hash` of a secret key.
template <class Value, class Equal = std::equal_to<>>
using keyed_map = boost::unordered_flat_map<std::string, Value, keyed_hash, Equal>;
/// A set of names that peers choose; the same.
using keyed_set = boost::unordered_flat_set<std::string, keyed_hash, std::equal_to<>>;

/// Gives a table's memory back once most of it is empty: they never shrink by themselves. To be
/// called after each erasure.
///
/// Cost: constant, spread over the erasures.
template <class Table>
void shrink_sparse(Table& t) noexcept {
    constexpr std::size_t small = 64;
    if (t.bucket_count() <= small || t.size() >= t.bucket_count() / 8) return;
    try {
        t.rehash(0);
    } catch (std::bad_alloc const&) {
        return;  // it stays as large as it is
    }
}

/// Owned things by their `name`, which peers choose: each keeps its address.
template <class T>
class named_set {
public:
    explicit named_set(siphash_key const& key) : all_(0, hash{{key}}) {}

    T* find(std::string_view name) const noexcept {
        auto const found = all_.find(name);
        return found == all_.end() ? nullptr : found->get();
    }
    /// The one of that name, made if it is not there.
    T& obtain(std::string_view name) {
        if (auto* const known = find(name)) return *known;
        auto made = std::make_unique<T>();
        made->name = name;
        return **all_.insert(std::move(made)).first;
    }
    void erase(T const& which) noexcept {
        auto const found = all_.find(std::string_view{which.name});
        if (found == all_.end()) return;
        all_.erase(found);
        shrink_sparse(all_);
    }
    /// Calls `visit(T const&)` for each, which must not add or erase one.
    template <class Visit>
    void for_each(Visit& visit) const {
        for (auto const& each : all_) visit(*each);
    }
    bool empty() const noexcept { return all_.empty(); }
    std::size_t size() const noexcept { return all_.size(); }
    std::size_t bucket_count() const noexcept { return all_.bucket_count(); }

private:
    struct hash : keyed_hash {
        using keyed_hash::operator();
        std::size_t operator()(std::unique_ptr<T> const& t) const noexcept {
            return (*this)(std::string_view{t->name});
        }
    };
    struct equal {
        using is_transparent = void;
        bool operator()(std::unique_ptr<T> const& a, std::unique_ptr<T> const& b) const noexcept {
            return a->name == b->name;
        }
        bool operator()(std::string_view a, std::unique_ptr<T> const& b) const noexcept {
            return a == b->name;
        }
        bool operator()(std::unique_ptr<T> const& a, std::string_view b) const noexcept {
            return a->name == b;
        }
    };
    boost::unordered_flat_set<std::unique_ptr<T>, hash, equal> all_;
};

}  // namespace anywire
