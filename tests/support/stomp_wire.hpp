#pragma once

#include <anywire/stomp_tcp.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"
#include "support/stomp_peer.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace anywire::test {

/// A client of STOMP on a connection, plain or TLS, that shows what came over it.
template <class Raw = raw_client>
class stomp_wire_client : public Raw {
public:
    using Raw::Raw;

    /// The next frame; a beat is one without a command.
    got_frame read_frame() {
        for (;;) {
            while (at_ < text_.size()) {
                std::string_view rest(text_);
                rest.remove_prefix(at_);
                auto const before = rest.size();
                auto const what = reader_.read(rest);
                at_ += before - rest.size();
                if (what == stomp::frame_reader::event::beat) return {};
                if (what == stomp::frame_reader::event::frame) return kept(reader_.frame());
                if (what == stomp::frame_reader::event::failed)
                    throw std::runtime_error(std::string(text_of(reader_.fault())));
            }
            auto const had = this->received().size();
            if (had == 0 && !this->read_more())
                throw std::runtime_error("the connection ended before a frame");
            text_ = this->read_exactly(this->received().size());
            at_ = 0;
        }
    }
    /// The next frame that is no beat.
    got_frame read() {
        for (;;)
            if (auto f = read_frame(); !f.command.empty()) return f;
    }
    got_frame connect(std::string_view more = {}) {
        this->send("CONNECT\naccept-version:1.2\n" + std::string(more) + "\n" +
                   std::string(1, '\0'));
        auto f = read();
        if (f.command != "CONNECTED") throw std::runtime_error("refused: " + f.header("message"));
        reader_.set_version(stomp::version::v1_2);
        return f;
    }
    void subscribe(std::string const& destination, std::string const& id = "0") {
        this->send(
            frame_of("SUBSCRIBE", {"id:" + id, "destination:" + destination, "receipt:r" + id}));
        while (read().command != "RECEIPT") {
        }
    }
    /// Whether the server ends the stream, whatever comes before.
    bool is_ended() {
        while (this->read_more()) {
        }
        return true;
    }

private:
    static got_frame kept(stomp::frame_view const& f) {
        got_frame g{.command = std::string(name_of(f.what)), .body = std::string(f.body)};
        for (auto const& h : f.headers) g.headers.emplace_back(h.name, h.value);
        return g;
    }

    std::string text_{};
    std::size_t at_ = 0;
    stomp::frame_reader reader_{stomp::end::client, {.max_frame = std::size_t{1} << 26}};
};

/// A server with one STOMP server, over TCP and on "/stomp" (WebSocket).
class stomp_tcp_server {
public:
    template <class SetUp>
    stomp_tcp_server(SetUp set_up,
                     stomp::options o = {},
                     stomp::tcp_options tcp = {},
                     server_options at = on_free_port(2))
        : broker(std::move(o)), runs(std::move(at), [&](server& s) {
              set_up(broker);
              s.mount("/stomp", websocket_options{}, broker);
              if (tcp.listen.port == 61613) tcp.listen.port = 0;
              listener = std::make_unique<stomp::tcp_listener>(s, broker, std::move(tcp));
          }) {}

    std::uint16_t port() const { return listener->port(); }

    stomp::server broker;
    std::unique_ptr<stomp::tcp_listener> listener{};
    running_server runs;
};

}  // namespace anywire::test
