#include "options.hpp"

#include <charconv>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace bench {

using namespace std::chrono_literals;

char const* const usage =
    "usage: anywire-bench [options]\n"
    "\n"
    "Starts servers one beside the other, drives each over every transport it speaks, in turns,\n"
    "and prints what a message, a delivery, a connection and an idle client cost it.\n"
    "\n"
    "  --quick             one short round, without the crowds: under two minutes\n"
    "  --only TEXT         only tables or rows whose name has this in it (\"echo-50\",\n"
    "                      \"churn anywire\")\n"
    "  --rounds N          rounds of each table (5; broadcasts 9)\n"
    "  --json FILE         write all figures of all rounds\n"
    "  --peers DIR         also the servers in that folder, on Node; its packages are installed\n"
    "  --server NAME=CMD   also this one: it says \"...:PORT\" when it listens, echoes WebSocket\n"
    "                      messages at /ws, and sends those that begin with \"b\" to all. The\n"
    "                      first is what ratios are taken against; targets want one called uws\n"
    "  --smoke             everything for a moment, to see that it works\n"
    "  --idle-bytes        fails when an idle client costs more than its budget\n"
    "  --help              this text\n";

namespace {

server_spec server_of(std::string const& text) {
    auto const equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        throw std::invalid_argument("--server wants NAME=CMD");
    server_spec s{.name = text.substr(0, equals), .command = {}, .speaks = {transport::ws}};
    std::istringstream words(text.substr(equals + 1));
    for (std::string word; words >> word;) s.command.push_back(word);
    if (s.command.empty()) throw std::invalid_argument("--server wants NAME=CMD");
    return s;
}

void make_quick(command_line& a) {
    a.size.rounds = 1;
    a.size.time = {.warm = 20ms, .measure = 120ms};
    a.size.time.most_warm = 1'200ms;
    a.size.first_warm = 300ms;
    a.size.first_warm_messages = 20'000;
    a.size.has_all_echoes = false;
    a.size.limit = 95s;
    a.size.idle = 1'000;
    a.size.has_crowds = false;
}

void make_smoke(command_line& a) {
    a.size.rounds = 1;
    a.size.time = {.warm = 0ms, .measure = 30ms};
    a.size.first_warm = 0ms;
    a.size.first_warm_messages = 0;
    a.size.few = 10;
    a.size.many = 40;
    a.size.crowd = 200;
    a.size.hold = 300;
    a.size.idle = 100;
    a.size.hold_time = 30ms;
    a.asserts_nothing_about_time = true;
}

void make_idle_bytes(command_line& a) {
    a.size.rounds = 1;
    a.only = "idle-5000 anywire";
    a.fails_beyond_targets = true;
}

unsigned number(std::string const& text) {
    unsigned n = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc{} || end != text.data() + text.size() || n == 0 || n > 1'000)
        throw std::invalid_argument("'" + text + "' is no number from 1 to 1000");
    return n;
}

}  // namespace

std::optional<command_line> parse(int argc, char** argv) {
    command_line a;
    a.is_terminal = ::isatty(STDERR_FILENO) != 0;
    int i = 1;
    auto const value = [&]() -> std::string {
        if (i + 1 >= argc) throw std::invalid_argument(std::string(argv[i]) + " wants a value");
        return argv[++i];
    };
    for (; i < argc; ++i) {
        std::string_view const flag = argv[i];
        if (flag == "--help") return std::nullopt;
        if (flag == "--quick")
            make_quick(a);
        else if (flag == "--smoke")
            make_smoke(a);
        else if (flag == "--idle-bytes")
            make_idle_bytes(a);
        else if (flag == "--only")
            a.only = value();
        else if (flag == "--rounds")
            a.rounds = number(value());
        else if (flag == "--json")
            a.json = value();
        else if (flag == "--peers")
            a.peers = value();
        else if (flag == "--server")
            a.servers.push_back(server_of(value()));
        else
            throw std::invalid_argument("unknown option '" + std::string(flag) + "'; see --help");
    }
    if (a.rounds) a.size.rounds = *a.rounds;
    return a;
}

}  // namespace bench
