#include "admin.hpp"

#include <anywire/server.hpp>

#include <thread>
#include <utility>

namespace anywire::gateway {
namespace {

server_options options_of(admin_settings const& s, log_sink log) {
    server_options o;
    o.address.clear();
    listener_options at;
    at.address = s.address_or_default();
    at.port = s.port;
    at.path = s.path;
    o.listeners = {at};
    o.log = std::move(log);
    return o;
}

http_answer answer_of(std::string body, std::string type) {
    http_answer a{.body = std::move(body), .content_type = std::move(type)};
    a.fields.add("Cache-Control", "no-store");
    return a;
}

/// As Prometheus asks; the default is what a person's browser or curl can read.
metrics_format format_of(route_request const& r) {
    auto const asked = r.query("format").value_or(std::string{});
    if (asked == "json") return metrics_format::json;
    if (asked == "openmetrics" ||
        (asked.empty() &&
         r.header("accept").find("application/openmetrics-text") != std::string_view::npos))
        return metrics_format::openmetrics;
    return metrics_format::prometheus;
}

char const* type_of(metrics_format as) noexcept {
    switch (as) {
        case metrics_format::openmetrics:
            return "application/openmetrics-text; version=1.0.0; charset=utf-8";
        case metrics_format::json: return "application/json";
        case metrics_format::prometheus: break;
    }
    return "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace

class admin::impl {
public:
    impl(admin_settings const& s,
         log_sink log,
         std::function<gateway_numbers()> numbers,
         std::vector<publish_route> publishers)
        : numbers_(std::move(numbers)), server_(options_of(s, std::move(log))) {
        server_.route("GET", "/", [this](route_request const&) {
            return answer_of(to_html(numbers_()), "text/html; charset=utf-8");
        });
        server_.route("GET", "/metrics", [this](route_request const& r) {
            auto const as = format_of(r);
            return answer_of(to_metrics(numbers_(), as), type_of(as));
        });
        for (auto& p : publishers)
            server_.route(
                "POST", p.path, std::move(p.handler), {.max_body = p.max_body * 2 + 1'024});
        // HAProxy goes on sending a server that answers 404 what belongs to sessions that it has.
        server_.route("GET", "/health/haproxy", [this](route_request const&) {
            auto const n = numbers_();
            return http_answer{.status = n.is_leaving ? 404u : is_ready(n) ? 200u : 503u};
        });
        auto const ready = [this] { return is_ready(numbers_()); };
        server_.mount_health("/health", {.is_ready = ready});
        thread_ = std::thread([this] { server_.run(); });
    }
    ~impl() {
        server_.stop();
        thread_.join();
    }
    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;

    std::string url() const { return server_.url(); }

private:
    std::function<gateway_numbers()> numbers_;
    server server_;
    std::thread thread_{};
};

admin::admin(admin_settings const& settings,
             log_sink log,
             std::function<gateway_numbers()> numbers,
             std::vector<publish_route> publishers)
    : impl_(std::make_unique<impl>(
          settings, std::move(log), std::move(numbers), std::move(publishers))) {}
admin::~admin() = default;

std::string admin::url() const {
    return impl_->url();
}

}  // namespace anywire::gateway
