#include "outgoing_packet.hpp"

#include "session/engineio_codec.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace anywire::socketio {
namespace {

wire::packet_type binary_of(wire::packet_type type) noexcept {
    return type == wire::packet_type::ack ? wire::packet_type::binary_ack
                                          : wire::packet_type::binary_event;
}

frame_ptr make_attachment(std::string_view bytes, codec const& how, bool compress) {
    std::string scratch;
    auto f = how.encode({bytes, true}, scratch);
    f->mark_attachment();
    if (!compress) f->mark_uncompressed();
    return f;
}

}  // namespace

bool has_pieces(emit_flags const& flags,
                detail::encoded const& payload,
                packet_parser const* parser) noexcept {
    return !flags.key.empty() && !flags.is_volatile && !parser && !payload.attachments.empty();
}

void check_latest(emit_flags const& flags, bool is_asking) {
    if (is_asking && !flags.key.empty())
        throw std::invalid_argument(
            "emit: what is `latest` asks for no answer, for it may never be sent");
}

bool is_sound(detail::encoded const& payload) noexcept {
    auto const n = payload.attachments.size();
    return n == 0 || wire::has_sound_placeholders(payload.json, n);
}

frame_ptr make_text_frame(wire::packet_type type,
                          std::string_view nsp,
                          std::optional<std::uint64_t> id,
                          std::size_t attachments,
                          std::string_view payload) {
    std::string head("4");
    wire::append_head(head, type, nsp, id, static_cast<unsigned>(attachments));
    auto* const f = frame::make(head.size() + payload.size(), frame_kind::text);
    std::memcpy(f->data(), head.data(), head.size());
    if (!payload.empty()) std::memcpy(f->data() + head.size(), payload.data(), payload.size());
    return frame_ptr(f);
}

frame_ptr make_parsed_frame(packet_parser const& parser, packet_view const& p, codec const& how) {
    std::string bytes;
    parser.encode(bytes, p);
    std::string scratch;
    return how.encode({bytes, parser.is_binary()}, scratch);
}

frame_list make_frames(packet_parser const* parser,
                       wire::packet_type type,
                       std::string_view nsp,
                       std::optional<std::uint64_t> id,
                       detail::encoded const& payload,
                       codec const& how,
                       bool compress) {
    frame_list frames;
    if (parser) {
        frames.push_back(make_parsed_frame(*parser,
                                           {.kind = static_cast<packet_kind>(type),
                                            .nsp = nsp,
                                            .id = id,
                                            .payload = payload.json,
                                            .attachments = payload.attachments},
                                           how));
        if (!compress) frames.front()->mark_uncompressed();
        return frames;
    }
    auto const n = payload.attachments.size();
    frames.push_back(make_text_frame(n == 0 ? type : binary_of(type), nsp, id, n, payload.json));
    if (!compress) frames.front()->mark_uncompressed();
    for (auto const& a : payload.attachments) frames.push_back(make_attachment(a, how, compress));
    return frames;
}

outgoing_packet::outgoing_packet(std::string_view nsp,
                                 std::optional<std::uint64_t> id,
                                 detail::encoded event,
                                 bool compress,
                                 std::string_view offset,
                                 packet_parser const* parser)
    : attachments_(std::move(event.attachments)), compress_(compress) {
    if (parser) json_ = event.json;
    if (!offset.empty()) {
        auto const size = event.json.size();
        event.json.pop_back();
        event.json.append(",\"").append(offset).append("\"]");
        offset_size_ = event.json.size() - size;
    }
    if (parser) {
        encode_with(*parser, nsp, id, event.json);
        return;
    }
    auto const n = attachments_.size();
    auto const type = n == 0 ? wire::packet_type::event : wire::packet_type::binary_event;
    text_ = make_text_frame(type, nsp, id, n, event.json);
    text_->mark_shared();
    if (!compress_) text_->mark_uncompressed();
    head_size_ = text_->size() - event.json.size();
    bytes_ = text_->cost();
    for (auto const& a : attachments_) bytes_ += a.size() + frame::overhead;
}

void outgoing_packet::encode_with(packet_parser const& parser,
                                  std::string_view nsp,
                                  std::optional<std::uint64_t> id,
                                  std::string_view json) {
    std::string bytes;
    parser.encode(bytes,
                  {.kind = packet_kind::event,
                   .nsp = nsp,
                   .id = id,
                   .payload = json,
                   .attachments = attachments_});
    parsed_ = std::make_unique<shared_message>(message_view{bytes, parser.is_binary()});
    // The message, and the event as it is told to listeners.
    bytes_ = bytes.size() + json_.size() + frame::overhead;
    for (auto const& a : attachments_) bytes_ += a.size() + frame::overhead;
}

frame_ptr outgoing_packet::parsed_frame(codec const& how) const {
    return parsed_->frame_for(how, [&] {
        std::string scratch;
        auto f = how.encode(parsed_->view(), scratch);
        f->mark_shared();
        if (!compress_) f->mark_uncompressed();
        f->set_key(key_);
        return f;
    });
}

void outgoing_packet::set_key(std::uint64_t key) {
    // What another process sends may have attachments all the same: a part is not to be replaced.
    if (!parsed_ && !attachments_.empty()) return;
    key_ = key;
    if (text_) text_->set_key(key);
}

/// Clients of Engine.IO 3 cannot recover: to them an offset would be an argument too many.
frame_ptr const& outgoing_packet::text_for(codec const& how) const {
    if (offset_size_ == 0) return text_;
    return engineio_revision_of(how) == engineio::revision::v3 ? without_offset() : text_;
}

frame_ptr const& outgoing_packet::without_offset() const {
    if (offset_size_ == 0) return text_;
    std::scoped_lock const lock(mutex_);
    if (plain_) return plain_;
    std::string text(text_->text());
    text.erase(text.size() - 1 - offset_size_, offset_size_);
    plain_ = frame_ptr(frame::make(text, frame_kind::text));
    plain_->mark_shared();
    if (!compress_) plain_->mark_uncompressed();
    return plain_;
}

frame_list outgoing_packet::frames(codec const& how) const {
    frame_list all;
    if (parsed_) {
        all.push_back(parsed_frame(how));
        return all;
    }
    all.push_back(text_for(how));
    if (attachments_.empty()) return all;
    std::scoped_lock const lock(mutex_);
    auto known = std::find_if(
        made_.begin(), made_.end(), [&](auto const& each) { return each.how == &how; });
    if (known == made_.end()) {
        encoded_attachments made{&how, {}};
        for (auto const& a : attachments_) {
            made.frames.push_back(make_attachment(a, how, compress_));
            made.frames.back()->mark_shared();
        }
        known = made_.insert(made_.end(), std::move(made));
    }
    all.insert(all.end(), known->frames.begin(), known->frames.end());
    return all;
}

}  // namespace anywire::socketio
