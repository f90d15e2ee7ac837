#pragma once

#include <anywire/endpoint.hpp>
#include <anywire/http.hpp>

#include <functional>
#include <string>
#include <vector>

namespace anywire::gateway {

/// What a publish endpoint stands on.
struct publisher_options {
    /// "Authorization: Bearer SECRET" of each POST. Never empty.
    std::string secret{};
    /// The endpoints of the route, one for each dialect that is in front; asked for each POST, so
    /// that a reload may change them. Thread: any shard's.
    std::function<std::vector<endpoint>()> endpoints{};
    /// Sends base64 to clients whose dialect has no binary, in place of bytes; else they get
    /// nothing.
    bool base64 = false;
};

/// A route for an application that has something for its clients: `service::route("POST",
/// hooks_settings::publish_path, make_publisher(...), {.max_body = ...})`. It answers how many
/// sessions there were at that moment: {"sessions": 3}.
///
/// Two forms. The query says for whom, and the body is the message: "?session=ID", "?channel=NAME",
/// each any number of times, or "?all=1"; text, or bytes where Content-Type is
/// application/octet-stream; "?close=CODE" ends the sessions in place of a message, with the body
/// as the reason. Or, as libraries for GRIP write it, without a query and with JSON: {"items":
/// [{"channel": "NAME", "formats": {"ws-message": {"content": "hello"}}}]}, where an item may have
/// "session" or "all": true in place of "channel", and "content-bin" in place of "content", which
/// is base64; or {"action": "close", "code": 1000}.
///
/// Errors: 401 without the secret, 400 with a sentence for what is no message. An item's message is
///         sent to all that it names or, where it cannot be, to none.
/// Throws: `std::invalid_argument` for an empty secret or function.
[[nodiscard]] route_handler make_publisher(publisher_options options);

}  // namespace anywire::gateway
