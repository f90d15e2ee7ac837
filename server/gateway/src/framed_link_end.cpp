#include "framed_link_end.hpp"

#include <utility>

namespace anywire::gateway {

link_end to_link_end(framed_end why, std::size_t max_message, std::string& text) {
    auto const with = [&text](bool is_clean, close_code code, std::string sentence) {
        text = std::move(sentence);
        return link_end{is_clean, code, text};
    };
    switch (why) {
        case framed_end::ended:
        case framed_end::closed: return {true, close_code::normal, {}};
        case framed_end::broken: return with(false, close_code::abnormal, "the connection broke");
        case framed_end::stalled:
            return with(false, close_code::abnormal, "the server does not read");
        case framed_end::cut_off:
            return with(false, close_code::abnormal, "the server ended within a message");
        case framed_end::too_long:
            return with(
                true,
                close_code::message_too_big,
                "the server sent a message of more than " + std::to_string(max_message) + " bytes");
        case framed_end::not_utf8:
            return with(
                true, close_code::bad_payload, "the server sent a message that is not UTF-8");
        case framed_end::line_end:
            return with(true,
                        close_code::bad_payload,
                        "a message is one line here: it may hold neither LF nor CR");
        case framed_end::unframed_long:
            return with(
                true, close_code::message_too_big, "a message is 4294967295 bytes at most here");
    }
    return {};
}

}  // namespace anywire::gateway
