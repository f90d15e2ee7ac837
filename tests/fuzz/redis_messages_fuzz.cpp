// What comes on Redis' channels and out of its streams: whatever is read is written, and read again
// as the same.
#include "adapters/pubsub_codec.hpp"
#include "adapters/session_codec.hpp"
#include "bus/bus_message.hpp"
#include "core/json_check.hpp"
#include "core/utf8.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace anywire;
using namespace anywire::redis;

namespace {

constexpr wire_limits most{.max_bytes = 1u << 20, .max_attachments = 64};
data_codec const plain{};

void require(bool claim) {
    if (!claim) std::abort();
}

// An event goes to clients as it is.
void check_event(cluster_message const& m) {
    if (m.packet.json.empty()) return;
    require(!check_json(m.packet.json, 512) && is_utf8(m.packet.json));
    require(m.packet.json.starts_with('['));
    require(m.packet.attachments.size() <= most.max_attachments);
}

/// `decode` reads bytes into a message, and `encode` writes them.
template <class Message, class Decode, class Encode>
void round_trip(std::string_view bytes, Decode decode, Encode encode) {
    Message first;
    if (!decode(bytes, first).empty()) return;
    auto const written = encode(first);
    Message again;
    // What was read may be longer when it is written, as a number or an escape may be.
    if (written.size() > most.max_bytes || !decode(written, again).empty()) return;
    require(encode(again) == written);
}

void check_pubsub(std::string_view bytes) {
    auto const checked = [](auto decode) {
        return [decode](std::string_view in, cluster_message& m) {
            auto const wrong = decode(in, m);
            if (wrong.empty()) check_event(m);
            return wrong;
        };
    };
    round_trip<cluster_message>(
        bytes,
        checked([](auto in, auto& m) { return pubsub::decode_broadcast(in, most, m); }),
        [](auto const& m) { return pubsub::encode_broadcast(m); });
    round_trip<cluster_message>(
        bytes,
        checked([](auto in, auto& m) { return pubsub::decode_request(in, most, m); }),
        [](auto const& m) { return pubsub::encode_request(m); });
    round_trip<cluster_message>(
        bytes,
        checked([](auto in, auto& m) { return pubsub::decode_response(in, most, m, plain); }),
        [](auto const& m) { return pubsub::encode_response(m, plain); });
    pubsub::channels const names("socket.io", "/");
    (void)names.find(bytes);
}

void check_cluster(std::string_view bytes) {
    auto const decode = [](std::string_view in, cluster_message& m) {
        auto const wrong = decode_message(in, most, m, plain);
        if (wrong.empty()) check_event(m);
        return wrong;
    };
    round_trip<cluster_message>(
        bytes, decode, [](auto const& m) { return encode_sharded(m, plain); });
    round_trip<cluster_message>(
        bytes, decode, [](auto const& m) { return encode_published(m, plain); });
}

void check_entry(std::string_view bytes) {
    for (auto const* const type : {"3", "4", "5", "6", "8", "99"}) {
        cluster_message m;
        entry_fields const fields{
            {"uid", "u"}, {"nsp", "/"}, {"type", type}, {"data", std::string(bytes)}};
        if (!decode_entry(fields, most, m, plain).empty()) continue;
        check_event(m);
        auto const written = encode_entry(m, plain);
        cluster_message again;
        if (!decode_entry(written, most, again, plain).empty()) continue;
        require(encode_entry(again, plain) == written);
    }
}

void check_session(std::string_view bytes) {
    socketio::stored_session s;
    if (!decode_session(bytes, most, s, plain).empty()) return;
    auto const written = encode_session(s, plain);
    socketio::stored_session again;
    if (!decode_session(written, most, again, plain).empty()) return;
    require(encode_session(again, plain) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const bytes(reinterpret_cast<char const*>(data), size);
    check_pubsub(bytes);
    check_cluster(bytes);
    check_entry(bytes);
    check_session(bytes);
    round_trip<bus_message>(
        bytes,
        [](std::string_view in, bus_message& m) { return decode_bus(in, most, m); },
        encode_bus);
    (void)parse_entry_id(bytes);
    return 0;
}
