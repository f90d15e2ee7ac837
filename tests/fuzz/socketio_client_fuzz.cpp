// Whatever a server sends to a Socket.IO client, however its connection comes and goes, and
// whatever the application does in its handlers: connects and disconnects take turns, what is sent
// are packets, what waits is bounded, and nothing is called when the client has gone.
//
// An input is lines: the first chooses the client, each other one is a thing that happens, named by
// its first byte.
#include "socketio/packet.hpp"
#include "support/socketio_client_fixture.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace anywire::test {
namespace {

void require(bool condition, int line = __builtin_LINE()) {
    if (condition) return;
    std::fprintf(stderr, "line %d: what must hold does not\n", line);
    std::abort();
}

constexpr std::size_t most_kept = 2'000;

class machine {
public:
    explicit machine(std::string_view input) : rest_(input) {
        auto const how = line();
        auto const is = [&](char c) { return how.find(c) != how.npos; };
        sio::client_options o;
        o.engine.revision = is('3') ? 3 : 4;
        o.max_buffered_bytes = most_kept;
        o.max_pending_acks = 3;
        o.max_packet_bytes = 1'000;
        o.max_attachments = 3;
        o.max_depth = 8;
        if (is('m') && !is('3')) o.parser = sio::msgpack_parser();
        parser_ = o.parser;
        script_ = std::make_unique<client_script>(o);
        sio::client_socket_options of_socket;
        if (is('r')) of_socket = {.retries = 2, .ack_timeout = std::chrono::milliseconds(100)};
        if (is('a'))
            of_socket.auth = [this](sio::auth_answer a) { answers_.push_back(std::move(a)); };
        for (auto const* const nsp : {"/", "/a"}) listen(script_->io.socket(nsp, of_socket));
    }

    void run() {
        while (!rest_.empty()) {
            step(line());
            check();
        }
        answers_.clear();
        acks_.clear();
        script_->core->detach();
        has_gone_ = true;
        script_->home->run();
        script_.reset();
    }

private:
    struct record {
        bool is_connected = false;
        bool is_in_handler = false;
    };

    std::string_view line() {
        auto const end = std::min(rest_.find('\n'), rest_.size());
        auto const l = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return l;
    }

    /// Brackets what the application hears; what it does then is led by the input's next byte.
    template <class Fn>
    void hear(sio::client_socket& s, record& r, Fn fn) {
        require(!has_gone_ && !r.is_in_handler);
        r.is_in_handler = true;
        struct leave {
            record& r;
            ~leave() { r.is_in_handler = false; }
        } const on_return{r};
        fn();
        act(s, ++heard_);
    }

    void listen(sio::client_socket& s) {
        auto const r = std::make_shared<record>();
        sockets_.push_back(&s);
        s.on_connect([this, &s, r] {
            hear(s, *r, [&] {
                require(!r->is_connected && !s.id().empty());
                r->is_connected = true;
            });
        });
        s.on_disconnect([this, &s, r](sio::client_disconnect_reason) {
            hear(s, *r, [&] { r->is_connected = false; });
        });
        s.on_connect_error([this, &s, r](sio::connect_error const& why) {
            hear(s, *r, [&] { require(why.message.size() <= 1'024); });
        });
        s.on("e", [this, &s, r](sio::arguments args, sio::ack<sio::arguments> done) {
            hear(s, *r, [&] { done(args); });
        });
        s.on("typed", [](int, std::optional<std::string>, sio::ack<int> done) { done(1); });
        s.on("kept", [this](sio::ack<int> done) { acks_.push_back(done); });
        s.on_any([this](sio::event const& e) {
            require(!has_gone_);
            for (auto const each : e.args()) (void)each.as_string();
        });
        s.on_any_outgoing([&s](sio::event const&) { s.emit("seen"); });
    }

    void act(sio::client_socket& s, unsigned what) {
        switch (what % 11) {
            case 0: s.emit("m", what, std::vector<std::byte>(what % 5)); break;
            case 1: s.emit("q", [this](error_code) { require(!has_gone_); }); break;
            case 2:
                s.timeout(std::chrono::milliseconds(50)).emit("q", [](error_code, int) {});
                break;
            case 3: s.disconnect(); break;
            case 4: s.connect(); break;
            case 5: s.once("e", [] {}); break;
            case 6: (void)s.volatile_().emit("v"); break;
            case 7:
                if (what % 22 == 7) throw std::runtime_error("handler");
                break;
            default: break;
        }
    }

    void act_outside(std::size_t what) { act(*sockets_[what % 2], static_cast<unsigned>(what)); }

    void step(std::string_view what) {
        auto& t = *script_;
        if (what.empty()) return;
        auto const rest = what.substr(1);
        switch (what[0]) {
            case 'o':
                if (!t.core->has_session()) t.open();
                break;
            case 'c':
                t.cut(rest.empty() ? close_reason::transport_lost
                                   : close_reason::heartbeat_timeout);
                break;
            case 'n': t.core->on_end(); break;
            case 'f': t.core->on_failure({.text = std::string(rest.substr(0, 100))}); break;
            case 't': t.hear(rest); break;
            case 'b': t.hear_bytes(rest); break;
            case 'w': t.pass(std::chrono::milliseconds(75)); break;
            case 'u': t.wire.is_full = true; break;
            case 'd':
                t.wire.is_full = false;
                t.core->on_drain();
                break;
            case 'j': t.io.connect(); break;
            case 'x': t.io.close(); break;
            case 'k':
                for (auto const& a : std::exchange(acks_, {})) a(1);
                break;
            case 'a':
                for (auto const& a : std::exchange(answers_, {}))
                    if (!rest.empty()) a({{"token", rest}});
                break;
            case 'e':
                if (rest.size() % 22 != 7) act_outside(rest.size());
                break;
            default: break;
        }
        t.home->run();
    }

    /// What was sent are packets, each attachment announced.
    void check() {
        for (auto* const s : sockets_) require(s->buffered_bytes() <= most_kept);
        std::size_t owed = 0;
        for (auto const& sent : script_->took()) {
            if (parser_ || sent == "connect" || sent == "close" || sent.starts_with("give up"))
                continue;
            if (sent.starts_with("bytes ")) {
                require(owed-- != 0);
                continue;
            }
            require(owed == 0);
            auto const decoded = sio::wire::decode_packet(
                sent,
                script_->core->protocol(),
                {.max_attachments = 100, .max_depth = 100, .max_namespace = 1'000'000});
            require(decoded.value.has_value());
            owed = decoded.value->attachments;
        }
        require(owed == 0);
    }

    std::string_view rest_;
    std::shared_ptr<sio::packet_parser const> parser_{};
    std::unique_ptr<client_script> script_{};
    std::vector<sio::client_socket*> sockets_{};
    std::vector<sio::auth_answer> answers_{};
    std::vector<sio::ack<int>> acks_{};
    unsigned heard_ = 0;
    bool has_gone_ = false;
};

}  // namespace
}  // namespace anywire::test

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    anywire::test::machine({reinterpret_cast<char const*>(data), size}).run();
    return 0;
}
