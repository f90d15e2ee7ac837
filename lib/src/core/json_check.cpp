// The only file that names RapidJSON.
#include "core/json_check.hpp"

#include "core/json_hex.hpp"

#include <cstddef>
#include <optional>
#include <string>

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

// Offset of the next escape of a high surrogate without its low one, from `at` on.
std::size_t find_lone_high(std::string_view json, std::size_t at) noexcept {
    for (;;) {
        at = json.find('\\', at);
        if (at == json.npos) return at;
        auto const unit = detail::decode_unit(json.substr(at));
        if (!unit || !detail::is_high_surrogate(*unit)) {
            at += 2;
            continue;
        }
        auto const next = detail::decode_unit(json.substr(at + 6));
        if (!next || !detail::is_low_surrogate(*next)) return at;
        at += 12;
    }
}

// RapidJSON refuses lone high surrogates. What they stand for does not matter here, only that it
// is one code point: U+FFFD will do.
std::optional<std::string> without_lone_surrogates(std::string_view json) {
    auto at = find_lone_high(json, 0);
    if (at == json.npos) return std::nullopt;
    std::string copy(json);
    for (; at != json.npos; at = find_lone_high(json, at + 6)) copy.replace(at, 6, "\\ufffd");
    return copy;
}

bool parses(std::string_view json, unsigned max_depth) {
    // As strings: numbers are checked for their form, not computed.
    constexpr unsigned flags = rapid::kParseIterativeFlag | rapid::kParseNumbersAsStringsFlag;
    rapid::MemoryStream in(json.data(), json.size());
    depth_counter depth(max_depth);
    rapid::Reader reader;
    return !reader.Parse<flags>(in, depth).IsError();
}

}  // namespace

error_code check_json(std::string_view json, unsigned max_depth) {
    // RapidJSON would take a NUL for the end of the text.
    if (json.find('\0') != json.npos) return errc::bad_json;
    auto const repaired = without_lone_surrogates(json);
    if (!parses(repaired ? *repaired : json, max_depth)) return errc::bad_json;
    return {};
}

}  // namespace anywire
