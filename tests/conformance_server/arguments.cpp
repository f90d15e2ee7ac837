#include "conformance.hpp"

#include <stdexcept>

namespace conformance {

using namespace std::chrono_literals;

std::string_view const usage =
    "usage: anywire-conformance [options]\n"
    "\n"
    "Serves what public conformance suites and the JavaScript clients' own suites expect:\n"
    "SockJS on /echo, /disabled_websocket_echo, /cookie_needed_echo, /close, /amplify, /ticker\n"
    "and /broadcast, plain WebSocket on /ws, /ws/broadcast and /ws/who (says who the client is), "
    "Engine.IO\non /engine.io/, "
    "Socket.IO\n"
    "on /socket.io/; WebSocket, SockJS and Engine.IO together on /shared. Prints one line\n"
    "once it listens; SIGTERM and SIGINT end it cleanly,\n"
    "SIGHUP reads the certificates again and prints what came of it.\n"
    "\n"
    "  --profile NAME        default, protocol, engine.io-client, socket.io-client, or stomp:\n"
    "                        STOMP on /stomp, /stomp-sockjs and /stomp-engine.io alone, and\n"
    "                        over TCP, where it says in a line before (default)\n"
    "  --address A           address to listen on (127.0.0.1)\n"
    "  --port N              port; 0 picks a free one (0)\n"
    "  --stomp-port N        that of STOMP over TCP; 0 picks a free one (0)\n"
    "  --threads N           shards; 0 is one per core (1)\n"
    "  --nodes N             servers, each on a free port, as the nodes of a cluster (1)\n"
    "  --folder DIR          they and those of other processes there are one cluster\n"
    "  --tls CERT.pem KEY.pem  serve TLS\n"
    "  --tls-more CERT.pem KEY.pem  a further certificate, for the names it has\n"
    "  --client-ca CA.pem    ask clients for certificates that these have issued\n"
    "  --client-auth HOW     optional or required, with --client-ca (optional)\n"
    "  --unix PATH           listen at a Unix domain socket, too\n"
    "  --proxy-protocol      listen on a further port, where connections have to begin with its\n"
    "                        header; TLS as on the first\n"
    "  --inherited           listen at the sockets that systemd has passed, too\n"
    "  --max-payload BYTES   longest message and POST body (1000000)\n"
    "  --ping-interval MS    Engine.IO heartbeat (25000)\n"
    "  --ping-timeout MS     silence after a heartbeat that ends a session (20000)\n"
    "  --max-packets-per-poll N  most packets in one poll's answer; 0: no limit (0)\n"
    "  --sockjs-heartbeat MS    heartbeat of STOMP's SockJS mount (25000)\n"
    "  --stomp-connect-timeout MS  from a session's open to CONNECTED (10000)\n"
    "  --stomp-grace MS      silence that STOMP's clients may keep, whatever they promised (0)\n"
    "  --stomp-strict        nobody may send to the broker, or subscribe to patterns\n"
    "  --client-files DIR    serve socket.io-client's dist folder at /socket.io/\n"
    "  --admin WHAT          serve Socket.IO's admin page to \"ann\" with \"secret\": details,\n"
    "                        read-only or counts\n"
    "  --parser NAME         of Socket.IO: json or msgpack, which has no clients 1.x and 2.x "
    "(json)\n"
    "  --origins LIST        comma-separated allow-list instead of all origins\n"
    "  --trusted-proxies LIST  comma-separated networks whose forwarded fields count\n"
    "  --hosts LIST          comma-separated host names that are served; others get 421\n"
    "  --avoid-204           answer 200 instead, to SockJS's clients and to preflights\n"
    "  --static DIR          serve a folder at /static/\n"
    "  --health PATH         serve health checks at PATH, and metrics at /metrics\n"
    "  --log                 write the log to standard error\n"
    "  --help                this text\n";

namespace {

anywire::origin_list split(std::string_view list) {
    anywire::origin_list parts;
    while (!list.empty()) {
        auto const comma = list.find(',');
        parts.emplace_back(list.substr(0, comma));
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
    return parts;
}

void set_profile(command_line& a, std::string_view name) {
    a.profile = name;
    if (name == "protocol") {
        a.ping_interval = 300ms;
        a.ping_timeout = 200ms;
        a.connect_timeout = 1s;
    } else if (name == "engine.io-client") {
        a.ping_interval = 500ms;
        a.max_payload = 100;
    } else if (name == "socket.io-client") {
        a.ping_interval = 2s;
    } else if (name == "stomp") {
        a.max_payload = 4u << 20;
    } else if (name != "default") {
        throw std::invalid_argument("there is no profile '" + std::string(name) + "'");
    }
}

bool is_listener_flag(command_line& a, demo::flag_reader& flags) {
    auto& tls = a.server.tls;
    auto& more = a.server.listeners;
    if (flags.is("--tls")) {
        tls.certificate = flags.value();
        tls.key = flags.value();
    } else if (flags.is("--tls-more")) {
        auto const certificate = flags.value();
        tls.more.push_back({std::string(certificate), std::string(flags.value())});
    } else if (flags.is("--client-ca")) {
        tls.client_ca = flags.value();
        if (tls.clients == anywire::client_auth::off) tls.clients = anywire::client_auth::optional;
    } else if (flags.is("--client-auth")) {
        tls.clients = flags.value() == "required" ? anywire::client_auth::required
                                                  : anywire::client_auth::optional;
    } else if (flags.is("--unix")) {
        more.push_back({.path = std::string(flags.value())});
    } else if (flags.is("--proxy-protocol")) {
        more.push_back({.port = 0, .proxy_protocol = anywire::proxy_protocol::required});
    } else if (flags.is("--inherited")) {
        for (auto const& l : anywire::systemd_listeners()) more.push_back(l);
    } else {
        return false;
    }
    return true;
}

bool is_stomp_flag(command_line& a, demo::flag_reader& flags) {
    auto const time = [&] { return std::chrono::milliseconds(flags.number<unsigned>()); };
    if (flags.is("--stomp-port"))
        a.stomp_port = flags.number<std::uint16_t>();
    else if (flags.is("--sockjs-heartbeat"))
        a.sockjs_heartbeat = time();
    else if (flags.is("--stomp-connect-timeout"))
        a.stomp_connect_timeout = time();
    else if (flags.is("--stomp-grace"))
        a.stomp_grace = time();
    else if (flags.is("--stomp-strict"))
        a.stomp_strict = true;
    else
        return false;
    return true;
}

void set_parser(command_line& a, std::string_view name) {
    a.msgpack = name == "msgpack";
    if (!a.msgpack && name != "json")
        throw std::invalid_argument("there is no parser '" + std::string(name) + "'");
}

}  // namespace

std::optional<command_line> parse(demo::flag_reader flags) {
    command_line a;
    // The profile first, wherever it stands: the other flags override it.
    for (auto all = flags; all.next();)
        if (all.is("--profile")) set_profile(a, all.value());
    while (flags.next()) {
        if (flags.is("--help")) return std::nullopt;
        if (flags.is("--address"))
            a.server.address = flags.value();
        else if (flags.is("--port"))
            a.server.port = flags.number<std::uint16_t>();
        else if (flags.is("--threads"))
            a.server.threads = flags.number<unsigned>();
        else if (flags.is("--nodes"))
            a.nodes = flags.number<unsigned>();
        else if (flags.is("--folder"))
            a.folder = flags.value();
        else if (flags.is("--max-payload"))
            a.max_payload = flags.number<std::size_t>();
        else if (flags.is("--origins"))
            a.origins = split(flags.value());
        else if (flags.is("--trusted-proxies"))
            a.server.trusted_proxies = split(flags.value());
        else if (flags.is("--hosts"))
            a.server.hosts = split(flags.value());
        else if (flags.is("--static"))
            a.static_folder = flags.value();
        else if (flags.is("--health"))
            a.health = flags.value();
        else if (flags.is("--client-files"))
            a.client_files = flags.value();
        else if (flags.is("--admin"))
            a.admin = flags.value();
        else if (flags.is("--max-packets-per-poll"))
            a.max_packets_per_poll = flags.number<std::size_t>();
        else if (flags.is("--ping-interval"))
            a.ping_interval = std::chrono::milliseconds(flags.number<unsigned>());
        else if (flags.is("--ping-timeout"))
            a.ping_timeout = std::chrono::milliseconds(flags.number<unsigned>());
        else if (flags.is("--log"))
            a.log = true;
        else if (flags.is("--avoid-204"))
            a.avoid_204 = true;
        else if (flags.is("--parser"))
            set_parser(a, flags.value());
        else if (is_listener_flag(a, flags) || is_stomp_flag(a, flags)) {
            // read there
        } else if (flags.is("--profile")) {
            (void)flags.value();  // seen above
        } else {
            flags.refuse();
        }
    }
    for (auto& l : a.server.listeners)
        if (l.proxy_protocol == anywire::proxy_protocol::required) l.tls = a.server.tls;
    return a;
}

}  // namespace conformance
