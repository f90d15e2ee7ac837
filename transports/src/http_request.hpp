#pragma once

#include <anywire/exchange.hpp>

#include "chunked_body.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace anywire::http {

using field = http_field;

/// One request, borrowed from the `request_reader` that read it.
struct request_view {
    std::string_view method{};
    /// As sent, but for the absolute form, which is cut to its path and query.
    std::string_view target{};
    std::string_view path{};   ///< `target` up to the first '?', not decoded.
    std::string_view query{};  ///< What follows that '?'; empty without one.
    /// Host and port asked for: of the absolute form, else the Host field; valid, or empty (1.0).
    std::string_view host{};
    unsigned version = 11;  ///< 10 or 11.
    std::span<field const> fields{};
    std::string_view body{};       ///< Set when the request is `done`.
    bool keep_alive = true;        ///< The client lets the connection serve another request.
    bool upgrade = false;          ///< Connection says upgrade, and there is an Upgrade field.
    bool expect_continue = false;  ///< The client waits for 100 (Continue).

    /// The first value of the field `name`, in any case, or nothing.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    [[nodiscard]] bool has_header(std::string_view name) const noexcept;
    [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
    /// Whether `token` is, in any case, an element of a comma list of that name.
    [[nodiscard]] bool list_contains(std::string_view name, std::string_view token) const noexcept;
};

/// The target of the request that `bytes` begin with, as soon as it has come whole; blank lines
/// before it are skipped. Says nothing of whether the request is valid.
[[nodiscard]] std::optional<std::string_view> peek_target(std::string_view bytes) noexcept;

/// Whether the first line of the next request has come whole; blank lines before it do not count.
[[nodiscard]] bool has_request_line(std::string_view bytes) noexcept;

/// What one request may cost. All sizes are bytes.
struct request_limits {
    /// The whole head, from the method to the empty line; 431 beyond. Default 16 KB, as Node.
    std::size_t header = 16'384;
    /// The request line with its end; 414 beyond. Default 16 KB, as Node.
    std::size_t line = 16'384;
    /// The body without its framing; 413 beyond. Default 1 000 000, Engine.IO's `maxPayload`.
    std::size_t body = 1'000'000;
    /// Chunk extensions and trailers of one request together; 431 beyond. Default 4 KB.
    std::size_t chunk_overhead = 4096;
    /// Fields in the head; 431 beyond. Default 100, as Apache.
    std::size_t fields = 100;
};

/// Reads one request from bytes as they come. What RFC 9112 calls invalid is refused, never
/// repaired, and after a refusal the connection has to end: where the next request would start is
/// anyone's guess.
///
/// Make one on the stack for each request: a request that lies whole in the bytes fed is read
/// without an allocation. For one that does not, move the reader to the heap and feed it there.
///
/// Spec:   RFC 9112; stricter where it leaves a choice.
/// Limits: `request_limits`, each enforced while the bytes come.
class request_reader {
public:
    enum class status : std::uint8_t {
        need_more,      ///< The request goes on beyond these bytes.
        head_complete,  ///< As `need_more`, said once: `request()` has all but the body. The time
                        ///< to refuse early or to send 100 (Continue).
        done,           ///< `request()` is whole.
        error,          ///< Refused: answer `error_status()` and close. Final.
    };

    explicit request_reader(request_limits const& limits) noexcept;
    request_reader(request_reader&& other) noexcept;
    request_reader& operator=(request_reader&& other) noexcept;
    ~request_reader() = default;

    /// Reads on; `used` says how many of `bytes` were consumed.
    ///
    /// Until the head is complete nothing but blank lines before it is consumed: feed the rest
    /// again, with more after it. From then on everything up to the end of the request is
    /// consumed, and what is not yet `done` is kept in blocks of the reader's own.
    ///
    /// Borrow: after `done`, `request()` may point into `bytes`.
    /// Cost:   linear in the new bytes, however they are cut; no allocation when the first call
    ///         answers `done` (two or more chunks of a chunked body apart).
    [[nodiscard]] status feed(std::string_view bytes, std::size_t& used);

    /// Lowers the limit of the body, once the head has said whom it is for. False when the body
    /// passes that already: refuse it with 413.
    /// Requires: `feed` has answered `head_complete`, and not `done` since.
    [[nodiscard]] bool lower_body_limit(std::size_t most) noexcept;

    /// The request: nothing before the head is complete.
    ///
    /// Borrow: valid until the next `feed`, `reset` or move.
    [[nodiscard]] request_view const& request() const noexcept { return view_; }

    /// 400, 413, 414, 417, 431, 501 or 505 after `error`; 0 before.
    [[nodiscard]] unsigned error_status() const noexcept { return error_status_; }
    /// What was wrong, a short sentence; holds nothing the peer sent.
    [[nodiscard]] std::string_view error_text() const noexcept { return error_text_; }

    /// Whether anything of a request has come; blank lines alone do not count.
    [[nodiscard]] bool started() const noexcept { return started_; }

    /// Makes ready for the next request and gives memory back.
    void reset() noexcept;

private:
    enum class stage : std::uint8_t { head, length, chunks, done, failed };

    status fail(unsigned error, char const* text) noexcept;
    bool skip_blank_lines(std::string_view& bytes, std::size_t& used) noexcept;
    status find_head_end(std::string_view bytes, std::size_t& end) noexcept;
    status read_head(std::string_view bytes, std::size_t& used);
    std::size_t line_limit() const noexcept;
    status head_too_long() noexcept;
    status parse_head(std::string_view head);
    status start_body(bool chunked, std::uint64_t length) noexcept;
    status read_body(std::string_view bytes, std::size_t& used);
    status read_length(std::string_view bytes, std::size_t& used);
    status read_chunks(std::string_view bytes, std::size_t& used);
    void keep_head(std::string_view head);

    request_limits limits_;
    request_view view_{};
    boost::container::small_vector<field, 32> fields_{};  // browsers send 10 to 25
    std::unique_ptr<char[]> head_{};                      // the head, once it is kept
    std::string body_{};                                  // the body, where it came in pieces
    chunked_body chunks_{};
    std::size_t body_left_ = 0;
    std::size_t scanned_ = 0;     // of the head: bytes searched for its end
    std::size_t line_start_ = 0;  // of the head: where the line being searched starts
    char const* error_text_ = "";
    unsigned error_status_ = 0;
    std::uint8_t blank_lines_ = 0;
    stage stage_ = stage::head;
    bool started_ = false;
};

}  // namespace anywire::http
