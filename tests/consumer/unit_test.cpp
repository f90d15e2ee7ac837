// A unit test of a handler, without a socket.
#include <anywire/socketio.hpp>
#include <anywire/test.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

int failed = 0;

void expect(bool good, char const* what) {
    if (good) return;
    ++failed;
    std::printf("not so: %s\n", what);
}

}  // namespace

int main() {
    anywire::testing::host host;
    auto const room = host.mount(
        "/chat",
        anywire::sockjs_options{},
        {.on_open = [](anywire::session& s) { s.after(1min, [](auto& t) { t.close(); }); },
         .on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); }});
    anywire::socketio::server io;
    io.on_connection([](anywire::socketio::socket& s) {
        s.on("sum", [&s](int a, int b) { s.emit("is", a + b); });
    });
    host.mount("/socket.io", io);
    auto ann = host.connect("/chat", anywire::testing::dialect::sockjs);
    ann.send("hello");
    expect(ann.take() == std::vector<std::string>{"hello"}, "an echo comes back");
    room.broadcast("to all");
    host.settle();
    expect(ann.take() == std::vector<std::string>{"to all"}, "a broadcast arrives");
    host.advance(61s);
    expect(!ann.is_open(), "a minute is enough");

    auto bob = host.connect("/socket.io", anywire::testing::dialect::engineio);
    bob.send("0");
    expect(bob.take().size() == 1, "a namespace is joined");
    bob.send(R"(2["sum",1,2])");
    expect(bob.take() == std::vector<std::string>{R"(2["is",3])"}, "an event is answered");
    return failed;
}
