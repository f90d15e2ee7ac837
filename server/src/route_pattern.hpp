#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::http {

/// A path with names in it: "/user/:id/posts". A name stands for one segment that is not empty.
class route_pattern {
public:
    /// The values of the names, in the pattern's order, as they are in the path.
    using values = std::vector<std::string_view>;

    /// Nothing for a pattern that is not valid: no '/' at its beginning, a '?' or '#', a name that
    /// is empty, not of `A-Za-z0-9_`, or there twice.
    [[nodiscard]] static std::optional<route_pattern> parse(std::string_view text);

    [[nodiscard]] bool matches(std::string_view path) const noexcept {
        return match(path, nullptr);
    }
    /// The same; `found` has the values then. Borrow: they point into `path`.
    [[nodiscard]] bool match(std::string_view path, values* found) const;

    /// The names in their order.
    std::vector<std::string> const& names() const noexcept { return names_; }
    /// Whether every path that matches one matches the other.
    bool is_like(route_pattern const& other) const noexcept {
        return segments_ == other.segments_ && ends_with_slash_ == other.ends_with_slash_;
    }
    /// Whether it is to be asked before the other: the first segment in which they differ decides,
    /// one that is spelled out before a name.
    bool goes_before(route_pattern const& other) const noexcept;

private:
    std::vector<std::string> segments_{};  // empty: a name's
    std::vector<std::string> names_{};
    bool ends_with_slash_ = false;
};

}  // namespace anywire::http
