#include "arguments.hpp"

namespace demo {

char const usage[] =
    "usage: anywire-demo [options]\n"
    "\n"
    "Serves the demo page: every transport side by side, faults to switch on, a chat across\n"
    "dialects. Ctrl-C stops it.\n"
    "\n"
    "  --port N           port (8080, or the next free one); 0 picks any\n"
    "  --address A        address to listen on (127.0.0.1)\n"
    "  --threads N        shards of the server that the page measures; 0 is one per core (1)\n"
    "  --tls [CERT KEY]   serve TLS; without PEM files a self-signed certificate is made\n"
    "  --lanes N          further ports, so that browsers, which open six connections to one, can\n"
    "                     run all transports at once (8); the page does without where they are "
    "shut\n"
    "  --nodes N          N further processes (1 to 8) that are one application, with a chat "
    "across\n"
    "                     them; the page shows them, kills them and starts them again\n"
    "  --root DIR         the demo folder (demo)\n"
    "  --help             this text\n";

namespace {

void take_tls(flag_reader& flags, arguments& out) {
    out.tls = true;
    if (!flags.has_value()) return;
    out.certificate = flags.value();
    out.key = flags.value();
}

}  // namespace

std::optional<arguments> parse(flag_reader flags) {
    arguments a;
    while (flags.next()) {
        if (flags.is("--help")) return std::nullopt;
        if (flags.is("--port")) {
            a.port = flags.number<std::uint16_t>();
            a.port_given = true;
        } else if (flags.is("--address")) {
            a.address = flags.value();
        } else if (flags.is("--threads")) {
            a.threads = flags.number(256u);
        } else if (flags.is("--lanes")) {
            a.lanes = flags.number(16u);
        } else if (flags.is("--nodes")) {
            a.nodes = flags.number(8u);
        } else if (flags.is("--tls")) {
            take_tls(flags, a);
        } else if (flags.is("--root")) {
            a.root = flags.value();
        } else {
            flags.refuse();
        }
    }
    return a;
}

}  // namespace demo
