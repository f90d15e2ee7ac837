#pragma once

#include <anywire/server.hpp>

#include "support/temp_folder.hpp"

#include <cstdio>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdexcept>
#include <string>

namespace anywire::test {

/// A self-signed certificate and its key in files of their own, removed at the end.
class certificate {
public:
    certificate() {
        std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> const key(EVP_EC_gen("P-256"),
                                                                      EVP_PKEY_free);
        std::unique_ptr<X509, decltype(&X509_free)> const made(X509_new(), X509_free);
        auto* const c = made.get();
        X509_set_version(c, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(c), 1);
        X509_gmtime_adj(X509_getm_notBefore(c), -3600);
        X509_gmtime_adj(X509_getm_notAfter(c), 3600);
        X509_set_pubkey(c, key.get());
        auto* const name = X509_get_subject_name(c);
        X509_NAME_add_entry_by_txt(name,
                                   "CN",
                                   MBSTRING_ASC,
                                   reinterpret_cast<unsigned char const*>("localhost"),
                                   -1,
                                   -1,
                                   0);
        X509_set_issuer_name(c, name);
        X509_sign(c, key.get(), EVP_sha256());
        write(certificate_file(), [&](FILE* f) { PEM_write_X509(f, c); });
        write(key_file(), [&](FILE* f) {
            PEM_write_PrivateKey(f, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

    std::string certificate_file() const { return folder_.file("chain.pem"); }
    std::string key_file() const { return folder_.file("key.pem"); }
    tls_options options() const { return {certificate_file(), key_file()}; }

private:
    template <class Write>
    static void write(std::string const& file, Write write_to) {
        auto* const f = std::fopen(file.c_str(), "w");
        if (!f) throw std::runtime_error("cannot write " + file);
        write_to(f);
        std::fclose(f);
    }

    temp_folder folder_{};
};

}  // namespace anywire::test
