#include "hook_signature.hpp"

#include "core/base64.hpp"

#include <array>
#include <limits>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdexcept>

namespace anywire::gateway {
namespace {

using digest = std::array<unsigned char, 32>;

digest hmac(std::string_view key, std::string_view of) {
    digest out{};
    unsigned size = 0;
    if (key.size() > std::numeric_limits<int>::max() ||
        !HMAC(EVP_sha256(),
              key.data(),
              static_cast<int>(key.size()),
              reinterpret_cast<unsigned char const*>(of.data()),
              of.size(),
              out.data(),
              &size))
        throw std::runtime_error("HMAC-SHA256 is not to be had of OpenSSL");
    return out;
}

std::string_view bytes_of(digest const& d) noexcept {
    return {reinterpret_cast<char const*>(d.data()), d.size()};
}

/// Base64 for URLs, without padding.
void append_base64url(std::string& out, std::string_view bytes) {
    auto const from = out.size();
    append_base64(out, bytes);
    while (out.ends_with('=')) out.pop_back();
    for (auto i = from; i < out.size(); ++i)
        out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
}

}  // namespace

std::string sign_hook(std::string_view secret,
                      std::string_view timestamp,
                      std::string_view session,
                      std::string_view sequence,
                      std::string_view body) {
    std::string text;
    text.reserve(timestamp.size() + session.size() + sequence.size() + body.size() + 3);
    text.append(timestamp).append(".").append(session).append(".").append(sequence);
    text.append(".").append(body);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "sha256=";
    for (auto const byte : hmac(secret, text)) {
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}

std::string make_grip_token(std::string_view secret, std::int64_t expires) {
    std::string out;
    append_base64url(out, R"({"alg":"HS256","typ":"JWT"})");
    out.push_back('.');
    append_base64url(out, R"({"iss":"anywire","exp":)" + std::to_string(expires) + "}");
    auto const signature = hmac(secret, out);
    out.push_back('.');
    append_base64url(out, bytes_of(signature));
    return out;
}

bool is_same_secret(std::string_view a, std::string_view b) {
    // Of what has one length, whatever theirs are.
    auto const x = hmac("anywire", a);
    auto const y = hmac("anywire", b);
    return CRYPTO_memcmp(x.data(), y.data(), x.size()) == 0;
}

}  // namespace anywire::gateway
