#include "flag_words.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>
#include <memory>
#include <system_error>

namespace anywire::gateway {
namespace {

constexpr char const* summary =
    "Puts SockJS, Engine.IO and WebSocket in front of any server, so that its clients get through\n"
    "where WebSocket does not.";

constexpr char const* examples = R"(
Examples:
  anywire-gateway --sockjs /live --backend ws://127.0.0.1:9000
      pages use sockjs-client with http://127.0.0.1:8080/live; the server behind sees WebSockets
  anywire-gateway --all /live --backend ws://10.0.0.1:9000 --backend ws://10.0.0.2:9000
      every kind of client; each session goes to the backend that has the fewest
  anywire-gateway --websocket /run --backend "stdio:/usr/bin/jq --unbuffered ."
      a program for each client, a line for each message
  anywire-gateway --all /live --backend http://127.0.0.1:8000/events --admin 127.0.0.1:9090
      an HTTP application that gets each event as a POST
  anywire-gateway --listen 0.0.0.0:443 --tls-certificate site.pem --tls-key site.key \
      --all /live --backend ws://127.0.0.1:9000 --origin https://example.com
  anywire-gateway --config /etc/anywire/gateway.toml
  anywire-gateway check /etc/anywire/gateway.toml
  anywire-gateway --all /live --backend ws://127.0.0.1:9000 --print-config > gateway.toml

All backends serve all paths; routes that differ in more than that are for a file. At SIGHUP the file
is read again and no session is lost; SIGTERM lets sessions end, a second one does not wait.
docs/gateway.md explains every setting.

Exit codes: 0 done, 1 it could not start, 2 the command line or the file is not valid.)";

void add_list(CLI::App& app,
              std::string name,
              std::vector<std::string>& to,
              std::string what,
              std::string type,
              std::string const& group) {
    app.add_option(std::move(name), to, std::move(what))
        ->option_text(std::move(type))
        ->allow_extra_args(false)
        ->group(group);
}

void add_text(CLI::App& app,
              std::string name,
              std::string& to,
              std::string what,
              std::string type,
              std::string const& group) {
    app.add_option(std::move(name), to, std::move(what))->type_name(std::move(type))->group(group);
}

void add_routes(CLI::App& app, flag_words& to) {
    std::string const front("Clients (each may be given again)");
    add_list(app, "--sockjs", to.sockjs, "SockJS comes in here: sockjs-client", "PATH", front);
    add_list(app, "--engineio", to.engineio, "Engine.IO: engine.io-client", "PATH", front);
    add_list(app, "--websocket", to.websocket, "Plain WebSocket", "PATH", front);
    add_list(app, "--all", to.all, "All three", "PATH", front);
    add_list(
        app,
        "--origin",
        to.origins,
        "Pages that may connect, as https://example.com or *;\nwithout it those of the same host",
        "ORIGIN",
        front);
    add_list(app,
             "--backend",
             to.backends,
             "The server, or one of several: ws:// or wss://HOST:PORT/PATH,\n"
             "ws+unix:/SOCKET:/PATH, engineio://HOST:PORT/PATH/, tcp://HOST:PORT,\n"
             "unix:/SOCKET, stdio:PROGRAM, or http://HOST:PORT/PATH for hooks",
             "URL",
             "Backends");
}

void add_listeners(CLI::App& app, flag_words& to) {
    std::string const group("Listening");
    add_list(app,
             "--listen",
             to.listen,
             "ADDRESS:PORT or unix:/SOCKET; may be given again.\nDefault 127.0.0.1:8080",
             "PLACE",
             group);
    add_list(app,
             "--systemd",
             to.systemd,
             "Listen at the sockets of this name (FileDescriptorName=)\n"
             "that systemd passes; \"\" is all of them",
             "NAME",
             group);
    add_text(
        app, "--tls-certificate", to.certificate, "The chain, for all listeners", "PEM", group);
    add_text(app, "--tls-key", to.key, "Its key", "PEM", group);
    add_list(app,
             "--trusted-proxy",
             to.trusted_proxies,
             "Believe what this address or network forwards: 10.0.0.0/8",
             "NETWORK",
             group);
    add_list(app,
             "--host",
             to.hosts,
             "Serve only this Host, as example.com; may be given again.\nDefault all",
             "NAME",
             group);
    app.add_option("--threads", to.threads, "Default 1; 0 is one for each core")
        ->type_name("N")
        ->group(group);
    add_text(app,
             "--drain",
             to.drain,
             "How long sessions may take to end at SIGTERM. Default 10s",
             "TIME",
             group);
}

void add_operation(CLI::App& app, flag_words& to) {
    static std::map<std::string, log_format> const formats{{"text", log_format::text},
                                                           {"json", log_format::json}};
    static std::map<std::string, log_level> const levels{
        {"error", log_level::error}, {"info", log_level::info}, {"debug", log_level::debug}};
    std::string const site("Beside the routes");
    add_text(app, "--files", to.files, "Serve the files of this folder", "FOLDER", site);
    add_text(
        app, "--pass-to", to.pass_to, "Pass all other requests on: http://HOST:PORT", "URL", site);
    std::string const group("Operation");
    add_text(app,
             "--admin",
             to.admin,
             "Metrics, health, status page: ADDRESS:PORT or unix:/SOCKET;\nport 0 is one that is "
             "free. Default none",
             "PLACE",
             group);
    app.add_option("--log-format", to.format, "text (the default) or json")
        ->transform(CLI::CheckedTransformer(formats))
        ->option_text("FORMAT")
        ->group(group);
    app.add_option("--log-level", to.level, "error, info (the default) or debug")
        ->transform(CLI::CheckedTransformer(levels))
        ->option_text("LEVEL")
        ->group(group);
    add_text(app,
             "--access-log",
             to.access_log,
             "A line for each session; - is standard output (the default),\noff is none",
             "FILE",
             group);
    std::string const file("Configuration");
    add_text(app,
             "--config",
             to.config,
             "Read settings from a file; flags of the groups Listening,\n"
             "Beside the routes and Operation go before what it says",
             "TOML",
             file);
    app.add_flag("--check", to.check, "Say what is wrong with the settings, and end: 0 or 2")
        ->group(file);
    app.add_flag("--print-config", to.print_config, "Print the flags as a file to go on from")
        ->group(file);
    app.set_version_flag(
           "--version", "anywire-gateway " ANYWIRE_GATEWAY_VERSION, "Print the version")
        ->group(file);
    app.set_help_flag("-h,--help", "Print this text")->group(file);
}

}  // namespace

flag_reading read_flags(int count, char const* const* words) {
    flag_reading out;
    CLI::App app(summary, "anywire-gateway");
    app.footer(examples);
    app.set_help_flag();  // comes last
    app.get_formatter()->column_width(34);
    add_routes(app, out.words);
    add_listeners(app, out.words);
    add_operation(app, out.words);
    auto* const check =
        app.add_subcommand("check", "Say what is wrong with a file, and end: 0 or 2");
    check->add_option("file", out.words.check_file, "The file")->type_name("TOML")->required();
    app.require_subcommand(0, 1);
    try {
        app.parse(count, words);
    } catch (CLI::CallForVersion const& e) {
        out.text = std::string(e.what()) + "\n";
    } catch (CLI::CallForHelp const&) {
        out.text = app.help();
    } catch (CLI::ParseError const& e) {
        out.text = std::string("anywire-gateway: ") + e.what() +
                   "\nanywire-gateway --help says what can be written.\n";
        out.is_mistake = true;
    }
    return out;
}

std::optional<listen_place> parse_listen_place(std::string_view text) {
    listen_place out;
    constexpr std::string_view unix_begin = "unix:";
    if (text.starts_with(unix_begin)) {
        out.path = text.substr(unix_begin.size());
        return out.path.starts_with('/') ? std::optional(out) : std::nullopt;
    }
    auto const colon = text.rfind(':');
    if (colon == text.npos || colon == 0) return std::nullopt;
    auto address = text.substr(0, colon);
    auto const port = text.substr(colon + 1);
    if (address.starts_with('[') && address.ends_with(']'))
        address = address.substr(1, address.size() - 2);
    else if (address.find(':') != address.npos)
        return std::nullopt;  // "::1:80" could be either
    auto const [end, ec] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (ec != std::errc{} || end != port.data() + port.size()) return std::nullopt;
    out.address = address;
    return out;
}

}  // namespace anywire::gateway
