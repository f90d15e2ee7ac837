// Socket.IO mounts.
#include <anywire/socketio.hpp>
#include <anywire/socketio/admin.hpp>

#include "conformance.hpp"

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace conformance {
namespace {

using namespace std::chrono_literals;
using anywire::socketio::ack;
using anywire::socketio::arguments;
using anywire::socketio::json_kind;
using anywire::socketio::json_value;
using anywire::socketio::json_view;
using anywire::socketio::next;
using anywire::socketio::nsp;
using anywire::socketio::socket;
using bytes = std::vector<std::byte>;

anywire::socketio::options options_of(command_line const& a) {
    anywire::socketio::options o;
    o.engine = engineio_options_of(a);
    o.connect_timeout = a.connect_timeout;
    // The official protocol suite compares the answer to CONNECT, and what is emitted, exactly.
    o.recovery.enabled = a.profile != "protocol";
    o.client_files = a.client_files;
    if (a.msgpack) {
        o.parser = anywire::socketio::msgpack_parser();
        o.engine.eio3 = false;
    }
    return o;
}

void add_default(nsp const& where) {
    where.on_connection([](socket& s) { s.emit("auth", s.auth()); });
    where.on("kick", [](socket& s, bool close) { s.disconnect(close); });
}

void add_main(nsp const& io) {
    add_default(io);
    io.on("message", [](socket& s, arguments all) { s.emit("message-back", all); });
    io.on("message-with-ack", [](socket&, arguments all, ack<arguments> done) { done(all); });
    io.on("echo", [](socket& s, arguments all, ack<arguments> done) {
        if (done)
            done(all);
        else
            s.emit("echo", all);
    });
    io.on("bcast", [io](arguments all) { io.emit("message", all); });
    io.on("join", [](socket& s, std::string room, ack<> done) {
        s.join(room);
        done();
    });
    io.on("leave", [](socket& s, std::string room, ack<> done) {
        s.leave(room);
        done();
    });
    io.on("room",
          [](socket& s, std::string room, arguments rest) { s.to(room).emit("room", rest); });
}

// -- the profile of socket.io-client's own tests --------------------------------------------------

std::string iso_now() {
    auto const now = std::chrono::system_clock::now();
    auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
    auto const seconds = static_cast<std::time_t>(ms.count() / 1000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[64];
    auto const n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    char tail[16];
    std::snprintf(tail, sizeof tail, ".%03dZ", static_cast<int>(ms.count() % 1000));
    return std::string(text, n) + tail;
}

bytes bytes_of(std::string_view text) {
    auto const* const first = reinterpret_cast<std::byte const*>(text.data());
    return {first, first + text.size()};
}

bool is_binary(json_view v) {
    return v.kind() == json_kind::binary;
}

bool is_greeting(json_view v) {
    auto const hello = v.find("hello");
    auto const message = v.find("message");
    auto const goodbye = v.find("goodbye");
    return hello && hello->equals("lol") && message && is_binary(*message) && goodbye &&
           goodbye->equals("gotcha");
}

void add_texts(nsp const& io) {
    io.on("hi", [](socket& s) { s.emit("hi"); });
    io.on("echo", [](socket&, json_value x, ack<json_value> done) { done(x); });
    io.on("ack", [](socket& s) {
        auto const check = [&s](int five, json_value object) {
            auto const test = object.view().find("test");
            if (five == 5 && test && test->as_bool() == true) s.emit("got it");
        };
        s.emit("ack", check);
    });
    io.on("getAckDate",
          [](socket&, std::optional<json_value>, ack<std::string> done) { done(iso_now()); });
    io.on("getDate", [](socket& s) { s.emit("takeDate", iso_now()); });
    io.on("getDateObj", [](socket& s) {
        s.emit("takeDateObj", std::map<std::string, std::string>{{"date", iso_now()}});
    });
    io.on("getUtf8", [](socket& s) {
        for (auto const* text : {"\u3066\u3059\u3068",
                                 "\u042f \u0411 \u0413 \u0414 \u0416 \u0419",
                                 "\u00c4 \u00e4 \u00dc \u00fc \u00df",
                                 "utf8 \u2014 string",
                                 "utf8 \u2014 string"})
            s.emit("takeUtf8", text);
    });
    io.on("false", [](socket& s) { s.emit("false", false); });
    io.on("getHandshake",
          [](socket& s, ack<anywire::socketio::handshake> done) { done(s.handshake()); });
    io.on("getId", [](socket& s, ack<std::string> done) { done(s.id()); });
}

void add_binary(nsp const& io) {
    io.on("doge", [](socket& s) { s.emit("doge", bytes_of("asdfasdf")); });
    io.on("getbin", [](socket& s) { s.emit("takebin", bytes_of("asdfasdf")); });
    io.on("buffa", [](socket& s, json_view x) {
        if (is_binary(x)) s.emit("buffack");
    });
    io.on("jsonbuff", [](socket& s, json_view x) {
        if (is_greeting(x)) s.emit("jsonbuff-ack");
    });
    io.on("jsonblob", [](socket& s, json_view x) {
        if (is_greeting(x)) s.emit("jsonblob-ack");
    });
    io.on("blob", [](socket& s, json_view x) {
        if (is_binary(x)) s.emit("back");
    });
    // Steps that have to come in order, counted in the socket's data.
    auto const step = [](socket& s, char const* series, int wanted) {
        auto const* const known = std::any_cast<std::map<std::string, int>>(&s.data());
        auto steps = known ? *known : std::map<std::string, int>{};
        auto const fits = steps[series] == wanted;
        if (fits) ++steps[series];
        s.data() = steps;
        return fits;
    };
    io.on("abuff1", [step](socket& s, json_view x) {
        if (is_binary(x)) step(s, "abuff", 0);
    });
    io.on("abuff2", [step](socket& s) {
        if (step(s, "abuff", 1)) s.emit("abuff2-ack");
    });
    io.on("blob1", [step](socket& s, json_view x) {
        if (is_binary(x)) step(s, "blob", 0);
    });
    io.on("blob2", [step](socket& s, std::string text) {
        if (text == "second") step(s, "blob", 1);
    });
    io.on("blob3", [step](socket& s, json_view x) {
        if (is_binary(x) && step(s, "blob", 2)) s.emit("blob3-ack");
    });
}

void refuse_always(socket&, next go_on) {
    go_on({.message = "Auth failed (custom namespace)"});
}

struct late_clients {
    using clock = std::chrono::steady_clock;
    struct late_client {
        clock::time_point due;
        anywire::decision let_in;
    };

    void admit_all() {
        for (std::unique_lock lock(mutex);;) {
            came.wait(lock, [this] { return !waiting.empty(); });
            auto const next = std::move(waiting.front());
            waiting.pop_front();
            lock.unlock();
            std::this_thread::sleep_until(next.due);
            next.let_in.accept();
            lock.lock();
        }
    }

    std::mutex mutex{};
    std::condition_variable came{};
    std::deque<late_client> waiting{};
};

/// Lets clients in 10 ms late, to the millisecond, which a server's own timers are not: one test of
/// theirs gives up at once, others do within 50 ms.
std::function<void(anywire::request const&, anywire::decision)> admit_late() {
    auto const all = std::make_shared<late_clients>();
    std::thread([all] { all->admit_all(); }).detach();  // it ends with the process
    return [all](anywire::request const&, anywire::decision d) {
        {
            std::scoped_lock const lock(all->mutex);
            all->waiting.push_back({late_clients::clock::now() + 10ms, std::move(d)});
        }
        all->came.notify_one();
    };
}

}  // namespace

void mount_socketio(anywire::server& server, command_line const& a) {
    anywire::socketio::server const io(options_of(a));
    add_main(io);
    add_default(io.of("/custom"));
    server.mount("/socket.io/", io);
    if (a.admin.empty()) return;
    anywire::socketio::serve_admin(
        server,
        io,
        {.check = [](auto name, auto password) { return name == "ann" && password == "secret"; },
         .read_only = a.admin == "read-only",
         .details = a.admin != "counts"});
}

void mount_socketio_client(anywire::server& server, command_line const& a) {
    auto options = options_of(a);
    options.authorize = admit_late();
    anywire::socketio::server const io(options);
    add_texts(io);
    add_binary(io);
    io.use([](socket& s, next go_on) {
        if (s.request().query_value("fail"))
            return go_on({.message = "Auth failed (main namespace)"});
        go_on();
    });
    io.of("/no").use(refuse_always);
    io.of("/foo").on("getId", [](socket& s, ack<std::string> done) { done(s.id()); });
    io.of("/abc").on_connection([](socket& s) { s.emit("handshake", s.handshake()); });
    for (auto const* quiet : {"/timeout_socket", "/valid", "/asd"}) (void)io.of(quiet);
    server.mount("/socket.io/", io);
}

}  // namespace conformance
