#include "manager_core.hpp"

#include "client_socket_core.hpp"

#include <algorithm>
#include <stdexcept>

namespace anywire::socketio {
namespace {

using wire::packet_type;

constexpr unsigned deepest = 512;

/// The words of socket.io-client for what has ended a session.
client_disconnect_reason reason_of(close_event const& how, bool is_polling) noexcept {
    using reason = client_disconnect_reason;
    switch (how.reason) {
        case close_reason::heartbeat_timeout: return reason::ping_timeout;
        case close_reason::client_closed:
        case close_reason::server_closed:
        case close_reason::shutting_down: return reason::transport_close;
        case close_reason::transport_lost:
            return is_polling ? reason::transport_error : reason::transport_close;
        case close_reason::handler_failed: return reason::forced_close;
        default: return reason::transport_error;
    }
}

packet_type binary_of(packet_type type) noexcept {
    return type == packet_type::ack ? packet_type::binary_ack : packet_type::binary_event;
}

/// The name as it is on the wire.
std::string name_of(std::string_view nsp) {
    for (char const c : {',', '?', '\x1e'})
        if (nsp.find(c) != nsp.npos)
            throw std::invalid_argument(
                "a namespace's name has no comma, no question mark and no byte 0x1e: what is to be "
                "told to the server goes into its auth");
    return nsp.starts_with('/') ? std::string(nsp) : "/" + std::string(nsp);
}

}  // namespace

std::shared_ptr<client_options const> check_options(client_options o) {
    auto const fail = [](char const* what) { throw std::invalid_argument(what); };
    if (o.engine.revision != 3 && o.engine.revision != 4)
        fail("engine.revision is 3 or 4: that of Engine.IO");
    if (o.parser && o.engine.revision == 3)
        fail("a parser of your own is for protocol 5: engine.revision 4");
    if (o.max_depth == 0 || o.max_depth > deepest) fail("max_depth is from 1 to 512");
    if (o.max_packet_bytes == 0) fail("max_packet_bytes has to be positive");
    if (o.max_pending_acks == 0) fail("max_pending_acks has to be positive");
    return std::make_shared<client_options const>(std::move(o));
}

manager_core::manager_core(session_loop& loop,
                           std::shared_ptr<client_home> home,
                           std::shared_ptr<client_options const> o)
    : loop_(loop),
      home_(std::move(home)),
      options_(std::move(o)),
      protocol_(options_->engine.revision == 3 ? wire::protocol::v4 : wire::protocol::v5),
      limits_{.max_attachments = options_->max_attachments, .max_depth = options_->max_depth},
      assembler_(options_->max_packet_bytes) {}

manager_core::~manager_core() = default;

void manager_core::detach() noexcept {
    abandon();
    below_ = nullptr;
    has_session_ = false;
    disarm();
}

void manager_core::post(std::function<void()> fn) {
    if (is_abandoned_) return;
    home_->post([self = weak_from_this(), fn = std::move(fn)] {
        if (auto const kept = self.lock(); kept && !kept->is_abandoned_) fn();
    });
}

// -- sockets --------------------------------------------------------------------------------------

client_socket_core& manager_core::socket(std::string_view nsp, client_socket_options o) {
    auto name = name_of(nsp);
    if (auto const& value = o.auth.value()) check_auth(*value);
    std::scoped_lock const lock(mutex_);
    for (auto const& s : sockets_)
        if (s->nsp_name() == name) return *s;
    return *sockets_.emplace_back(
        std::make_unique<client_socket_core>(*this, std::move(name), std::move(o)));
}

client_socket_core* manager_core::find(std::string_view nsp) const {
    std::scoped_lock const lock(mutex_);
    for (auto const& s : sockets_)
        if (s->nsp_name() == nsp) return s.get();
    return nullptr;
}

std::vector<client_socket_core*> manager_core::sockets() const {
    std::scoped_lock const lock(mutex_);
    std::vector<client_socket_core*> all;
    for (auto const& s : sockets_) all.push_back(s.get());
    return all;
}

bool manager_core::has_active() const {
    auto const all = sockets();
    return std::any_of(all.begin(), all.end(), [](auto const* s) { return s->is_active(); });
}

void manager_core::connect_all() {
    if (sockets().empty()) (void)socket("/", {});
    for (auto* const s : sockets()) s->connect();
}

void manager_core::close_all() {
    for (auto* const s : sockets()) s->disconnect();
    release();
}

std::string_view manager_core::transport() const noexcept {
    return below_ ? below_->transport() : std::string_view{};
}

void manager_core::remove_listener(listener_id which) {
    opened.remove(which);
    gone_over.remove(which);
    given_up.remove(which);
    failed.remove(which);
    reconnecting.remove(which);
}

// -- the connection -------------------------------------------------------------------------------

void manager_core::open_connection() {
    if (!below_ || (is_running_ && (!is_closing_ || reopens_))) return;
    reopens_ = is_closing_;
    is_running_ = true;
    below_->connect();
}

void manager_core::release() {
    if (!below_ || !is_running_ || (is_closing_ && !reopens_) || has_active()) return;
    is_closing_ = true;
    reopens_ = false;
    has_session_ = false;
    lose(client_disconnect_reason::transport_close);  // none has anything to tell of it
    below_->close();
}

void manager_core::on_open() {
    auto const keep = shared_from_this();
    // It was told to close meanwhile, and will.
    if (is_closing_) return;
    has_session_ = true;
    has_main_ = false;
    assembler_.reset();
    if (!opened.tell(caller())) return;
    for (auto* const s : sockets())
        if (has_session_) s->on_session();
}

void manager_core::on_transport() {
    auto const keep = shared_from_this();
    (void)gone_over.tell(caller());
}

void manager_core::on_close(close_event const& how) {
    auto const keep = shared_from_this();
    if (!has_session_.exchange(false)) return;
    lose(reason_of(how, transport() == "polling"));
}

void manager_core::lose(client_disconnect_reason why) {
    assembler_.reset();
    has_main_ = false;
    for (auto* const s : sockets()) s->lose(why);
}

void manager_core::on_failure(client_failure const& why) {
    auto const keep = shared_from_this();
    if (!failed.tell(caller(), why)) return;
    for (auto* const s : sockets()) s->on_failure(why);
}

void manager_core::on_reconnecting(client_retry const& coming) {
    auto const keep = shared_from_this();
    (void)reconnecting.tell(caller(), coming);
}

void manager_core::on_end() {
    auto const keep = shared_from_this();
    auto const was_closing = std::exchange(is_closing_, false);
    // What was told to connect meanwhile does so by itself.
    if (std::exchange(reopens_, false)) return;
    is_running_ = false;
    if (!was_closing) (void)given_up.tell(caller());
}

void manager_core::on_drain() {
    auto const keep = shared_from_this();
    for (auto* const s : sockets()) s->on_drained();
}

void manager_core::on_timer(tick now) {
    auto const keep = shared_from_this();
    for (auto* const s : sockets())
        if (auto const due = s->on_timer(now)) arm(*due);
}

void manager_core::break_off(close_reason why, std::string_view text) {
    if (!has_session_.exchange(false)) return;
    lose(why == close_reason::handler_failed ? client_disconnect_reason::forced_close
                                             : client_disconnect_reason::parse_error);
    if (below_ && is_running_ && !is_closing_) below_->give_up_session(why, text);
}

void manager_core::violate(std::string_view what) {
    note({}, "the connection is given up: ", what);
    break_off(close_reason::protocol_error, "parse error");
}

// -- packets --------------------------------------------------------------------------------------

void manager_core::on_message(message_view m) {
    auto const keep = shared_from_this();
    if (!has_session_) return;
    if (options_->parser) return on_parsed(*options_->parser, m);
    if (m.binary) {
        if (!assembler_.awaiting()) return violate("binary data that nothing announced");
        auto const step = assembler_.add(m.data);
        if (step == wire::assembler::step::too_big) return violate("a packet that is too big");
        if (step == wire::assembler::step::more) return;
        auto const p = std::move(assembler_);
        assembler_ = wire::assembler(options_->max_packet_bytes);
        if (!wire::check_placeholders(p.head().payload, p.attachments(), options_->max_attachments))
            return violate("placeholders without attachments, or too many copies of one");
        return dispatch(p.head(), p.attachments());
    }
    if (assembler_.awaiting()) return violate("text where attachments are owed");
    auto const decoded = wire::decode_packet(m.data, protocol_, limits_);
    if (!decoded.value) return violate(decoded.wrong);
    if (decoded.value->attachments != 0) return assembler_.begin(m.data, *decoded.value);
    dispatch(*decoded.value, {});
}

void manager_core::on_parsed(packet_parser const& parser, message_view m) {
    if (m.binary != parser.is_binary()) return violate("a message of another parser");
    decoded_packet d;
    auto wrong = parser.decode(m.data,
                               {.max_attachments = options_->max_attachments,
                                .max_depth = options_->max_depth,
                                .max_packet_bytes = options_->max_packet_bytes},
                               d);
    if (!wrong.empty()) return violate(wrong);
    wire::packet p{
        .type = static_cast<packet_type>(d.kind), .nsp = d.nsp, .id = d.id, .payload = d.payload};
    wrong = wire::check_packet(p, limits_);
    if (!wrong.empty()) return violate(wrong);
    if (!d.attachments.empty() &&
        !wire::check_placeholders(p.payload, d.attachments, options_->max_attachments))
        return violate("an object that only looks like bytes");
    dispatch(p, d.attachments);
}

/// Nothing is made for a namespace that nobody has asked for.
void manager_core::dispatch(wire::packet const& p, std::span<std::string const> attachments) {
    if (protocol_ == wire::protocol::v4 && p.nsp == "/" && p.type == packet_type::connect)
        has_main_ = true;
    if (auto* const s = find(p.nsp)) s->on_packet(p, attachments);
}

result<void> manager_core::send(packet_type type,
                                std::string_view nsp,
                                std::optional<std::uint64_t> id,
                                detail::encoded const& payload,
                                bool compress) {
    if (!has_session_ || !below_) return errc::session_closed;
    if (options_->parser)
        return send_parsed({.kind = static_cast<packet_kind>(type),
                            .nsp = nsp,
                            .id = id,
                            .payload = payload.json,
                            .attachments = payload.attachments},
                           compress);
    auto const n = payload.attachments.size();
    std::string text;
    wire::append_head(text, n == 0 ? type : binary_of(type), nsp, id, static_cast<unsigned>(n));
    text.append(payload.json);
    std::vector<message_view> messages{text};
    for (auto const& a : payload.attachments) messages.emplace_back(std::string_view(a), true);
    return below_->send(messages, compress);
}

result<void> manager_core::send_parsed(packet_view const& p, bool compress) {
    std::string bytes;
    options_->parser->encode(bytes, p);
    message_view const message(std::string_view(bytes), options_->parser->is_binary());
    return below_->send({&message, 1}, compress);
}

}  // namespace anywire::socketio
