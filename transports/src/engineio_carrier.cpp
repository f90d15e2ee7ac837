#include "engineio_carrier.hpp"

#include "core/gzip.hpp"
#include "engineio/jsonp.hpp"
#include "engineio/payload.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>

namespace anywire {

write_result poll_carrier::write(std::span<frame* const> batch) {
    batch = batch.first(frames_to_gather(batch));
    if (dress_.max_packets != 0) batch = batch.first(std::min(batch.size(), dress_.max_packets));
    boost::container::small_vector<engineio::outgoing, 16> packets;
    for (auto const* f : batch) packets.push_back({f->text(), f->kind() == frame_kind::binary});
    auto const binary = engineio::needs_binary_payload(dress_.revision, packets);
    std::string body;
    engineio::append_payload(body, dress_.revision, packets);
    std::string_view type = binary ? "application/octet-stream" : "text/plain; charset=UTF-8";
    if (!dress_.jsonp.empty()) {
        auto const payload = std::move(body);
        body.clear();
        engineio::append_jsonp(body, dress_.jsonp, payload);
        // As script, since a script element asked for it; and as nothing else.
        type = "text/javascript; charset=UTF-8";
        dress_.fields.append("X-Content-Type-Options: nosniff\r\n");
    }
    auto const compressed = compress(body, batch);
    auto const encoding = dress_.coding == content_coding::gzip ? "Content-Encoding: gzip\r\n"
                                                                : "Content-Encoding: deflate\r\n";
    auto const out_now = to().respond({.content_type = type,
                                       .fields = dress_.fields,
                                       .more_fields = compressed ? encoding : "",
                                       .body = body,
                                       .goes_on = batch.back()->text() != "1"});
    return finished(batch.size(), out_now);
}

bool poll_carrier::compress(std::string& body, std::span<frame* const> batch) const {
    if (dress_.coding == content_coding::identity || body.size() < dress_.compress_from)
        return false;
    auto const wanted =
        std::any_of(batch.begin(), batch.end(), [](auto* f) { return !f->is_uncompressed(); });
    if (!wanted) return false;
    std::string small;
    if (dress_.coding == content_coding::gzip)
        append_gzip(small, body);
    else
        append_zlib(small, body);
    body = std::move(small);
    return true;
}

}  // namespace anywire
