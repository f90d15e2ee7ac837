#include "newcomer.hpp"

#include "core/fault.hpp"
#include "http_response.hpp"
#include "shard.hpp"
#include "tls_source.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <utility>

namespace anywire {
namespace {

[[gnu::cold]] void turn_away(shard& here, newcomer const& n, refusal_cause why, fault what) {
    here.numbers().count_refused(why);
    if (n.tls) return;
    if (n.intake) {
        auto const text = n.intake->no_room_text();
        (void)::send(n.socket.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        return;
    }
    auto const status = status_of(what);
    std::string answer("HTTP/1.1 ");
    answer.append(std::to_string(status)).append(" ").append(http::reason_phrase(status));
    answer.append("\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    (void)::send(n.socket.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

bool has_room_for(shard& here, newcomer const& n) {
    auto& core = here.core();
    if (core.connections.load(std::memory_order_relaxed) +
            core.moving.load(std::memory_order_relaxed) <
        here.bounds().max_connections)
        return true;
    turn_away(here, n, refusal_cause::max_connections, fault::full);
    return false;
}

void take_in(shard& here, newcomer n) {
    auto& core = here.core();
    // A trusted proxy has one address for all its clients: those are counted by request.
    if (auto const most = here.limits().max_connections_per_address;
        most != 0 && is_limited_address(n.address) && !core.trusted.contains(n.address)) {
        n.ticket = address_ticket::take(core.addresses, n.address, most);
        if (!n.ticket)
            return turn_away(
                here, n, refusal_cause::max_connections_per_address, fault::address_over_limit);
    }
    here.numbers().accepted.add();
    if (auto const to = n.intake) return to->take(here, std::move(n));
    auto stream = stream_of(n);
    here.site()->open({std::move(stream), std::move(n.address), std::move(n.ticket)});
}

byte_stream stream_of(newcomer& n) {
    auto const socket = n.socket.get();
    byte_stream stream(socket,
                       n.tls ? std::make_unique<tls_stream>(*n.tls->current(), socket) : nullptr,
                       n.is_secure);
    (void)n.socket.release();
    return stream;
}

}  // namespace anywire
