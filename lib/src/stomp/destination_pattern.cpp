#include "destination_pattern.hpp"

#include "core/utf8.hpp"

#include <algorithm>
#include <utility>

namespace anywire::stomp {
namespace {

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_of_name(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/// Where the UTF-8 character ends that begins there.
std::size_t after_character(std::string_view text, std::size_t at) noexcept {
    do ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0u) == 0x80);
    return at;
}

std::size_t count_wildcards(std::string_view text) noexcept {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return c == '*' || c == '?'; }));
}

}  // namespace

std::string_view segment_walk::next() noexcept {
    auto const end = rest_.find(std::exchange(first_, false) ? '/' : separator_);
    auto const out = rest_.substr(0, end);
    done_ = end == std::string_view::npos;
    if (!done_) rest_.remove_prefix(end + 1);
    return out;
}

bool is_divided(std::string_view destination, char separator) noexcept {
    if (destination.empty() || destination.front() != '/') return false;
    for (segment_walk w(destination, separator); !w.is_done();)
        if (w.next().empty()) return false;
    return true;
}

bool is_valid_destination(std::string_view text, pattern_limits const& limits) noexcept {
    if (text.size() > limits.max_bytes || !is_divided(text, '/')) return false;
    if (std::any_of(text.begin(), text.end(), is_control) || !is_utf8(text)) return false;
    std::size_t count = 0;
    for (segment_walk w(text, '/'); !w.is_done(); ++count) {
        auto const segment = w.next();
        if (segment == "." || segment == "..") return false;
    }
    return count <= limits.max_segments;
}

bool fits_glob(std::string_view glob, std::string_view segment, std::size_t* steps) noexcept {
    constexpr auto none = std::string_view::npos;
    std::size_t g = 0;
    std::size_t s = 0;
    // After the last star, and what of the segment follows it: an earlier star that took more
    // would leave no more ways to go on.
    std::size_t after_star = none;
    std::size_t resumed = 0;
    while (s < segment.size()) {
        if (steps != nullptr) ++*steps;
        auto const c = g < glob.size() ? glob[g] : '\0';
        if (c == '*') {
            after_star = ++g;
            resumed = s;
        } else if (c == '?') {
            ++g;
            s = after_character(segment, s);
        } else if (g < glob.size() && c == segment[s]) {
            ++g;
            ++s;
        } else if (after_star == none) {
            return false;
        } else if (after_star == glob.size()) {
            return true;
        } else {
            g = after_star;
            s = resumed = after_character(segment, resumed);
        }
    }
    return glob.find_first_not_of('*', g) == none;
}

bool destination_pattern::has_wildcards(std::string_view text) noexcept {
    return text.find_first_of("*?{") != std::string_view::npos;
}

std::optional<destination_pattern> destination_pattern::parse(std::string_view text,
                                                              pattern_limits const& limits,
                                                              char separator) {
    if (!is_valid_destination(text, limits) || !is_divided(text, separator)) return std::nullopt;
    destination_pattern out;
    out.separator_ = separator;
    std::size_t count = 0;
    for (segment_walk w(text, separator); !w.is_done();)
        if (++count > limits.max_segments || !out.add(w.next())) return std::nullopt;
    if (out.wildcards_ > limits.max_wildcards) return std::nullopt;
    out.text_ = text;
    return out;
}

bool destination_pattern::add(std::string_view text) {
    if (text.find('{') != std::string_view::npos) return add_variable(text);
    auto const wildcards = count_wildcards(text);
    if (wildcards == 0) {
        segments_.push_back({kind::literal, std::string(text)});
        return true;
    }
    plain_ = false;
    if (text == "**") {
        ++wildcards_;
        if (segments_.empty() || segments_.back().what != kind::any)
            segments_.push_back({kind::any, std::string(text)});
        return true;
    }
    wildcards_ += wildcards;
    segment glob{kind::glob, std::string(text)};
    auto const star_again = [](char a, char b) { return a == '*' && b == '*'; };
    glob.text.erase(std::unique(glob.text.begin(), glob.text.end(), star_again), glob.text.end());
    segments_.push_back(std::move(glob));
    return true;
}

bool destination_pattern::add_variable(std::string_view text) {
    if (text.size() < 3 || text.front() != '{' || text.back() != '}') return false;
    auto const name = text.substr(1, text.size() - 2);
    if (!std::all_of(name.begin(), name.end(), is_of_name)) return false;
    for (auto const& s : segments_)
        if (s.what == kind::variable && s.text == name) return false;
    segments_.push_back({kind::variable, std::string(name)});
    ++variables_;
    plain_ = false;
    return true;
}

namespace {

using segment = destination_pattern::segment;
using kind = destination_pattern::kind;

/// One attempt to lay a pattern over a destination.
class matching {
public:
    matching(std::vector<segment> const& pattern,
             segment_walk destination,
             std::vector<std::string_view>* values,
             std::size_t* steps) noexcept
        : pattern_(pattern),
          at_(destination),
          retry_at_(destination),
          values_(values),
          steps_(steps) {}

    bool run() {
        for (;;) {
            if (next_ < pattern_.size() && pattern_[next_].what == kind::any) {
                if (pass_any()) return true;
            } else if (at_.is_done()) {
                return next_ == pattern_.size();  // a longer `**` leaves even fewer segments
            } else if (!take() && !retry()) {
                return false;
            }
        }
    }

private:
    /// Over a `**`, which takes nothing at first; says whether that is the end.
    bool pass_any() noexcept {
        retry_next_ = ++next_;
        retry_at_ = at_;
        retry_values_ = values_ != nullptr ? values_->size() : 0;
        return next_ == pattern_.size();
    }

    bool take() {
        if (next_ == pattern_.size()) return false;
        auto const& wanted = pattern_[next_];
        auto const given = at_.next();
        if (steps_ != nullptr) ++*steps_;
        if (wanted.what == kind::literal && wanted.text != given) return false;
        if (wanted.what == kind::glob && !fits_glob(wanted.text, given, steps_)) return false;
        if (wanted.what == kind::variable && values_ != nullptr) values_->push_back(given);
        ++next_;
        return true;
    }

    /// Has the last `**` take one more. Those before it need not: that would leave no more ways.
    bool retry() {
        if (retry_next_ == 0) return false;
        retry_at_.next();
        at_ = retry_at_;
        next_ = retry_next_;
        if (values_ != nullptr) values_->resize(retry_values_);
        return true;
    }

    std::vector<segment> const& pattern_;
    segment_walk at_;
    segment_walk retry_at_;
    std::vector<std::string_view>* values_;
    std::size_t* steps_;
    std::size_t next_ = 0;
    std::size_t retry_next_ = 0;  // 0: there was no `**`
    std::size_t retry_values_ = 0;
};

/// Less for what goes first.
int compare(segment const& a, segment const& b) noexcept {
    if (a.what != b.what) return a.what < b.what ? -1 : 1;
    if (a.what != kind::glob) return 0;
    auto const text = [](segment const& s) { return s.text.size() - count_wildcards(s.text); };
    if (text(a) == text(b)) return 0;
    return text(a) > text(b) ? -1 : 1;
}

}  // namespace

bool destination_pattern::match(std::string_view destination,
                                std::vector<std::string_view>* values,
                                std::size_t* steps) const {
    if (values != nullptr) values->clear();
    if (plain_) return destination == text_;
    if (!is_divided(destination, separator_)) return false;
    matching m(segments_, segment_walk(destination, separator_), values, steps);
    auto const fits = m.run();
    if (!fits && values != nullptr) values->clear();
    return fits;
}

bool destination_pattern::more_specific(destination_pattern const& a,
                                        destination_pattern const& b) noexcept {
    auto const both = std::min(a.segments_.size(), b.segments_.size());
    for (std::size_t i = 0; i < both; ++i)
        if (auto const order = compare(a.segments_[i], b.segments_[i]); order != 0)
            return order < 0;
    if (a.segments_.size() != b.segments_.size()) return a.segments_.size() < b.segments_.size();
    return a.text_ < b.text_;
}

}  // namespace anywire::stomp
