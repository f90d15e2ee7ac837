#include "core/fault.hpp"
#include "mount_point_open.hpp"
#include "session/duplex_session.hpp"

namespace anywire {
namespace {

/// The plain WebSocket dialect.
class websocket_mount final : public mount_point {
public:
    websocket_mount(mount_place const& at, websocket_options options, handlers app)
        : mount_point(at, common_options(options), std::move(app), false),
          timing_{.ping_interval = to_ticks(options.ping_interval),
                  .ping_timeout = to_ticks(options.ping_timeout)},
          subpaths_(options.subpaths) {
        require_option(options.ping_interval.count() >= 0,
                       this->prefix(),
                       "ping_interval must not be negative");
        require_option(options.ping_interval.count() == 0 || options.ping_timeout.count() > 0,
                       this->prefix(),
                       "ping_timeout must be positive");
    }

    std::string_view dialect_name() const noexcept override { return "websocket"; }
    std::string_view claim() const noexcept override {
        return "WebSocket handshakes at the path itself";
    }
    bool claims(asked_for const& a, std::string_view below) const noexcept override {
        // One that ends so is SockJS's where both share a path.
        return is_here(below) && !below.ends_with("/websocket") && !a.has_parameter("EIO") &&
               a.is_websocket();
    }

    void serve(incoming const& in) override {
        if (!is_here(in.below)) return in.not_found();
        if (in.head.method != "GET")
            return (void)in.to.respond(
                {.status = status_of(fault::wrong_method), .fields = "Allow: GET\r\n"});
        open_websocket(
            in, "websocket", {}, [this](endpoint_core& sessions, session_base::origin from) {
                return new plain_session(sessions, std::move(from), timing_);
            });
    }

private:
    bool is_here(std::string_view below) const noexcept {
        return subpaths_ || below.empty() || below == "/";
    }

    duplex_timing timing_;
    bool subpaths_;
};

}  // namespace

std::shared_ptr<mount_point> make_mount(mount_place const& at,
                                        websocket_options options,
                                        handlers app) {
    return std::make_shared<websocket_mount>(at, std::move(options), std::move(app));
}

}  // namespace anywire
