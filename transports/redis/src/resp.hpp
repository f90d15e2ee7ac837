#pragma once

#include <anywire/redis/error.hpp>
#include <anywire/redis/options.hpp>
#include <anywire/redis/reply.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct redisReader;
struct redisReadTask;

namespace anywire::redis {

/// Appends one command: an array of strings.
///
/// Spec: RESP 2, "Sending commands to a Redis server".
void append_command(std::string& out, std::span<std::string_view const> args);
void append_command(std::string& out, std::span<std::string const> args);
/// The same for literals and views.
template <class... Text>
void append_words(std::string& out, Text const&... words) {
    std::string_view const all[] = {std::string_view(words)...};
    append_command(out, std::span<std::string_view const>(all));
}

/// Whether an error's text begins with this code, a word of its own.
[[nodiscard]] bool has_code(std::string_view text, std::string_view code) noexcept;

/// Takes answers apart, in whatever pieces they come: hiredis' reader, with the bounds that it
/// lacks. It keeps an answer's bytes until the string is whole, however long that says it is, and
/// searches a line from its beginning at every piece.
///
/// Limits: `limits`; a line has 16 KiB. Of what passes a limit no more than one piece is stored.
class reply_reader {
public:
    enum class event : std::uint8_t {
        more,    ///< More bytes have to come.
        reply,   ///< `take` has it.
        failed,  ///< `error` and `text` say why. Final.
    };
    /// Longest piece. What is left of a piece is moved to the front at every KiB that is used.
    static constexpr std::size_t most_at_once = std::size_t{16} * 1024;
    static constexpr std::size_t max_line = std::size_t{16} * 1024;

    explicit reply_reader(limits const& l);
    reply_reader(reply_reader const&) = delete;
    reply_reader& operator=(reply_reader const&) = delete;
    ~reply_reader();

    /// Requires: `next` has said `more`; at most `most_at_once` bytes.
    void feed(std::string_view piece);
    [[nodiscard]] event next();
    reply take() noexcept { return std::move(root_); }

    error_code error() const noexcept { return error_; }
    std::string const& text() const noexcept { return text_; }

private:
    struct functions;
    struct freed {
        void operator()(redisReader* r) const noexcept;
    };

    reply* add(redisReadTask const* task, std::size_t bytes);
    event check_rest();
    event fail(errc why, std::string text);

    limits limits_;
    std::unique_ptr<redisReader, freed> reader_;
    reply root_{};
    std::size_t size_ = 0;  // of the answer so far
    error_code error_{};
    std::string text_{};
};

}  // namespace anywire::redis
