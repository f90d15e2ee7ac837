#include "adapters/stream_recovery.hpp"

#include <algorithm>
#include <utility>

namespace anywire::redis {

using socketio::restore_error;

stream_recovery::stream_recovery(std::shared_ptr<stream_port> at,
                                 std::shared_ptr<stream_hub> hub,
                                 terms with,
                                 std::function<std::uint64_t()> position,
                                 then_fn then)
    : port_(std::move(at)),
      hub_(std::move(hub)),
      terms_(std::move(with)),
      position_(std::move(position)),
      then_(std::move(then)) {}

void stream_recovery::finish(restore_error why) {
    if (!then_) return;
    std::exchange(then_, nullptr)(
        why, why == restore_error::none ? std::move(found_) : socketio::restored_session{});
}

void stream_recovery::begin(std::optional<std::string> const& offset) {
    if (offset) from_ = parse_entry_id(*offset);
    if (!port_->is_ready()) return finish(restore_error::unknown_session);
    port_->transaction(
        {{"GET", terms_.session_key}, {"DEL", terms_.session_key}},
        [self = shared_from_this()](error_code e, reply const& r) { self->on_session(e, r); });
}

void stream_recovery::on_session(error_code e, reply const& r) {
    if (e || !r.is_array() || r.elements.empty() || !r.elements.front().is_string())
        return finish(restore_error::unknown_session);
    auto& s = found_.session;
    if (!decode_session(r.elements.front().text, terms_.limits, s, terms_.data).empty())
        return finish(restore_error::unknown_session);
    auto const last = hub_->last_read();
    // Who has seen nothing has no offset; and nobody knows where to go on before the first read.
    if (!from_ || !last) return finish(restore_error::offset_lost);
    // What is delivered from now on has later positions, and what was until now earlier ids.
    until_ = *last;
    found_.position = position_();
    auto const offset = from_->text();
    port_->command({"XRANGE", hub_->key(), offset, offset},
                   [self = shared_from_this()](error_code wrong, reply const& found) {
                       self->on_offset(wrong, found);
                   });
}

/// While the entry that the client has seen last is there, all later ones are.
void stream_recovery::on_offset(error_code e, reply const& r) {
    if (e || !r.is_array() || r.elements.empty()) return finish(restore_error::offset_lost);
    read_page();
}

void stream_recovery::read_page() {
    if (!(*from_ < until_)) return finish(restore_error::none);
    port_->command(
        {"XRANGE",
         hub_->key(),
         from_->next().text(),
         until_.text(),
         "COUNT",
         std::to_string(terms_.page)},
        [self = shared_from_this()](error_code e, reply const& r) { self->on_page(e, r); });
}

void stream_recovery::on_page(error_code e, reply const& r) {
    if (e || !r.is_array()) return finish(restore_error::offset_lost);
    for (auto const& entry : r.elements)
        if (!take(entry)) return finish(restore_error::offset_lost);
    if (r.elements.size() < terms_.page) return finish(restore_error::none);
    read_page();
}

bool stream_recovery::take(reply const& entry) {
    if (entry.elements.size() != 2) return true;
    auto const id = parse_entry_id(entry.elements[0].text);
    if (!id || *id <= *from_) return false;
    from_ = id;
    entry_fields fields;
    auto const& values = entry.elements[1].elements;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2)
        fields.emplace_back(values[i].text, values[i + 1].text);
    for (auto const& [name, value] : fields)
        if (name == "nsp" && value != terms_.nsp) return true;
    cluster_message m;
    if (!decode_entry(fields, terms_.limits, m, terms_.data).empty()) return true;
    auto const is_event = m.kind == message_kind::broadcast && m.request_id.empty();
    if (!is_event || m.nsp != terms_.nsp || m.flags.is_volatile || !m.flags.key.empty() ||
        !is_meant(m.to))
        return true;
    m.packet.json.pop_back();
    m.packet.json.append(",\"").append(id->text()).append("\"]");
    bytes_ += m.packet.json.size() + sizeof(m.packet);
    for (auto const& a : m.packet.attachments) bytes_ += a.size();
    found_.missed.push_back(std::move(m.packet));
    return bytes_ <= terms_.max_bytes;
}

bool stream_recovery::is_meant(audience const& to) const {
    auto const& s = found_.session;
    auto const holds = [&](std::vector<std::string> const& names) {
        return std::any_of(names.begin(), names.end(), [&](auto const& n) {
            return n == s.id || std::find(s.rooms.begin(), s.rooms.end(), n) != s.rooms.end();
        });
    };
    return (to.rooms.empty() || holds(to.rooms)) && !holds(to.except);
}

}  // namespace anywire::redis
