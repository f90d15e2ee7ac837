#include "watch_mounts.hpp"

#include "admission.hpp"
#include "core/fault.hpp"
#include "hooks.hpp"
#include "metrics_text.hpp"
#include "service_core.hpp"
#include "shard.hpp"
#include "snapshot.hpp"

#include <utility>

namespace anywire {
namespace {

constexpr std::string_view allowed = "Allow: GET, HEAD, OPTIONS\r\n";
constexpr std::string_view no_store = "Cache-Control: no-store\r\n";

bool is_one_of_ours(std::string_view method) noexcept {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

void refuse_method(incoming const& in) {
    (void)in.to.respond({.status = status_of(fault::wrong_method), .fields = allowed});
}

class metrics_mount final : public route_target {
public:
    metrics_mount(service_core const& core, std::string prefix, metrics_options options)
        : route_target(std::move(prefix), 0), core_(core), options_(std::move(options)) {}

    void serve(incoming const& in) override {
        if (!in.below.empty() && in.below != "/") return in.not_found();
        if (!is_one_of_ours(in.head.method)) return refuse_method(in);
        if (!may_read(in)) return in.respond(status_of(fault::not_authorized), "not allowed\n");
        if (in.head.method == "OPTIONS")
            return (void)in.to.respond({.status = 204, .fields = allowed});
        auto const format = choose_metrics_format(in.head.query, in.head.header("accept"));
        if (!format)
            return in.respond(status_of(fault::malformed_request),
                              "format is openmetrics, prometheus or json\n");
        auto const body = to_text(take_snapshot(core_), *format);
        (void)in.to.respond({.content_type = content_type_of(*format),
                             .fields = no_store,
                             .more_fields = "Vary: Accept\r\n",
                             .body = body});
    }

private:
    bool may_read(incoming const& in) const {
        if (!options_.allow) return true;
        auto may = false;
        call_guarded(
            in.here, "metrics_options::allow", [&] { may = options_.allow(keep_request(in)); });
        return may;
    }

    service_core const& core_;
    metrics_options options_;
};

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

std::shared_ptr<route_target> make_metrics_mount(service_core const& core,
                                                 std::string prefix,
                                                 metrics_options options) {
    return std::make_shared<metrics_mount>(core, std::move(prefix), std::move(options));
}

std::shared_ptr<route_target> make_health_mount(service_core const& core,
                                                std::string prefix,
                                                health_options options) {
    return std::make_shared<health_mount>(core, std::move(prefix), std::move(options));
}

}  // namespace anywire
