#include "certificate.hpp"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace demo {
namespace {

using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using x509_ptr = std::unique_ptr<X509, decltype(&X509_free)>;

void require(bool is_well, char const* what) {
    if (!is_well) throw std::runtime_error(std::string("cannot make a certificate: ") + what);
}

void add_names(X509* to, std::string const& address) {
    std::string names = "DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1";
    if (address != "127.0.0.1" && address != "0.0.0.0" && address.find(':') == std::string::npos)
        names += ",IP:" + address;
    std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> const extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()),
        X509_EXTENSION_free);
    require(extension != nullptr, "its names");
    require(X509_add_ext(to, extension.get(), -1) == 1, "its names");
}

x509_ptr make(EVP_PKEY* key, std::string const& address) {
    x509_ptr made(X509_new(), X509_free);
    require(made != nullptr, "no memory");
    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1,
            "its number");
    auto* const c = made.get();
    X509_set_version(c, 2);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(c), -3'600);
    X509_gmtime_adj(X509_getm_notAfter(c), 30L * 24 * 3'600);
    X509_set_pubkey(c, key);
    auto* const name = X509_get_subject_name(c);
    auto const* const text = reinterpret_cast<unsigned char const*>("Anywire demo");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(c, name);
    add_names(c, address);
    require(X509_sign(c, key, EVP_sha256()) != 0, "its signature");
    return made;
}

/// Only its owner may read the file.
template <class Write>
void write(std::string const& file, Write write_to) {
    auto const descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    auto* const f = descriptor < 0 ? nullptr : ::fdopen(descriptor, "w");
    require(f != nullptr, "its file");
    auto const done = write_to(f) == 1;
    require(std::fclose(f) == 0 && done, "its file");
}

}  // namespace

certificate::certificate(std::string const& address) {
    char const* const temp = std::getenv("TMPDIR");
    std::string folder = std::string(temp && *temp ? temp : "/tmp") + "/anywire-demo-XXXXXX";
    require(::mkdtemp(folder.data()) != nullptr, "no temporary folder");
    folder_ = folder;
    key_ptr const made_key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    require(made_key != nullptr, "its key");
    auto const made = make(made_key.get(), address);
    write(chain(), [&](FILE* f) { return PEM_write_X509(f, made.get()); });
    write(key(), [&](FILE* f) {
        return PEM_write_PrivateKey(f, made_key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

certificate::~certificate() {
    std::remove(chain().c_str());
    std::remove(key().c_str());
    ::rmdir(folder_.c_str());
}

}  // namespace demo
