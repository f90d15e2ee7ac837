#include "session/sockjs_dress.hpp"

#include "core/frame.hpp"
#include "sockjs/text.hpp"

#include <array>
#include <utility>
#include <vector>

namespace anywire {
namespace {

using kind = sockjs::envelope_kind;

answer head_of(sockjs_dress const& how) noexcept {
    return {.content_type = sockjs::content_type(how.envelope),
            .fields = how.constant_fields,
            .more_fields = how.fields};
}

std::string_view name_of(kind k) noexcept {
    switch (k) {
        case kind::xhr: return "xhr-polling";
        case kind::xhr_streaming: return "xhr-streaming";
        case kind::eventsource: return "eventsource";
        case kind::htmlfile: return "htmlfile";
        case kind::jsonp: return "jsonp-polling";
    }
    return {};
}

bool is_message(frame const& f) noexcept {
    return f.text().starts_with('a');
}
bool is_goodbye(frame const& f) noexcept {
    return f.text().starts_with('c');
}

/// How many frames from the first on are messages.
std::size_t leading_messages(std::span<frame* const> batch) noexcept {
    std::size_t n = 0;
    while (n < batch.size() && is_message(*batch[n])) ++n;
    return n;
}

std::string joined(std::span<frame* const> messages) {
    std::vector<std::string_view> texts;
    texts.reserve(messages.size());
    for (auto const* f : messages) texts.push_back(f->text());
    std::string out;
    sockjs::append_joined(out, texts);
    return out;
}

/// Answers without the session: each part in a chunk of its own where the envelope is a stream's.
void say_busy(exchange& to, sockjs_dress const& how) {
    std::string frame_text;
    sockjs::append_close_frame(frame_text, 2010, "Another connection still open");
    std::string prelude;
    std::string body;
    sockjs::append_prelude(prelude, how.envelope, how.callback, how.head);
    sockjs::append_dressed(body, how.envelope, how.callback, frame_text);
    auto head = head_of(how);
    if (how.is_poll()) {
        head.body = body;
        (void)to.respond(head);
        return;
    }
    to.begin_stream(head);
    (void)to.end_stream(std::array<std::string_view, 2>{prelude, body});
}

class sockjs_poll final : public poll_dress {
public:
    explicit sockjs_poll(sockjs_dress how) : how_(std::move(how)) {}

    std::string_view name() const noexcept override { return name_of(how_.envelope); }
    void add_fields(std::string_view fields) override { how_.fields.append(fields); }
    void answer_busy(exchange& to) override { say_busy(to, how_); }
    dressed dress(std::span<frame* const> batch, std::string& body, answer& head) override {
        auto const messages = leading_messages(batch);
        auto const text = messages > 1 ? joined(batch.first(messages)) : std::string{};
        auto const shown = messages > 1 ? std::string_view(text) : batch[0]->text();
        body.reserve(shown.size() + 16);
        sockjs::append_dressed(body, how_.envelope, how_.callback, shown);
        head = head_of(how_);
        return {messages > 1 ? messages : 1, is_goodbye(*batch[0])};
    }

private:
    sockjs_dress how_;
};

class sockjs_stream final : public stream_dress {
public:
    explicit sockjs_stream(sockjs_dress how) : how_(std::move(how)) {}

    std::string_view name() const noexcept override { return name_of(how_.envelope); }
    void add_fields(std::string_view fields) override { how_.fields.append(fields); }
    void answer_busy(exchange& to) override { say_busy(to, how_); }
    answer head() const noexcept override { return head_of(how_); }
    void append_prelude(std::string& out) const override {
        sockjs::append_prelude(out, how_.envelope, how_.callback, how_.head);
    }
    dressed dress(std::span<frame* const> batch,
                  bool gathered,
                  std::size_t room,
                  body_parts& out) override {
        dressed did;
        std::size_t bytes = 0;
        auto const add = [&](std::string_view text) {
            out.add_made([&](std::string& to) { append(to, text); });
            bytes += out.size_of_last();
        };
        if (auto const waiting = gathered ? leading_messages(batch) : 0; waiting > 1) {
            add(joined(batch.first(waiting)));
            did.taken = waiting;
        }
        while (did.taken < batch.size() && !did.is_goodbye && (did.taken == 0 || bytes < room)) {
            auto const& f = *batch[did.taken++];
            did.is_goodbye = is_goodbye(f);
            if (!is_form_shared(f)) {
                add(f.text());
                continue;
            }
            out.add(f.form(form(), [&](std::string& to) { append(to, f.text()); }));
            bytes += out.size_of_last();
        }
        return did;
    }

private:
    void append(std::string& to, std::string_view text) const {
        sockjs::append_dressed(to, how_.envelope, how_.callback, text);
    }
    bool is_form_shared(frame const& f) const noexcept {
        return f.is_shared() &&
               (how_.envelope == kind::xhr_streaming || how_.envelope == kind::eventsource);
    }
    wire_form form() const noexcept {
        return how_.envelope == kind::eventsource ? wire_form::eventsource : wire_form::xhr_stream;
    }

    sockjs_dress how_;
};

}  // namespace

std::unique_ptr<poll_dress> make_poll_dress(sockjs_dress how) {
    return std::make_unique<sockjs_poll>(std::move(how));
}

std::unique_ptr<stream_dress> make_stream_dress(sockjs_dress how) {
    return std::make_unique<sockjs_stream>(std::move(how));
}

}  // namespace anywire
