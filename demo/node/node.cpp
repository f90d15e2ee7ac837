// anywire-demo-node: one of the nodes that `anywire-demo --nodes N` starts, shows and kills. All of
// them are one application, through a folder of sockets: whoever speaks is heard at every node, and
// a request may come to any of them, whichever has its session.
#include <anywire/cluster.hpp>
#include <anywire/folder_registry.hpp>
#include <anywire/json.hpp>
#include <anywire/socketio.hpp>
#include <anywire/unix_bus.hpp>

#include "flag_reader.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace sio = anywire::socketio;

namespace {

struct arguments {
    std::string name = "node";
    std::string folder{};
    std::string secret{};
    anywire::tls_options tls{};
};

/// What a client says; the node adds how it has come.
struct line {
    std::string id{};  // the client's own, by which it knows the line again
    std::string from{};
    std::string text{};
    std::string dialect{};
    std::optional<std::string> transport{};
    std::optional<std::string> node{};
};
ANYWIRE_JSON(line, id, from, text, dialect, transport, node)

bool is_fair(line const& l) {
    constexpr std::size_t longest_word = 40;
    constexpr std::size_t longest_text = 2'000;
    return l.id.size() <= longest_word && l.from.size() <= longest_word &&
           l.dialect.size() <= longest_word && l.text.size() <= longest_text;
}

/// Every origin may come: the page uses several ports of its host, and nothing here is secret.
template <class Options>
Options for_everybody() {
    Options o;
    o.limits = {.max_message = 8'192, .max_sessions = 500};
    o.origins = {"*"};
    return o;
}

class node {
public:
    explicit node(arguments const& a)
        : name_(a.name),
          bus_({.folder = a.folder}),
          io_({.engine = for_everybody<anywire::engineio_options>(),
               .make_adapter = bus_.socketio_adapter()}),
          server_({.port = 0, .tls = a.tls}),
          cluster_(server_,
                   {.registry = anywire::make_folder_registry({.folder = a.folder}),
                    .secret = a.secret}) {
        io_.on_connection([this](sio::socket& s) {
            count(1);
            s.emit("line", welcome());
            s.on_disconnect([this](sio::disconnect_reason) { count(-1); });
        });
        io_.on("say", [this](sio::socket& s, line l) { tell_all(std::move(l), s.transport()); });
        server_.mount("/nodes/sio", io_);

        plain_ = server_.mount(
            "/nodes/sockjs", for_everybody<anywire::sockjs_options>(), plain_handlers());
        server_.mount("/nodes/ws", for_everybody<anywire::websocket_options>(), plain_);
        plain_.use_bus(bus_.endpoint_bus({.name = "chat"}));
        server_.every(std::chrono::milliseconds(500), [this] { report_carried(); });
    }

    /// Until whoever has started this process goes.
    void run() {
        std::printf("ready %u %s\n", unsigned{server_.port()}, bus_.node().c_str());
        std::thread waiting([this] {
            char byte = 0;
            while (::read(STDIN_FILENO, &byte, 1) > 0) {
            }
            server_.stop();
        });
        server_.run();
        waiting.join();
    }

private:
    anywire::handlers plain_handlers() {
        return {.on_open =
                    [this](anywire::session& s) {
                        count(1);
                        s.send(welcome());
                    },
                .on_message =
                    [this](anywire::session& s, anywire::message_view m) {
                        if (auto l = anywire::from_json<line>(m.data))
                            tell_all(std::move(*l), s.transport());
                    },
                .on_close = [this](anywire::session&, anywire::close_event const&) { count(-1); }};
    }
    std::string welcome() const { return anywire::to_json_text({{"welcome", name_}}); }

    /// Everybody at every node: no word of other nodes is needed here.
    void tell_all(line l, std::string_view transport) {
        if (!is_fair(l)) return;
        l.transport = std::string(transport);
        l.node = name_;
        auto const text = anywire::to_json_text(l);
        (void)plain_.broadcast(text);
        io_.emit("line", text);
    }

    /// All run on the one thread of the server.
    void count(int more) {
        sessions_ += more;
        std::printf("sessions %d\n", sessions_);
    }

    /// Requests that came here and were for sessions of other nodes.
    void report_carried() {
        auto const carried = cluster_.numbers().carried;
        if (carried == carried_) return;
        carried_ = carried;
        std::printf("carried %llu\n", static_cast<unsigned long long>(carried));
    }

    std::string name_;
    int sessions_ = 0;
    std::uint64_t carried_ = 0;
    anywire::unix_bus bus_;
    sio::server io_;
    anywire::endpoint plain_{};
    anywire::server server_;
    anywire::cluster_node cluster_;
};

arguments parse(demo::flag_reader flags) {
    arguments a;
    if (auto const* const secret = std::getenv("ANYWIRE_NODES_SECRET")) a.secret = secret;
    while (flags.next()) {
        if (flags.is("--name")) {
            a.name = flags.value();
        } else if (flags.is("--folder")) {
            a.folder = flags.value();
        } else if (flags.is("--tls")) {
            a.tls.certificate = flags.value();
            a.tls.key = flags.value();
        } else {
            flags.refuse();
        }
    }
    return a;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::setvbuf(stdout, nullptr, _IOLBF, 0);
        node(parse({argc, argv})).run();
        return 0;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-demo-node: %s\n", e.what());
        return 2;
    }
}
