#pragma once

// Optional: documents of the application's own RapidJSON as arguments. Nothing else of the library
// includes this header.
#include <anywire/json/convert.hpp>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <string>
#include <string_view>

namespace anywire {

namespace detail {

namespace rapid = RAPIDJSON_NAMESPACE;

[[nodiscard]] inline bool parse_rapidjson(std::string_view text, rapid::Document& out) {
    constexpr unsigned flags = rapid::kParseFullPrecisionFlag | rapid::kParseIterativeFlag;
    out.Parse<flags>(text.data(), text.size());
    return !out.HasParseError();
}

/// A number as the integer or the double that it is; as it stands where it is beyond both.
inline void write_plain_number(json_writer& out, json_view value) {
    if (auto const i = value.as_int64()) return out.number(*i);
    if (auto const u = value.as_uint64()) return out.number(*u);
    if (auto const d = value.as_double()) return out.number(*d);
    out.raw(value);
}

/// A value with all its strings decoded and written anew, and its numbers.
inline void write_plain(json_writer& out, json_view value) {
    if (auto const text = value.as_string()) return out.string(*text);
    switch (value.kind()) {
        case json_kind::array:
            out.begin_array();
            for (auto const element : value.elements()) write_plain(out, element);
            return out.end_array();
        case json_kind::object:
            out.begin_object();
            for (auto const member : value.members()) {
                out.key(member.key.as_string().value_or(std::string{}));
                write_plain(out, member.value);
            }
            return out.end_object();
        case json_kind::number: return write_plain_number(out, value);
        default: return out.raw(value);
    }
}

template <class Value>
void write_rapidjson(json_writer& out, Value const& value) {
    rapid::StringBuffer text;
    rapid::Writer<rapid::StringBuffer> writer(text);
    // Refused are numbers that JSON does not know.
    if (!value.Accept(writer) || !writer.IsComplete()) return out.null();
    out.raw(json_view(std::string_view(text.GetString(), text.GetSize())));
}

}  // namespace detail

/// A RapidJSON document. It holds no number beyond the range of a double: a value with one does not
/// fit. Bytes beside the JSON cannot be in one: where they belong, it holds their
/// placeholder.
template <>
struct convert<detail::rapid::Document> {
    static bool read(json_view in, detail::rapid::Document& out) {
        if (detail::parse_rapidjson(in.text(), out)) return true;
        // It refuses escapes of lone surrogates, which strings of browsers may hold, and numbers
        // that fit only when read to their end (`0e999`).
        std::string plain;
        json_writer writer(plain);
        detail::write_plain(writer, json_view(in.text()));
        return detail::parse_rapidjson(plain, out);
    }
    static void write(json_writer& out, detail::rapid::Document const& value) {
        detail::write_rapidjson(out, value);
    }
    static std::string_view expected() { return "value"; }
};

template <>
struct convert<detail::rapid::Value> {
    static void write(json_writer& out, detail::rapid::Value const& value) {
        detail::write_rapidjson(out, value);
    }
};

}  // namespace anywire
