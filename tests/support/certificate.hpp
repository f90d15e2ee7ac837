#pragma once

#include <anywire/server.hpp>

#include "support/temp_folder.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace anywire::test {

/// What a certificate is to say.
struct certificate_terms {
    std::string common_name = "localhost";
    std::vector<std::string> names{};      ///< DNS names, as subjectAltName.
    std::vector<std::string> addresses{};  ///< IP addresses, the same.
    bool is_authority = false;
    long valid_from = -3600;  ///< Seconds from now.
    long valid_until = 3600;
};

/// A certificate and its key in files of their own, removed at the end; self-signed unless it has
/// an issuer.
class certificate {
public:
    explicit certificate(certificate_terms const& terms = {}, certificate const* issuer = nullptr)
        : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), made_(X509_new(), X509_free) {
        auto* const c = made_.get();
        X509_set_version(c, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(c), issuer ? 2 : 1);
        X509_gmtime_adj(X509_getm_notBefore(c), terms.valid_from);
        X509_gmtime_adj(X509_getm_notAfter(c), terms.valid_until);
        X509_set_pubkey(c, key_.get());
        auto* const name = X509_get_subject_name(c);
        X509_NAME_add_entry_by_txt(
            name,
            "CN",
            MBSTRING_UTF8,
            reinterpret_cast<unsigned char const*>(terms.common_name.c_str()),
            -1,
            -1,
            0);
        X509_set_issuer_name(c, issuer ? X509_get_subject_name(issuer->made_.get()) : name);
        if (terms.is_authority) extend(NID_basic_constraints, "critical,CA:TRUE");
        std::string names;
        for (auto const& n : terms.names) names += (names.empty() ? "DNS:" : ",DNS:") + n;
        for (auto const& a : terms.addresses) names += (names.empty() ? "IP:" : ",IP:") + a;
        if (!names.empty()) extend(NID_subject_alt_name, names);
        X509_sign(c, issuer ? issuer->key_.get() : key_.get(), EVP_sha256());
        write(certificate_file(), [&](FILE* f) { PEM_write_X509(f, c); });
        write(key_file(), [&](FILE* f) {
            PEM_write_PrivateKey(f, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

    std::string certificate_file() const { return folder_.file("chain.pem"); }
    std::string key_file() const { return folder_.file("key.pem"); }
    tls_options options() const { return {certificate_file(), key_file()}; }
    X509* native() const { return made_.get(); }
    EVP_PKEY* key() const { return key_.get(); }

    /// Puts another one into the files of this one, as a renewal does.
    void replace_files_by(certificate const& other) const {
        for (auto const file : {&certificate::certificate_file, &certificate::key_file})
            std::filesystem::copy_file((other.*file)(),
                                       (this->*file)(),
                                       std::filesystem::copy_options::overwrite_existing);
    }

private:
    void extend(int what, std::string const& value) {
        auto* const e = X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str());
        X509_add_ext(made_.get(), e, -1);
        X509_EXTENSION_free(e);
    }
    template <class Write>
    static void write(std::string const& file, Write write_to) {
        auto* const f = std::fopen(file.c_str(), "w");
        if (!f) throw std::runtime_error("cannot write " + file);
        write_to(f);
        std::fclose(f);
    }

    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
    std::unique_ptr<X509, decltype(&X509_free)> made_;
    temp_folder folder_{};
};

}  // namespace anywire::test
