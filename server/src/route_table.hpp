#pragma once

#include <anywire/http.hpp>

#include "origin.hpp"
#include "route_pattern.hpp"
#include "router.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// What a handler is told of its request.
struct route_context {
    http::request_view const& head;
    std::string_view remote_address;
    bool is_secure;
    std::vector<std::string> const& names;
    http::route_pattern::values const& values;
};

/// What a route does for one method.
struct route_method {
    std::string name{};  ///< Empty: any.
    route_handler handler{};
    tick answer_timeout = 0;
    http::origin_policy origins{};
    std::size_t max_body = 0;
    std::vector<std::string> params{};  ///< The names in this method's own pattern.
};

/// A path of the application's own, and the methods that it answers.
///
/// Thread: constant once the service runs.
class route final : public pattern_target {
public:
    using pattern_target::pattern_target;

    /// False when there is one of that name.
    bool add(route_method m);

    void serve(incoming const& in) override;
    bool judge_page(incoming const& in, std::string& fields) const override;

private:
    /// The method that a request is for; null where there is none.
    route_method const* find(std::string_view method) const noexcept;
    std::string allowed() const;
    void serve_options(incoming const& in) const;

    std::vector<route_method> methods_{};
};

/// What is served where nothing else is: every method of every path.
class fallback_route final : public route_target {
public:
    explicit fallback_route(route_method m) : route_target({}, m.max_body), method_(std::move(m)) {}

    void serve(incoming const& in) override;
    bool judge_page(incoming const& in, std::string& fields) const override;

private:
    route_method method_;
};

/// Throws: `std::invalid_argument` for what is not valid, named by `what`.
route_method make_route_method(std::string_view what,
                               std::string method,
                               route_handler handler,
                               route_options const& options);

}  // namespace anywire
