// JSONP both ways: bodies of POSTs, and the script that carries a payload.
#include "core/form.hpp"
#include "core/json_messages.hpp"
#include "core/utf8.hpp"
#include "engineio/jsonp.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::engineio;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size())
        text.replace(at, what.size(), with);
    return text;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (auto const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        out += {'%', "0123456789ABCDEF"[byte >> 4], "0123456789abcdef"[byte & 15]};
    }
    return out;
}

// What clients send of a text, and whether they can: a line end behind `\` gets lost on the way.
void check_client(std::string const& text) {
    if (text.find("\\\n") != text.npos) return;
    auto const sent = replaced(replaced(text, "\\n", "\\\\n"), "\n", "\\n");
    require(jsonp_body("d=" + escaped(sent)) == text);
}

// Literal `\n` is hidden behind a byte that does not occur, then line ends are made, then it is
// uncovered.
void check_body(std::string const& form) {
    auto const body = jsonp_body(form);
    auto const field = form_field(form, "d");
    require(body.has_value() == field.has_value());
    if (!body || field->find('\1') != field->npos) return;
    auto const plain = replaced(replaced(*field, "\\\\n", "\1"), "\\n", "\n");
    require(*body == replaced(plain, "\1", "\\n"));
}

void check_script(std::string const& payload) {
    std::string out;
    append_jsonp(out, "07", payload);
    std::string_view string = out;
    require(string.starts_with("___eio[07](\"") && string.ends_with("\");"));
    string = string.substr(11, string.size() - 13);
    for (auto const* part : {"</", "<!", "\n", "\r", "\xe2\x80\xa8", "\xe2\x80\xa9"})
        require(string.find(part) == string.npos);
    require(is_utf8(string));

    std::string repaired;
    append_utf8_repaired(repaired, payload);
    json_messages decoded;
    require(!decoded.decode_frame(string) && decoded.messages().size() == 1);
    require(decoded.messages()[0] == repaired);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text(reinterpret_cast<char const*>(data), size);
    if (size <= 4096) {  // `replaced` is quadratic
        check_client(text);
        check_body(text);
        check_body("d=" + text);
    }
    auto const body = jsonp_body(text);
    require(!body || body->size() <= size);
    check_script(text);
    return 0;
}
