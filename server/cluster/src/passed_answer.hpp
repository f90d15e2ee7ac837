#pragma once

#include <anywire/exchange.hpp>
#include <anywire/response_headers.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anywire::relay {

/// The answer of another server on its way to the client who has asked: a short one leaves whole,
/// others as they come.
///
/// Thread: the shard's.
class passed_answer {
public:
    /// `is_head`: to the method HEAD.
    passed_answer(exchange& to, bool is_head) noexcept : to_(to), is_head_(is_head) {}

    void begin(unsigned status, std::span<http_field const> fields);
    /// False: no more before the exchange has told that all is sent.
    bool add(std::string_view piece);
    /// The exchange is over. Requires: nobody listens to it any more.
    void end();
    /// Whether the client has been told anything.
    bool has_left() const noexcept { return stage_ == stage::streaming; }

private:
    // Answers of that length come whole before they leave in one write.
    static constexpr std::size_t most_whole = 16u << 10;

    enum class stage : std::uint8_t {
        asked,      ///< The head of the answer has not come.
        whole,      ///< Its body is kept until its end.
        streaming,  ///< Its head has left.
    };

    answer head() const noexcept;

    exchange& to_;
    response_headers fields_{};
    std::optional<std::uint64_t> length_{};
    std::string body_{};
    unsigned status_ = 0;
    stage stage_ = stage::asked;
    bool is_head_;
};

}  // namespace anywire::relay
