#include "fetch_call.hpp"

#include "core/ascii.hpp"
#include "socket_network.hpp"

#include <algorithm>
#include <array>

namespace anywire {
namespace {

request_run::terms terms_of(socket_network& network, client_request const& r) {
    request_run::terms out;
    out.method = r.method;
    out.url = *r.url;
    for (auto const& f : r.fields)
        out.fields.push_back({std::string(f.name), std::string(f.value)});
    if (auto const* const own = network.own_for(*r.url))
        out.fields.insert(out.fields.end(), own->headers.begin(), own->headers.end());
    out.content_type = r.content_type;
    out.body = r.body;
    out.limits.head = network.limits().max_head;
    out.limits.body = r.max_body != 0 || r.streamed ? r.max_body : network.limits().max_body;
    out.what = r.method == "HEAD" ? http::response_to::head : http::response_to::get;
    out.timeout = r.timeout;
    out.is_once = r.is_once;
    out.is_relayed = out.limits.any_coding = r.relayed;
    return out;
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_field_value(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte == 0x7f || (byte < 0x20 && c != '\t');
    });
}

/// Whether we write this field, or it would change where the request ends or what is answered.
bool is_ours(std::string_view name, bool relayed) noexcept {
    constexpr std::array<std::string_view, 9> names{"connection",
                                                    "content-length",
                                                    "transfer-encoding",
                                                    "upgrade",
                                                    "te",
                                                    "expect",
                                                    "host",
                                                    "content-type",
                                                    "accept-encoding"};
    constexpr std::ptrdiff_t may_be_relayed = 3;
    return std::any_of(names.begin(), names.end() - (relayed ? may_be_relayed : 0), [name](auto n) {
        return iequals(name, n);
    });
}

bool has(std::span<websocket::request_field const> fields, std::string_view name) noexcept {
    return std::any_of(
        fields.begin(), fields.end(), [name](auto const& f) { return iequals(f.name, name); });
}

}  // namespace

fetch_call::fetch_call(socket_network& network, client_request const& r, client_response_events& to)
    : request_run(network, terms_of(network, r)), to_(to), streamed_(r.streamed) {
    start();
}

void fetch_call::pause(bool is) {
    paused_ = is;
    if (link() && streamed_) link()->pause(is);
}

error_code fetch_call::append_request(std::string& out,
                                      std::span<websocket::request_field const> fields,
                                      std::string_view target) {
    auto const is_relayed = terms_.is_relayed;
    auto const is_sound = [is_relayed](websocket::request_field const& f) {
        return is_token(f.name) && !is_ours(f.name, is_relayed) && is_field_value(f.value);
    };
    if (!is_token(terms_.method) || !is_field_value(terms_.content_type) ||
        !std::all_of(fields.begin(), fields.end(), is_sound))
        return errc::bad_option;
    out.append(terms_.method).append(" ").append(target).append(" HTTP/1.1\r\n");
    if (!is_relayed || !has(fields, "host"))
        out.append("Host: ").append(url().authority()).append("\r\n");
    if (!is_relayed) out.append("Accept-Encoding: identity\r\n");
    if (!is_relayed && !has(fields, "accept")) out.append("Accept: */*\r\n");
    for (auto const& f : fields) out.append(f.name).append(": ").append(f.value).append("\r\n");
    if (!terms_.content_type.empty())
        out.append("Content-Type: ").append(terms_.content_type).append("\r\n");
    auto const has_body = terms_.method == "POST" || terms_.method == "PUT" ||
                          terms_.method == "PATCH" || !terms_.body.empty();
    if (has_body)
        out.append("Content-Length: ").append(std::to_string(terms_.body.size())).append("\r\n");
    out.append("\r\n").append(terms_.body);
    return {};
}

void fetch_call::on_head(http::response_head const& head) {
    if (streamed_) {
        end_deadline();
        if (paused_ && link()) link()->pause(true);
    }
    to_.on_head({.status = head.status, .fields = head.fields});
}

void fetch_call::on_piece(std::string_view piece) {
    if (streamed_)
        to_.on_body(piece);
    else
        whole_.append(piece);
}

void fetch_call::on_done() {
    if (auto const still = alive(); !whole_.empty()) {
        auto const body = std::move(whole_);
        to_.on_body(body);
        if (!*still) return;
    }
    to_.on_end();
}

}  // namespace anywire
