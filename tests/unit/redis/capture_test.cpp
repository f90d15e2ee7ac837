// Every message that servers of Node were seen to send through Redis, read and written again.
#include "unit/redis/capture.hpp"

#include "adapters/cluster_message.hpp"
#include "adapters/pubsub_codec.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace anywire;
using namespace anywire::redis;
using anywire::test::captured_command;
using kind = message_kind;
using strings = std::vector<std::string>;

namespace {

std::vector<captured_command> const& capture() {
    static auto const all = test::read_capture(ANYWIRE_REDIS_CAPTURE);
    return all;
}

template <class Fn>
std::size_t for_each(std::string_view section, std::string_view command, Fn fn) {
    std::size_t n = 0;
    for (auto const& c : capture()) {
        if (c.section != section || c.words.front() != command) continue;
        CAPTURE(c.section, c.call, c.words);
        fn(c);
        ++n;
    }
    return n;
}

captured_command const& first(std::string_view section, std::string_view call) {
    auto const found = std::find_if(capture().begin(), capture().end(), [&](auto const& c) {
        auto const& name = c.words.front();
        return c.section == section && c.call == call &&
               (name == "PUBLISH" || name == "SPUBLISH" || name == "XADD");
    });
    REQUIRE(found != capture().end());
    return *found;
}

constexpr wire_limits most{};
data_codec const plain{};

entry_fields fields_of(captured_command const& c) {
    entry_fields fields;
    for (std::size_t i = 6; i + 1 < c.words.size(); i += 2)
        fields.emplace_back(c.words[i], c.words[i + 1]);
    return fields;
}

/// Reads and writes what was published, `count` messages, two of which were cut off.
template <class Encode>
void check_published(std::string_view section,
                     std::string_view command,
                     std::size_t count,
                     Encode encode) {
    std::size_t cut = 0;
    auto const n = for_each(section, command, [&](captured_command const& c) {
        cluster_message m;
        auto const wrong = decode_message(c.words[2], most, m, plain);
        CHECK(wrong.empty() == !c.is_cut);
        if (c.is_cut)
            ++cut;
        else
            CHECK(encode(m) == c.words[2]);
    });
    CHECK(n == count);
    CHECK(cut == 2);
}

}  // namespace

TEST_CASE("what @socket.io/redis-adapter publishes is read and written as it was") {
    std::map<std::string, int> seen;
    auto const check = [&](captured_command const& c) {
        auto const& channel = c.words[1];
        auto const& bytes = c.words[2];
        cluster_message m;
        if (channel.starts_with("socket.io-request#")) {
            CHECK(pubsub::decode_request(bytes, most, m) == "");
            CHECK(pubsub::encode_request(m) == bytes);
            ++seen["request"];
        } else if (channel.starts_with("socket.io-response#")) {
            auto const wrong = pubsub::decode_response(bytes, most, m, plain);
            CHECK(wrong.empty() == !c.is_cut);
            if (!c.is_cut) CHECK(pubsub::encode_response(m, plain) == bytes);
            ++seen[c.is_cut ? "cut" : "response"];
        } else {
            CHECK(pubsub::decode_broadcast(bytes, most, m) == "");
            CHECK(pubsub::encode_broadcast(m, m.uid == "emitter") == bytes);
            pubsub::channels const names("socket.io", m.nsp);
            CHECK(names.of_broadcast(m.to) == channel);
            CHECK(names.find(channel).is_ours);
            CHECK(names.find(channel).room.has_value() == (m.to.rooms.size() == 1));
            ++seen["broadcast"];
        }
    };
    CHECK(for_each("pubsub", "PUBLISH", check) == 29);
    CHECK(seen == std::map<std::string, int>{
                      {"request", 14}, {"response", 6}, {"cut", 2}, {"broadcast", 7}});
}

TEST_CASE("channels are those that @socket.io/redis-adapter subscribes to") {
    pubsub::channels const names("socket.io", "/");
    strings heard;
    CHECK(for_each("pubsub", "psubscribe", [&](auto const& c) {
              CHECK(c.words[1] == names.pattern());
          }) == 2);
    CHECK(for_each("pubsub", "subscribe", [&](auto const& c) {
              CHECK(c.words[1] == names.request);
              CHECK(c.words[2] == names.response);
              auto const uid = c.words[3].substr(names.response.size(), 6);
              CHECK(c.words[3] == names.response_to(uid));
          }) == 2);
}

TEST_CASE("what the sharded adapter publishes is read and written as it was") {
    check_published("sharded", "SPUBLISH", 21, [](cluster_message const& m) {
        return encode_sharded(m, plain);
    });
}

TEST_CASE("what the streams adapter publishes is read and written as it was") {
    check_published("streams", "PUBLISH", 13, [](cluster_message const& m) {
        return encode_published(m, plain);
    });
}

TEST_CASE("entries of the stream are read and written as they were") {
    auto const n = for_each("streams", "XADD", [&](captured_command const& c) {
        cluster_message m;
        CHECK(decode_entry(fields_of(c), most, m, plain) == "");
        CHECK(encode_entry(m, plain) == fields_of(c));
    });
    CHECK(n == 8);
}

TEST_CASE("what a message says is what its server was told") {
    auto const decoded = [](captured_command const& c) {
        cluster_message m;
        auto const& bytes = c.words.back();
        auto const wrong = c.words.front() == "XADD" ? decode_entry(fields_of(c), most, m, plain)
                           : c.section != "pubsub"   ? decode_message(bytes, most, m, plain)
                           : c.words[1].find("-request") != std::string::npos
                               ? pubsub::decode_request(bytes, most, m)
                               : pubsub::decode_broadcast(bytes, most, m);
        CHECK(wrong == "");
        return m;
    };
    auto const section = GENERATE(as<std::string>{}, "pubsub", "sharded", "streams");
    CAPTURE(section);

    auto m = decoded(first(section, "emit all"));
    CHECK(m.kind == kind::broadcast);
    CHECK(m.packet.json == R"(["ev",1,"x",null,{"k":true}])");
    CHECK(m.nsp == "/");
    CHECK(m.to.rooms.empty());
    CHECK(m.flags.is_compressed);

    m = decoded(first(section, "emit 2 rooms except volatile compress"));
    CHECK(m.to.rooms == strings{"r1", "r2"});
    CHECK(m.to.except == strings{"r3"});
    CHECK(m.flags.is_volatile);
    CHECK_FALSE(m.flags.is_compressed);

    m = decoded(first(section, "emit binary room"));
    CHECK(m.packet.attachments == strings{"\x01\x02\x03"});

    m = decoded(first(section, "emitWithAck"));
    CHECK(m.kind == kind::broadcast);
    CHECK(m.request_id.size() >= 6);
    CHECK(m.flags.timeout == std::chrono::milliseconds(1000));

    m = decoded(first(section, "socketsJoin"));
    CHECK(m.kind == kind::sockets_join);
    CHECK(m.rooms == strings{"r5", "r6"});
    CHECK(m.to.rooms == strings{"r1"});

    m = decoded(first(section, "disconnectSockets"));
    CHECK(m.kind == kind::disconnect_sockets);
    CHECK(m.close);
}
