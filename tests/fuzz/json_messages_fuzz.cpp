#include "core/json_check.hpp"
#include "core/json_messages.hpp"
#include "core/json_string.hpp"
#include "core/scratch.hpp"
#include "support/json_oracle.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

std::string encode(std::span<std::string_view const> messages) {
    std::string out = "[";
    for (auto const m : messages) {
        if (out.size() > 1) out.push_back(',');
        append_sockjs_string(out, m);
    }
    return out + "]";
}

// What was decoded is text, and encodes to what decodes to it again.
void round_trip(std::span<std::string_view const> messages) {
    for (auto const m : messages) require(test::is_valid_utf8(m));
    std::vector<std::string> const kept(messages.begin(), messages.end());
    auto const json = encode(messages);

    json_messages again;
    require(!again.decode_array(json));
    require(kept == std::vector<std::string>(again.messages().begin(), again.messages().end()));
}

// The scanner and the checker agree on what is JSON, and an error leaves nothing behind.
void agree(error_code ec, json_messages const& m, std::string_view json, bool bare_string) {
    if (ec) require(m.messages().empty());
    if (json.empty()) return;
    auto const valid = !check_json(json) && test::is_valid_utf8(json);
    require(valid == (ec != errc::bad_json));
    if (!valid) return;
    auto const is_string = json[json.find_first_not_of(" \t\r\n")] == '"';
    require(!ec == (test::is_array_of_strings(json) || (bare_string && is_string)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const json(reinterpret_cast<char const*>(data), size);
    static json_messages m;  // reused, as a session's is

    agree(m.decode_array(json), m, json, false);
    round_trip(m.messages());
    auto const array = encode(m.messages());

    auto const ec = m.decode_frame(json);
    agree(ec, m, json, true);
    round_trip(m.messages());
    if (array != "[]") require(!ec && encode(m.messages()) == array);

    // Any text between quotes but controls, quotes and backslashes is one message.
    std::string inside;
    for (auto const c : json)
        if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') inside.push_back(c);
    auto const one = test::wrapped("[\"", inside, "\"]");
    auto const wrong = m.decode_array(one);
    require(!wrong == test::is_valid_utf8(inside));
    if (!wrong) require(m.messages().size() == 1 && m.messages()[0] == inside);
    m.release();
    require(m.messages().empty() && m.storage_bytes() <= 3 * max_kept_scratch);
    return 0;
}
