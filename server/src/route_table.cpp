#include "route_table.hpp"

#include "ascii.hpp"
#include "core/cookie.hpp"
#include "core/fault.hpp"
#include "core/form.hpp"
#include "core/percent.hpp"
#include "engineio_fields.hpp"
#include "route_call.hpp"
#include "shard.hpp"

#include <algorithm>
#include <stdexcept>

namespace anywire {
namespace {

using namespace std::chrono_literals;

void require(bool good, std::string_view what, std::string_view wrong) {
    if (!good) throw std::invalid_argument(std::string(what) + ": " + std::string(wrong));
}

bool is_allowed_page(incoming const& in, http::origin_policy const& origins) {
    return http::allows_origin(origins,
                               {.origin_header = in.head.header("origin"),
                                .has_origin = in.head.has_header("origin"),
                                .sec_fetch_site = in.head.header("sec-fetch-site"),
                                .referer = in.head.header("referer"),
                                .scheme = in.client.scheme,
                                .host = in.client.host,
                                .port = in.client.port});
}

/// Lets the page of a request read the answer, where it may.
bool judge(incoming const& in, http::origin_policy const& origins, std::string& fields) {
    if (!origins.allowed.empty()) fields.append("Vary: Origin\r\n");
    if (!is_allowed_page(in, origins)) return false;
    auto const origin = in.head.header("origin");
    if (origin.empty()) return true;
    fields.append("Access-Control-Allow-Origin: ").append(origin).append("\r\n");
    auto const& all = origins.allowed;
    if (!all.empty() && std::find(all.begin(), all.end(), "*") == all.end())
        fields.append("Access-Control-Allow-Credentials: true\r\n");
    return true;
}

/// Whether browsers let any page send it: it changes nothing.
bool is_safe(std::string_view method) noexcept {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

void call(route_method const& m, incoming const& in, http::route_pattern::values const& values) {
    if (!in.page_allowed && !is_safe(in.head.method))
        return in.respond(status_of(fault::foreign_origin), "this origin is not allowed\n");
    if (in.head.body.size() > m.max_body)
        return in.respond(status_of(fault::body_too_long), "the body is too long\n");
    route_context const context{
        in.head, in.client.address, in.client.scheme == "https", m.params, values};
    std::make_shared<route_call>(in.here, in.to)
        ->run(m.handler, route_request(context), m.answer_timeout);
}

}  // namespace

route_method make_route_method(std::string_view what,
                               std::string method,
                               route_handler handler,
                               route_options const& options) {
    require(static_cast<bool>(handler), what, "the handler is empty");
    require(options.max_body <= (std::size_t{1} << 30), what, "max_body must be at most 1 GiB");
    require(options.answer_timeout > 0ms, what, "answer_timeout must be positive");
    for (auto const& entry : options.origins)
        if (auto const wrong = http::check_origin_option(entry)) require(false, what, *wrong);
    return {.name = std::move(method),
            .handler = std::move(handler),
            .answer_timeout = to_ticks(options.answer_timeout),
            .origins = {options.origins},
            .max_body = options.max_body};
}

// -- a route --------------------------------------------------------------------------------------

bool route::add(route_method m) {
    for (auto const& known : methods_)
        if (known.name == m.name) return false;
    set_max_body(std::max(max_body(), m.max_body));
    methods_.push_back(std::move(m));
    return true;
}

route_method const* route::find(std::string_view method) const noexcept {
    auto const of = [this](std::string_view name) -> route_method const* {
        for (auto const& m : methods_)
            if (m.name == name) return &m;
        return nullptr;
    };
    auto const* const found = of(method);
    return found || method != "HEAD" ? found : of("GET");
}

std::string route::allowed() const {
    std::string all;
    auto const add = [&](std::string_view name) {
        all.append(all.empty() ? "" : ", ").append(name);
    };
    for (auto const& m : methods_) add(m.name);
    if (find("HEAD") && all.find("HEAD") == all.npos) add("HEAD");
    if (!find("OPTIONS")) add("OPTIONS");
    return all;
}

bool route::judge_page(incoming const& in, std::string& fields) const {
    // A browser asks for leave by OPTIONS, for the method that it names.
    auto const asked = in.head.header("access-control-request-method");
    auto const* m = find(in.head.method);
    if (!m) m = find(asked);
    return judge(in, m ? m->origins : methods_.front().origins, fields);
}

void route::serve(incoming const& in) {
    auto const* const m = find(in.head.method);
    if (!m && in.head.method == "OPTIONS") return serve_options(in);
    if (!m) {
        auto const fields = "Allow: " + allowed() + "\r\n";
        return in.respond(status_of(fault::wrong_method), "405 Method Not Allowed\n", fields);
    }
    http::route_pattern::values values;
    (void)pattern().match(in.head.path, &values);
    call(*m, in, values);
}

void route::serve_options(incoming const& in) const {
    auto fields = "Allow: " + allowed() + "\r\n";
    if (in.page_allowed && in.head.has_header("access-control-request-method")) {
        fields.append("Access-Control-Allow-Methods: ").append(allowed()).append("\r\n");
        auto const asked = in.head.header("access-control-request-headers");
        if (!asked.empty())
            fields.append("Access-Control-Allow-Headers: ").append(asked).append("\r\n");
    }
    (void)in.to.respond({.status = 204, .fields = fields});
}

// -- the fallback ---------------------------------------------------------------------------------

bool fallback_route::judge_page(incoming const& in, std::string& fields) const {
    return judge(in, method_.origins, fields);
}

void fallback_route::serve(incoming const& in) {
    call(method_, in, {});
}

}  // namespace anywire
