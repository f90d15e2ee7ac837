#include <anywire/service.hpp>

#include "admission.hpp"
#include "core/fault.hpp"
#include "hooks.hpp"
#include "metrics_text.hpp"
#include "service_core.hpp"
#include "shard.hpp"
#include "snapshot.hpp"
#include "watch_methods.hpp"

#include <utility>

namespace anywire {
namespace {

using namespace watching;

/// The numbers of a service, which outlives it.
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

}  // namespace

void service::mount_metrics(std::string path, metrics_options options) {
    core_->add_target(
        "mount_metrics",
        std::make_shared<metrics_mount>(*core_, clean_prefix(std::move(path)), std::move(options)));
}

}  // namespace anywire
