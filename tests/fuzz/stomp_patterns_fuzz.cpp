// What clients may take for destinations and patterns: a pattern fits what a table of all pairs
// says, at a bounded cost, and a tree of patterns finds what a list of them does.
//
// The first byte chooses the separator; then each line adds a pattern ('+'), takes one away ('-'),
// or else is a destination to find.
#include "core/utf8.hpp"
#include "stomp/destination_pattern.hpp"
#include "stomp/pattern_tree.hpp"
#include "support/pattern_reference.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <list>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire::stomp;
using namespace anywire::test;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

class patterns {
public:
    explicit patterns(char separator) : separator_(separator), tree_({5, 6}, separator) {}

    void add(std::string_view text) {
        auto const p = destination_pattern::parse(text, {}, separator_);
        if (!p || list_.size() >= 32) return;
        require(is_valid_destination(text) && p->text() == text);
        require(p->is_plain() == !destination_pattern::has_wildcards(text));
        for (auto const& other : list_) check_order(*p, other);
        list_.push_back(*p);
        tree_.add(*p, &list_.back());
    }
    void remove(std::string_view text) {
        auto const same = [text](auto const& p) { return p.text() == text; };
        auto const found = std::find_if(list_.begin(), list_.end(), same);
        if (found == list_.end()) return;
        auto const copy = *found;
        require(tree_.remove(copy, &*found));
        require(!tree_.remove(copy, &*found));
        list_.erase(found);
    }
    void find(std::string_view destination) const {
        std::vector<destination_pattern const*> expected;
        for (auto const& p : list_)
            if (check_match(p, destination)) expected.push_back(&p);
        std::vector<destination_pattern const*> found;
        tree_.for_each_match(destination, [&](auto const* p) { found.push_back(p); });
        std::sort(expected.begin(), expected.end());
        std::sort(found.begin(), found.end());
        require(found == expected);
    }
    void finish() {
        require(tree_.size() == list_.size());
        while (!list_.empty()) {
            std::string const text = list_.front().text();
            remove(text);
        }
        require(tree_.size() == 0 && tree_.nodes() == 0);
    }

private:
    static void check_order(destination_pattern const& a, destination_pattern const& b) {
        auto const before = destination_pattern::more_specific(a, b);
        auto const after = destination_pattern::more_specific(b, a);
        require(a.text() == b.text() ? !before && !after : before != after);
    }

    bool check_match(destination_pattern const& p, std::string_view destination) const {
        std::vector<std::string_view> values;
        std::size_t steps = 0;
        auto const fits = p.match(destination, &values, &steps);
        require(!anywire::is_utf8(destination) ||
                fits == fits_slowly(p.text(), destination, separator_));
        require(steps <= (p.text().size() + 1) * (destination.size() + 1));
        require(values.size() == (fits ? p.variables() : 0));
        auto const* after = destination.data();
        for (auto const v : values) {
            require(!v.empty() && v.data() > after);
            after = v.data() + v.size();
            require(after <= destination.data() + destination.size());
        }
        return fits;
    }

    char separator_;
    pattern_tree<destination_pattern const> tree_;
    std::list<destination_pattern> list_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 1 || size > 2'000) return 0;
    patterns all((data[0] & 1u) != 0 ? '.' : '/');
    std::string_view rest(reinterpret_cast<char const*>(data) + 1, size - 1);
    while (!rest.empty()) {
        auto const line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        if (line.starts_with('+'))
            all.add(line.substr(1));
        else if (line.starts_with('-'))
            all.remove(line.substr(1));
        else
            all.find(line);
    }
    all.finish();
    return 0;
}
