#include "session/sockjs_frames.hpp"

#include "core/json_scan.hpp"
#include "core/utf8.hpp"
#include "sockjs/text.hpp"

#include <algorithm>

namespace anywire {
namespace {

constexpr std::string_view lead = "a[\"";
constexpr std::string_view tail = "\"]";

/// Text that stands for itself, as most does, needs no detour over scratch memory.
frame_ptr make_plain(std::string_view text) {
    auto* const f = frame::make(lead.size() + text.size() + tail.size(), frame_kind::text);
    auto* to = f->data();
    for (auto const part : {lead, text, tail}) to = std::copy(part.begin(), part.end(), to);
    return frame_ptr(f);
}

class messages_as_json final : public codec {
public:
    frame_ptr encode(message_view m, std::string& scratch) const override {
        if (detail::plain_run(m.data) == m.data.size()) return make_plain(m.data);
        if (m.binary && !is_utf8(m.data)) return {};
        sockjs::append_message_frame(scratch, m.data);
        return frame_ptr(frame::make(scratch, frame_kind::text));
    }
    // Of a frame with one string, `a["` and the beginning of it; then its end, and `"]`.
    bool splits(bool binary) const noexcept override { return !binary; }
    void append_head(std::string& out, std::string_view head, bool) const override {
        sockjs::append_message_frame(out, head);
        out.resize(out.size() - tail.size());
    }
    frame_ptr encode_rest(message_view rest, std::string& scratch) const override {
        sockjs::append_message_frame(scratch, rest.data);
        return frame_ptr(frame::make(scratch.substr(lead.size()), frame_kind::text));
    }
};
constexpr messages_as_json as_json;

class sockjs_words final : public session_protocol {
public:
    std::string_view name() const noexcept override { return "sockjs"; }
    codec const& message_codec() const noexcept override { return as_json; }
    frame_ptr open_frame() const override { return sockjs_open_frame(); }
    frame_ptr heartbeat_frame() const override { return sockjs_heartbeat_frame(); }
    frame_ptr goodbye_frame(close_code code,
                            std::string_view text,
                            std::string& scratch) const override {
        sockjs::append_close_frame(scratch, static_cast<int>(code), text);
        frame_ptr f(frame::make(scratch, frame_kind::text));
        f->mark_protocol();
        return f;
    }
};

}  // namespace

codec const& sockjs_codec() noexcept {
    return as_json;
}

session_protocol const& sockjs_protocol() noexcept {
    static constexpr sockjs_words words;
    return words;
}

frame_ptr make_sockjs_close(session_loop& loop, close_code code, std::string_view text) {
    return sockjs_protocol().goodbye_frame(code, text, loop.scratch());
}

frame_ptr sockjs_open_frame() {
    static auto const& open = *new frame_ptr(make_constant_frame("o"));
    return open;
}

frame_ptr sockjs_heartbeat_frame() {
    static auto const& heartbeat = *new frame_ptr(make_constant_frame("h"));
    return heartbeat;
}

}  // namespace anywire
