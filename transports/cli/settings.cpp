#include "settings.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string_view>

namespace anywire::cli {
namespace {

constexpr char const* examples = R"(
Examples:
  anywire-cli wss://example.com/live                   talk: each line is a message
  anywire-cli --send hello --expect 1 ws://localhost:8080/ws
  anywire-cli -t xhr-polling --trace http://localhost:8080/echo
  anywire-cli --dialect socketio http://localhost:8080 each line is ["event", argument...]
  anywire-cli probe https://example.com/echo           which transports get through here?
  anywire-cli bench ws://localhost:8080/ws             round trips to a server that echoes

Exit codes: 0 done, 1 the command line is not valid, 2 nothing could be connected,
3 the session ended before all was done, 4 --timeout was over.)";

std::map<std::string, language> const& languages() {
    static std::map<std::string, language> const all{{"websocket", language::websocket},
                                                     {"sockjs", language::sockjs},
                                                     {"engineio", language::engineio},
                                                     {"socketio", language::socketio}};
    return all;
}

struct raw_words {
    std::vector<std::string> headers{};
    std::string origin{};
    bool insecure = false;
    bool reconnect = false;
    double connect_timeout = 20;
    double ping = 25;
};

void add_connection(CLI::App& app, settings& to, raw_words& raw) {
    auto& o = to.options;
    app.add_option("-d,--dialect", to.speaks, "websocket, sockjs, engineio or socketio")
        ->transform(CLI::CheckedTransformer(languages(), CLI::ignore_case))
        ->option_text("NAME")
        ->group("Connection");
    app.add_option("-t,--transport", o.transports, "Use only this one; may be given again")
        ->type_name("NAME")
        ->allow_extra_args(false)
        ->group("Connection");
    app.add_option("-H,--header", raw.headers, "A field of every request: \"Name: value\"")
        ->type_name("FIELD")
        ->allow_extra_args(false)
        ->group("Connection");
    app.add_option("--origin", raw.origin, "The field Origin, as browsers send it")
        ->group("Connection");
    app.add_option("--subprotocol", o.protocols, "Of the WebSocket; may be given again")
        ->allow_extra_args(false)
        ->group("Connection");
    app.add_option("--query", o.query, "Further fields of the query, encoded: a=1&b=2")
        ->group("Connection");
    app.add_option("--revision", o.revision, "Of Engine.IO: 4, or 3 for servers of 1.x and 2.x")
        ->check(CLI::IsMember({3U, 4U}))
        ->group("Connection");
    app.add_flag("--compress", o.compress, "Offer permessage-deflate")->group("Connection");
    app.add_option("--proxy", o.network.proxy, "http:// or socks5:// URL; - for none")
        ->group("Connection");
    app.add_option("--unix-socket", o.network.unix_socket, "Connect to this socket")
        ->type_name("PATH")
        ->group("Connection");
    app.add_option("--connect-timeout", raw.connect_timeout, "Seconds for one attempt")
        ->capture_default_str()
        ->check(CLI::PositiveNumber)
        ->group("Connection");
    app.add_option("--ping", raw.ping, "Seconds between pings on a plain WebSocket; 0 for none")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber)
        ->group("Connection");
    app.add_flag("--reconnect", raw.reconnect, "Come back when the session ends")
        ->group("Connection");
}

void add_tls(CLI::App& app, settings& to, raw_words& raw) {
    auto& tls = to.options.network.tls;
    app.add_option("--ca", tls.ca, "Believe these certificates, not the system's")
        ->type_name("PEM")
        ->group("TLS");
    app.add_option("--cert", tls.certificate, "The client's certificate")
        ->type_name("PEM")
        ->group("TLS");
    app.add_option("--key", tls.key, "Its key")->type_name("PEM")->group("TLS");
    app.add_option("--pin", tls.pinned_keys, "SHA-256 of the server's key, in base64")
        ->allow_extra_args(false)
        ->group("TLS");
    app.add_option("--server-name", tls.server_name, "Name for SNI, in place of the URL's host")
        ->group("TLS");
    app.add_flag("-k,--insecure", raw.insecure, "Believe any certificate")->group("TLS");
}

void add_talk(CLI::App& app, settings& to) {
    app.add_option("-x,--send", to.send, "Send this first; may be given again")
        ->type_name("TEXT")
        ->allow_extra_args(false)
        ->group("Messages");
    app.add_option("--send-file", to.send_file, "Send a file as one message")
        ->type_name("PATH")
        ->allow_extra_args(false)
        ->group("Messages");
    app.add_flag("-b,--binary", to.binary, "Send binary messages")->group("Messages");
    app.add_option("-n,--expect", to.expect, "Leave after so many messages have come")
        ->group("Messages");
    app.add_option("-w,--wait", to.wait, "Seconds to stay after the input's end")
        ->group("Messages");
    app.add_option("--timeout", to.timeout, "Seconds for everything")->group("Messages");
    app.add_flag("--trace", to.trace, "Print every request, answer and message on stderr")
        ->group("Messages");
    app.add_flag("-q,--quiet", to.quiet, "Print nothing but messages")->group("Messages");
    app.add_option("--namespace", to.nsp, "Of Socket.IO")
        ->capture_default_str()
        ->group("Socket.IO");
    app.add_option("--auth", to.auth, "What the server is given to decide by: JSON")
        ->group("Socket.IO");
}

void apply(raw_words const& raw, settings& to) {
    auto& o = to.options;
    for (auto const& field : raw.headers) {
        auto const colon = field.find(':');
        if (colon == std::string::npos)
            throw CLI::ValidationError("--header", "write \"Name: value\", not \"" + field + "\"");
        auto const value = field.find_first_not_of(' ', colon + 1);
        o.headers.push_back(
            {field.substr(0, colon), value == std::string::npos ? "" : field.substr(value)});
    }
    if (!raw.origin.empty()) o.headers.push_back({"Origin", raw.origin});
    o.network.tls.verify = !raw.insecure;
    o.reconnect.enabled = raw.reconnect;
    o.connect_timeout = std::chrono::milliseconds(static_cast<int>(raw.connect_timeout * 1000));
    o.ping_interval = std::chrono::milliseconds(static_cast<int>(raw.ping * 1000));
    if (to.speaks == language::guess) to.speaks = guess_language(o.url);
    if (to.speaks == language::sockjs) o.dialect = client_dialect::sockjs;
    if (to.speaks == language::engineio) o.dialect = client_dialect::engineio;
}

}  // namespace

language guess_language(std::string const& url) {
    if (url.find("/socket.io") != std::string::npos) return language::socketio;
    if (url.find("/engine.io") != std::string::npos) return language::engineio;
    if (url.starts_with("ws:") || url.starts_with("wss:")) return language::websocket;
    return language::sockjs;
}

char const* name_of(language l) noexcept {
    switch (l) {
        case language::sockjs: return "sockjs";
        case language::engineio: return "engineio";
        case language::socketio: return "socketio";
        case language::guess:
        case language::websocket: break;
    }
    return "websocket";
}

bool read_command_line(int count, char const* const* words, settings& to, exit_code& code) {
    CLI::App app(
        "Talks to WebSocket, SockJS, Engine.IO and Socket.IO servers, over whatever "
        "transport gets through.",
        "anywire-cli");
    app.footer(examples);
    raw_words raw;
    // Not `required`: CLI11 would take the name of a subcommand for it.
    app.add_option("url", to.options.url, "ws, wss, http or https")->type_name("URL");
    add_connection(app, to, raw);
    add_tls(app, to, raw);
    add_talk(app, to);

    auto* const probe = app.add_subcommand("probe", "Try every transport and say what was seen");
    probe->fallthrough();
    probe->add_option("--watch", to.watch, "Seconds to watch each transport for")
        ->capture_default_str();
    auto* const bench = app.add_subcommand("bench", "Measure round trips to a server that echoes");
    bench->fallthrough();
    bench->add_option("--clients", to.clients, "At the same time")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    bench
        ->add_option(
            "--messages", to.messages, "Of each, one after the other; 0 is idle for --wait")
        ->capture_default_str();
    bench->add_option("--size", to.size, "Bytes of each")->capture_default_str();
    app.require_subcommand(0, 1);

    try {
        app.parse(count, words);
        if (to.options.url.empty()) throw CLI::RequiredError("a URL");
        apply(raw, to);
    } catch (CLI::ParseError const& e) {
        code = app.exit(e) == 0 ? exit_code::done : exit_code::usage;
        return false;
    }
    if (probe->parsed()) to.what = command::probe;
    if (bench->parsed()) to.what = command::bench;
    return true;
}

}  // namespace anywire::cli
