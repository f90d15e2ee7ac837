#include "client/engineio_wire.hpp"

#include <anywire/frame.hpp>

#include <utility>

namespace anywire {

void engineio_outbox::push_message(message_view m, bool compress) {
    packet p;
    p.binary = m.binary;
    p.is_compressed = compress;
    p.data.reserve(m.data.size() + 1);
    if (!m.binary)
        p.data.push_back(engineio::digit_of(engineio::packet_type::message));
    else if (revision_ == engineio::revision::v3)
        p.data.push_back(static_cast<char>(engineio::packet_type::message));
    p.data.append(m.data);
    add(std::move(p));
}

void engineio_outbox::add(packet p) {
    bytes_ += p.data.size() + frame::overhead;
    packets_.push_back(std::move(p));
}

engineio_outbox::packet engineio_outbox::pop() {
    auto p = std::move(packets_.front());
    packets_.pop_front();
    bytes_ -= p.data.size() + frame::overhead;
    return p;
}

}  // namespace anywire
