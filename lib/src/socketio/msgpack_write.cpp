// JSON to MessagePack.
#include "core/json_placeholder.hpp"
#include "socketio/json_text.hpp"
#include "socketio/msgpack.hpp"

#include <boost/assert.hpp>
#include <boost/container/small_vector.hpp>

#include <bit>
#include <limits>

namespace anywire::socketio::msgpack {
namespace {

using anywire::detail::reference_list;
using std::string_view;
using counts = boost::container::small_vector<std::uint32_t, 32>;

void append_number(std::string& out, std::uint64_t value, std::size_t size) {
    for (auto shift = size * 8; shift != 0; shift -= 8)
        out.push_back(static_cast<char>(value >> (shift - 8)));
}

struct sized_head {
    unsigned head8;  // 0: there is none
    unsigned head16;
    unsigned head32;
};

void append_sized_head(std::string& out, std::uint64_t size, sized_head const& heads) {
    auto const head = [&](unsigned h) { out.push_back(static_cast<char>(h)); };
    if (heads.head8 != 0 && size < 0x100) {
        head(heads.head8);
        append_number(out, size, 1);
    } else if (size < 0x10000) {
        head(heads.head16);
        append_number(out, size, 2);
    } else {
        BOOST_ASSERT(size <= std::numeric_limits<std::uint32_t>::max());
        head(heads.head32);
        append_number(out, size, 4);
    }
}

// The short head of small sizes, or a sized one.
void append_short_head(std::string& out,
                       std::uint64_t size,
                       unsigned shortest,
                       std::uint64_t end,
                       sized_head const& heads) {
    if (size < end) return out.push_back(static_cast<char>(shortest | size));
    append_sized_head(out, size, heads);
}

void append_binary(std::string& out, string_view bytes) {
    append_sized_head(out, bytes.size(), {0xc4, 0xc5, 0xc6});
    out.append(bytes);
}

void append_negative(std::string& out, std::int64_t value) {
    auto const bits = static_cast<std::uint64_t>(value);
    if (value >= -0x20) return out.push_back(static_cast<char>(value));
    auto const size = value >= -0x80           ? 1u
                      : value >= -0x8000       ? 2u
                      : value >= -0x80000000LL ? 4u
                                               : 8u;
    out.push_back(static_cast<char>(0xd0 + std::countr_zero(size)));
    append_number(out, bits, size);
}

void append_scalar(std::string& out, string_view json) {
    switch (json.front()) {
        case 'n': return out.push_back('\xc0');
        case 'f': return out.push_back('\xc2');
        case 't': return out.push_back('\xc3');
        default: break;
    }
    if (auto const n = detail::to_uint64(json)) return append_unsigned(out, *n);
    if (auto const n = detail::to_int64(json)) return append_negative(out, *n);
    // Beyond the range of doubles as JavaScript reads it.
    auto const infinity = std::numeric_limits<double>::infinity();
    auto const value = detail::to_double(json).value_or(json.front() == '-' ? -infinity : infinity);
    out.push_back('\xcb');
    append_number(out, std::bit_cast<std::uint64_t>(value), 8);
}

// Takes checked JSON apart, flat. Keys are strings like others, and what separates says nothing
// that is not known.
template <class Sink>
void walk(string_view json, reference_list const& references, Sink& sink) {
    auto reference = references.found.begin();
    for (std::size_t at = 0; at < json.size();) {
        if (reference != references.found.end() && reference->begin == at) {
            sink.reference(*reference->number);
            at = reference++->end;
            continue;
        }
        auto const c = json[at];
        if (c == '[' || c == '{') {
            sink.open(c == '{');
        } else if (c == ']' || c == '}') {
            sink.close();
        } else if (c > ' ' && c != ',' && c != ':') {
            auto const size = detail::value_length(json.substr(at));
            if (size == 0) return;  // it is no JSON
            sink.value(json.substr(at, size));
            at += size;
            continue;
        }
        ++at;
    }
}

// What is in each array and object, in the order in which they begin; of objects keys and values.
class counter {
public:
    explicit counter(counts& into) noexcept : into_(into) {}

    void open(bool) {
        note();
        open_.push_back(into_.size());
        into_.push_back(0);
    }
    void close() {
        if (!open_.empty()) open_.pop_back();
    }
    void value(string_view) { note(); }
    void reference(std::uint64_t) { note(); }

private:
    void note() {
        if (!open_.empty()) ++into_[open_.back()];
    }

    counts& into_;
    boost::container::small_vector<std::size_t, 32> open_{};
};

class encoder {
public:
    encoder(std::string& out, counts const& sizes, std::span<std::string const> attachments)
        : out_(out), size_(sizes.begin()), attachments_(attachments) {}

    void open(bool is_object) {
        auto const n = *size_++;
        if (is_object) return append_map_head(out_, n / 2);
        append_short_head(out_, n, 0x90, 0x10, {0, 0xdc, 0xdd});
    }
    void close() noexcept {}
    void value(string_view json) {
        if (json.front() != '"') return append_scalar(out_, json);
        scratch_.clear();
        detail::append_decoded(scratch_, json);
        append_string(out_, scratch_);
    }
    void reference(std::uint64_t number) {
        append_binary(out_, attachments_[static_cast<std::size_t>(number)]);
    }

private:
    std::string& out_;
    counts::const_iterator size_;
    std::span<std::string const> attachments_;
    std::string scratch_{};
};

}  // namespace

void append_string(std::string& out, string_view text) {
    append_short_head(out, text.size(), 0xa0, 0x20, {0xd9, 0xda, 0xdb});
    out.append(text);
}

void append_unsigned(std::string& out, std::uint64_t value) {
    if (value < 0x80) return out.push_back(static_cast<char>(value));
    auto const size = value < 0x100 ? 1u : value < 0x10000 ? 2u : value < 0x100000000 ? 4u : 8u;
    out.push_back(static_cast<char>(0xcc + std::countr_zero(size)));
    append_number(out, value, size);
}

void append_map_head(std::string& out, std::uint32_t members) {
    append_short_head(out, members, 0x80, 0x10, {0, 0xde, 0xdf});
}

void append_json(std::string& out, string_view json, std::span<std::string const> attachments) {
    reference_list references{.attachments = attachments.size()};
    if (!attachments.empty()) anywire::detail::reference_finder(json, references);
    counts sizes;
    counter count(sizes);
    walk(json, references, count);
    encoder encode(out, sizes, attachments);
    walk(json, references, encode);
}

}  // namespace anywire::socketio::msgpack
