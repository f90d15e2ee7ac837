#include "session/engineio_dress.hpp"

#include "core/frame.hpp"
#include "engineio/jsonp.hpp"
#include "engineio/payload.hpp"
#include "session/eio3_text.hpp"

#include <algorithm>
#include <utility>

namespace anywire {
namespace {

class engineio_poll final : public poll_dress {
public:
    explicit engineio_poll(engineio_dress how) : how_(std::move(how)) {}

    std::string_view name() const noexcept override { return "polling"; }
    void add_fields(std::string_view fields) override { how_.fields.append(fields); }
    dressed dress(std::span<frame* const> batch, std::string& body, answer& head) override {
        if (how_.max_packets != 0) batch = batch.first(std::min(batch.size(), how_.max_packets));
        boost::container::small_vector<engineio::outgoing, 16> packets;
        for (auto const* f : batch) packets.push_back({f->text(), f->kind() == frame_kind::binary});
        auto const binary = append_packets(body, packets);
        head.content_type = binary ? "application/octet-stream" : "text/plain; charset=UTF-8";
        if (!how_.jsonp.empty()) {
            auto const payload = std::exchange(body, {});
            engineio::append_jsonp(body, how_.jsonp, payload);
            // As script, since a script element asked for it; and as nothing else.
            head.content_type = "text/javascript; charset=UTF-8";
            how_.fields.append("X-Content-Type-Options: nosniff\r\n");
        }
        if (compress(body, batch))
            head.more_fields = how_.coding == content_coding::gzip
                                   ? "Content-Encoding: gzip\r\n"
                                   : "Content-Encoding: deflate\r\n";
        head.fields = how_.fields;
        return {batch.size(), batch.back()->text() == "1"};
    }

private:
    bool append_packets(std::string& body, std::span<engineio::outgoing const> packets) const {
        if (how_.revision == engineio::revision::v3)
            return append_eio3_payload(body,
                                       packets,
                                       {.text = how_.text ? *how_.text : eio3_text_encoding::once,
                                        .takes_binary = how_.takes_binary,
                                        .has_json = how_.has_json});
        engineio::append_payload(body, how_.revision, packets);
        return false;
    }
    bool compress(std::string& body, std::span<frame* const> batch) const {
        if (how_.coding == content_coding::identity || body.size() < how_.compress_from)
            return false;
        auto const wanted =
            std::any_of(batch.begin(), batch.end(), [](auto* f) { return !f->is_uncompressed(); });
        if (!wanted) return false;
        // Answers are compressed for whoever asks, and made of what the client chose: the levels
        // above cost up to 170 ms of CPU for a MB of text that is made to be hard.
        constexpr int level = 1;
        std::string small;
        if (how_.coding == content_coding::gzip)
            append_gzip(small, body, level);
        else
            append_zlib(small, body, level);
        body = std::move(small);
        return true;
    }

    engineio_dress how_;
};

}  // namespace

std::unique_ptr<poll_dress> make_poll_dress(engineio_dress how) {
    return std::make_unique<engineio_poll>(std::move(how));
}

}  // namespace anywire
