#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace anywire::http {

/// For whom a proxy has made a connection.
struct proxied_client {
    /// A literal IP, IPv4 also where it came as IPv6, or "unix:"; empty where the header does not
    /// say: then it is whoever has made the connection.
    std::string address{};
    bool is_secure = false;  ///< The client came to the proxy over TLS.
};

/// Reads the header with which a connection begins where the PROXY protocol is spoken, version 1 or
/// 2. Bytes come in pieces of any size.
///
/// Spec:   proxy-protocol.txt of HAProxy 2.6, sections 2.1 and 2.2. Fields of unknown types are
///         skipped; a checksum (PP2_TYPE_CRC32C) is checked where there is one.
/// Limits: 107 bytes (version 1), 16 and `most_after_prefix` bytes (version 2).
class proxy_header_reader {
public:
    static constexpr std::size_t longest_line = 107;
    static constexpr std::size_t prefix_size = 16;
    static constexpr std::size_t most_after_prefix = 4'096;
    static constexpr std::size_t longest = prefix_size + most_after_prefix;

    enum class status : std::uint8_t { more, done, error };

    /// Takes what belongs to the header off the front of `bytes`: how many those are is `used`.
    status feed(std::string_view bytes, std::size_t& used);

    /// Requires: `done`.
    proxied_client const& client() const noexcept { return client_; }
    /// What is wrong. Requires: `error`.
    std::string_view error_text() const noexcept { return error_; }

private:
    status fail(std::string_view why) noexcept;
    status feed_line(std::string_view bytes, std::size_t& used);
    status feed_binary(std::string_view bytes, std::size_t& used);
    bool read_line();
    bool read_binary();
    bool read_fields(std::string_view fields, std::size_t at);

    std::string header_{};  // what has come of it
    proxied_client client_{};
    std::string_view error_{};
};

}  // namespace anywire::http
