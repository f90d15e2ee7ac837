#include "line_dialect.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace lines {
namespace {

anywire::frame_ptr own_frame(std::string_view text) {
    anywire::frame_ptr f(anywire::frame::make(text, anywire::frame_kind::text));
    f->mark_protocol();
    return f;
}

/// A message as "+MESSAGE"; bytes, and text of several lines, are not for this dialect.
class line_codec final : public anywire::codec {
public:
    anywire::frame_ptr encode(anywire::message_view m, std::string& scratch) const override {
        if (m.binary || m.data.find('\n') != m.data.npos) return {};
        scratch.append("+").append(m.data);
        return anywire::frame_ptr(anywire::frame::make(scratch, anywire::frame_kind::text));
    }
};
constexpr line_codec as_line;

class line_protocol final : public anywire::session_protocol {
public:
    std::string_view name() const noexcept override { return "lines"; }
    anywire::codec const& message_codec() const noexcept override { return as_line; }
    anywire::frame_ptr open_frame() const override { return own_frame("hello"); }
    anywire::frame_ptr heartbeat_frame() const override { return own_frame("beat"); }
    anywire::frame_ptr goodbye_frame(anywire::close_code code,
                                     std::string_view text,
                                     std::string& scratch) const override {
        scratch.append("bye ").append(std::to_string(static_cast<int>(code)));
        if (!text.empty()) scratch.append(" ").append(text);
        return own_frame(scratch);
    }
    bool read(std::string_view payload, bool binary, anywire::message_sink& to) const override {
        if (binary) return false;
        while (!payload.empty()) {
            auto const line = payload.substr(0, payload.find('\n'));
            payload.remove_prefix(std::min(payload.size(), line.size() + 1));
            if (!line.empty()) to.take(line);
        }
        return true;
    }
};
constexpr line_protocol protocol;

/// Frames as events of a text/event-stream.
class event_stream final : public anywire::stream_dress {
public:
    std::string_view name() const noexcept override { return "line-events"; }
    void add_fields(std::string_view fields) override { fields_.append(fields); }
    anywire::answer head() const noexcept override {
        return {.content_type = "text/event-stream; charset=UTF-8",
                .fields = "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n",
                .more_fields = fields_};
    }
    anywire::dressed dress(std::span<anywire::frame* const> batch,
                           bool,
                           std::size_t room,
                           anywire::body_parts& out) override {
        anywire::dressed did;
        for (std::size_t bytes = 0;
             did.taken < batch.size() && !did.is_goodbye && (did.taken == 0 || bytes < room);) {
            auto const text = batch[did.taken++]->text();
            did.is_goodbye = text.starts_with("bye ");
            out.add_made([&](std::string& to) {  // each part is a chunk of its own
                to.append("data: ").append(text).append("\n\n");
            });
            bytes += out.size_of_last();
        }
        return did;
    }

private:
    std::string fields_{};
};

class line_dialect final : public anywire::dialect {
public:
    void serve(anywire::dialect_request const& r) const override {
        if (r.asks_for_duplex()) return r.open_duplex(protocol, "lines");
        auto const id = id_in(r.below());
        if (id.empty()) return r.respond(404, "PATH/ID, with an id of 16 to 64 characters\n");
        if (r.method() == "GET") return r.stream(protocol, id, std::make_unique<event_stream>());
        if (r.method() == "POST") return r.receive(id);
        if (r.method() == "OPTIONS") return r.respond_to_preflight("GET, POST, OPTIONS");
        r.respond_method_not_allowed("GET, POST, OPTIONS");
    }
    std::string session_named_by(std::string_view below, std::string_view) const override {
        return std::string(id_in(below));
    }
    bool carries_binary() const noexcept override { return false; }

private:
    /// Whoever knows the id has the session: clients draw one that is hard to guess.
    static std::string_view id_in(std::string_view below) noexcept {
        if (!below.starts_with('/') || below.size() < 17 || below.size() > 65) return {};
        return below.substr(1);
    }
};

}  // namespace

std::shared_ptr<anywire::mount_point> make_mount(anywire::mount_place const& at,
                                                 line_options options,
                                                 anywire::handlers app) {
    return anywire::make_dialect_mount(
        at,
        {.limits = options.limits,
         .origins = std::move(options.origins),
         .heartbeat = options.heartbeat,
         // TCP has no pings: whoever writes to a dead connection hears of it.
         .ping_interval = std::chrono::milliseconds(0)},
        std::make_unique<line_dialect>(),
        std::move(app));
}

}  // namespace lines
