#pragma once

#include "websocket/huffman.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace anywire::websocket {

/// Inflates one endless stream of DEFLATE blocks, message after message, whatever the cuts: a block
/// that calls itself final ends nothing.
///
/// Spec: RFC 1951.
/// Cost: 2^window_bits bytes once a message has ended, 5 KB within one.
class inflate_stream {
public:
    explicit inflate_stream(int window_bits) noexcept;
    ~inflate_stream();
    inflate_stream(inflate_stream const&) = delete;
    inflate_stream& operator=(inflate_stream const&) = delete;

    /// Where a message's text lies: from `begin` to `at` what it has inflated to, room up to `end`.
    struct text {
        char* begin = nullptr;
        char* at = nullptr;
        char* end = nullptr;
    };
    enum class status : std::uint8_t { need_input, need_room, bad };

    /// Inflates until all of `in` is used or there is no room.
    ///
    /// Requires: what lies before `at` is what the message's earlier calls have put there.
    /// Errors:   `bad` for what is no such block, and for a reference to beyond the window or the
    ///           beginning. The stream is spent then.
    [[nodiscard]] status write(std::string_view& in, text& out);

    /// False before a message's first bit, and where nothing has come after a final block.
    [[nodiscard]] bool has_begun() const noexcept { return has_begun_ || bits_ != 0; }
    /// The last bit that came ended a block and a byte alike.
    [[nodiscard]] bool is_at_boundary() const noexcept {
        return step_ == step::header && bits_ == 0 && copy_left_ == 0;
    }

    /// Ends a message. With `keep` the next one may refer to it.
    ///
    /// Requires: `is_at_boundary()` or not `has_begun()`.
    void end_message(std::string_view message, bool keep);

    /// Heap bytes held.
    [[nodiscard]] std::size_t footprint() const noexcept;

private:
    enum class step : std::uint8_t {
        header,
        stored_length,
        stored,
        counts,
        code_lengths,
        lengths,
        codes,
    };
    using literal_code = huffman_code<9, 288>;
    using distance_code = huffman_code<7, 32>;
    struct tables;

    void take_input(std::string_view& in) noexcept;
    void drop(unsigned n) noexcept {
        hold_ >>= n;
        bits_ -= n;
    }
    [[nodiscard]] bool has(unsigned n) const noexcept { return bits_ >= n; }
    [[nodiscard]] unsigned peek(unsigned n) const noexcept {
        return static_cast<unsigned>(hold_ & ((std::uint64_t{1} << n) - 1));
    }

    // Each takes one step, or nothing of what it misses the rest of.
    enum class outcome : std::uint8_t { done, starved, full, bad };
    outcome advance(std::string_view& in, text& out);
    outcome take_header();
    outcome take_stored_length() noexcept;
    outcome take_stored(std::string_view& in, text& out) noexcept;
    outcome take_counts() noexcept;
    outcome take_code_length();
    outcome take_lengths(std::string_view& in) noexcept;
    outcome take_length(unsigned all) noexcept;
    outcome take_symbols(std::string_view& in, text& out) noexcept;
    outcome take_symbol(text& out) noexcept;
    outcome take_reference(unsigned symbol, unsigned used, text const& out) noexcept;
    outcome take_fast(std::string_view& in, text& out) noexcept;
    bool copy_at_once(text& out) noexcept;
    void copy(text& out) noexcept;
    void end_block() noexcept;
    bool build_codes() noexcept;

    std::size_t window_size_;
    std::unique_ptr<char[]> window_{};  // a ring of what came before this message
    std::size_t window_end_ = 0;
    std::size_t window_used_ = 0;

    std::uint64_t hold_ = 0;  // bits that came and were not used, the first lowest
    unsigned bits_ = 0;
    step step_ = step::header;
    bool is_final_ = false;
    bool has_begun_ = false;
    std::uint32_t stored_left_ = 0;
    std::uint32_t copy_left_ = 0;
    std::uint32_t copy_distance_ = 0;
    literal_code const* literals_ = nullptr;
    distance_code const* distances_ = nullptr;
    std::unique_ptr<tables> tables_{};
};

}  // namespace anywire::websocket
