#include "serve_request.hpp"

#include "answering.hpp"
#include "core/fault.hpp"
#include "host_list.hpp"
#include "http_connection.hpp"
#include "other_nodes.hpp"
#include "shard.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace anywire {
namespace {

constexpr std::string_view misdirected =
    "This host is not served here: server_options::hosts does not list it.\n";

http::client_info client_of(shard& here,
                            http::request_view const& request,
                            request_peer const& from) {
    auto const& core = here.core();
    return http::resolve_client(from.address,
                                from.is_secure ? "https" : "http",
                                request,
                                core.trusted,
                                core.options.proxy_style);
}

/// Whom a connection has its request of; of another node, that says so. Nothing where it does not.
std::optional<request_peer> peer_of(shard& here,
                                    http_connection const& from,
                                    http::request_view const& head) {
    if (!from.is_relay()) [[likely]]
        return request_peer{from.address(), from.is_tls()};
    return here.core().nodes->peer_of(head);
}

bool serves_host(shard& here, http::client_info const& client) {
    auto const& hosts = here.core().options.hosts;
    return hosts.empty() || http::is_served_host(hosts, client.host);
}

/// Asks the mount about the page that a request comes from. What it lets the page read is in the
/// answer, whoever gives it.
bool judge_page(incoming const& in, route_target const& target) {
    std::string fields;
    auto const is_allowed = target.judge_page(in, fields);
    if (!fields.empty()) in.to.set_page_fields(std::move(fields));
    return is_allowed;
}

/// Counts a request that a trusted proxy has brought for its client, whose connections we do not
/// see.
bool takes_request(shard& here, http_connection& via, http::client_info const& client) {
    auto& core = here.core();
    auto const most = here.limits().max_connections_per_address;
    if (most == 0 || via.is_counted()) return true;
    via.count_request(nullptr);
    if (core.trusted.contains(client.address) || !is_limited_address(client.address)) return true;
    auto ticket = address_ticket::take(core.addresses, client.address, most);
    if (!ticket) return false;
    via.count_request(std::move(ticket));
    return true;
}

/// A field that would not become another one where its value is sent back. Our own reader sees to
/// that; a host's may decode what it finds in there.
bool is_one_line(http_field const& f) noexcept {
    return f.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

/// A request of which only the head is known, on its way to a refusal.
struct refused_request {
    refused_request(shard& here, http_connection& from, http::request_view const& head)
        : by(find_answering(here, asked_for::of_request(head, from))),
          target(by.likely()),
          client(client_of(here, head, peer_of(here, from, head).value_or(request_peer{}))),
          in{here, from, head, client, {}, &from} {}

    answering by;
    route_target* target;
    http::client_info client;
    incoming in;
};

/// Several watches of one body.
class watches final : public body_watch {
public:
    explicit watches(std::vector<std::unique_ptr<body_watch>> all) noexcept
        : all_(std::move(all)) {}
    void done() noexcept override {
        for (auto const& w : all_) w->done();
    }

private:
    std::vector<std::unique_ptr<body_watch>> all_;
};

/// The terms of a body for a session of another shard, which one of several mounts has.
body_terms terms_there(shard& here,
                       http_connection& from,
                       http::request_view const& head,
                       answering const& by) {
    body_terms terms{.most = by.target ? by.target->max_body() : 0};
    std::vector<std::unique_ptr<body_watch>> kept;
    auto const add = [&](route_target& t) {
        std::unique_ptr<body_watch> one;
        if (!t.watch_body(here, from, head, one))
            terms.status = status_of(fault::overlapping_requests);
        if (one) kept.push_back(std::move(one));
    };
    for (auto const& t : by.whose->all) {
        terms.most = std::max(terms.most, t->max_body());
        add(*t);
    }
    if (by.target) add(*by.target);
    if (!kept.empty()) terms.watch = std::make_unique<watches>(std::move(kept));
    return terms;
}

}  // namespace

std::string_view path_of(std::string_view target) noexcept {
    if (!target.starts_with('/')) {
        auto const scheme = target.find("://");
        if (scheme == std::string_view::npos) return {};
        auto const slash = target.find('/', scheme + 3);
        target = slash == std::string_view::npos ? "/" : target.substr(slash);
    }
    return target.substr(0, target.find('?'));
}

void serve_request(shard& here,
                   exchange& to,
                   http_connection* via,
                   http::request_view const& request,
                   request_peer const& from) {
    auto const client = client_of(here, request, from);
    auto const by = find_answering(here, asked_for::of_request(request, to));
    auto* const target = by.target;
    auto const below = target ? request.path.substr(target->prefix().size()) : std::string_view{};
    incoming in{here, to, request, client, below, via};
    here.numbers().requests.add();
    if (!serves_host(here, client) && !(target && target->serves_any_host())) {
        here.numbers().count_refused(refusal_cause::unknown_host);
        return in.respond(status_of(fault::misdirected), misdirected);
    }
    if (via && !takes_request(here, *via, client)) {
        here.numbers().count_refused(refusal_cause::max_connections_per_address);
        return in.respond(status_of(fault::address_over_limit),
                          "too many requests of this address\n");
    }
    if (by.there) return in.move_to(*by.there);
    if (!target)
        return in.respond(status_of(fault::not_found),
                          "404 Not Found: nothing is mounted at this path\n");
    in.page_allowed = judge_page(in, *target);
    if (request.body.size() > target->max_body())
        return in.respond(status_of(fault::body_too_long), target->too_long());
    target->serve(in);
}

void serve_guest(shard& here, http_request const& request, exchange& to) {
    if (!std::all_of(request.fields.begin(), request.fields.end(), is_one_line))
        return (void)to.respond({.status = status_of(fault::malformed_request),
                                 .content_type = "text/plain; charset=UTF-8",
                                 .body = "a field's value holds a line end\n",
                                 .close = true});
    http::request_view view;
    view.method = request.method;
    view.target = request.target;
    if (!view.target.starts_with('/')) {
        auto const path = path_of(view.target);
        view.target =
            path.empty()
                ? std::string_view("/")
                : view.target.substr(static_cast<std::size_t>(path.data() - view.target.data()));
    }
    auto const question = view.target.find('?');
    view.path = view.target.substr(0, question);
    if (question != std::string_view::npos) view.query = view.target.substr(question + 1);
    view.version = request.version == 10 ? 10 : 11;
    view.fields = request.fields;
    view.body = request.body;
    view.host = view.header("host");
    view.upgrade = view.list_contains("connection", "upgrade") && view.has_header("upgrade");
    serve_request(here, to, nullptr, view, {request.remote_address, request.is_secure});
}

// -- for the connections of a shard ---------------------------------------------------------------

void shard::on_request(http_connection& from, http::request_view const& request) {
    if (auto const peer = peer_of(*this, from, request))
        return serve_request(*this, from, &from, request, *peer);
    (void)from.respond({.status = status_of(fault::malformed_request), .close = true});
}

body_terms shard::on_head(http_connection& from, http::request_view const& head) {
    refused_request const r(*this, from, head);
    if (!serves_host(*this, r.client) && !(r.target && r.target->serves_any_host())) {
        numbers_.count_refused(refusal_cause::unknown_host);
        return {.status = status_of(fault::misdirected), .text = misdirected};
    }
    if (r.by.there) return terms_there(*this, from, head, r.by);
    body_terms terms;
    if (!r.target) return {.most = settings().request.body};
    if (!r.target->watch_body(*this, from, head, terms.watch))
        return {.status = status_of(fault::overlapping_requests)};
    terms.most = r.target->max_body();
    return terms;
}

std::string_view shard::on_refusal(http_connection& from,
                                   http::request_view const& head,
                                   unsigned status,
                                   std::string_view text) {
    refused_request const r(*this, from, head);
    if (!r.target) return text;
    (void)judge_page(r.in, *r.target);
    return status == status_of(fault::body_too_long) ? r.target->too_long() : text;
}

}  // namespace anywire
