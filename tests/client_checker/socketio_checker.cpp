// Checks the Socket.IO client against a server of somebody else's:
// anywire-socketio-checker URL REVISION TRANSPORTS [msgpack] [recovery]. Says what was wrong, if
// anything.
//
// The server's events: "echo" answers with its arguments; "ask" asks "question" and says "answered"
// with what it got; "away" closes the connection and emits "missed" three times meanwhile; "out"
// disconnects. "/admin" wants a token, and refuses with data.
#include <anywire/socketio_client.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sio = anywire::socketio;
using namespace std::chrono_literals;

namespace {

using bytes = std::vector<std::byte>;

/// What has happened, in its order; waits for it.
class journal {
public:
    void add(std::string line) {
        std::scoped_lock const lock(mutex_);
        lines_.push_back(std::move(line));
        changed_.notify_all();
    }
    void need(std::string_view line, std::size_t times = 1) {
        std::unique_lock lock(mutex_);
        auto const is_there = [&] {
            std::size_t n = 0;
            for (auto const& l : lines_) n += l == line;
            return n >= times;
        };
        if (changed_.wait_for(lock, 20s, is_there)) return;
        std::printf("missing: %s; what came:\n", std::string(line).c_str());
        for (auto const& l : lines_) std::printf("  %s\n", l.c_str());
        std::fflush(stdout);
        std::_Exit(1);
    }

private:
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::vector<std::string> lines_{};
};

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        auto const end = std::min(text.find(','), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

void note_all(sio::client_socket& s, journal& seen, std::string const& name) {
    s.on_connect([&s, &seen, name] { seen.add(name + (s.recovered() ? " recovered" : " in")); });
    s.on_connect_error([&seen, name](sio::connect_error const& why) {
        seen.add(name + " error " + why.message);
        if (why.data) seen.add(name + " data " + std::string(why.data->view().text()));
    });
    s.on_disconnect([&seen, name](sio::client_disconnect_reason why) {
        seen.add(name + " out");
        seen.add(name + " out: " + std::string(to_string(why)));
    });
}

void check_events(sio::client_socket& s, journal& seen) {
    s.on("question", [](int n, sio::ack<int> done) { done(n * 2); });
    s.on("answered", [&](int n) { seen.add("answered " + std::to_string(n)); });
    s.emit("echo", 1, "two \xe2\x82\xac", [&](int n, std::string text) {
        seen.add(std::to_string(n) + " " + text);
    });
    s.emit("ask");
    bytes const big(70'000, std::byte{0x1e});
    s.emit("echo", big, 7, bytes(2), [&, big](bytes raw, int n, bytes more) {
        seen.add(raw == big && n == 7 && more.size() == 2 ? "bytes" : "other bytes");
    });
    seen.need("1 two \xe2\x82\xac");
    seen.need("answered 10");
    seen.need("bytes");
    for (int i = 0; i < 100; ++i)
        s.timeout(10s).emit("echo", i, [&, i](anywire::error_code error, int n) {
            if (!error && n == i) seen.add("counted");
        });
    seen.need("counted", 100);
}

void check_namespaces(sio::client& io, journal& seen, bool is_old) {
    auto& admin = io.socket("/admin", {.auth = {{"token", "wrong"}}});
    note_all(admin, seen, "admin");
    admin.connect();
    seen.need(is_old ? R"(admin data {"code":401})" : "admin error not you");
    if (!is_old) seen.need(R"(admin data {"code":401})");
    admin.set_auth({{"token", "right"}});
    admin.connect();
    seen.need("admin in");
    admin.emit("echo", "there", [&](std::string text) { seen.add("admin " + text); });
    seen.need("admin there");
    admin.disconnect();
    seen.need("admin out: io client disconnect");
}

void check_return(sio::client_socket& s, journal& seen, bool recovers) {
    s.on("missed", [&](int n) { seen.add("missed " + std::to_string(n)); });
    s.on("mark", [&] { seen.add("mark"); });
    s.emit("mark me");
    seen.need("mark");
    s.emit("away");
    seen.need("main out");
    seen.need(recovers ? "main recovered" : "main in", recovers ? 1 : 2);
    if (recovers)
        for (int i = 0; i < 3; ++i) seen.need("missed " + std::to_string(i));
    s.emit("out");
    seen.need("main out: io server disconnect");
    s.connect();
    seen.need("main in", recovers ? 2 : 3);
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> const args(argv, argv + argc);
    if (args.size() < 4) return 2;
    auto const has = [&](std::string_view word) {
        return std::find(args.begin() + 4, args.end(), word) != args.end();
    };
    anywire::client_context context(
        {.level = anywire::log_level::info, .write = [](anywire::log_level, std::string_view line) {
             std::printf("log: %s\n", std::string(line).c_str());
         }});
    sio::client_options o;
    o.url = args[1];
    o.engine.revision = args[2] == "3" ? 3 : 4;
    o.engine.transports = split(args[3]);
    o.engine.reconnect.delay = 300ms;
    if (has("msgpack")) o.parser = sio::msgpack_parser();
    journal seen;
    sio::client io(context, o);
    auto& s = io.socket();
    note_all(s, seen, "main");
    io.on_failure([&](anywire::client_failure const& why) {
        std::printf("failure: %s\n", why.text.c_str());
    });
    s.connect();
    seen.need("main in");
    check_events(s, seen);
    check_namespaces(io, seen, o.engine.revision == 3);
    check_return(s, seen, has("recovery"));
    io.close();
    seen.need("main out: io client disconnect");
    std::puts("ok");
    return 0;
}
