#include "outgoing_packet.hpp"

#include "session/engineio_session.hpp"

#include <cstring>
#include <utility>

namespace anywire::socketio {
namespace {

wire::packet_type binary_of(wire::packet_type type) noexcept {
    return type == wire::packet_type::ack ? wire::packet_type::binary_ack
                                          : wire::packet_type::binary_event;
}

frame_ptr make_attachment(std::string_view bytes, encoding how, bool compress) {
    auto f = make_engineio_message(how, {bytes, true});
    f->mark_attachment();
    if (!compress) f->mark_uncompressed();
    return f;
}

}  // namespace

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

frame_list make_frames(wire::packet_type type,
                       std::string_view nsp,
                       std::optional<std::uint64_t> id,
                       detail::encoded const& payload,
                       encoding how,
                       bool compress) {
    auto const n = payload.attachments.size();
    frame_list frames;
    frames.push_back(
        make_text_frame(n == 0 ? type : binary_of(type), nsp, id, n, payload.json));
    if (!compress) frames.front()->mark_uncompressed();
    for (auto const& a : payload.attachments) frames.push_back(make_attachment(a, how, compress));
    return frames;
}

outgoing_packet::outgoing_packet(std::string_view nsp,
                                 std::optional<std::uint64_t> id,
                                 detail::encoded event,
                                 bool compress)
    : attachments_(std::move(event.attachments)), compress_(compress) {
    auto const n = attachments_.size();
    auto const type = n == 0 ? wire::packet_type::event : wire::packet_type::binary_event;
    text_ = make_text_frame(type, nsp, id, n, event.json);
    text_->mark_shared();
    if (!compress_) text_->mark_uncompressed();
    head_size_ = text_->size() - event.json.size();
    bytes_ = text_->cost();
    for (auto const& a : attachments_) bytes_ += a.size() + frame::overhead;
}

frame_list outgoing_packet::frames(encoding how) const {
    frame_list all;
    all.push_back(text_);
    if (attachments_.empty()) return all;
    std::scoped_lock const lock(mutex_);
    auto& made = made_[static_cast<std::size_t>(how)];
    if (made.empty())
        for (auto const& a : attachments_) {
            made.push_back(make_attachment(a, how, compress_));
            made.back()->mark_shared();
        }
    all.insert(all.end(), made.begin(), made.end());
    return all;
}

}  // namespace anywire::socketio
