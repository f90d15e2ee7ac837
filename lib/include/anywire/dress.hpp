#pragma once

#include <anywire/exchange.hpp>
#include <anywire/frame.hpp>

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace anywire {

/// The parts of a response's body that go out together, those that are kept elsewhere and those
/// that are made here.
class body_parts {
public:
    /// `text` has to live until the parts are written.
    void add(std::string_view text) { parts_.push_back({text, 0}); }
    /// Adds what `make(std::string&)` appends.
    template <class Make>
    void add_made(Make make) {
        auto const at = made_.size();
        make(made_);
        parts_.push_back({{nullptr, made_.size() - at}, at});
    }
    std::size_t size_of_last() const noexcept { return parts_.back().text.size(); }
    /// The parts in their order, none of them empty. Valid until the next `add`.
    std::span<std::string_view const> views();

private:
    struct part {
        std::string_view text;  // without data: made, and only its size counts
        std::size_t at;
    };
    std::string made_{};
    boost::container::small_vector<part, 8> parts_{};
    boost::container::small_vector<std::string_view, 8> views_{};
};

/// What a dialect made of some frames.
struct dressed {
    std::size_t taken = 0;    ///< Of the frames, the first so many.
    bool is_goodbye = false;  ///< The last of them is the session's last word.
};

/// How a dialect answers one HTTP request that waits for what its session has to say.
///
/// Thread: that of one shard at a time.
class receiver_dress {
public:
    virtual ~receiver_dress() = default;
    /// As in `session::transport()`; a literal.
    virtual std::string_view name() const noexcept = 0;
    /// Adds fields to the head of the answer, each "Name: value\r\n": those of the application's
    /// hooks. Called before anything else, at most once. A dialect that ignores them has none.
    virtual void add_fields(std::string_view fields) { (void)fields; }
    /// Answers in place of the session, which has another request waiting already. The default is
    /// status 409.
    virtual void answer_busy(exchange& to);
};

/// How a dialect puts its frames into the answer to a poll.
class poll_dress : public receiver_dress {
public:
    /// Makes the answer of at least one frame of `batch`, its body in `body`. What `head` points to
    /// has to live as long as this.
    virtual dressed dress(std::span<frame* const> batch, std::string& body, answer& head) = 0;
};

/// How a dialect puts its frames into an answer without an end.
class stream_dress : public receiver_dress {
public:
    /// What the answer begins with; its body is not used. What it points to has to live as long as
    /// this.
    virtual answer head() const noexcept = 0;
    /// What leads the first frame.
    virtual void append_prelude(std::string& out) const { (void)out; }
    /// Adds frames of `batch` as parts, at least one of them, up to a goodbye or until they have
    /// `room` bytes or more. `gathered`: they have gathered between two responses.
    virtual dressed dress(std::span<frame* const> batch,
                          bool gathered,
                          std::size_t room,
                          body_parts& out) = 0;
};

}  // namespace anywire
