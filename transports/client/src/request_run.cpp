#include "request_run.hpp"

#include "core/ascii.hpp"
#include "socket_network.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace anywire {
namespace {

client_failure failure(client_stage stage, error_code error, std::string text) {
    client_failure why;
    why.stage = stage;
    why.error = error;
    why.text = std::move(text);
    return why;
}

/// Fields that are for one server and no other.
bool is_confidential(std::string_view name) noexcept {
    return iequals(name, "authorization") || iequals(name, "cookie") ||
           iequals(name, "proxy-authorization");
}

}  // namespace

request_run::request_run(socket_network& network, terms t)
    : terms_(std::move(t)), network_(network) {}

request_run::~request_run() {
    *alive_ = false;
    leave();
}

void request_run::start() {
    network_.host().post([this, alive = alive_] {
        if (!*alive) return;
        if (terms_.timeout.count() > 0) {
            has_deadline_ = true;
            deadline_ = network_.loop().now() + to_ticks(terms_.timeout);
            network_.loop().wheel().arm(*this, deadline_);
        }
        begin();
    });
}

void request_run::begin() {
    client_failure why;
    if (!network_.find_route(terms_.url, terms_.what, way_, key_, why)) return fail(std::move(why));
    if (auto* const idle = network_.links().take(key_, !is_repeatable())) {
        reused_ = true;
        return use(*idle);
    }
    reused_ = false;
    link_opener::events& here = *this;
    opener_ = std::make_unique<link_opener>(network_.host(), network_.dialing(), way_, here);
    opener_->start();
}

void request_run::on_link(byte_stream stream) {
    auto const done = std::move(opener_);  // it has called, and goes when this returns
    use(*new http_link(network_.host(), std::move(stream), key_, network_.links()));
}

void request_run::on_no_link(client_failure const& why) {
    auto const done = std::move(opener_);
    fail(why);
}

void request_run::use(http_link& link) {
    link_ = &link;
    std::string cookies;
    std::string authorization;
    std::string proxy_authorization;
    auto const fields = fields_for(cookies, authorization, proxy_authorization);
    auto target = terms_.url.target();
    if (is_asked_itself()) target.insert(0, terms_.url.origin());
    std::string request;
    if (auto const wrong = append_request(request, fields, target)) {
        return fail(failure(client_stage::setup,
                            wrong,
                            "the request to " + terms_.url.origin() +
                                " cannot be made: a field or a subprotocol is not valid"));
    }
    link.begin(*this, request, terms_.limits, terms_.what);
}

std::vector<websocket::request_field> request_run::fields_for(
    std::string& cookies, std::string& authorization, std::string& proxy_authorization) const {
    std::vector<websocket::request_field> out;
    auto is_authorized = false;
    for (auto const& f : terms_.fields) {
        if (iequals(f.name, "cookie")) {
            cookies.append(cookies.empty() ? "" : "; ").append(f.value);
            continue;
        }
        is_authorized |= iequals(f.name, "authorization");
        out.push_back({f.name, f.value});
    }
    network_.append_cookies(cookies, terms_.url);
    if (!cookies.empty()) out.push_back({"Cookie", cookies});
    if (!is_authorized && !(terms_.url.user.empty() && terms_.url.password.empty())) {
        authorization = basic_credentials(terms_.url.user, terms_.url.password);
        out.push_back({"Authorization", authorization});
    }
    if (is_asked_itself() && !way_.proxy.user.empty()) {
        proxy_authorization = basic_credentials(way_.proxy.user, way_.proxy.password);
        out.push_back({"Proxy-Authorization", proxy_authorization});
    }
    return out;
}

// -- the answer -----------------------------------------------------------------------------------

void request_run::on_response_head(http::response_head const& head) {
    keep_cookies(head);
    status_ = head.status;
    if (head.status == 407 && is_asked_itself()) return fail_proxy();
    if (is_redirect(head)) return follow(head);
    on_head(head);
}

void request_run::on_response_done() {
    link_ = nullptr;
    has_deadline_ = false;
    on_done();
}

void request_run::on_switched(http::response_head const& head,
                              byte_stream stream,
                              std::string_view rest) {
    link_ = nullptr;
    has_deadline_ = false;
    keep_cookies(head);
    on_stream(head, std::move(stream), rest);
}

void request_run::on_response_failed(link_failure const& why) {
    link_ = nullptr;
    // A server may end a connection just as it is used again. Asking once more must do no harm.
    auto const is_harmless = is_repeatable() || why.nothing_sent || why.not_received;
    if (reused_ && !retried_ && !why.has_begun && is_harmless) {
        retried_ = true;
        return begin();
    }
    auto f = failure(
        why.is_answer  ? client_stage::response
        : why.has_head ? client_stage::body
                       : client_stage::request,
        why.is_answer
            ? error_code(boost::system::errc::make_error_code(boost::system::errc::bad_message))
            : error_code(boost::asio::error::connection_reset),
        terms_.url.origin() + ": " + std::string(why.text));
    f.status = why.has_head ? status_ : 0;
    fail(std::move(f));
}

void request_run::keep_cookies(http::response_head const& head) {
    for (auto const& f : head.fields)
        if (iequals(f.name, "set-cookie")) network_.keep_cookie(terms_.url, f.value);
}

// -- redirects ------------------------------------------------------------------------------------

bool request_run::is_redirect(http::response_head const& head) const noexcept {
    if (terms_.is_relayed) return false;
    switch (head.status) {
        case 301:
        case 302:
        case 303:
        case 307:
        case 308: return !head.field("location").empty();
        default: return false;
    }
}

/// Spec: RFC 9110, section 15.4; the methods as the Fetch standard has them.
void request_run::follow(http::response_head const& head) {
    auto const where = std::string(head.field("location"));
    if (redirects_ >= network_.limits().max_redirects)
        return fail_redirect("leads on after " + std::to_string(redirects_) + " redirects");
    ++redirects_;
    auto const leads_to = resolve_url(terms_.url, where);
    if (!leads_to) return fail_redirect("leads to '" + where.substr(0, 200) + "', which is no URL");
    if (terms_.url.secure && !leads_to->secure)
        return fail_redirect("leads from https to '" + where.substr(0, 200) + "', which is not");
    auto const becomes_get =
        (head.status == 303 && terms_.method != "HEAD") ||
        ((head.status == 301 || head.status == 302) && terms_.method == "POST");
    if (becomes_get) {
        terms_.method = "GET";
        terms_.body.clear();
        terms_.content_type.clear();
    }
    if (!leads_to->is_same_origin(terms_.url))
        std::erase_if(terms_.fields, [](client_field const& f) { return is_confidential(f.name); });
    terms_.url = *leads_to;
    std::exchange(link_, nullptr)->abandon();
    retried_ = false;
    begin();
}

void request_run::fail_redirect(std::string text) {
    auto why = failure(
        client_stage::redirect,
        boost::system::errc::make_error_code(boost::system::errc::too_many_symbolic_link_levels),
        terms_.url.origin() + ": the answer " + text);
    why.status = status_;
    fail(std::move(why));
}

/// The proxy wants to know who asks.
void request_run::fail_proxy() {
    auto const& proxy = way_.proxy;
    auto why = failure(client_stage::proxy,
                       boost::asio::error::connection_refused,
                       "the proxy " + proxy.host + ":" + std::to_string(proxy.port) +
                           " refused with 407: it wants a user and a password" +
                           (proxy.user.empty() ? "" : ", others than it was given"));
    why.status = status_;
    fail(std::move(why));
}

// -- the end --------------------------------------------------------------------------------------

void request_run::on_timer(tick now) {
    if (!has_deadline_) return;
    if (!not_after(deadline_, now)) return network_.loop().wheel().arm(*this, deadline_);
    auto const waited = " within " + std::to_string(terms_.timeout.count()) + " ms";
    auto const stage = opener_                 ? opener_->stage()
                       : link_ && status_ != 0 ? client_stage::body
                                               : client_stage::request;
    auto text = opener_ ? opener_->doing()
                        : terms_.url.origin() +
                              (status_ != 0 ? ": the answer did not end" : " did not answer");
    auto why = failure(stage,
                       boost::system::errc::make_error_code(boost::system::errc::timed_out),
                       std::move(text) + waited);
    why.status = status_;
    fail(std::move(why));
}

void request_run::leave() noexcept {
    has_deadline_ = false;
    disarm();
    opener_.reset();
    if (link_) std::exchange(link_, nullptr)->abandon();
}

void request_run::fail(client_failure why) {
    leave();
    on_failed(why);
}

}  // namespace anywire
