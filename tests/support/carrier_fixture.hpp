#pragma once

#include "session/http_carriers.hpp"
#include "session/sockjs_dress.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Carriers over HTTP in the dress of SockJS, with frames to write and a session that listens.
namespace anywire::test {

using sockjs::envelope_kind;

/// A session that writes down what its carrier tells it.
struct fake_session final : transport_events {
    std::vector<std::string> told{};
    void on_payload(transport&, std::string_view, bool) override { told.emplace_back("payload"); }
    void on_alive(transport&) override { told.emplace_back("alive"); }
    void on_writable(transport&) override { told.emplace_back("writable"); }
    void on_next_waiting(transport&) override { told.emplace_back("next waiting"); }
    void on_closed(transport&, bool orderly, close_event const& how) override {
        told.emplace_back(orderly ? "out" : std::string("lost: ").append(to_string(how.reason)));
    }
};

inline frame_ptr frame_of(std::string_view text) {
    return frame_ptr(frame::make(text, frame_kind::text));
}

/// Frames to write, and what is left of them.
struct queue {
    std::vector<frame_ptr> frames{};
    std::vector<frame*> pointers{};

    explicit queue(std::vector<std::string_view> const& texts) {
        for (auto const text : texts) frames.push_back(frame_of(text));
        for (auto const& f : frames) pointers.push_back(f.get());
    }
    write_result into(transport& t) {
        auto const r = t.write(pointers);
        pointers.erase(pointers.begin(), pointers.begin() + static_cast<std::ptrdiff_t>(r.taken));
        return r;
    }
};

inline sockjs_dress how(envelope_kind kind) {
    return {kind, "cb", "Cache-Control: no-store\r\n", "Vary: Origin\r\n"};
}

inline std::unique_ptr<poll_dress> poll(envelope_kind kind) {
    return make_poll_dress(how(kind));
}
inline std::unique_ptr<stream_dress> stream(envelope_kind kind) {
    return make_stream_dress(how(kind));
}

inline std::string prelude() {
    return std::string(2048, 'h').append("\n");
}

}  // namespace anywire::test
