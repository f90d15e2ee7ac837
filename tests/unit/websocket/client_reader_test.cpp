// The client's end of a connection: what it writes is what a server reads, and the other way round.
#include "support/feed.hpp"
#include "unit/websocket/client_frames.hpp"
#include "websocket/reader.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::websocket;
using namespace std::literals;

namespace {

constexpr mask_key some_mask = 0x5ad2137f;

/// The frame in memory as a client writes it.
std::string masked(opcode op, std::string_view payload, mask_key mask, bool rsv1 = false) {
    std::string room(max_client_header, '\0');
    room.append(payload);
    char* const at = room.data() + max_client_header;
    auto const size = mask_frame_before(at, op, payload.size(), mask, rsv1);
    return room.substr(max_client_header - size);
}

/// A frame as a server writes it, with any first byte.
std::string server_frame(unsigned first_byte, std::string_view payload) {
    std::string room(max_header, '\0');
    room.append(payload);
    auto const size = write_header_before(room.data() + max_header, opcode::text, payload.size());
    room[max_header - size] = static_cast<char>(first_byte);
    return room.substr(max_header - size);
}

std::string server_frame(opcode op, std::string_view payload, bool rsv1 = false) {
    return server_frame(0x80u | (rsv1 ? 0x40u : 0u) | static_cast<unsigned>(op), payload);
}

mask_key key_of(std::string_view four_bytes) {
    mask_key key = 0;
    std::memcpy(&key, four_bytes.data(), sizeof key);
    return key;
}

/// All that a reader hears, one word an event; however the bytes are cut.
std::string heard(std::string_view bytes,
                  role side,
                  reader_options const& options = {},
                  deflate_params const* agreed = nullptr) {
    std::string result;
    bool first = true;
    test::feed_every_way(bytes, [&](auto next_piece) {
        message_reader reader{options, side};
        if (agreed != nullptr) reader.enable_inflate(*agreed);
        std::string out;
        for (auto piece = next_piece(); !piece.empty(); piece = next_piece()) {
            std::string input{piece};
            char* at = input.data();
            char* const end = at + input.size();
            for (auto e = reader.next(at, end); e.kind != event_kind::none;
                 e = reader.next(at, end)) {
                static constexpr char const* names[] = {
                    "none", "text", "binary", "ping", "pong", "close", "error"};
                out += names[static_cast<std::size_t>(e.kind)];
                if (e.code != 0) out += std::to_string(e.code);
                if (e.kind != event_kind::error) out.append("(").append(e.data).append(")");
                out += ' ';
            }
        }
        if (first) result = out;
        CHECK(out == result);
        first = false;
    });
    return result;
}

std::string heard_by_client(std::string_view bytes, reader_options const& options = {}) {
    return heard(bytes, role::client, options);
}

}  // namespace

TEST_CASE("a client's frames are those of the standard's examples") {
    CHECK(masked(opcode::text, "Hello", key_of("\x37\xfa\x21\x3d")) ==
          "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    CHECK(masked(opcode::pong, "Hello", key_of("\x37\xfa\x21\x3d")) ==
          "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

TEST_CASE("a client reads a server's frames of the standard's examples") {
    CHECK(heard_by_client("\x81\x05\x48\x65\x6c\x6c\x6f") == "text(Hello) ");
    CHECK(heard_by_client("\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f") == "text(Hello) ");
    CHECK(heard_by_client("\x89\x05\x48\x65\x6c\x6c\x6f") == "ping(Hello) ");
    CHECK(heard_by_client("\x82\x7e\x01\x00"s + std::string(256, 'x')) ==
          "binary(" + std::string(256, 'x') + ") ");
    CHECK(heard_by_client("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s + std::string(65536, 'x')) ==
          "binary(" + std::string(65536, 'x') + ") ");
}

TEST_CASE("a masked frame takes the shortest form of its length, before the payload") {
    auto const size = GENERATE(0u, 1u, 125u, 126u, 65535u, 65536u);
    std::string const payload(size, 'p');
    auto const frame = masked(opcode::binary, payload, some_mask);
    auto const h = decode_client_header(frame);
    CHECK(h.problem == nullptr);
    CHECK(h.size == (size < 126 ? 6 : size < 65536 ? 8 : 14));
    CHECK(h.payload_size == size);
    CHECK(h.mask == some_mask);
    CHECK(h.fin);
    CHECK_FALSE(h.rsv1);
    CHECK(frame.size() == h.size + size);
    CHECK(decode_client_header(masked(opcode::text, payload, some_mask, true)).rsv1);
}

TEST_CASE("a server reads what a client writes") {
    auto const mask = GENERATE(mask_key{0}, some_mask, mask_key{0xffffffff});
    CHECK(heard(masked(opcode::text, "h\xc3\xa9llo", mask) + masked(opcode::ping, "?", mask) +
                    masked(opcode::binary, "", mask) +
                    masked(opcode::close, test::close_payload(1000, "bye"), mask),
                role::server) == "text(h\xc3\xa9llo) ping(?) binary() close1000(bye) ");
}

TEST_CASE("a client reads what a server writes") {
    CHECK(heard_by_client(server_frame(opcode::text, "h\xc3\xa9llo") +
                          server_frame(opcode::ping, "?") + server_frame(opcode::binary, "") +
                          server_frame(opcode::close, test::close_payload(1001, "bye")) +
                          server_frame(opcode::text, "late")) ==
          "text(h\xc3\xa9llo) ping(?) binary() close1001(bye) ");
}

TEST_CASE("each side refuses frames of its own kind") {
    CHECK(heard_by_client(masked(opcode::text, "x", some_mask)) == "error1002 ");
    CHECK(heard_by_client(masked(opcode::ping, "x", some_mask)) == "error1002 ");
    CHECK(heard_by_client(masked(opcode::text, "", 0)) == "error1002 ");
    CHECK(heard(server_frame(opcode::text, "x"), role::server) == "error1002 ");
    CHECK(decode_server_header("\x81\x85").problem ==
          std::string_view("the server's frame is masked"));
    CHECK(decode_client_header("\x81\x05").problem ==
          std::string_view("the client's frame is not masked"));
}

TEST_CASE("a server's header is read with all its bytes, and held to the same rules") {
    auto const size = GENERATE(0u, 125u, 126u, 65536u);
    auto const frame = server_frame(opcode::text, std::string(size, 'x'));
    auto const bytes = std::string_view{frame}.substr(0, frame.size() - size);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        CHECK(decode_server_header(bytes.substr(0, n)).size == 0);
        CHECK(decode_server_header(bytes.substr(0, n)).problem == nullptr);
    }
    CHECK(decode_server_header(bytes).size == bytes.size());
    CHECK(decode_server_header(bytes).payload_size == size);
    CHECK(decode_server_header(bytes).mask == 0);

    CHECK(heard_by_client("\x91\x00"s) == "error1002 ");                    // RSV3
    CHECK(heard_by_client("\xc1\x00"s) == "error1002 ");                    // RSV1, not agreed
    CHECK(heard_by_client("\x83\x00"s) == "error1002 ");                    // reserved opcode
    CHECK(heard_by_client("\x09\x00"s) == "error1002 ");                    // ping in fragments
    CHECK(heard_by_client("\x89\x7e\x00\x7e"s) == "error1002 ");            // ping too long
    CHECK(heard_by_client("\x81\x7e\x00\x7d"s) == "error1002 ");            // not the shortest
    CHECK(heard_by_client("\x81\x7f\x80\0\0\0\0\0\0\0"s) == "error1002 ");  // 2^63
    CHECK(heard_by_client("\x80\x00"s) == "error1002 ");                    // nothing to continue
    CHECK(heard_by_client("\x88\x01x") == "error1002 ");                    // half a code
    CHECK(heard_by_client(server_frame(opcode::close, test::close_payload(1005))) == "error1002 ");
    CHECK(heard_by_client(server_frame(opcode::text, "\xff")) == "error1007 ");
}

TEST_CASE("a server that says too much is stopped at the limits") {
    reader_options const options{.max_message = 10, .max_fragments = 3};
    CHECK(heard_by_client(server_frame(opcode::text, "0123456789"), options) ==
          "text(0123456789) ");
    CHECK(heard_by_client("\x81\x0b", options) == "error1009 ");
    CHECK(heard_by_client("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", options) == "error1009 ");
    CHECK(heard_by_client(server_frame(0x01, "a") + server_frame(0x00, "a") +
                              server_frame(0x00, "a") + server_frame(0x80, "a"),
                          options) == "error1009 ");
}

TEST_CASE("compressed messages go both ways, each under its own side's terms") {
    auto const forgets = GENERATE(false, true);
    deflate_params const agreed{.server_no_context_takeover = forgets,
                                .client_no_context_takeover = !forgets,
                                .server_max_window_bits = 9,
                                .client_max_window_bits = 12};
    std::string text;
    for (int i = 0; i < 400; ++i) text += "line " + std::to_string(i * i) + "\n";

    deflater of_server{agreed};
    deflater of_client{swapped(agreed)};
    std::string from_server;
    std::string from_client;
    for (int i = 0; i < 3; ++i) {
        std::string packed;
        of_server.compress(text, packed);
        from_server += server_frame(opcode::text, packed, true);
        packed.clear();
        of_client.compress(text, packed);
        from_client += masked(opcode::text, packed, some_mask, true);
    }
    auto const all = "text(" + text + ") text(" + text + ") text(" + text + ") ";
    CHECK(heard(from_server, role::client, {}, &agreed) == all);
    CHECK(heard(from_client, role::server, {}, &agreed) == all);
}

TEST_CASE("a client knows the window that the server has agreed to, and no larger one") {
    // Two messages of noise, the second a copy of the first, 5000 bytes back.
    std::string noise;
    for (unsigned i = 0, x = 1; i < 5000; ++i) {
        x = x * 1664525 + 1013904223;
        noise.push_back(static_cast<char>('a' + (x >> 24) % 26));
    }
    deflater wide{deflate_params{}};
    std::string frames;
    for (int i = 0; i < 2; ++i) {
        std::string packed;
        wide.compress(noise, packed);
        frames += server_frame(opcode::text, packed, true);
    }
    deflate_params const all{};
    CHECK(heard(frames, role::client, {}, &all) == "text(" + noise + ") text(" + noise + ") ");
    deflate_params const narrow{.server_max_window_bits = 9};
    auto const refused = heard(frames, role::client, {}, &narrow);
    CHECK(refused.substr(refused.size() - 10) == "error1007 ");
    deflate_params const other{.client_max_window_bits = 9};  // the other side's does not count
    CHECK(heard(frames, role::client, {}, &other) == "text(" + noise + ") text(" + noise + ") ");
}

TEST_CASE("a window of 8 bits is one to read, not to write") {
    CHECK(can_deflate({}));
    CHECK(can_deflate({.server_max_window_bits = 9}));
    CHECK_FALSE(can_deflate({.server_max_window_bits = 8}));
    CHECK_FALSE(can_deflate(swapped({.client_max_window_bits = 8})));
    deflate_params const agreed{.server_max_window_bits = 8};
    deflater d{deflate_params{}};
    std::string packed;
    d.compress("aaaaaaaaaaaaaaaaaaaa", packed);
    CHECK(heard(server_frame(opcode::text, packed, true), role::client, {}, &agreed) ==
          "text(aaaaaaaaaaaaaaaaaaaa) ");
}
