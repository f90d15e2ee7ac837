#pragma once

#include "client/url.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// The cookies that servers have set, for sticky sessions and logins. It is told the time.
///
/// Spec:   RFC 6265, section 5. There is no list of public
///         suffixes: a `Domain` without a dot, or an address, is that of the host only or refused.
/// Limits: 4 096 bytes a cookie; 50 of one host or domain; 300 in all. The oldest go first.
class cookie_jar {
public:
    static constexpr std::size_t longest = 4096;
    static constexpr std::size_t most_of_one = 50;
    static constexpr std::size_t most = 300;

    /// Takes a `Set-Cookie` of an answer of `from`; what is not valid, or not `from`'s to set, is
    /// dropped without a word. `now`: seconds since 1970.
    void set(client_url const& from, std::string_view set_cookie, std::int64_t now);

    /// Appends "a=b; c=d" for a request, after what is there: the longer paths first, then the
    /// older cookies.
    void append(std::string& out, client_url const& to, std::int64_t now);

    std::size_t size() const noexcept { return all_.size(); }

private:
    struct cookie {
        std::string name{};
        std::string value{};
        std::string domain{};
        std::string path{};
        std::int64_t expires = 0;  // with `persists`
        bool persists = false;
        bool host_only = true;
        bool secure = false;
    };

    static bool parse(client_url const& from,
                      std::string_view set_cookie,
                      std::int64_t now,
                      cookie& out);
    static void apply_max_age(std::string_view value,
                              std::int64_t now,
                              cookie& out,
                              bool& has_max_age);
    static bool apply_domain(std::string_view value, client_url const& from, cookie& out);
    static bool apply(std::string_view attribute,
                      std::string_view value,
                      client_url const& from,
                      std::int64_t now,
                      cookie& out,
                      bool& has_max_age);
    void make_room(std::string_view domain);

    std::vector<cookie> all_{};  // the oldest first
};

/// The seconds since 1970 of a cookie's date; false where it is none.
///
/// Spec: RFC 6265, section 5.1.1.
[[nodiscard]] bool parse_cookie_date(std::string_view text, std::int64_t& out) noexcept;

}  // namespace anywire
