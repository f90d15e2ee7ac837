#include "core/form.hpp"
#include "sockjs/callback.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::sockjs;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

// Every byte escaped, so that any text stands for itself in a form.
std::string encoded(std::string_view text) {
    std::string out;
    for (auto const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        out += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789abcdef"[byte & 15]};
    }
    return out;
}

void check_callback(std::string_view query) {
    auto const c = parse_callback(query);
    require((c.error == callback_error::none) == is_callback(c.value));
    require(c.value.empty() == (c.error != callback_error::none));
    require(callback_message(c.error).empty() == (c.error == callback_error::none));
    auto const given = form_field(query, "c") || form_field(query, "callback");
    require(given == (c.error != callback_error::missing));
    for (auto const letter : c.value)
        require(std::string_view("\"'<>()&\\/;\r\n\0 ", 14).find(letter) == std::string_view::npos);
}

void check_reader(std::string_view text) {
    form_reader pairs(text);
    std::size_t bytes = 0;
    while (auto const pair = pairs.next()) {
        bytes += pair->name.size() + pair->value.size() + 1;
        require(is_form_name(pair->name, form_decoded(pair->name)));
        require(form_field(text, form_decoded(pair->name)).has_value());
    }
    require(bytes <= text.size() + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text(reinterpret_cast<char const*>(data), size);
    check_callback(text);
    if (size <= 512) check_reader(text);  // quadratic on purpose

    require(form_decoded(text).size() <= size);
    require(form_decoded(encoded(text)) == text);
    auto const field = form_field("x=1&%64=" + encoded(text) + "&d=2", "d");
    require(field && *field == text);

    auto const asked = parse_callback("t=1&c=" + encoded(text));
    require((asked.error == callback_error::none) == is_callback(text));
    if (asked.error == callback_error::none) require(asked.value == text);
    return 0;
}
