#include "core/ascii.hpp"
#include "core/cookie.hpp"
#include "core/form.hpp"
#include "session/request_builder.hpp"
#include "websocket/handshake.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace anywire {

/// Sizes, then target, address, fields ("Name: value\n"), host and the certificate's parts one
/// after the other.
struct request::header_block {
    std::uint16_t target;
    std::uint16_t address;
    std::uint16_t fields;
    std::uint16_t host;
    std::uint16_t subject;
    std::uint16_t pem;
    std::uint8_t fingerprint;
    bool secure;

    char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
    char* end_of_fields() noexcept { return text() + target + address + fields; }
    std::size_t size() const noexcept {
        return sizeof *this + target + address + fields + host + subject + fingerprint + pem;
    }
};

void request::free_deleter::operator()(header_block* block) const noexcept {
    std::free(block);
}

request request::copy() const {
    request made;
    if (!block_) return made;
    auto const size = block_->size();
    auto* const raw = std::malloc(size);
    if (!raw) throw std::bad_alloc();
    std::memcpy(raw, block_.get(), size);
    made.block_.reset(static_cast<header_block*>(raw));
    return made;
}

std::string_view request::target() const noexcept {
    return block_ ? std::string_view{block_->text(), block_->target} : std::string_view{};
}

std::string_view request::path() const noexcept {
    return target().substr(0, target().find('?'));
}

std::string_view request::query() const noexcept {
    auto const mark = target().find('?');
    return mark == std::string_view::npos ? std::string_view{} : target().substr(mark + 1);
}

std::string_view request::remote_address() const noexcept {
    return block_ ? std::string_view{block_->text() + block_->target, block_->address}
                  : std::string_view{};
}

std::string_view request::host() const noexcept {
    if (!block_) return {};
    return block_->host == 0 ? header("host")
                             : std::string_view{block_->end_of_fields(), block_->host};
}

bool request::is_secure() const noexcept {
    return block_ && block_->secure;
}

std::optional<client_certificate> request::certificate() const noexcept {
    if (!block_ || block_->pem == 0) return std::nullopt;
    auto const* const at = block_->end_of_fields() + block_->host;
    return client_certificate{{at, block_->subject},
                              {at + block_->subject, block_->fingerprint},
                              {at + block_->subject + block_->fingerprint, block_->pem}};
}

std::string_view request::fields() const noexcept {
    return block_
               ? std::string_view{block_->text() + block_->target + block_->address, block_->fields}
               : std::string_view{};
}

std::pair<std::string_view, std::string_view> request::take_field(std::string_view& rest) noexcept {
    auto const line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    auto const colon = line.find(':');
    if (colon == std::string_view::npos) return {line, {}};
    return {line.substr(0, colon), line.substr(colon + 1)};
}

std::optional<std::string> request::query_value(std::string_view key) const {
    std::optional<std::string> last;
    form_reader pairs(query());
    while (auto const p = pairs.next())
        if (is_form_name(p->name, key)) last = form_decoded(p->value);
    return last;
}

std::optional<std::string> request::cookie(std::string_view name) const {
    return cookie_decoded(header("cookie"), name);
}

std::string_view request::header(std::string_view name) const noexcept {
    for (auto rest = fields(); !rest.empty();) {
        auto const [field, value] = take_field(rest);
        if (iequals(field, name)) return value;
    }
    return {};
}

std::vector<std::string_view> request::subprotocols() const {
    std::vector<std::string_view> offered;
    for_each_header([&](std::string_view name, std::string_view value) {
        if (iequals(name, "sec-websocket-protocol")) websocket::append_offered(offered, value);
    });
    return offered;
}

void request_builder::add_field(std::string_view name, std::string_view value) {
    for (auto const* hop : {"connection",
                            "upgrade",
                            "keep-alive",
                            "content-length",
                            "te",
                            "pragma",
                            "cache-control",
                            "transfer-encoding"})
        if (iequals(name, hop)) return;
    // The offered subprotocols are the application's business: tokens travel there.
    if (istarts_with(name, "sec-websocket-") && !iequals(name, "sec-websocket-protocol")) return;
    if (fields_.size() + name.size() + value.size() + 2 > 0xffff) return;
    fields_.append(name).append(1, ':').append(value).append(1, '\n');
}

void request_builder::set_certificate(client_certificate const& c) noexcept {
    if (c.subject.size() <= 0xffff && c.fingerprint.size() <= 0xff && c.pem.size() <= 0xffff)
        certificate_ = c;
}

request request_builder::build() const {
    std::string_view const parts[] = {target_.substr(0, 0xffff),
                                      address_.substr(0, 0xffff),
                                      fields_,
                                      host_.substr(0, 0xffff),
                                      certificate_.subject,
                                      certificate_.fingerprint,
                                      certificate_.pem};
    auto size = sizeof(request::header_block);
    for (auto const part : parts) size += part.size();
    auto* const raw = std::malloc(size);
    if (!raw) throw std::bad_alloc();
    auto const size_of = [&](std::size_t i) { return static_cast<std::uint16_t>(parts[i].size()); };
    auto* const block =
        new (raw) request::header_block{.target = size_of(0),
                                        .address = size_of(1),
                                        .fields = size_of(2),
                                        .host = size_of(3),
                                        .subject = size_of(4),
                                        .pem = size_of(6),
                                        .fingerprint = static_cast<std::uint8_t>(parts[5].size()),
                                        .secure = secure_};
    char* to = block->text();
    for (auto const part : parts) {
        if (!part.empty()) std::memcpy(to, part.data(), part.size());
        to += part.size();
    }
    request made;
    made.block_.reset(block);
    return made;
}

}  // namespace anywire
