// A protocol of a stranger's over sessions of several dialects: public headers, and a real server.
#include <anywire/layer.hpp>
#include <anywire/server.hpp>

#include "support/raw_client.hpp"
#include "support/running_server.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace anywire;
using namespace anywire::test;

namespace {

class shout;

/// Somebody who shouts and hears what others shout, led by a number of his own.
class shouter final : public layer_session {
public:
    shouter(session_below b, shout& among) : below(b), among_(among) {}

    void on_open() override;
    void on_message(message_view m) override;
    void on_close(close_event const& how) override;

    session_below below;
    int number = 0;

private:
    shout& among_;
};

/// Everybody hears everything. On one shard.
class shout final : public layer_of<shouter> {
public:
    explicit shout(notes& to) : seen(to) {}
    notes& seen;
    std::vector<shouter*> all{};
    int last = 0;

protected:
    std::unique_ptr<shouter> make(session_below below) override {
        return std::make_unique<shouter>(below, *this);
    }
};

void shouter::on_open() {
    number = ++among_.last;
    among_.all.push_back(this);
    among_.seen.add("open " + std::string(below->transport()));
}

void shouter::on_message(message_view m) {
    if (m.data == "leave") return below.end(close_reason::refused, ending::after_queue, "left");
    shared_message text(m);
    for (auto* each : among_.all)
        (void)each->below.send_headed(std::to_string(each->number) + " hears: ", text);
}

void shouter::on_close(close_event const& how) {
    std::erase(among_.all, this);
    among_.seen.add("close " + std::string(to_string(how.reason)));
}

}  // namespace

TEST_CASE("a layer serves clients of several dialects at once, with one body for all of them") {
    notes seen;
    auto const layer = std::make_shared<shout>(seen);
    running_server server(on_free_port(1), [&](anywire::server& at) {
        auto const app = layer::as_handlers(layer);
        (void)at.mount("/ws", websocket_options{}, app);
        (void)at.mount("/deflate", websocket_options{.deflate = {.enabled = true}}, app);
        (void)at.mount("/sockjs", sockjs_options{}, app);
    });
    raw_client plain(server.port());
    CHECK(plain.upgrade("/ws").status == 101);
    CHECK(seen.wait_for("open websocket"));
    raw_client deflating(server.port());
    CHECK(
        deflating.upgrade("/deflate", "Sec-WebSocket-Extensions: permessage-deflate\r\n").status ==
        101);
    CHECK(seen.wait_for("open websocket", 2));
    raw_client sockjs(server.port());
    CHECK(sockjs.upgrade("/sockjs/000/abc/websocket").status == 101);
    CHECK(seen.wait_for("open", 3));
    CHECK(sockjs.read_message() == "o");

    // Short ones are joined where they are sent, long ones where they are written.
    for (std::size_t const size : {std::size_t{10}, std::size_t{5'000}, std::size_t{200'000}}) {
        std::string const text(size, 'a');
        plain.send_text(text);
        CHECK(plain.read_message() == "1 hears: " + text);
        CHECK(sockjs.read_message() == "a[\"3 hears: " + text + "\"]");
        auto const f = deflating.read_frame();
        CHECK(f.opcode == 1);
        if (size < 1000)
            CHECK(f.payload == "2 hears: " + text);
        else
            CHECK(f.payload.size() < text.size() / 10);
    }

    plain.send_text("leave");
    CHECK(plain.read_close().close_code() == 1008);
    CHECK(seen.wait_for("close refused"));
    sockjs.send_text(R"(["still"])");
    CHECK(sockjs.read_message() == "a[\"3 hears: still\"]");
}
