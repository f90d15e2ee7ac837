#include "session/engineio_codec.hpp"

#include <cstring>
#include <string>
#include <string_view>

namespace anywire {
namespace {

using engineio::revision;

frame_ptr make_led(std::string_view lead, std::string_view data, frame_kind kind) {
    auto* const f = frame::make(lead.size() + data.size(), kind);
    std::memcpy(f->data(), lead.data(), lead.size());
    if (!data.empty()) std::memcpy(f->data() + lead.size(), data.data(), data.size());
    return frame_ptr(f);
}

template <revision Revision, bool Base64>
class message_packets final : public codec {
public:
    frame_ptr encode(message_view m, std::string& scratch) const override {
        auto const kind = m.binary ? frame_kind::binary : frame_kind::text;
        if (splits(m.binary)) return make_led(lead(m.binary), m.data, kind);
        engineio::append_base64_packet(scratch, Revision, m.data);
        return frame_ptr(frame::make(scratch, frame_kind::text));
    }
    bool splits(bool binary) const noexcept override { return !binary || !Base64; }
    void append_head(std::string& out, std::string_view head, bool binary) const override {
        out.append(lead(binary)).append(head);
    }
    frame_ptr encode_rest(message_view rest, std::string&) const override {
        return frame_ptr(frame::make(rest.data, frame_kind::raw));
    }

private:
    static constexpr std::string_view lead(bool binary) noexcept {
        if (!binary) return "4";
        return Revision == revision::v3 ? "\4" : "";
    }
};
constexpr message_packets<revision::v4, false> v4;
constexpr message_packets<revision::v4, true> v4_base64;
constexpr message_packets<revision::v3, false> v3;
constexpr message_packets<revision::v3, true> v3_base64;

}  // namespace

codec const& engineio_codec(revision r, bool base64) noexcept {
    if (r == revision::v4) return base64 ? static_cast<codec const&>(v4_base64) : v4;
    return base64 ? static_cast<codec const&>(v3_base64) : v3;
}

std::optional<revision> engineio_revision_of(codec const& c) noexcept {
    if (&c == &v4 || &c == &v4_base64) return revision::v4;
    if (&c == &v3 || &c == &v3_base64) return revision::v3;
    return std::nullopt;
}

}  // namespace anywire
