#pragma once

#include "core/keyed_hash.hpp"
#include "destination_pattern.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::stomp {

/// Values under patterns, found by a destination that fits. It does not own the values.
///
/// A tree of segments. What finding costs follows from the patterns whose beginnings fit, and from
/// the different globs beside one another; not from how many patterns there are.
template <class Value>
class pattern_tree {
public:
    /// The key has to be secret: names are chosen by peers. Requires: patterns with that separator.
    explicit pattern_tree(siphash_key const& key, char separator = '/')
        : key_(key), separator_(separator), root_(std::make_unique<node>(key)) {}

    /// A value that is there already, under this pattern, is there once. Patterns that differ by
    /// the names of variables, or by `{x}` for `*`, are one here.
    void add(destination_pattern const& pattern, Value* value) {
        assert(pattern.separator() == separator_);
        auto* at = root_.get();
        for (auto const& s : pattern.segments()) at = &obtain(*at, s);
        if (at->values.insert(value).second) ++size_;
    }

    /// Says whether it was there. No node stays after its last value.
    bool remove(destination_pattern const& pattern, Value* value) noexcept {
        steps path;
        auto* at = root_.get();
        for (auto const& s : pattern.segments()) {
            path.push_back({at, &s});
            at = child(*at, s);
            if (at == nullptr) return false;
        }
        if (at->values.erase(value) == 0) return false;
        --size_;
        shrink_sparse(at->values);
        for (; !path.empty() && at->is_unused(); path.pop_back()) {
            at = path.back().from;
            drop_child(*at, *path.back().by);
        }
        return true;
    }

    /// Calls `visit(Value*)` for each value whose pattern fits, in no order, once for each pattern
    /// under which it is. `visit` must not add or remove one.
    template <class Visit>
    void for_each_match(std::string_view destination, Visit visit) const {
        if (size_ == 0 || !is_divided(destination, separator_)) return;
        finding now;
        enter(now, root_.get());
        for (segment_walk w(destination, separator_); !w.is_done();) {
            auto const next = w.next();
            finding after;
            after.open = std::move(now.open);  // a `**` goes on to the end
            for (auto const* any : after.open) after.reached.push_back(any);
            for (auto const* n : now.reached) descend(after, *n, next);
            now = std::move(after);
            if (now.reached.empty()) return;
        }
        for (auto const* n : now.reached)
            for (auto* v : n->values) visit(v);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// The root not counted.
    [[nodiscard]] std::size_t nodes() const noexcept { return nodes_; }

private:
    using segment = destination_pattern::segment;
    using kind = destination_pattern::kind;

    struct node {
        struct glob {
            std::string text{};
            std::unique_ptr<node> to{};
        };

        explicit node(siphash_key const& key) : literals(0, keyed_hash{key}) {}

        bool is_unused() const noexcept {
            return values.empty() && literals.empty() && globs.empty() && !each && !any;
        }

        keyed_map<std::unique_ptr<node>> literals;
        std::vector<glob> globs{};
        std::unique_ptr<node> each{};  // a variable, or `*`
        std::unique_ptr<node> any{};   // `**`
        boost::unordered_flat_set<Value*> values{};
    };
    struct step {
        node* from = nullptr;
        segment const* by = nullptr;
    };
    using steps = boost::container::small_vector<step, 16>;

    /// What the segments so far have led to. Only a node of `**` can be reached in two ways, since
    /// each other node has one parent, which has to be reached one segment earlier.
    struct finding {
        boost::container::small_vector<node const*, 8> reached{};
        boost::unordered_flat_set<node const*> open{};  // those of `**`
    };

    static void enter(finding& f, node const* n) {
        f.reached.push_back(n);
        if (n->any && f.open.insert(n->any.get()).second) f.reached.push_back(n->any.get());
    }

    static void descend(finding& f, node const& from, std::string_view next) {
        if (auto const found = from.literals.find(next); found != from.literals.end())
            enter(f, found->second.get());
        if (from.each) enter(f, from.each.get());
        for (auto const& g : from.globs)
            if (fits_glob(g.text, next)) enter(f, g.to.get());
    }

    static auto glob_of(node& n, std::string_view text) noexcept {
        return std::find_if(
            n.globs.begin(), n.globs.end(), [text](auto const& g) { return g.text == text; });
    }

    static node* child(node& of, segment const& s) noexcept {
        if (s.fits_each()) return of.each.get();
        if (s.what == kind::any) return of.any.get();
        if (s.what == kind::glob) {
            auto const found = glob_of(of, s.text);
            return found == of.globs.end() ? nullptr : found->to.get();
        }
        auto const found = of.literals.find(std::string_view{s.text});
        return found == of.literals.end() ? nullptr : found->second.get();
    }

    node& obtain(node& of, segment const& s) {
        if (auto* const known = child(of, s)) return *known;
        auto made = std::make_unique<node>(key_);
        auto& out = *made;
        if (s.fits_each())
            of.each = std::move(made);
        else if (s.what == kind::any)
            of.any = std::move(made);
        else if (s.what == kind::glob)
            of.globs.push_back({s.text, std::move(made)});
        else
            of.literals.emplace(s.text, std::move(made));
        ++nodes_;
        return out;
    }

    void drop_child(node& of, segment const& s) noexcept {
        --nodes_;
        if (s.fits_each()) return of.each.reset();
        if (s.what == kind::any) return of.any.reset();
        if (s.what == kind::glob) return void(of.globs.erase(glob_of(of, s.text)));
        of.literals.erase(of.literals.find(std::string_view{s.text}));
        shrink_sparse(of.literals);
    }

    siphash_key key_;
    char separator_;
    std::size_t size_ = 0;
    std::size_t nodes_ = 0;
    std::unique_ptr<node> root_;
};

}  // namespace anywire::stomp
