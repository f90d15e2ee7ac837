#include <anywire/service.hpp>

#include "hooks.hpp"
#include "service_core.hpp"
#include "shard.hpp"
#include "watch_methods.hpp"

#include <utility>

namespace anywire {
namespace {

using namespace watching;

/// Whether a service lives, and takes clients. It outlives this.
class health_mount final : public route_target {
public:
    health_mount(service_core const& core, std::string prefix, health_options options)
        : route_target(std::move(prefix), 0), core_(core), options_(std::move(options)) {}

    // Checks come by an address, or with no Host at all.
    bool serves_any_host() const noexcept override { return true; }

    void serve(incoming const& in) override {
        auto const is_live = in.below == "/live";
        if (!is_live && !in.below.empty() && in.below != "/" && in.below != "/ready")
            return in.not_found();
        if (!is_one_of_ours(in.head.method)) return refuse_method(in);
        auto const wrong = is_live ? std::string_view{} : what_is_wrong(in.here);
        (void)in.to.respond({.status = wrong.empty() ? 200u : 503u,
                             .content_type = "text/plain; charset=UTF-8",
                             .fields = no_store,
                             .more_fields = in.head.method == "OPTIONS" ? allowed : "",
                             .body = wrong.empty() ? "ok\n" : wrong});
    }

private:
    std::string_view what_is_wrong(shard& here) const {
        if (core_.draining || here.is_draining()) return "draining\n";
        if (!options_.is_ready) return {};
        auto ready = false;
        call_guarded(here, "health_options::is_ready", [&] { ready = options_.is_ready(); });
        return ready ? std::string_view{} : "not ready\n";
    }

    service_core const& core_;
    health_options options_;
};

}  // namespace

void service::mount_health(std::string path, health_options options) {
    core_->add_target(
        "mount_health",
        std::make_shared<health_mount>(*core_, clean_prefix(std::move(path)), std::move(options)));
}

}  // namespace anywire
