#include "pass_through.hpp"

#include <anywire/dialect.hpp>

#include "client/url.hpp"
#include "pass_call.hpp"
#include "per_shard.hpp"

#include <stdexcept>
#include <string_view>
#include <utility>

namespace anywire::gateway {
namespace {

constexpr std::string_view no_route_for_websocket =
    "404 Not Found: no route of the gateway has this path. A WebSocket needs one: \"[[route]]\" "
    "with "
    "\"path\" and \"backend\" in the gateway's file, or --websocket PATH --backend URL.\n";

client_options options_of() {
    client_options out;
    // The server is the one that the configuration names: the environment's proxies are for others.
    out.network.proxy = "-";
    out.network.cookies = false;
    out.limits.max_head = 64u << 10;
    return out;
}

client_url url_of(std::string const& text) {
    auto const url = parse_url(text);
    auto const has_more = url && (url->path != "/" || !url->query.empty() || !url->user.empty());
    if (!url || has_more || text.starts_with("ws"))
        throw std::invalid_argument("pass_to is '" + text +
                                    "', which is no server: write \"http://host:port\"");
    return *url;
}

/// One server for all that nothing else is there for. It has no sessions.
class pass_through final : public dialect {
public:
    explicit pass_through(pass_through_options o)
        : options_(std::move(o)), url_(url_of(options_.to)) {
        if (!options_.here) throw std::invalid_argument("pass_through_options::here is empty");
        if (options_.timeout.count() <= 0)
            throw std::invalid_argument("pass_through_options::timeout must be positive");
    }

    void serve(dialect_request const& r) const override {
        // The pages are the server's: it says who may read them.
        r.to().set_page_fields({});
        if (!r.below().starts_with('/')) return r.respond(400, "This request has no path.\n");
        // It would show the client what it was not meant to see: fields that the gateway adds.
        if (r.method() == "TRACE")
            return r.respond_method_not_allowed("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        if (r.asks_for_duplex()) return r.respond(404, no_route_for_websocket);
        auto& here = options_.here();
        shards_
            .at(here, [](shard_place& p) { return std::make_shared<pass_shard>(p, options_of()); })
            .pass(r, url_, options_.timeout);
    }

private:
    pass_through_options options_;
    client_url url_;
    mutable per_shard<pass_shard> shards_{};
};

}  // namespace

std::shared_ptr<mount_point> make_mount(mount_place const& at,
                                        pass_through_options options,
                                        handlers app) {
    dialect_options mount;
    mount.limits.max_message = options.max_body;
    return make_dialect_mount(
        at, std::move(mount), std::make_unique<pass_through>(std::move(options)), std::move(app));
}

}  // namespace anywire::gateway
