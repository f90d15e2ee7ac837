#include "socketio/connect.hpp"

#include "socketio/json_text.hpp"

#include <boost/assert.hpp>

namespace anywire::socketio::wire {
namespace {

constexpr std::size_t max_id = 256;
constexpr std::size_t max_message = 1024;

/// The member of an object, raw; of one that is there twice the last, as `JSON.parse` has it.
std::string_view find_member(std::string_view object, std::string_view name) noexcept {
    std::string_view found;
    for (auto rest = detail::inside(object); !rest.empty();) {
        auto const key = detail::take_key(rest);
        auto const value = detail::take_value(rest);
        if (detail::decodes_to(key, name)) found = value;
    }
    return found;
}

std::string text_of(std::string_view value) {
    std::string out;
    if (value.starts_with('"')) detail::append_decoded(out, value);
    return out;
}

void cut(std::string& text, std::size_t size) {
    if (text.size() <= size) return;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0u) == 0x80u) --size;
    text.resize(size);
}

}  // namespace

void append_connect(std::string& out,
                    protocol revision,
                    std::string_view nsp,
                    std::string_view auth) {
    if (revision == protocol::v5) {
        BOOST_ASSERT(auth.empty() || auth.starts_with('{'));
        append_head(out, packet_type::connect, nsp, std::nullopt, 0);
        out.append(auth);
        return;
    }
    BOOST_ASSERT(nsp != "/" && nsp.find('?') == nsp.npos && auth.find(',') == auth.npos);
    if (auth.empty()) return append_head(out, packet_type::connect, nsp, std::nullopt, 0);
    out.push_back('0');
    out.append(nsp).append("?").append(auth).push_back(',');
}

decoded_connected decode_connected(packet const& packet, protocol revision) {
    BOOST_ASSERT(packet.type == packet_type::connect);
    if (revision == protocol::v4) return {connected{}, {}};
    if (packet.payload.empty())
        return {{}, "a CONNECT without a sid, as by a server of protocol 4"};
    connected c{.sid = text_of(find_member(packet.payload, "sid")),
                .pid = text_of(find_member(packet.payload, "pid"))};
    if (c.sid.empty()) return {{}, "a CONNECT without a sid"};
    if (c.sid.size() > max_id || c.pid.size() > max_id)
        return {{}, "a CONNECT with an id over 256 bytes"};
    return {std::move(c), {}};
}

connect_error decode_connect_error(packet const& packet, protocol revision) {
    BOOST_ASSERT(packet.type == packet_type::connect_error);
    connect_error e;
    auto const payload = packet.payload;
    if (payload.starts_with('{')) {
        e.message = text_of(find_member(payload, "message"));
        e.data = revision == protocol::v4 ? payload : find_member(payload, "data");
    } else {
        e.message = text_of(payload);
        if (revision == protocol::v4) e.data = payload;
    }
    cut(e.message, max_message);
    return e;
}

}  // namespace anywire::socketio::wire
