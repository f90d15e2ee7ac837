#include "engineio/payload.hpp"

#include "core/utf8.hpp"
#include "engineio/text_twice.hpp"
#include "engineio/utf16.hpp"

#include <algorithm>
#include <cstdint>

namespace anywire::engineio {
namespace {

constexpr char separator = '\x1e';

// v3's octet-stream format.
constexpr char string_mark = '\0';
constexpr char bytes_mark = '\1';
constexpr char length_end = '\xff';

/// Digits of a length at most; no body holds a packet of ten gigabytes.
constexpr std::size_t max_length_digits = 10;

/// Cuts off a decimal length and the `end` after it; digits count from `zero`.
std::optional<std::uint64_t> take_length(std::string_view& from, char zero, char end) noexcept {
    std::uint64_t length = 0;
    std::size_t at = 0;
    for (; at < from.size() && from[at] != end; ++at) {
        auto const digit = from[at] - zero;
        if (digit < 0 || digit > 9 || at == max_length_digits) return std::nullopt;
        length = length * 10 + static_cast<unsigned>(digit);
    }
    if (at == 0 || at == from.size()) return std::nullopt;
    from.remove_prefix(at + 1);
    return length;
}

std::string_view cut(std::string_view& from, std::size_t size) noexcept {
    auto const front = from.substr(0, size);
    from.remove_prefix(size);
    return front;
}

void append_length(std::string& out, std::size_t length, char zero, char end) {
    for (auto const digit : std::to_string(length))
        out.push_back(static_cast<char>(digit - '0' + zero));
    out.push_back(end);
}

void append_separated(std::string& out, std::span<outgoing const> packets) {
    for (auto const& p : packets) {
        if (&p != &packets.front()) out.push_back(separator);
        if (p.binary)
            append_base64_packet(out, revision::v4, p.data);
        else
            out.append(p.data);
    }
}

void append_counted_text(std::string& out, std::span<outgoing const> packets) {
    if (packets.empty()) out.append("0:");
    for (auto const& p : packets) {
        append_length(out, utf16_length(p.data), '0', ':');
        out.append(p.data);
    }
}

}  // namespace

payload_reader::payload_reader(revision r, std::string_view body, bool binary) noexcept
    : rest_(body), revision_(r), binary_(binary) {
    failed_ = ended_ = body.empty() || (binary && r == revision::v4);
}

std::optional<packet> payload_reader::next(std::string& scratch) {
    while (!ended_) {
        auto const taken = take_piece();
        // v3's writers spell an empty payload "0:".
        if (taken && taken->bytes.empty() && revision_ == revision::v3 && !binary_) continue;
        auto const found = taken ? decode(*taken, scratch) : std::nullopt;
        if (!found) failed_ = true;
        if (!found || found->type == packet_type::close) ended_ = true;
        return found;
    }
    return std::nullopt;
}

std::optional<payload_reader::piece> payload_reader::take_piece() noexcept {
    if (revision_ == revision::v4) return take_separated();
    auto const taken = binary_ ? take_counted_bytes() : take_counted_text();
    ended_ = rest_.empty();
    return taken;
}

std::optional<payload_reader::piece> payload_reader::take_separated() noexcept {
    auto const at = rest_.find(separator);
    ended_ = at == rest_.npos;
    auto const bytes = cut(rest_, std::min(at, rest_.size()));
    if (!ended_) rest_.remove_prefix(1);
    return piece{bytes, false};
}

std::optional<payload_reader::piece> payload_reader::take_counted_text() noexcept {
    auto const units = take_length(rest_, '0', ':');
    if (!units) return std::nullopt;
    auto const size = size_of_utf16(rest_, *units);
    if (!size) return std::nullopt;
    return piece{cut(rest_, *size), false};
}

std::optional<payload_reader::piece> payload_reader::take_counted_bytes() noexcept {
    auto const mark = rest_.front();
    rest_.remove_prefix(1);
    if (mark != string_mark && mark != bytes_mark) return std::nullopt;
    auto const size = take_length(rest_, '\0', length_end);
    if (!size || *size > rest_.size()) return std::nullopt;
    return piece{cut(rest_, static_cast<std::size_t>(*size)), mark == bytes_mark};
}

std::optional<packet> payload_reader::decode(piece const& p, std::string& scratch) const {
    auto found = decode_frame(revision_, p.bytes, p.binary, scratch);
    // Nobody has looked at the text in a body of bytes before.
    if (found && binary_ && !found->binary && !is_utf8(found->data)) {
        scratch.clear();
        (void)append_repaired(scratch, found->data, scratch.max_size());
        found->data = scratch;
    }
    return found;
}

bool needs_binary_payload(revision r, std::span<outgoing const> packets) noexcept {
    return r == revision::v3 &&
           std::any_of(packets.begin(), packets.end(), [](auto const& p) { return p.binary; });
}

void append_counted_bytes(std::string& out, std::span<outgoing const> packets) {
    for (auto const& p : packets) {
        out.push_back(p.binary ? bytes_mark : string_mark);
        append_length(out, p.data.size(), '\0', length_end);
        out.append(p.data);
    }
}

void append_payload(std::string& out, revision r, std::span<outgoing const> packets) {
    if (r == revision::v4)
        append_separated(out, packets);
    else if (needs_binary_payload(r, packets))
        append_counted_bytes(out, packets);
    else
        append_counted_text(out, packets);
}

}  // namespace anywire::engineio
