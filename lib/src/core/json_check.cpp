// The only file that names RapidJSON.
#include "core/json_check.hpp"

#include "core/json_hex.hpp"
#include "core/json_scan.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <cstddef>

// A peer's bytes must never abort the process, and an application may use RapidJSON in another
// configuration: so assertions off, and a namespace of our own.
// NOLINTBEGIN(readability-identifier-naming)
#define RAPIDJSON_ASSERT(x) static_cast<void>(0)
#define RAPIDJSON_NAMESPACE anywire_rapidjson
// NOLINTEND(readability-identifier-naming)

// clang-format off
// Version 1.1.0 adds to a null pointer before its stack first grows, which clang's sanitizer minds.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/internal/stack.h>
#if defined(__clang__)
#pragma clang attribute pop
#endif
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
// clang-format on

namespace anywire {
namespace {

namespace rapid = anywire_rapidjson;

// Listens to the parser only to stop it where nesting gets too deep.
class depth_counter : public rapid::BaseReaderHandler<rapid::UTF8<>, depth_counter> {
public:
    explicit depth_counter(unsigned limit) noexcept : left_(limit) {}

    // The names are RapidJSON's.
    // NOLINTBEGIN(readability-identifier-naming)
    bool StartObject() noexcept { return enter(); }
    bool StartArray() noexcept { return enter(); }
    bool EndObject(rapid::SizeType) noexcept { return leave(); }
    bool EndArray(rapid::SizeType) noexcept { return leave(); }
    // NOLINTEND(readability-identifier-naming)

private:
    bool enter() noexcept {
        if (left_ == 0) return false;
        --left_;
        return true;
    }
    bool leave() noexcept {
        ++left_;
        return true;
    }

    unsigned left_;
};

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// False where there is none.
bool skip_digits(std::string_view& rest) noexcept {
    if (rest.empty() || !is_digit(rest.front())) return false;
    auto const end = std::find_if_not(rest.begin(), rest.end(), is_digit);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.begin()));
    return true;
}

bool skip_one_of(std::string_view& rest, std::string_view accepted) noexcept {
    if (rest.empty() || accepted.find(rest.front()) == accepted.npos) return false;
    rest.remove_prefix(1);
    return true;
}

// Of any length and size: what it comes to is asked only by who wants to know.
bool skip_number(std::string_view& rest) noexcept {
    auto const ended = [&rest] {
        return rest.empty() || std::string_view(",]} \t\n\r").find(rest.front()) != rest.npos;
    };
    skip_one_of(rest, "-");
    if (!skip_one_of(rest, "0") && !skip_digits(rest)) return false;
    if (skip_one_of(rest, ".") && !skip_digits(rest)) return false;
    if (!skip_one_of(rest, "eE")) return ended();
    skip_one_of(rest, "+-");
    return skip_digits(rest) && ended();
}

// The text of a value without what stands in its strings, which is most of it, and with `0` for
// its numbers, which RapidJSON would compute. Those are checked here, strings many bytes at a time,
// and the grammar around them by RapidJSON.
class skeleton {
public:
    // False where a string or a number is broken.
    bool build(std::string_view json) {
        while (!json.empty()) {
            auto const c = json.front();
            if (c == '-' || is_digit(c)) {
                if (!skip_number(json)) return false;
                text_.push_back('0');
                continue;
            }
            json.remove_prefix(1);
            // RapidJSON would take a NUL for the end of the text.
            if (c == '\0') return false;
            text_.push_back(c);
            if (c != '"') continue;
            if (!skip_string(json)) return false;
            text_.push_back('"');
        }
        return true;
    }
    std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

private:
    // `rest` is after the opening quote, and left after the closing one.
    static bool skip_string(std::string_view& rest) noexcept {
        for (;;) {
            skip_plain(rest);
            if (rest.empty()) return false;
            auto const c = rest.front();
            if (static_cast<unsigned char>(c) < 0x20) return false;
            auto const size = c == '\\' ? escape_size(rest) : 1;
            if (size == 0) return false;
            rest.remove_prefix(size);
            if (c == '"') return true;
        }
    }
    // What needs no look, in ASCII and beyond it.
    static void skip_plain(std::string_view& rest) noexcept {
        do {
            rest.remove_prefix(detail::plain_run(rest));
            while (!rest.empty() && static_cast<unsigned char>(rest.front()) >= 0x80)
                rest.remove_prefix(1);
        } while (!rest.empty() && detail::is_plain<false>(rest.front()));
    }
    // Of the escape that `text` starts with; 0 where it is none.
    static std::size_t escape_size(std::string_view text) noexcept {
        if (text.size() < 2) return 0;
        if (text[1] == 'u') return detail::decode_unit(text) ? 6 : 0;
        return std::string_view("\"\\/bfnrt").find(text[1]) != text.npos ? 2 : 0;
    }

    boost::container::small_vector<char, 256> text_{};
};

bool parses(std::string_view json, unsigned max_depth) {
    constexpr unsigned flags = rapid::kParseIterativeFlag;
    rapid::MemoryStream in(json.data(), json.size());
    depth_counter depth(max_depth);
    rapid::Reader reader;
    return !reader.Parse<flags>(in, depth).IsError();
}

}  // namespace

error_code check_json(std::string_view json, unsigned max_depth) {
    skeleton bare;
    if (!bare.build(json) || !parses(bare.text(), max_depth)) return errc::bad_json;
    return {};
}

}  // namespace anywire
