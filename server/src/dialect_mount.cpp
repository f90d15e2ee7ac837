#include "dialect_mount.hpp"

#include "core/fault.hpp"
#include "held_post.hpp"
#include "mount_point_open.hpp"
#include "serve_request.hpp"
#include "session/framed_session.hpp"

#include <utility>
#include <vector>

namespace anywire {
namespace {

/// Messages that a body holds, kept until all of it was read: all are taken or none.
class read_messages final : public message_sink {
public:
    void take(message_view m) override {
        at_.push_back({text_.size(), m.data.size(), m.binary});
        text_.append(m.data);
    }
    std::vector<message_view> all() const {
        std::vector<message_view> out;
        out.reserve(at_.size());
        for (auto const& m : at_)
            out.emplace_back(std::string_view(text_).substr(m.begin, m.size), m.binary);
        return out;
    }

private:
    struct place {
        std::size_t begin;
        std::size_t size;
        bool binary;
    };
    std::string text_{};
    std::vector<place> at_{};
};

}  // namespace

dialect_mount::dialect_mount(mount_place const& at,
                             dialect_options const& o,
                             std::unique_ptr<dialect const> speaks,
                             handlers app)
    : mount_point(at, common_options(o), std::move(app), true),
      speaks_(std::move(speaks)),
      http_timing_{.heartbeat = to_ticks(o.heartbeat),
                   .disconnect_delay = to_ticks(o.disconnect_delay)},
      duplex_timing_{.ping_interval = to_ticks(o.ping_interval),
                     .ping_timeout = to_ticks(o.ping_timeout)} {
    auto const& p = this->prefix();
    require_option(speaks_ != nullptr, p, "the dialect is null");
    require_option(o.heartbeat.count() > 0, p, "heartbeat must be positive");
    require_option(o.disconnect_delay.count() > 0, p, "disconnect_delay must be positive");
    require_option(o.ping_interval.count() >= 0, p, "ping_interval must not be negative");
    require_option(o.ping_interval.count() == 0 || o.ping_timeout.count() > 0,
                   p,
                   "ping_timeout must be positive");
}

void dialect_mount::serve(incoming const& in) {
    dialect_context const context{*this, in};
    speaks_->serve(dialect_request(context));
}

std::string dialect_mount::session_named_by(std::string_view target) const {
    auto const path = path_of(target);
    auto const question = target.find('?');
    return speaks_->session_named_by(
        path.substr(prefix().size()),
        question == target.npos ? std::string_view{} : target.substr(question + 1));
}

void dialect_mount::receive_by(incoming const& in, std::string_view sid, receiver by) {
    if (!check_origin(in, false)) return;
    if (sid.empty()) return in.not_found();
    serve_receiver(in, sid, std::move(by));
}

void dialect_mount::take(incoming const& in, std::string_view sid, answer taken) {
    if (!check_origin(in, false)) return;
    auto& owner = core().owner(sid);
    if (&owner != &in.here) return in.move_to(owner);
    auto* const session = static_cast<http_session*>(local(in.here).find_by_sid(sid));
    if (!session && core().nodes)
        return carry(in, {.mount = prefix(), .sid = sid}, [](incoming const& again, auto const&) {
            again.not_found();
        });
    if (!session) return in.not_found();
    read_messages messages;
    auto const is_binary = in.head.header("content-type") == "application/octet-stream";
    if (!session->protocol().read(in.head.body, is_binary, messages))
        return in.respond(status_of(fault::bad_messages), "this body breaks the protocol\n");
    if (!session->receive(std::span<message_view const>(messages.all())))
        return in.respond(status_of(fault::session_paused), "the session is paused\n");
    std::string fields(taken.more_fields);
    append_hooked(fields, in);
    taken.more_fields = fields;
    taken.goes_on = session->is_open();
    if (session->is_open() && session->is_paused())
        return (void)new held_post(in.to, session->held(), taken);
    (void)in.to.respond(taken);
}

void dialect_mount::open_duplex(incoming const& in,
                                session_protocol const& speaks,
                                std::string_view name) {
    open_websocket(
        in, name, {}, [this, &speaks](endpoint_core& sessions, session_base::origin from) {
            return new framed_session(sessions, std::move(from), speaks, duplex_timing_);
        });
}

std::shared_ptr<mount_point> make_dialect_mount(mount_place const& at,
                                                dialect_options options,
                                                std::unique_ptr<dialect const> speaks,
                                                handlers app) {
    return std::make_shared<dialect_mount>(at, options, std::move(speaks), std::move(app));
}

}  // namespace anywire
