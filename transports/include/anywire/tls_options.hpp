#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace anywire {

/// Whether clients prove who they are by a certificate of their own.
enum class client_auth : std::uint8_t {
    off,       ///< Nobody is asked for one.
    optional,  ///< One that is presented has to be good; without one a client is served, too.
    required,  ///< No handshake without a good one.
};

enum class tls_version : std::uint8_t { tls1_2, tls1_3 };

/// A further certificate of a listener, for clients that name another host in their handshake
/// (SNI). Both are PEM files.
struct tls_certificate {
    std::string certificate{};  ///< The chain, the server's own certificate first.
    std::string key{};
    /// Hosts that it is for: "chat.example", or "*.example" for the names one level below.
    /// Default: those that the certificate itself names (subjectAltName).
    std::vector<std::string> names{};
};

/// A certificate chain and its private key, PEM files, and how TLS is spoken with them. Both empty:
/// no TLS.
///
/// Clients that offer protocols (ALPN) get "http/1.1"; those that offer only others are refused.
struct tls_options {
    std::string certificate{};
    std::string key{};

    /// Further certificates. An exact name goes before a wildcard, an earlier certificate before a
    /// later one; who names no host, or one that is not known, gets the first, `certificate`.
    std::vector<tls_certificate> more{};

    /// Whether clients present certificates, which have to be issued, in however many steps, by one
    /// of those in `client_ca`. `request::certificate` says who a client is. Default off.
    client_auth clients = client_auth::off;
    /// PEM file of the certificates that clients' certificates are believed by. Needed where
    /// `clients` is not off, and an error where it is.
    std::string client_ca{};

    /// The oldest version that is spoken. Default TLS 1.2; older ones are not to be had.
    tls_version oldest = tls_version::tls1_2;
    /// Ciphers of TLS 1.2, the preferred first, as OpenSSL writes them:
    /// "ECDHE+AESGCM:ECDHE+CHACHA20". Default OpenSSL's own.
    std::string ciphers{};
    /// Cipher suites of TLS 1.3: "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256". Default
    /// OpenSSL's own.
    std::string cipher_suites{};
};

}  // namespace anywire
