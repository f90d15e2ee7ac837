#include <anywire/http.hpp>

#include "ascii.hpp"
#include "core/cookie.hpp"
#include "core/form.hpp"
#include "core/percent.hpp"
#include "engineio_fields.hpp"
#include "route_table.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

/// What handlers of routes see, and answer with.
namespace anywire {

using namespace std::chrono_literals;

std::string_view route_request::method() const noexcept {
    return context_.head.method;
}
std::string_view route_request::target() const noexcept {
    return context_.head.target;
}
std::string_view route_request::path() const noexcept {
    return context_.head.path;
}
std::string route_request::param(std::string_view name) const {
    auto const& names = context_.names;
    auto const found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return {};
    return percent_decoded(context_.values[static_cast<std::size_t>(found - names.begin())]);
}
std::optional<std::string> route_request::query(std::string_view key) const {
    std::optional<std::string> last;
    form_reader pairs(context_.head.query);
    while (auto const p = pairs.next())
        if (is_form_name(p->name, key)) last = form_decoded(p->value);
    return last;
}
std::optional<std::string> route_request::cookie(std::string_view name) const {
    return cookie_decoded(header("cookie"), name);
}
std::string_view route_request::header(std::string_view name) const noexcept {
    return context_.head.header(name);
}
std::string_view route_request::body() const noexcept {
    return context_.head.body;
}
std::optional<std::string> route_request::form(std::string_view field) const {
    auto const type = header("content-type");
    if (!iequals(http::trim(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded"))
        return std::nullopt;
    return form_field(body(), field);
}
std::string_view route_request::remote_address() const noexcept {
    return context_.remote_address;
}
bool route_request::is_secure() const noexcept {
    return context_.is_secure;
}

http_answer& http_answer::set_cookie(cookie_options const& attributes, std::string_view value) {
    auto wrong = check_cookie(attributes);
    if (attributes.name.empty()) wrong = "cookie.name is empty";
    if (!wrong.empty()) throw std::invalid_argument("set_cookie: " + std::string(wrong));
    std::string line;
    append_session_cookie(line, attributes, percent_encoded(value));
    line.resize(line.size() - 2);
    if (attributes.max_age < 0s) line.append("; Max-Age=0");
    auto const colon = line.find(": ");
    fields.add(line.substr(0, colon), line.substr(colon + 2));
    return *this;
}

// -- a request that a coroutine keeps -------------------------------------------------------------

/// Everything that is borrowed from the connection, in one piece.
struct detail::kept_argument<route_request const&>::copy {
    explicit copy(route_context const& from)
        : names(from.names), context{head, {}, from.is_secure, names, values} {
        auto const& was = from.head;
        auto size = was.method.size() + was.target.size() + was.body.size() + was.host.size() +
                    from.remote_address.size();
        for (auto const& f : was.fields) size += f.name.size() + f.value.size();
        bytes.reserve(size);
        head = was;
        head.method = keep(was.method);
        head.target = keep(was.target);
        head.path = head.target.substr(0, was.path.size());
        head.query = head.target.substr(head.target.size() - was.query.size());
        head.host = keep(was.host);
        head.body = keep(was.body);
        for (auto const& f : was.fields) fields.push_back({keep(f.name), keep(f.value)});
        head.fields = fields;
        context.remote_address = keep(from.remote_address);
        for (auto const v : from.values)
            values.push_back(
                head.path.substr(static_cast<std::size_t>(v.data() - was.path.data()), v.size()));
    }
    copy(copy const&) = delete;
    copy& operator=(copy const&) = delete;

    /// Requires: there is room for it.
    std::string_view keep(std::string_view text) {
        auto const at = bytes.size();
        bytes.append(text);
        return std::string_view(bytes).substr(at);
    }

    std::string bytes{};
    std::vector<http_field> fields{};
    std::vector<std::string> names;
    http::route_pattern::values values{};
    http::request_view head{};
    route_context context;
};

detail::kept_argument<route_request const&>::kept_argument(route_request const& from)
    : copy_(std::make_unique<copy>(from.context_)), request_(copy_->context) {}
detail::kept_argument<route_request const&>::~kept_argument() = default;

}  // namespace anywire
