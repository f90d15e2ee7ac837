#include "relay_ticket.hpp"

#include <cstring>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdexcept>
#include <utility>

namespace anywire::relay {
namespace {

constexpr std::string_view magic = "ANYWIRE1";

}  // namespace

shared_secret::shared_secret(std::string secret) : secret_(std::move(secret)) {
    if (secret_.size() < least)
        throw std::invalid_argument(
            "cluster_options::secret must be at least 16 bytes, the same on all nodes: for "
            "instance what `openssl rand -base64 32` prints");
    (void)seal({});
}

std::array<char, 32> shared_secret::seal(std::string_view text) const {
    std::array<char, 32> out{};
    unsigned size = 0;
    auto const* const bytes = reinterpret_cast<unsigned char const*>(text.data());
    if (!HMAC(EVP_sha256(),
              secret_.data(),
              static_cast<int>(secret_.size()),
              bytes,
              text.size(),
              reinterpret_cast<unsigned char*>(out.data()),
              &size) ||
        size != out.size())
        throw std::runtime_error("HMAC-SHA256 is not to be had of OpenSSL");
    return out;
}

std::string shared_secret::ticket(node_number from, node_number to) const {
    std::string out(magic);
    out.append(node_id_of(from)).append(node_id_of(to));
    auto const sealed = seal(out);
    return out.append(sealed.data(), sealed.size());
}

bool shared_secret::accepts(std::string_view ticket, node_number to) const {
    if (ticket.size() != ticket_size || !ticket.starts_with(magic)) return false;
    auto const text = ticket.substr(0, magic.size() + 2 * node_id_size);
    auto const sealed = seal(text);
    auto const is_good =
        CRYPTO_memcmp(sealed.data(), ticket.data() + text.size(), sealed.size()) == 0;
    return is_good && node_number_of(text.substr(magic.size() + node_id_size)) == to;
}

siphash_key shared_secret::mark_key() const {
    auto const sealed = seal("anywire: the marks of session ids");
    siphash_key out{};
    std::memcpy(out.data(), sealed.data(), sizeof out);
    return out;
}

}  // namespace anywire::relay
