#include "server_names.hpp"
#include "tls.hpp"

#include <array>
#include <cstdio>
#include <new>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <utility>
#include <vector>

namespace anywire {
namespace {

using names = server_names<tls_context::context_ptr>;

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

/// A client that speaks only what we do not would take our answers for something else.
int choose_protocol(SSL*,
                    unsigned char const** chosen,
                    unsigned char* size,
                    unsigned char const* offered,
                    unsigned offered_size,
                    void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1\x08http/1.0";
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, size, ours, sizeof ours - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

int choose_certificate(SSL* s, int*, void* of) {
    auto const* const name = SSL_get_servername(s, TLSEXT_NAMETYPE_host_name);
    if (!name) return SSL_TLSEXT_ERR_NOACK;
    auto const* const found = static_cast<names const*>(of)->find(name);
    if (!found) return SSL_TLSEXT_ERR_NOACK;
    if (*found && !SSL_set_SSL_CTX(s, found->get())) return SSL_TLSEXT_ERR_ALERT_FATAL;
    return SSL_TLSEXT_ERR_OK;
}

void delete_names(void*, void* of, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<names*>(of);
}

/// Where a context keeps the names it knows, for as long as a connection needs it.
int names_index() noexcept {
    static int const index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, delete_names);
    return index;
}

/// The text of a whole file.
bool read_file(std::string const& name, std::string& text) {
    auto* const f = std::fopen(name.c_str(), "re");
    if (!f) return false;
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), f)) > 0;)
        text.append(buffer.data(), n);
    auto const good = std::ferror(f) == 0;
    std::fclose(f);
    return good;
}

/// Believes the certificates in `pem`, and names them to clients. False without a good one.
bool add_client_ca(SSL_CTX* c, std::string const& pem) {
    auto* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    if (!bio) throw std::bad_alloc();
    std::size_t added = 0;
    for (;;) {
        auto* const x = PEM_read_bio_X509(bio, nullptr, no_password, nullptr);
        if (!x) break;
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(c), x) == 1 &&
            SSL_CTX_add_client_CA(c, x) == 1)
            ++added;
        X509_free(x);
    }
    BIO_free(bio);
    // The end of the file is an error, too: the only one that may be there.
    auto const code = ERR_peek_last_error();
    auto const at_end =
        ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return added > 0 && at_end;
}

/// All of a context but its certificate.
tls_context::context_ptr make_context(tls_options const& o,
                                      std::string const& client_ca,
                                      std::string& error) {
    tls_context::context_ptr made(SSL_CTX_new(TLS_server_method()));
    auto* const c = made.get();
    if (!c) throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(
        c, o.oldest == tls_version::tls1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(c,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                            SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(c,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                         SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(c, 1);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    static constexpr unsigned char tickets[] = "anywire";  // needed where clients are asked
    SSL_CTX_set_session_id_context(c, tickets, sizeof tickets - 1);
    SSL_CTX_set_default_passwd_cb(c, no_password);
    SSL_CTX_set_alpn_select_cb(c, choose_protocol, nullptr);
    ERR_clear_error();
    if (!o.ciphers.empty() && SSL_CTX_set_cipher_list(c, o.ciphers.c_str()) != 1)
        error = "tls.ciphers '" + o.ciphers + "' names no cipher of TLS 1.2: " + last_error();
    else if (!o.cipher_suites.empty() && SSL_CTX_set_ciphersuites(c, o.cipher_suites.c_str()) != 1)
        error = "tls.cipher_suites '" + o.cipher_suites +
                "' names what is no cipher suite of TLS 1.3: " + last_error();
    else if (o.clients != client_auth::off && !add_client_ca(c, client_ca))
        error = "cannot read the certificates in tls.client_ca '" + o.client_ca + "'";
    if (o.clients != client_auth::off)
        SSL_CTX_set_verify(c,
                           o.clients == client_auth::required
                               ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                               : SSL_VERIFY_PEER,
                           nullptr);
    return made;
}

/// A key that was read, but is not that of the certificate before it.
bool is_mismatch(unsigned long code) noexcept {
    auto const why = ERR_GET_REASON(code);
    return ERR_GET_LIB(code) == ERR_LIB_X509 &&
           (why == X509_R_KEY_VALUES_MISMATCH || why == X509_R_KEY_TYPE_MISMATCH);
}

/// Gives a context its certificate. False, and `error`, when that is of no use.
bool load(SSL_CTX* c, std::string const& certificate, std::string const& key, std::string& error) {
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(c, certificate.c_str()) != 1)
        error = "cannot read the TLS certificate chain '" + certificate + "': " + last_error();
    else if (SSL_CTX_use_PrivateKey_file(c, key.c_str(), SSL_FILETYPE_PEM) != 1 &&
             !is_mismatch(ERR_peek_last_error()))
        error = "cannot read the TLS key '" + key + "': " + last_error();
    else if (SSL_CTX_check_private_key(c) != 1)
        error =
            "the TLS key '" + key + "' does not belong to the certificate '" + certificate + "'";
    ERR_clear_error();
    return error.empty();
}

/// The hosts that a certificate is for. The common name counts where nothing else is said.
std::vector<std::string> names_of(X509* certificate) {
    std::vector<std::string> out;
    auto* const all = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
        auto const* const name = sk_GENERAL_NAME_value(all, i);
        if (name->type != GEN_DNS) continue;
        auto const* const text = ASN1_STRING_get0_data(name->d.dNSName);
        out.emplace_back(reinterpret_cast<char const*>(text),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    }
    auto const has_other_names = all != nullptr;
    GENERAL_NAMES_free(all);
    char common[256];
    if (!has_other_names &&
        X509_NAME_get_text_by_NID(
            X509_get_subject_name(certificate), NID_commonName, common, sizeof common) > 0)
        out.emplace_back(common);
    return out;
}

/// Has the names of a certificate lead to its context: those given for it, or those in it.
bool add_names_of(tls_certificate const& one,
                  tls_context::context_ptr const& context,
                  names& known,
                  std::string& error) {
    auto const own =
        one.names.empty() ? names_of(SSL_CTX_get0_certificate(context.get())) : one.names;
    std::size_t added = 0;
    for (auto const& name : own) {
        SSL_CTX_up_ref(context.get());
        if (known.add(name, tls_context::context_ptr(context.get()))) {
            ++added;
        } else if (!one.names.empty()) {
            error = "tls.more: '" + name +
                    "' is no name of a host; write \"chat.example\" or \"*.example\"";
            return false;
        }
    }
    if (added == 0)
        error = "the TLS certificate '" + one.certificate +
                "' names no host, so tls.more needs `names` for it";
    return added != 0;
}

}  // namespace

void tls_context::deleter::operator()(ssl_ctx_st* context) const noexcept {
    SSL_CTX_free(context);
}

tls_context::tls_context(tls_options const& o, std::string& error) {
    error.clear();
    if (o.clients != client_auth::off && !read_file(o.client_ca, client_ca_)) {
        error = "cannot read the file tls.client_ca '" + o.client_ca + "'";
        return;
    }
    context_ = make_context(o, client_ca_, error);
    if (!error.empty() || !load(context_.get(), o.certificate, o.key, error)) return;
    if (!o.more.empty()) (void)add_names(o, error);
}

bool tls_context::add_names(tls_options const& o, std::string& error) {
    auto known = std::make_unique<names>();
    // Its own names lead to the context itself, which is there without being switched to.
    for (auto const& name : names_of(SSL_CTX_get0_certificate(context_.get())))
        (void)known->add(name, nullptr);
    for (auto const& one : o.more) {
        auto context = make_context(o, client_ca_, error);
        if (!error.empty() || !load(context.get(), one.certificate, one.key, error)) return false;
        if (!add_names_of(one, context, *known, error)) return false;
    }
    SSL_CTX_set_tlsext_servername_callback(context_.get(), choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(context_.get(), known.get());
    if (SSL_CTX_set_ex_data(context_.get(), names_index(), known.get()) != 1)
        throw std::bad_alloc();
    (void)known.release();
    return true;
}

void tls_context::accept_tickets_of(tls_context const& old) noexcept {
    if (client_ca_ != old.client_ca_) return;
    std::array<unsigned char, 256> keys{};
    // Asked for how many bytes there are; what OpenSSL keeps in there is its own business.
    auto const size = SSL_CTX_get_tlsext_ticket_keys(old.native(), nullptr, 0);
    if (size <= 0 || static_cast<std::size_t>(size) > keys.size()) return;
    if (SSL_CTX_get_tlsext_ticket_keys(old.native(), keys.data(), size) == 1)
        (void)SSL_CTX_set_tlsext_ticket_keys(native(), keys.data(), size);
    OPENSSL_cleanse(keys.data(), keys.size());
}

}  // namespace anywire
