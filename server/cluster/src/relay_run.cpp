#include "relay_run.hpp"

#include <utility>

namespace anywire::relay {
namespace {

request_run::terms terms_of(client_url url,
                            http::response_to what,
                            std::chrono::milliseconds patience) {
    request_run::terms out;
    out.url = std::move(url);
    out.limits.head = 64u << 10;
    out.limits.any_coding = true;
    out.what = what;
    out.timeout = patience;
    // An answer that a session has given goes once: it is not asked for again.
    out.is_once = out.is_relayed = true;
    return out;
}

}  // namespace

relay_run::relay_run(socket_network& node,
                     client_url url,
                     std::string request,
                     http::response_to what,
                     std::chrono::milliseconds patience,
                     events& to)
    : request_run(node, terms_of(std::move(url), what, patience)),
      request_(std::move(request)),
      to_(to) {}

void relay_run::pause(bool is) {
    if (link()) link()->pause(is);
}

void relay_run::nudge() {
    if (link() && !std::exchange(is_nudged_, true)) link()->announce_next();
}

error_code relay_run::append_request(std::string& out,
                                     std::span<websocket::request_field const>,
                                     std::string_view) {
    end_deadline();
    out.append(request_);
    return {};
}

}  // namespace anywire::relay
