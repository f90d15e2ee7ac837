#include "session/packet_listener.hpp"
#include "session/session_base.hpp"

/// What is told to whoever listens to the packets of a session.
namespace anywire {
namespace {

std::string_view kind_of(frame const& f) noexcept {
    switch (f.kind()) {
        case frame_kind::raw:
        case frame_kind::text: return "text";
        case frame_kind::binary: return "binary";
        case frame_kind::close: return "close";
        case frame_kind::ping: return "ping";
        case frame_kind::pong: return "pong";
    }
    return "text";
}

}  // namespace

void session_base::watch_packets() noexcept {
    traced_ = false;
    for (auto const& to : loop().listeners()) traced_ = traced_ || to->wants(*this);
}

void session_base::tell_packet(traced_packet const& p) noexcept {
    try {
        for (auto const& to : loop().listeners())
            if (to->wants(*this)) to->on_packet(*this, p, loop().log());
    } catch (...) {
        loop().log().failed("a trace");
    }
    watch_packets();
}

void session_base::tell_received(anywire::transport const& from,
                                 std::string_view data,
                                 bool binary) noexcept {
    tell_packet({packet_way::in, from.name(), binary ? "binary" : "text", data});
}

void session_base::tell_body(std::string_view data) noexcept {
    tell_packet({packet_way::in, transport(), "body", data});
}

void session_base::tell_written(std::span<frame* const> frames,
                                std::string_view transport) noexcept {
    for (auto const* f : frames)
        tell_packet({packet_way::out,
                     transport,
                     kind_of(*f),
                     f->text(),
                     f->rest() ? f->rest()->text() : std::string_view{}});
}

void session_loop::listen(std::shared_ptr<packet_listener> to) {
    std::erase_if(listeners_, [](auto const& l) { return l->is_over(); });
    listeners_.push_back(std::move(to));
    for (auto* e : endpoints_) e->for_each([](session_base& s) { s.watch_packets(); });
}

}  // namespace anywire
