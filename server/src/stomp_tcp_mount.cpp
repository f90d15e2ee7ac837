#include "stomp_tcp_mount.hpp"

#include <anywire/dialect.hpp>

#include "guest_websocket.hpp"
#include "mount_point_open.hpp"
#include "serve_request.hpp"
#include "session/framed_session.hpp"
#include "stomp/frame_writer.hpp"

#include <optional>
#include <string>
#include <utility>

namespace anywire {
namespace {

/// Messages one after the other, without bounds.
class stream_codec final : public codec {
public:
    frame_ptr encode(message_view m, std::string&) const override {
        return frame_ptr(frame::make(m.data, frame_kind::raw));
    }
    bool splits(bool) const noexcept override { return true; }
    frame_kind kind(bool) const noexcept override { return frame_kind::raw; }
    void append_head(std::string& out, std::string_view head, bool) const override {
        out.append(head);
    }
};
constexpr stream_codec as_stream;

class stream_protocol final : public session_protocol {
public:
    std::string_view name() const noexcept override { return "stomp"; }
    codec const& message_codec() const noexcept override { return as_stream; }
    bool is_probed() const noexcept override { return false; }
};
constexpr stream_protocol over_stream;

/// What a client is told that is not let in: there is no version yet.
std::string refusal(std::string_view text) {
    std::string made;
    stomp::frame_writer(made, stomp::command::error, stomp::version::v1_0)
        .add("message", text)
        .add("content-type", "text/plain")
        .finish(text);
    return made;
}

tcp_settings settings_of(session_limits const& limits, server_limits const& all) {
    return {.write_stall = to_ticks(limits.write_stall),
            .tls_handshake = to_ticks(all.tls_handshake),
            .linger = to_ticks(limits.close_handshake),
            .refusal = refusal};
}

}  // namespace

stomp_tcp_mount::stomp_tcp_mount(mount_place const& at, session_limits const& limits, handlers app)
    : mount_point(at, common_options(dialect_options{.limits = limits}), std::move(app), false),
      claim_("connections to listener " + std::to_string(at.index)),
      settings_(
          std::make_shared<tcp_settings const>(settings_of(limits, at.core.bounds()->limits))) {}

std::string_view stomp_tcp_mount::no_room_text() const noexcept {
    using namespace std::string_view_literals;
    return "ERROR\nmessage:too many connections\n\n\0"sv;
}

void stomp_tcp_mount::take(shard& here, newcomer n) {
    core().begin();
    auto address = std::move(n.address);
    auto stream = stream_of(n);
    auto* const made =
        new tcp_connection(here.io(), std::move(stream), settings_, std::move(n.ticket));
    made->start([self = shared_from_this(), this, &here, address = std::move(address)](
                    tcp_connection& over, std::function<void(transport_events*)> heard) {
        open(here, address, over, std::move(heard));
    });
}

void stomp_tcp_mount::open(shard& here,
                           std::string_view address,
                           tcp_connection& over,
                           std::function<void(transport_events*)> heard) {
    auto* const host = new guest_websocket(over, std::move(heard));
    run_as_guest(here, *host, [&](exchange& guest) {
        http::request_view view;
        view.method = "GET";
        view.target = view.path = prefix();
        auto const client = http::resolve_client(
            address, over.is_secure() ? "https" : "http", view, core().trusted);
        auto const presented = over.peer();
        incoming const in{.here = here,
                          .to = guest,
                          .head = view,
                          .client = client,
                          .below = {},
                          .via = nullptr,
                          .presented = presented ? &*presented : nullptr};
        here.numbers().requests.add();
        open_websocket(in, "tcp", {}, [this](endpoint_core& sessions, session_base::origin from) {
            return new framed_session(sessions, std::move(from), over_stream, timing_);
        });
    });
}

}  // namespace anywire
