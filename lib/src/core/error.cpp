#include <anywire/error.hpp>

#include <string>

namespace anywire {
namespace {

char const* sentence(errc e) noexcept {
    switch (e) {
        case errc::bad_utf8: return "the text is not UTF-8";
        case errc::bad_base64: return "the bytes are not base64";
        case errc::bad_json: return "the text is not JSON, or nested too deeply";
        case errc::wrong_json: return "the JSON is not of the type that was asked for";
        case errc::payload_expected: return "the JSON is not an array of strings";
        case errc::bad_frame: return "the WebSocket frame breaks RFC 6455";
        case errc::bad_deflate: return "the compressed message does not inflate";
        case errc::message_too_big: return "the message is longer than the limit";
        case errc::bad_handshake: return "the request or its answer is not a WebSocket handshake";
        case errc::unsupported_version: return "the only supported WebSocket version is 13";
        case errc::handshake_refused: return "the server refused the WebSocket handshake";
        case errc::session_closed: return "the session has closed";
        case errc::send_queue_full: return "the send queue is full; wait for on_drain";
        case errc::message_dropped:
            return "a message was dropped: by the overflow policy, or as a volatile event that "
                   "could not leave at once";
        case errc::ack_timeout: return "the acknowledgement did not come in time";
        case errc::bad_arguments: return "the arguments do not fit the function's signature";
        case errc::bad_option: return "an option is out of range";
    }
    return "unknown error";
}

class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "anywire"; }
    std::string message(int value) const override { return sentence(static_cast<errc>(value)); }
};

}  // namespace

boost::system::error_category const& error_category() noexcept {
    static category const instance;
    return instance;
}

error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), error_category()};
}

}  // namespace anywire
