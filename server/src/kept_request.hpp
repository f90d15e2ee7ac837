#pragma once

#include "router.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// A request that is served later than in the call that has brought it.
class kept_request {
public:
    /// `with_body`: else it has none any more.
    kept_request(incoming const& of, bool with_body);
    kept_request(kept_request const&) = delete;
    kept_request& operator=(kept_request const&) = delete;

    /// The request as it came. Borrow: this, and the exchange, which still waits for its answer.
    incoming again() const noexcept {
        return {here_, to_, head_, client_, below_, via_, page_allowed_};
    }
    exchange& to() const noexcept { return to_; }

private:
    std::string_view keep(std::string_view s);

    shard& here_;
    exchange& to_;
    http_connection* via_;
    bool page_allowed_;
    std::string text_{};  // all that the views point to
    std::vector<http_field> fields_{};
    http::request_view head_;
    http::client_info client_;
    std::string_view below_{};
};

}  // namespace anywire
