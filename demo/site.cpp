// anywire-demo: a page on which sockjs-client talks over whichever transport the visitor picks.
#include <anywire/server.hpp>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <pthread.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace {

using anywire::message_view;
using anywire::session;

constexpr char usage[] =
    "usage: anywire-demo [options]\n"
    "\n"
    "Serves the demo page: chat and echo over every SockJS transport.\n"
    "\n"
    "  --port N           port (8080, or the next free one); 0 picks any\n"
    "  --address A        address to listen on (127.0.0.1)\n"
    "  --threads N        shards; 0 is one per core (1)\n"
    "  --tls CERT KEY     serve TLS with these PEM files\n"
    "  --root DIR         the demo folder (demo)\n"
    "  --help             this text\n";

struct arguments {
    anywire::server_options server{};
    bool port_given = false;
    std::string root = "demo";
};

unsigned number(std::string_view flag, std::string_view text) {
    unsigned n = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc{} || end != text.data() + text.size() || n > 65535)
        throw std::invalid_argument(std::string(flag) + " wants a number up to 65535");
    return n;
}

std::optional<arguments> parse(int argc, char** argv) {
    arguments a;
    int i = 1;
    auto const value = [&](std::string_view flag) -> std::string_view {
        if (++i >= argc) throw std::invalid_argument(std::string(flag) + " wants a value");
        return argv[i];
    };
    for (; i < argc; ++i) {
        std::string_view const flag = argv[i];
        if (flag == "--help") return std::nullopt;
        if (flag == "--port") {
            a.server.port = static_cast<std::uint16_t>(number(flag, value(flag)));
            a.port_given = true;
        } else if (flag == "--address") {
            a.server.address = value(flag);
        } else if (flag == "--threads") {
            a.server.threads = number(flag, value(flag));
        } else if (flag == "--tls") {
            a.server.tls.certificate = value(flag);
            a.server.tls.key = value(flag);
        } else if (flag == "--root") {
            a.root = value(flag);
        } else {
            throw std::invalid_argument("unknown option '" + std::string(flag) + "'; see --help");
        }
    }
    return a;
}

/// The server on the port asked for; where none was, on the first free one from 8080 on.
std::unique_ptr<anywire::server> make_server(arguments& a) {
    for (int tries = 20;; --tries) {
        try {
            return std::make_unique<anywire::server>(a.server);
        } catch (std::system_error const& e) {
            if (a.port_given || tries == 0 || e.code() != std::errc::address_in_use) throw;
            ++a.server.port;
        }
    }
}

/// {"name","text"} from a visitor becomes {"from","text","transport"} for everybody; "" if it is
/// nothing of the kind.
std::string chat_line(session& s, std::string_view sent) {
    rapidjson::Document in;
    in.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(sent.data(),
                                                                                     sent.size());
    if (in.HasParseError() || !in.IsObject()) return {};
    auto const text_of = [&](char const* key, std::size_t most) -> std::string {
        auto const member = in.FindMember(key);
        if (member == in.MemberEnd() || !member->value.IsString()) return {};
        std::string const text(member->value.GetString(), member->value.GetStringLength());
        return text.size() > most ? std::string{} : text;
    };
    auto const name = text_of("name", 100);
    auto const text = text_of("text", 2000);
    if (text.empty()) return {};
    rapidjson::StringBuffer out;
    rapidjson::Writer<rapidjson::StringBuffer> writer(out);
    auto const field = [&](char const* key, std::string_view value) {
        writer.Key(key);
        writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    };
    writer.StartObject();
    field("from", name.empty() ? "somebody" : name);
    field("text", text);
    field("transport", s.transport());
    writer.EndObject();
    return out.GetString();
}

void mount_demo(anywire::server& server, std::string const& root) {
    anywire::handlers const echo{.on_message = [](session& s, message_view m) { s.send(m); }};
    // Every transport, the old ones too: that is what this page is for.
    anywire::sockjs_options const every{
        .htmlfile = true, .jsonp = true, .sockjs_url = "/vendor/sockjs.min.js"};
    server.mount("/ws", anywire::websocket_options{}, echo);
    server.mount("/echo", every, echo);

    auto const room = std::make_shared<anywire::endpoint>();
    *room = server.mount("/chat", every, {.on_message = [room](session& s, message_view m) {
                             if (auto const line = chat_line(s, m.data); !line.empty())
                                 room->broadcast(line);
                         }});
    server.serve_files("/vendor", root + "/node_modules/sockjs-client/dist");
    server.serve_files("/", root + "/www");
}

void serve(arguments a) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by the shards' threads

    a.server.log = {.level = anywire::log_level::info,
                    .write = [](anywire::log_level, std::string_view line) {
                        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
                    }};
    auto const server = make_server(a);
    mount_demo(*server, a.root);
    std::printf("The demo is at %s://%s:%u/  (Ctrl-C stops it)\n",
                a.server.tls.certificate.empty() ? "http" : "https",
                a.server.address.c_str(),
                static_cast<unsigned>(server->port()));
    std::fflush(stdout);

    std::thread([&signals, &server] {
        int which = 0;
        sigwait(&signals, &which);
        server->drain(std::chrono::seconds(3));
        sigwait(&signals, &which);
        server->stop();
    }).detach();
    server->run();
    std::_Exit(0);  // the thread above may still wait for a second signal
}

}  // namespace

int main(int argc, char** argv) {
    try {
        auto a = parse(argc, argv);
        if (!a) {
            std::fputs(usage, stdout);
            return 0;
        }
        serve(std::move(*a));
    } catch (std::exception const& e) {
        std::fprintf(stderr, "anywire-demo: %s\n", e.what());
        return 2;
    }
}
