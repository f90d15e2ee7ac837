#pragma once

// Optional: documents of the application's own RapidJSON as arguments. Nothing else of the library
// includes this header.
#include <anywire/socketio/convert.hpp>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <string_view>

namespace anywire::socketio {

namespace detail {

template <class Value>
void write_rapidjson(json_writer& out, Value const& value) {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer(text);
    // Refused are numbers that JSON does not know.
    if (!value.Accept(writer) || !writer.IsComplete()) return out.null();
    out.raw(json_view(std::string_view(text.GetString(), text.GetSize())));
}

}  // namespace detail

/// A RapidJSON document. Bytes beside the JSON cannot be in one: where they belong, the document
/// holds their placeholder. RapidJSON refuses escapes of lone surrogates, so this does.
template <>
struct convert<rapidjson::Document> {
    static bool read(json_view in, rapidjson::Document& out) {
        auto const text = in.text();
        out.Parse<rapidjson::kParseFullPrecisionFlag>(text.data(), text.size());
        return !out.HasParseError();
    }
    static void write(json_writer& out, rapidjson::Document const& value) {
        detail::write_rapidjson(out, value);
    }
    static std::string_view expected() { return "value"; }
};

template <>
struct convert<rapidjson::Value> {
    static void write(json_writer& out, rapidjson::Value const& value) {
        detail::write_rapidjson(out, value);
    }
};

}  // namespace anywire::socketio
