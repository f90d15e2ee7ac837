#pragma once

#include <anywire/server.hpp>
#include <anywire/stomp.hpp>
#include <anywire/test.hpp>

#include "stomp/frame_reader.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

/// A frame as a client of STOMP got it.
struct got_frame {
    std::string command{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};

    std::string header(std::string_view name) const {
        for (auto const& [known, value] : headers)
            if (known == name) return value;
        return {};
    }
    bool has(std::string_view name) const {
        for (auto const& [known, value] : headers)
            if (known == name) return true;
        return false;
    }
};

/// A client of STOMP in memory: it sends frames as they are written here, and reads what comes.
class stomp_peer {
public:
    stomp_peer(testing::host& at, std::string const& path, testing::dialect speaks)
        : host_(&at), wire_(at.connect(path, speaks)) {}

    /// As it is; `frame_of` makes one.
    void send(std::string_view bytes) { wire_.send(message_view(bytes)); }
    /// Everything that has come since the last call, what was on its way included: frames, and
    /// beats as frames without a command.
    std::vector<got_frame> take() {
        host_->settle();
        std::vector<got_frame> all;
        for (auto const& text : wire_.take()) read(text, all);
        return all;
    }
    /// The one frame that has come.
    got_frame take_one() {
        auto const all = take();
        REQUIRE(all.size() == 1);
        return all.front();
    }
    void connect(std::string_view more = {}) {
        send("CONNECT\naccept-version:1.2\n" + std::string(more) + "\n" + std::string(1, '\0'));
        auto const answer = take_one();
        REQUIRE(answer.command == "CONNECTED");
        reader_.set_version(stomp::version::v1_2);
    }
    testing::client& wire() { return wire_; }

private:
    void read(std::string_view bytes, std::vector<got_frame>& to) {
        while (!bytes.empty()) {
            switch (reader_.read(bytes)) {
                case stomp::frame_reader::event::frame: {
                    auto const& f = reader_.frame();
                    got_frame g{.command = std::string(name_of(f.what)),
                                .body = std::string(f.body)};
                    for (auto const& h : f.headers) g.headers.emplace_back(h.name, h.value);
                    to.push_back(std::move(g));
                    break;
                }
                case stomp::frame_reader::event::beat: to.emplace_back(); break;
                case stomp::frame_reader::event::more: break;
                case stomp::frame_reader::event::failed: FAIL(text_of(reader_.fault()));
            }
        }
    }

    testing::host* host_;
    testing::client wire_;
    stomp::frame_reader reader_{stomp::end::client, {.max_frame = std::size_t{1} << 24}};
};

/// "COMMAND\nname:value\n\nbody\0" of its lines.
inline std::string frame_of(std::string_view command,
                            std::vector<std::string> const& headers = {},
                            std::string_view body = {}) {
    std::string text(command);
    text.push_back('\n');
    for (auto const& h : headers) text.append(h).push_back('\n');
    return text.append("\n").append(body).append(1, '\0');
}

/// A host with one STOMP server on "/stomp" (WebSocket), "/sockjs" and "/engine.io".
class stomp_host {
public:
    template <class SetUp>
    explicit stomp_host(SetUp set_up, stomp::options o = {}) : broker(std::move(o)) {
        set_up(broker);
        mount();
    }
    stomp_host() { mount(); }

    stomp_peer peer(std::string const& path = "/stomp") {
        auto const speaks = path == "/sockjs"      ? testing::dialect::sockjs
                            : path == "/engine.io" ? testing::dialect::engineio
                                                   : testing::dialect::websocket;
        return {host, path, speaks};
    }
    stomp_peer connected(std::string_view more = {}, std::string const& path = "/stomp") {
        auto made = peer(path);
        made.connect(more);
        return made;
    }

    stomp::server broker{};
    testing::host host{};

private:
    void mount() {
        host.mount("/stomp", websocket_options{}, broker);
        host.mount("/sockjs", sockjs_options{}, broker);
        host.mount("/engine.io", engineio_options{}, broker);
    }
};

/// What lets clients send to all of the broker.
inline auto const no_set_up = [](stomp::server&) {};
inline auto const allow_all = [](stomp::server& s) {
    s.allow_send("/topic/**");
    s.allow_send("/queue/**");
};

}  // namespace anywire::test
