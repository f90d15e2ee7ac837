#pragma once

#include <anywire/exchange.hpp>

#include "chunked_body.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::http {

/// The bounds of what a server answers, in bytes but for `fields`.
struct response_limits {
    std::size_t head = 16u << 10;  ///< Those of 1xx answers before it included.
    std::size_t fields = 256;
    std::uint64_t body = 0;                  ///< 0 is no limit.
    std::size_t chunk_overhead = 16u << 10;  ///< Extensions and trailers together.
    bool any_coding = false;                 ///< The body may be compressed, and stays so.
};

/// What was asked, as far as the answer's end depends on it.
enum class response_to : std::uint8_t { get, head, connect, upgrade };

/// The head of an answer; its views are valid as those of the event that brought it.
struct response_head {
    unsigned status = 0;
    unsigned version = 11;  ///< 10 or 11.
    std::span<http_field const> fields{};

    /// The first field of that name, in any case.
    [[nodiscard]] std::string_view field(std::string_view name) const noexcept;
    /// All fields of that name, joined by commas.
    [[nodiscard]] std::string joined(std::string_view name) const;
};

/// Takes one answer of a server apart, in whatever pieces it comes.
///
/// Spec:   RFC 9112, 4, 6, 7.1. What it does not allow is refused: lengths that contradict each
///         other, codings that were not asked for.
/// Limits: `response_limits`; 16 answers of 1xx, which are skipped.
class response_reader {
public:
    enum class event : std::uint8_t {
        more,    ///< All bytes are used; more have to come.
        head,    ///< `head()` is that of the final answer, or of a 101 to `upgrade`.
        piece,   ///< `piece()` is the next part of the body. Never empty.
        done,    ///< The answer is complete. What is left is not its.
        failed,  ///< `failure()` says why. Final.
    };

    response_reader() = default;
    response_reader(response_limits const& limits, response_to what) noexcept;

    /// Reads on, taking what it used off `bytes`.
    ///
    /// Borrow: the head and the piece point into `bytes`, or into this, until the next call.
    [[nodiscard]] event next(std::string_view& bytes);
    /// The server sends no more: `done` where that ends the body, `failed` where it cuts it.
    [[nodiscard]] event on_end(bool orderly);

    response_head const& head() const noexcept { return head_; }
    std::string_view piece() const noexcept { return piece_; }
    /// One sentence.
    std::string const& failure() const noexcept { return failure_; }

    /// Whether a byte of an answer has come.
    bool has_begun() const noexcept { return has_begun_; }
    /// Whether its head has come.
    bool has_head() const noexcept { return has_head_; }
    /// Whether the connection may carry another request after `done`.
    bool keeps_alive() const noexcept { return keeps_alive_; }

private:
    enum class state : std::uint8_t { head, length, chunked, until_end, done, failed };
    struct framing;

    event read_head(std::string_view& bytes);
    event read_any_head(std::string_view& bytes);
    event parse(std::string_view head);
    event decide_body(framing const& f);
    event decide_length(framing const& f);
    event next_chunk(std::string_view& bytes);
    event fail(std::string text);
    event too_long();

    response_limits limits_{};
    response_to what_ = response_to::get;
    state state_ = state::head;
    bool has_begun_ = false;
    bool has_head_ = false;
    bool keeps_alive_ = false;
    bool kept_is_old_ = false;  // of a head that has been told
    std::uint8_t interim_ = 0;
    std::size_t head_left_ = 0;
    std::uint64_t left_ = 0;  // of the body, or of its limit
    chunked_body chunks_{};
    std::string kept_{};  // a head that is not whole
    std::vector<http_field> fields_{};
    response_head head_{};
    std::string_view piece_{};
    std::string failure_{};
};

}  // namespace anywire::http
