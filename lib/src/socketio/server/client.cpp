#include "client.hpp"

#include "core/form.hpp"
#include "session/engineio_codec.hpp"

#include <algorithm>
#include <utility>

namespace anywire::socketio {
namespace {

using wire::packet_type;

/// A client may ask for so many namespaces at once, and for one more each tick. Many times what
/// `max_namespaces` has a use for: each one asked for costs more than its few bytes.
constexpr std::uint16_t most_asked = 1000;

constexpr std::string_view unannounced = "binary data that nothing announced";
constexpr std::string_view foreign = "a message of another parser";

disconnect_reason reason_of(close_event const& how, bool is_polling) noexcept {
    switch (how.reason) {
        case close_reason::client_closed: return disconnect_reason::transport_close;
        case close_reason::server_closed: return disconnect_reason::forced_close;
        case close_reason::transport_lost:
            return is_polling ? disconnect_reason::transport_error
                              : disconnect_reason::transport_close;
        case close_reason::heartbeat_timeout: return disconnect_reason::ping_timeout;
        case close_reason::shutting_down: return disconnect_reason::server_shutting_down;
        case close_reason::handler_failed: return disconnect_reason::forced_close;
        case close_reason::protocol_error:
            return how.text == "parse error" ? disconnect_reason::parse_error
                                             : disconnect_reason::transport_error;
        default: return disconnect_reason::transport_error;
    }
}

connect_error too_many_namespaces() {
    return {"Too many namespaces", std::nullopt};
}
connect_error auth_too_big() {
    return {"The auth is too big", std::nullopt};
}

/// The query of a v4 client's namespace is its auth, as strings.
json_value auth_of_query(std::string_view query) {
    std::string text;
    json_writer out(text);
    out.begin_object();
    form_reader pairs(query);
    while (auto const pair = pairs.next()) {
        out.key(form_decoded(pair->name));
        out.string(form_decoded(pair->value));
    }
    out.end_object();
    return {std::move(text), {}};
}

}  // namespace

client::client(io_core& io, io_shard& at, session_below conn)
    : io_(io),
      at_(at),
      conn_(conn),
      assembler_(io.opts().max_packet_bytes),
      issued_(io.time_of_day()),
      asked_at_(at.loop().now()),
      may_ask_(most_asked),
      how_(conn.message_codec()),
      protocol_(engineio_revision_of(how_) == engineio::revision::v3 ? wire::protocol::v4
                                                                     : wire::protocol::v5) {
    at_.enlist(*this);
    ++io_.connections();
}

client::~client() {
    io_shard::entry const here(at_);
    sockets_.clear();
    at_.delist(*this);
    --io_.connections();
}

// -- the session's events -------------------------------------------------------------------------

void client::on_open() {
    io_shard::entry const here(at_);
    connect_until_ = at_.loop().now() + to_ticks(io_.opts().connect_timeout) + 1;
    arm(connect_until_);
    if (protocol_ == wire::protocol::v4) open_socket("/", {"{}", {}});
}

void client::on_message(message_view m) {
    io_shard::entry const here(at_);
    if (is_closing_) return;
    if (auto const* const parser = io_.parser()) return on_parsed(*parser, m);
    if (m.binary) {
        if (!assembler_.awaiting()) return violate(unannounced);
        auto const step = assembler_.add(m.data);
        if (step == wire::assembler::step::too_big) return violate("a packet that is too big");
        if (step == wire::assembler::step::more) return;
        auto const& p = assembler_.head();
        if (!wire::check_placeholders(
                p.payload, assembler_.attachments(), io_.opts().max_attachments))
            return violate("placeholders without attachments, or too many copies of one");
        auto const attachments = assembler_.take_attachments();
        dispatch(p, attachments);
        return assembler_.reset();
    }
    if (assembler_.awaiting()) return violate("text where attachments are owed");
    auto const decoded = wire::decode_packet(m.data, protocol_, io_.decode_limits());
    if (!decoded.value) return violate(decoded.wrong);
    if (decoded.value->attachments != 0) return assembler_.begin(m.data, *decoded.value);
    dispatch(*decoded.value, {});
}

void client::on_parsed(packet_parser const& parser, message_view m) {
    if (m.binary != parser.is_binary()) return violate(foreign);
    auto const& o = io_.opts();
    decoded_packet d;
    auto wrong = parser.decode(m.data,
                               {.max_attachments = o.max_attachments,
                                .max_depth = o.max_depth,
                                .max_packet_bytes = o.max_packet_bytes},
                               d);
    if (!wrong.empty()) return violate(wrong);
    wire::packet p{
        .type = static_cast<packet_type>(d.kind), .nsp = d.nsp, .id = d.id, .payload = d.payload};
    wrong = wire::check_packet(p, io_.decode_limits());
    if (!wrong.empty()) return violate(wrong);
    // Placeholders are a matter of our own here, and one of a client's would be taken for one.
    if (!d.attachments.empty() &&
        !wire::check_placeholders(p.payload, d.attachments, o.max_attachments))
        return violate("an object that only looks like bytes");
    dispatch(p, d.attachments);
}

void client::on_close(close_event const& how) {
    // Its sockets hear of it when this ends, and go.
    io_shard::entry const here(at_);
    is_closing_ = true;
    auto const why = told_.value_or(reason_of(how, conn_->transport() == "polling"));
    for (auto const& s : sockets_) s->leave_namespace(why);
}

void client::on_timer(tick now) {
    io_shard::entry const here(at_);
    if (!has_joined_ && connect_until_ != 0 && not_after(connect_until_, now) && !is_closing_) {
        log(log_level::debug, {}, "no namespace was joined in time");
        is_closing_ = true;
        conn_->close(close_code::normal, {});
    }
    if (!has_joined_ && connect_until_ != 0 && !is_closing_) arm(connect_until_);
    for (std::size_t i = 0; i < sockets_.size(); ++i)
        if (auto const due = sockets_[i]->expire_acks(now)) arm(*due);
}

void client::arm(tick when) {
    at_.loop().wheel().arm(*this, when);
}

// -- what operators are told ----------------------------------------------------------------------

void client::log_thrown(char const* what) noexcept {
    at_.loop().log().write(log_level::error, "a socket.io handler threw: ", what, who({}));
}

std::string client::who(std::string_view nsp) const {
    auto text = " (" + io_.mount_path();
    if (!nsp.empty()) text.append(" '").append(shown(nsp)).append("'");
    text.append(", session ").append(conn_->id());
    return text.append(", from ").append(conn_->request().remote_address()).append(")");
}

/// Who has not come as far as a namespace is somebody that we cannot talk to.
void client::note_closed_for(std::string_view what) {
    if (has_joined_) return log(log_level::debug, {}, "connection closed: ", what);
    auto const* const parser = io_.parser();
    note(io_core::notice::closed_for,
         {},
         "connection closed before it joined a namespace: ",
         what,
         what == unannounced ? "; a client with a parser of its own, such as "
                               "socket.io-msgpack-parser? The default one is spoken here"
         : what == foreign   ? "; a client with the default one? Spoken here is "
                             : "",
         what == foreign ? parser->name() : std::string_view{});
}

// -- packets --------------------------------------------------------------------------------------

void client::violate(std::string_view what) {
    note_closed_for(what);
    is_closing_ = true;
    assembler_.reset();
    for (auto const& s : sockets_) s->on_violation(what);
    conn_->close(close_code::normal, {});
}

void client::refuse_packet(std::string_view what) {
    note_closed_for(what);
    is_closing_ = true;
    told_ = disconnect_reason::forced_server_close;
    conn_->close(close_code::normal, {});
}

socket_core* client::find(std::string_view nsp) const noexcept {
    for (auto const& s : sockets_)
        if (s->nsp().name() == nsp && s->current() != socket_core::state::leaving) return s.get();
    return nullptr;
}

void client::dispatch(wire::packet const& p, std::span<std::string const> attachments) {
    if (p.type == packet_type::connect) return on_connect(p, attachments);
    auto* const s = find(p.nsp);
    if (!s) return refuse_packet("a packet for a namespace that was not joined");
    if (p.type == packet_type::disconnect)
        return s->leave_namespace(disconnect_reason::client_namespace_disconnect);
    if (s->current() == socket_core::state::joining)
        return refuse_packet("a packet for a namespace that is still being joined");
    switch (p.type) {
        case packet_type::event:
        case packet_type::binary_event: return s->on_event(p, attachments);
        case packet_type::ack:
        case packet_type::binary_ack: return s->on_ack(p, attachments);
        default: return refuse_packet("a packet that only servers send");
    }
}

void client::on_connect(wire::packet const& p, std::span<std::string const> attachments) {
    auto const is_v4 = protocol_ == wire::protocol::v4;
    if (find(p.nsp)) return refuse_packet("a namespace that is joined already");
    if (is_v4 && p.nsp == "/") return refuse_packet("a second connect");
    if (!may_ask()) return;
    auto const most = io_.opts().max_auth_bytes;
    auto size = std::max(p.query.size(), p.payload.size());
    for (auto const& a : attachments) size += a.size();
    if (size > most) return refuse(p.nsp, auth_too_big());
    if (is_v4) {
        auto auth = auth_of_query(p.query);
        if (auth.view().text().size() > most) return refuse(p.nsp, auth_too_big());
        return open_socket(p.nsp, std::move(auth));
    }
    open_socket(
        p.nsp,
        p.payload.empty() ? json_value("{}", {}) : json_value(json_view(p.payload, attachments)));
}

bool client::may_ask() {
    auto const now = at_.loop().now();
    may_ask_ = static_cast<std::uint16_t>(std::min<tick>(most_asked, may_ask_ + (now - asked_at_)));
    asked_at_ = now;
    if (may_ask_ != 0) return --may_ask_, true;
    refuse_packet("more CONNECTs than any client has a use for");
    return false;
}

void client::open_socket(std::string_view nsp, json_value auth) {
    if (sockets_.size() >= io_.opts().max_namespaces) return refuse(nsp, too_many_namespaces());
    auto const children = std::count_if(
        sockets_.begin(), sockets_.end(), [](auto const& s) { return s->nsp().parent != nullptr; });
    auto const takes_child =
        static_cast<std::size_t>(children) < io_.opts().max_client_child_namespaces;
    auto found = io_.find_for(nsp, auth.view(), takes_child);
    if (found.is_full)
        note(io_core::notice::full,
             nsp,
             takes_child ? "a client was refused: `max_child_namespaces` are in use"
                         : "a client was refused: it is in `max_client_child_namespaces`");
    if (found.is_full && !takes_child) return refuse(nsp, too_many_namespaces());
    if (!found.nsp) return refuse(nsp, {"Invalid namespace", std::nullopt});
    auto& s = *sockets_.emplace_back(
        std::make_unique<socket_core>(*this, std::move(found.nsp), std::move(auth)));
    s.begin();
}

void client::refuse(std::string_view nsp, connect_error const& why) {
    std::string payload;
    json_writer out(payload);
    if (protocol_ == wire::protocol::v5) {
        out.begin_object();
        out.key("message");
        out.string(why.message);
        if (why.data) {
            out.key("data");
            out.raw(why.data->view());
        }
        out.end_object();
    } else if (why.data) {
        out.raw(why.data->view());
    } else {
        out.string(why.message);
    }
    send_text(packet_type::connect_error, nsp, payload);
}

// -- what sockets use -----------------------------------------------------------------------------

void client::on_drain() {
    io_shard::entry const here(at_);
    for (std::size_t i = 0; i < sockets_.size(); ++i) sockets_[i]->on_drained();
}

void client::on_upgrade() {
    io_shard::entry const here(at_);
    for (std::size_t i = 0; i < sockets_.size(); ++i) sockets_[i]->on_upgraded();
}

void client::send_text(packet_type type, std::string_view nsp, std::string_view payload) {
    auto const* const parser = io_.parser();
    auto f = parser ? make_parsed_frame(
                          *parser,
                          {.kind = static_cast<packet_kind>(type), .nsp = nsp, .payload = payload},
                          how_)
                    : make_text_frame(type, nsp, std::nullopt, 0, payload);
    f->mark_protocol();
    if (conn_->is_open()) conn_.send_own(std::move(f));
}

void client::forget(socket_core& s) {
    at_.defer([this, which = &s] {
        std::erase_if(sockets_, [&](auto const& each) { return each.get() == which; });
    });
}

void client::break_off(close_reason why, std::string_view text) {
    is_closing_ = true;
    conn_.end(why, ending::now, text);
}

void client::disconnect_all() {
    io_shard::entry const here(at_);
    for (auto const& s : sockets_) s->disconnect(false);
    is_closing_ = true;
    conn_->close(close_code::normal, {});
}

void client::shut_down() {
    is_closing_ = true;
    for (auto const& s : sockets_) s->leave_namespace(disconnect_reason::server_shutting_down);
    conn_.end(close_reason::shutting_down, ending::after_queue);
}

void client::replace() {
    is_closing_ = true;
    for (auto const& s : sockets_) s->leave_namespace(disconnect_reason::transport_close);
    conn_.end(close_reason::transport_lost, ending::silently);
}

}  // namespace anywire::socketio
