#include "core/json_check.hpp"
#include "core/json_messages.hpp"
#include "core/json_string.hpp"
#include "sockjs/envelopes.hpp"
#include "sockjs/text.hpp"
#include "support/json_oracle.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;

namespace {

void require(bool claim) {
    if (!claim) std::abort();
}

std::string decoded(std::string_view json) {
    require(!check_json(json));
    json_messages m;
    require(!m.decode_frame(json) && m.messages().size() == 1);
    return std::string(m.messages()[0]);
}

// Whatever the text: the JSON string is text, parses, and decodes to the text repaired.
std::string check(void (*append)(std::string&, std::string_view),
                  std::string_view text,
                  std::string_view repaired) {
    std::string json;
    append(json, text);
    require(test::is_valid_utf8(json));
    for (auto const c : json) require(static_cast<unsigned char>(c) >= 0x20);
    require(decoded(json) == repaired);
    return json;
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

std::string dressed(sockjs::envelope_kind kind, std::string_view frame) {
    std::string out;
    sockjs::append_dressed(out, kind, "cb", frame);
    return out;
}

// What stands between the fixed texts around it.
std::string_view between(std::string_view text, std::string_view head, std::string_view tail) {
    require(text.starts_with(head) && text.ends_with(tail));
    return text.substr(head.size(), text.size() - head.size() - tail.size());
}

void check_envelopes(std::string_view frame) {
    using enum sockjs::envelope_kind;
    auto const repaired = test::repaired(frame);
    auto const file = dressed(htmlfile, frame);
    require(decoded(between(file, "<script>\np(", ");\n</script>\r\n")) == repaired);
    auto const call = dressed(jsonp, frame);
    require(decoded(between(call, "/**/cb(", ");\r\n")) == repaired);

    auto const event = dressed(eventsource, frame);
    auto const data = between(event, "data: ", "\r\n\r\n");
    require(data.find_first_of(std::string_view("\r\n\0", 3)) == data.npos);
    std::string restored;
    for (std::size_t i = 0; i < data.size(); ++i) {
        if (data[i] != '%') {
            restored.push_back(data[i]);
            continue;
        }
        restored.push_back(
            static_cast<char>(std::stoi(std::string(data.substr(i + 1, 2)), nullptr, 16)));
        i += 2;
    }
    require(restored == frame);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    auto const repaired = test::repaired(text);
    check(append_json_string, text, repaired);

    auto const message = check(append_sockjs_string, text, repaired);
    for (auto const* mangled :
         {"\xe2\x80\x8c", "\xe2\x80\xa8", "\xe2\x81\xa0", "\xef\xbf\xbd", "\xf0", "\xf4"})
        require(!has(message, mangled));

    auto const script = check(append_js_string_for_html, text, repaired);
    for (auto const* out : {"</", "<!", "\xe2\x80\xa8", "\xe2\x80\xa9"}) require(!has(script, out));

    std::string frame;
    sockjs::append_message_frame(frame, text);
    json_messages m;
    require(!m.decode_array(std::string_view(frame).substr(1)));
    require(m.messages().size() == 1 && m.messages()[0] == repaired);

    std::string_view const three[] = {frame, R"(a["x","y"])", frame};
    std::string joined;
    sockjs::append_joined(joined, three);
    require(!m.decode_array(std::string_view(joined).substr(1)) && m.messages().size() == 4);

    check_envelopes(frame);
    check_envelopes(text);
    std::string close;
    sockjs::append_close_frame(close, 3000, text);
    check_envelopes(close);
    require(!check_json(std::string_view(close).substr(1)));
    require(!check_json(sockjs::info_json(true, false, 1, text)));
    return 0;
}
