#pragma once

#include <anywire/error.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anywire {

/// Decodes what SockJS clients send: JSON arrays of strings. One object serves many bodies and
/// keeps its storage from one to the next.
///
/// Bytes in strings that are not UTF-8 are refused, as on a WebSocket: each would become the three
/// of U+FFFD, and six on the way out. Escapes of lone surrogates, which are longer than that,
/// become U+FFFD: messages are always UTF-8. All or nothing: after an error there are no messages.
///
/// Spec:   sockjs-protocol, "XhrPolling" and "JSON Unicode Encoding"; RFC 8259.
/// Borrow: messages point into the text given to `decode_*` where it needs no decoding, else into
///         this object; valid until the next `decode_*` and as long as that text is.
/// Limits: none on the text; the carrier has held it to `limits::max_message`. Messages are never
///         longer than it. Beside decoded text a message takes up to 32 bytes, for three of the
///         text
///         (`"",`) or more, until `release`.
/// Cost:   one pass. No allocation for text without escapes once warm.
class json_messages {
public:
    /// Decodes the body of an `xhr_send` or `jsonp_send`: an array of strings.
    ///
    /// Errors: `errc::payload_expected` for an empty body and for other JSON; `errc::bad_json`,
    /// also
    ///         for messages that are not UTF-8.
    [[nodiscard]] error_code decode_array(std::string_view json);

    /// Decodes a text message of the framed WebSocket: an array of strings, or one string alone.
    /// An empty message holds no messages, and is no error.
    ///
    /// Errors: those of `decode_array`, but for an empty message.
    [[nodiscard]] error_code decode_frame(std::string_view json);

    [[nodiscard]] std::span<std::string_view const> messages() const noexcept { return messages_; }

    /// Bytes of storage held now.
    [[nodiscard]] std::size_t storage_bytes() const noexcept;

    /// Forgets the messages; of each of the three stores, gives back what is above
    /// `max_kept_scratch`.
    void release() noexcept;

private:
    // A message in `scratch_`, which may move while it grows.
    struct decoded {
        std::size_t message = 0;  // index in `messages_`
        std::size_t offset = 0;   // in `scratch_`
    };

    error_code finish(bool complete, std::string_view json);
    bool take_array(std::string_view& rest);
    bool take_string(std::string_view& rest);
    bool take_decoded_string(std::string_view& rest, std::size_t clean);
    bool take_escape(std::string_view& rest);
    bool take_unit_escape(std::string_view& rest);

    std::vector<std::string_view> messages_{};
    std::vector<decoded> decoded_{};
    std::string scratch_{};
};

}  // namespace anywire
