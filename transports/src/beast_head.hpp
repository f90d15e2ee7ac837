#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include <cstdint>
#include <limits>
#include <string_view>

namespace anywire::http {

inline std::string_view to_std(boost::beast::string_view s) noexcept {
    return {s.data(), s.size()};
}

/// Beast's parser for one head that lies whole in memory; what comes after it is ours, for Beast
/// 345 counts neither chunk extensions nor trailers.
template <bool IsRequest>
class beast_head : public boost::beast::http::basic_parser<IsRequest> {
public:
    beast_head() noexcept {
        this->header_limit(std::numeric_limits<std::uint32_t>::max());  // ours was applied before
        this->body_limit(boost::none);                                  // ours is applied after
    }

private:
    void on_request_impl(boost::beast::http::verb,
                         boost::beast::string_view,
                         boost::beast::string_view,
                         int,
                         boost::beast::error_code&) override {}
    void on_response_impl(int, boost::beast::string_view, int, boost::beast::error_code&) override {
    }

    // Never called: the body is not given to Beast.
    void on_header_impl(boost::beast::error_code&) override {}
    void on_body_init_impl(boost::optional<std::uint64_t> const&,
                           boost::beast::error_code&) override {}
    std::size_t on_body_impl(boost::beast::string_view, boost::beast::error_code&) override {
        return 0;
    }
    void on_chunk_header_impl(std::uint64_t,
                              boost::beast::string_view,
                              boost::beast::error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t,
                                   boost::beast::string_view,
                                   boost::beast::error_code&) override {
        return 0;
    }
    void on_finish_impl(boost::beast::error_code&) override {}
};

}  // namespace anywire::http
