#include "relay_call.hpp"

#include "core/ascii.hpp"
#include "core/fault.hpp"
#include "hop_fields.hpp"
#include "http_connection.hpp"
#include "http_response.hpp"
#include "relay_field.hpp"
#include "relay_shard.hpp"
#include "shard.hpp"
#include "tunnel.hpp"

#include <utility>

namespace anywire::relay {
namespace {

// How long either end of a WebSocket may take nothing.
constexpr std::chrono::seconds write_stall{30};

bool is_websocket(incoming const& in) noexcept {
    return in.head.upgrade && in.head.list_contains("upgrade", "websocket");
}

http::response_to what_answers(incoming const& in) noexcept {
    if (is_websocket(in)) return http::response_to::upgrade;
    return in.head.method == "HEAD" ? http::response_to::head : http::response_to::get;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

/// The head of an answer as it came.
std::string head_text(http::response_head const& head) {
    std::string out("HTTP/1.1 ");
    out.append(std::to_string(head.status)).append(" ");
    out.append(http::reason_phrase(head.status)).append("\r\n");
    for (auto const& f : head.fields) append_field(out, f.name, f.value);
    return out.append("\r\n");
}

}  // namespace

std::string relayed_request(incoming const& in) {
    auto const& r = in.head;
    auto const is_upgrade = is_websocket(in);
    std::string out;
    out.reserve(512 + r.target.size() + r.body.size());
    out.append(r.method).append(" ").append(r.target).append(" HTTP/1.1\r\n");
    // Of the connection, not of the client: who is believed, and in what, is the same there.
    auto const address = in.via ? std::string_view(in.via->address()) : in.client.address;
    auto const is_secure = in.via ? in.via->is_tls() : in.client.scheme == "https";
    append_field(out, relay_field, relay_value({address, is_secure}));
    if (!r.host.empty()) append_field(out, "Host", r.host);
    for (auto const& f : r.fields) {
        if (iequals(f.name, "host") || iequals(f.name, "expect")) continue;
        if (is_of_connection(f.name) || is_nominated(f.name, r.fields)) continue;
        append_field(out, f.name, f.value);
    }
    if (is_upgrade) out.append("Connection: Upgrade\r\nUpgrade: websocket\r\n");
    if (!r.body.empty() || r.method == "POST")
        append_field(out, "Content-Length", std::to_string(r.body.size()));
    return out.append("\r\n").append(r.body);
}

relay_call::relay_call(relay_shard& at, peer_node& to, stray_ptr what, std::string request)
    : at_(at),
      to_(to),
      what_(std::move(what)),
      answer_(client(), what_->request.again().head.method == "HEAD"),
      run_(*to.network,
           to.url,
           std::move(request),
           what_answers(what_->request.again()),
           at.core().options().patience,
           *this) {}

relay_call::~relay_call() = default;

void relay_call::begin() {
    client().listen(this, true);
    run_.begin();
}

// -- the answer -----------------------------------------------------------------------------------

void relay_call::on_answer(http::response_head const& head) {
    ++at_.core().tallies().carried;
    // It may be elsewhere by now.
    if (head.status == status_of(fault::not_found)) at_.forget_owner(what_->key);
    client().set_page_fields({});  // those of the answer say it
    answer_.begin(head.status, head.fields);
}

void relay_call::on_answer_piece(std::string_view piece) {
    if (!answer_.add(piece)) run_.pause(true);
}

void relay_call::on_answer_end() {
    client().listen(nullptr, false);
    answer_.end();
    at_.end(*this);
}

void relay_call::on_answer_stream(http::response_head const& head,
                                  byte_stream stream,
                                  std::string_view rest) {
    auto const again = what_->request.again();
    client().listen(nullptr, false);
    ++at_.core().tallies().carried;
    ++at_.core().tallies().tunnelled;
    again.via->hand_over([&](http_connection::handed_over from) {
        tunnel_end::join(at_.here().io(),
                         at_.share_tunnels(),
                         {std::move(from.stream), from.rest, std::move(from.ticket)},
                         {std::move(stream), rest, std::move(what_->ticket)},
                         head_text(head),
                         write_stall);
    });
    at_.end(*this);
}

// -- what goes wrong ------------------------------------------------------------------------------

void relay_call::on_done() {
    at_.end(*this);
}

void relay_call::on_gone() {
    at_.end(*this);
}

void relay_call::on_no_answer(client_failure const& why) {
    give_up(why.text);
}

void relay_call::lose() {
    give_up("the node does not live any more");
}

void relay_call::give_up(std::string_view why) {
    client().listen(nullptr, false);
    at_.note_not_carried(to_, why);
    if (answer_.has_left()) {
        client().abort();
        return at_.end(*this);
    }
    auto what = std::move(what_);
    auto& at = at_;
    at.end(*this);
    at.on_lost(std::move(what));
}

void relay_call::abort() noexcept {
    client().listen(nullptr, false);
    client().abort();
}

}  // namespace anywire::relay
