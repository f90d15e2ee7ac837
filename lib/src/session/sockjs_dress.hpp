#pragma once

#include "session/http_carriers.hpp"
#include "sockjs/envelopes.hpp"

#include <string>
#include <string_view>

namespace anywire {

/// What the responses that carry SockJS frames say, and how each of them dresses those.
struct sockjs_dress {
    sockjs::envelope_kind envelope = sockjs::envelope_kind::xhr;
    std::string callback{};              ///< JSONP and htmlfile.
    std::string_view constant_fields{};  ///< Fields of the response; a literal.
    std::string fields{};                ///< Those that depend on the request.
    sockjs::htmlfile_head head = sockjs::htmlfile_head::protocol;

    bool is_poll() const noexcept {
        return envelope == sockjs::envelope_kind::xhr || envelope == sockjs::envelope_kind::jsonp;
    }
};

/// Messages that wait together leave as one frame.
std::unique_ptr<poll_dress> make_poll_dress(sockjs_dress how);
/// One part a frame; what gathered between two responses leaves as one frame, as in the reference.
std::unique_ptr<stream_dress> make_stream_dress(sockjs_dress how);

}  // namespace anywire
