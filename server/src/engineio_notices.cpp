#include "engineio_notices.hpp"

#include "core/form.hpp"
#include "core/log_text.hpp"
#include "shard.hpp"

#include <string>

namespace anywire {
namespace {

using engineio::refusal;

std::string reason(http::request_view const& head, refusal why) {
    if (why == refusal::unknown_transport)
        return "its transport '" + shown(form_field(head.query, "transport").value_or("")) +
               "' is unknown, or off in engineio_options";
    auto const version = form_field(head.query, "EIO");
    if (!version) return "no EIO in its query: it speaks no Engine.IO, or a first version of it";
    if (*version == "3")
        return "it speaks Engine.IO 3 (Socket.IO 1.x, 2.x): set engineio_options::eio3";
    return "it speaks Engine.IO '" + shown(*version) + "', which is unknown";
}

}  // namespace

void engineio_notices::note(incoming const& in, refusal why, std::string_view prefix) {
    auto const is_version = why == refusal::unsupported_version;
    if (!is_version && why != refusal::unknown_transport) return;
    auto& log = in.here.log();
    if (!log.wants(log_level::info)) return;
    auto const left_out = (is_version ? versions_ : transports_).admit(in.here.loop().now());
    if (!left_out) return;
    log.write(log_level::info,
              "refused a client at ",
              prefix,
              " from ",
              in.client.address,
              ": ",
              reason(in.head, why),
              more_like_it(*left_out));
}

}  // namespace anywire
