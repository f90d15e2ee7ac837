#include "message.hpp"

#include <boost/beast/zlib/deflate_stream.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace bench {
namespace {

constexpr unsigned text_frame = 0x81;
constexpr unsigned rsv1 = 0x40;

// Any but 0, which would leave nothing to unmask.
constexpr std::array<unsigned char, 8> mask{0x37, 0xFA, 0x21, 0x3D, 0x37, 0xFA, 0x21, 0x3D};

struct dressing {
    std::string_view before;
    std::string_view after;
};

constexpr dressing dressing_of(dialect d, bool in_body) {
    switch (d) {
        case dialect::sockjs: return in_body ? dressing{"\"", "\""} : dressing{"[\"", "\"]"};
        case dialect::engineio: return {"4", ""};
        case dialect::socketio: return {"42[\"m\",\"", "\"]"};
        case dialect::plain: break;
    }
    return {"", ""};
}

void append_header(std::string& out, unsigned first_byte, std::size_t size) {
    out.push_back(static_cast<char>(first_byte));
    unsigned const length_bytes = size < 126 ? 0 : size < 65'536 ? 2 : 8;
    unsigned const second = length_bytes == 0   ? static_cast<unsigned>(size)
                            : length_bytes == 2 ? 126
                                                : 127;
    out.push_back(static_cast<char>(second | 0x80));
    for (unsigned i = length_bytes; i-- > 0;) out.push_back(static_cast<char>(size >> (8 * i)));
    out.append(reinterpret_cast<char const*>(mask.data()), 4);
}

void apply_mask(char* at, std::size_t size) {
    std::uint64_t key = 0;
    std::memcpy(&key, mask.data(), sizeof key);
    for (; size >= sizeof key; at += sizeof key, size -= sizeof key) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        word ^= key;
        std::memcpy(at, &word, sizeof word);
    }
    for (std::size_t i = 0; i < size; ++i)
        at[i] = static_cast<char>(static_cast<unsigned char>(at[i]) ^ mask[i]);
}

std::string json_of(std::size_t bytes, unsigned seed) {
    static constexpr std::array<std::string_view, 8> words{
        "open", "closed", "pending", "north", "south", "invoice", "delivery", "account"};
    std::string out("{\"items\":[");
    auto random = 12345u + seed * 7919u;
    auto const next = [&] { return (random = random * 1664525u + 1013904223u) >> 8; };
    while (out.size() + 80 < bytes) {
        if (out.back() == '}') out += ',';
        out += "{\"id\":" + std::to_string(next() % 1'000'000) + ",\"state\":\"";
        out.append(words[next() % words.size()]);
        out += "\",\"price\":" + std::to_string(next() % 10'000) + ".5}";
    }
    out += "],\"pad\":\"";
    while (out.size() + 2 < bytes) out += static_cast<char>('a' + next() % 26);
    return out + "\"}";
}

std::string deflated(std::string_view text) {
    namespace zlib = boost::beast::zlib;
    zlib::deflate_stream stream;
    stream.reset(6, 15, 8, zlib::Strategy::normal);
    std::string out(stream.upper_bound(text.size()) + 16, '\0');
    zlib::z_params params{};
    params.next_in = text.data();
    params.avail_in = text.size();
    params.next_out = out.data();
    params.avail_out = out.size();
    boost::beast::error_code ec;
    stream.write(params, zlib::Flush::sync, ec);
    out.resize(out.size() - params.avail_out - 4);  // without the 00 00 FF FF of the flush
    return out;
}

}  // namespace

message::message(char kind, std::size_t bytes) : text_(std::max(bytes, digits + 1), kind) {
    for (std::size_t i = digits + 1; i < text_.size(); ++i)
        text_[i] = static_cast<char>('a' + i % 26);
}

std::string_view message::numbered(std::uint64_t n) noexcept {
    for (auto i = digits; i > 0; --i, n /= 10) text_[i] = static_cast<char>('0' + n % 10);
    return text_;
}

std::int64_t message::number_of(std::string_view text) noexcept {
    if (text.size() < digits + 1) return -1;
    std::int64_t n = 0;
    for (std::size_t i = 1; i <= digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        n = n * 10 + (text[i] - '0');
    }
    return n;
}

void append_frame(std::string& out, unsigned first_byte, std::string_view payload) {
    append_header(out, first_byte, payload.size());
    auto const start = out.size();
    out.append(payload);
    apply_mask(out.data() + start, payload.size());
}

void append_frames(
    std::string& out, dialect d, message& m, std::uint64_t first, std::uint64_t count) {
    auto const dress = dressing_of(d, false);
    for (auto n = first; n < first + count; ++n) {
        auto const text = m.numbered(n);
        append_header(out, text_frame, dress.before.size() + text.size() + dress.after.size());
        auto const start = out.size();
        out.append(dress.before).append(text).append(dress.after);
        apply_mask(out.data() + start, out.size() - start);
    }
}

void append_body(
    std::string& out, dialect d, message& m, std::uint64_t first, std::uint64_t count) {
    auto const dress = dressing_of(d, true);
    auto const separator = d == dialect::sockjs ? ',' : '\x1e';
    for (auto n = first; n < first + count; ++n) {
        if (!out.empty()) out.push_back(separator);
        out.append(dress.before).append(m.numbered(n)).append(dress.after);
    }
}

std::vector<std::string> make_deflated_frames(std::size_t bytes, unsigned count) {
    std::vector<std::string> frames(count);
    for (unsigned i = 0; i < count; ++i)
        append_frame(frames[i], text_frame | rsv1, deflated(json_of(bytes, i)));
    return frames;
}

}  // namespace bench
