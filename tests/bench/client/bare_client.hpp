#pragma once

#include "random_pool.hpp"
#include "servers/baseline.hpp"
#include "tally.hpp"
#include "websocket/client_handshake.hpp"
#include "websocket/frame.hpp"
#include "websocket/reader.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// What bare clients share.
struct bare_shared {
    tally& all;
    std::array<char, 64 * 1024> in{};
    std::string out{};
    anywire::random_pool random{};
    anywire::websocket::reader_options options{.max_message = 4u << 20};
};

/// An Asio socket with our frame codec, and nothing else: no session, limit, timer or queue. Masks
/// are as random as those of the client.
class bare_client {
public:
    bare_client(net::io_context& loop, std::uint16_t port, bare_shared& s);
    bare_client(bare_client const&) = delete;
    bare_client& operator=(bare_client const&) = delete;

private:
    void wait();
    void ask();
    bool read();
    bool take(char* at, char* end);
    bool on_head(std::string_view bytes);
    void append_messages(std::size_t count);
    void flush();

    tcp_socket socket_;
    bare_shared& shared_;
    anywire::websocket::message_reader reader_;
    std::string head_{};
    turns turns_{};
    bool is_open_ = false;
};

}  // namespace bench
