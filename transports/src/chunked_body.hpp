#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace anywire::http {

/// Takes a chunked body apart, in whatever pieces it comes. Refuses what the grammar does not
/// allow rather than repairing it: two readers who repair differently are request smuggling.
///
/// Spec:   RFC 9112, 7.1. Extensions are skipped, trailers checked and dropped.
/// Limits: the data of the body; extensions and trailers together; 16 digits for a size.
class chunked_body {
public:
    enum class status : std::uint8_t {
        need_more,          ///< All bytes are used and the body goes on.
        data,               ///< `piece` is the next part of the body; call again.
        done,               ///< The last byte of the body was used.
        malformed,          ///< Not chunked coding. Final.
        body_too_long,      ///< A chunk announces more than the limit leaves. Final.
        overhead_too_long,  ///< Extensions and trailers exceed their limit. Final.
    };

    chunked_body() noexcept = default;
    chunked_body(std::uint64_t max_body, std::size_t max_overhead) noexcept
        : body_left_(max_body), overhead_left_(max_overhead) {}

    /// Takes `bytes` off what the limit leaves; false when a chunk has announced them already.
    [[nodiscard]] bool lower_limit(std::uint64_t bytes) noexcept {
        if (body_left_ < bytes) return false;
        body_left_ -= bytes;
        return true;
    }

    /// Reads on; `used` says how many of `bytes` were consumed.
    ///
    /// Borrow: `piece` points into `bytes`.
    /// Cost:   one step a byte of framing, one a piece of data; no allocation.
    [[nodiscard]] status next(std::string_view bytes,
                              std::size_t& used,
                              std::string_view& piece) noexcept;

private:
    enum class state : std::uint8_t {
        // "5;a=b" CR LF
        size,
        extension,
        size_lf,
        // "hello" CR LF
        data,
        data_cr,
        data_lf,
        // "A: b" CR LF
        trailer,
        name,
        value,
        value_lf,
        // CR LF
        end_lf,
        ended
    };

    status step(char c) noexcept;
    status on_size(char c) noexcept;
    status on_size_lf(char c) noexcept;
    status on_trailer(char c) noexcept;
    status on_text(char c, state at_cr) noexcept;
    status go(bool valid, state next) noexcept;
    status count(state next) noexcept;

    std::uint64_t chunk_left_ = 0;
    std::uint64_t body_left_ = 0;
    std::size_t overhead_left_ = 0;
    std::uint8_t digits_ = 0;
    state state_ = state::size;
    status end_ = status::done;  // what `ended` answers
};

}  // namespace anywire::http
