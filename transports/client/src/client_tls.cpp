#include "client_tls.hpp"

#include "core/base64.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <algorithm>
#include <new>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace anywire {
namespace {

constexpr std::size_t digest_size = 32;

std::string last_error() {
    char text[256] = "unknown error";
    if (auto const code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return text;
}

/// A key with a password is an error: nobody is there to type one.
int no_password(char*, int, int, void*) {
    return -1;
}

std::string load_own(SSL_CTX* c, client_tls_options const& o) {
    if (o.certificate.empty() && o.key.empty()) return {};
    if (o.certificate.empty() || o.key.empty())
        return "network.tls: `certificate` and `key` go together, and one of them is missing";
    if (SSL_CTX_use_certificate_chain_file(c, o.certificate.c_str()) != 1)
        return "cannot use the file network.tls.certificate '" + o.certificate +
               "': " + last_error();
    if (SSL_CTX_use_PrivateKey_file(c, o.key.c_str(), SSL_FILETYPE_PEM) != 1)
        return "cannot use the file network.tls.key '" + o.key + "': " + last_error();
    if (SSL_CTX_check_private_key(c) != 1)
        return "the key '" + o.key + "' does not belong to the certificate '" + o.certificate + "'";
    return {};
}

std::string load_trust(SSL_CTX* c, client_tls_options const& o) {
    if (!o.ca.empty()) {
        if (SSL_CTX_load_verify_file(c, o.ca.c_str()) == 1) return {};
        return "cannot use the file network.tls.ca '" + o.ca + "': " + last_error();
    }
    // A system without a store believes nobody: the handshake says so.
    if (o.verify) (void)SSL_CTX_set_default_verify_paths(c);
    ERR_clear_error();
    return {};
}

std::string digest_of_key(SSL* s) {
    auto* const peer = SSL_get0_peer_certificate(s);
    if (!peer) return {};
    unsigned char* der = nullptr;
    auto const size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(peer), &der);
    if (size <= 0) return {};
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_length = 0;
    auto const good = EVP_Digest(
        der, static_cast<std::size_t>(size), digest, &digest_length, EVP_sha256(), nullptr);
    OPENSSL_free(der);
    if (good != 1) return {};
    return {reinterpret_cast<char const*>(digest), digest_length};
}

std::string quoted(std::string_view host) {
    return std::string("'").append(host).append("'");
}

}  // namespace

client_tls::client_tls(client_tls_options const& options, std::string& error)
    : options_(options), context_(SSL_CTX_new(TLS_client_method())) {
    error.clear();
    auto* const c = context_.get();
    if (!c) throw std::bad_alloc();
    ERR_clear_error();
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    // An end without a goodbye is an error here: a body that lasts until the end could be cut.
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(c,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                         SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(c, 1);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(c, no_password);
    SSL_CTX_set_verify(c, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    static constexpr unsigned char protocols[] = "\x08http/1.1";
    (void)SSL_CTX_set_alpn_protos(c, protocols, sizeof protocols - 1);
    error = load_own(c, options);
    if (error.empty()) error = load_trust(c, options);
    for (auto const& pin : options.pinned_keys) {
        auto digest = decode_base64(pin);
        if (!digest || digest->size() != digest_size) {
            error = "network.tls.pinned_keys: '" + pin +
                    "' is not the base64 of a SHA-256, as curl's --pinnedpubkey has it after "
                    "\"sha256//\"";
            return;
        }
        pins_.push_back(std::move(*digest));
    }
}

bool client_tls::fits(client_tls_options const& o) const noexcept {
    return o.verify == options_.verify && o.ca == options_.ca &&
           o.certificate == options_.certificate && o.key == options_.key &&
           o.pinned_keys == options_.pinned_keys && o.server_name == options_.server_name;
}

std::unique_ptr<tls_stream> client_tls::connect(int descriptor,
                                                std::string const& host,
                                                bool is_literal) const {
    auto* const s = SSL_new(context_.get());
    if (!s) throw std::bad_alloc();
    auto stream = std::make_unique<tls_stream>(s, descriptor);
    auto const renamed = !options_.server_name.empty();
    auto const& name = renamed ? options_.server_name : host;
    auto* const terms = SSL_get0_param(s);
    X509_VERIFY_PARAM_set_hostflags(terms, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    auto done = 1;
    if (is_literal && !renamed) {
        if (options_.verify) done = X509_VERIFY_PARAM_set1_ip_asc(terms, name.c_str());
    } else {
        done = static_cast<int>(SSL_set_tlsext_host_name(s, name.c_str()));
        if (options_.verify && done == 1)
            done = X509_VERIFY_PARAM_set1_host(terms, name.data(), name.size());
    }
    ERR_clear_error();
    // Without the name nobody would be held to it.
    if (done != 1) throw std::bad_alloc();
    return stream;
}

bool client_tls::has_pinned_key(tls_stream const& s) const {
    if (pins_.empty()) return true;
    return std::find(pins_.begin(), pins_.end(), digest_of_key(s.native())) != pins_.end();
}

client_failure client_tls::wrong_key(std::string_view host) {
    client_failure why;
    why.stage = client_stage::tls;
    why.error = boost::system::errc::make_error_code(boost::system::errc::permission_denied);
    why.text = "the public key of " + quoted(host) + " is none of network.tls.pinned_keys";
    return why;
}

client_failure client_tls::failure_of(tls_stream const& s, std::string_view host) {
    client_failure why;
    why.stage = client_stage::tls;
    auto const code = s.failure();
    auto const verdict = SSL_get_verify_result(s.native());
    why.error = code != 0
                    ? error_code(static_cast<int>(code), boost::asio::error::get_ssl_category())
                    : error_code(boost::asio::error::eof);
    if (verdict != X509_V_OK && SSL_get_verify_mode(s.native()) != SSL_VERIFY_NONE) {
        why.text = "the certificate of " + quoted(host) +
                   " is not believed: " + X509_verify_cert_error_string(verdict);
        return why;
    }
    why.text = "the TLS handshake with " + quoted(host) + " failed: ";
    auto const* const reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    why.text += reason ? reason : "the server ended the connection";
    return why;
}

}  // namespace anywire
