#include "arguments.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>
#include <system_error>

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
    "  --root DIR         the demo folder (demo)\n"
    "  --help             this text\n";

namespace {

unsigned number(std::string_view flag, std::string_view text, unsigned most) {
    unsigned n = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc{} || end != text.data() + text.size() || n > most)
        throw std::invalid_argument(std::string(flag) + " wants a number up to " +
                                    std::to_string(most));
    return n;
}

/// The words of a command line, one after the other.
class words {
public:
    words(int count, char** all) : count_(count), all_(all) {}
    bool has_next() const { return at_ < count_; }
    bool has_value() const { return has_next() && !next_is_flag(); }
    std::string_view take() { return all_[at_++]; }
    std::string_view value_of(std::string_view flag) {
        if (!has_next()) throw std::invalid_argument(std::string(flag) + " wants a value");
        return take();
    }

private:
    bool next_is_flag() const { return std::string_view(all_[at_]).starts_with("--"); }

    int count_;
    char** all_;
    int at_ = 1;
};

void take_tls(words& line, arguments& out) {
    out.tls = true;
    if (!line.has_value()) return;
    out.certificate = line.take();
    out.key = line.value_of("--tls CERT");
}

}  // namespace

std::optional<arguments> parse(int argc, char** argv) {
    arguments a;
    words line(argc, argv);
    while (line.has_next()) {
        auto const flag = line.take();
        if (flag == "--help") return std::nullopt;
        if (flag == "--port") {
            a.port = static_cast<std::uint16_t>(number(flag, line.value_of(flag), 65535));
            a.port_given = true;
        } else if (flag == "--address") {
            a.address = line.value_of(flag);
        } else if (flag == "--threads") {
            a.threads = number(flag, line.value_of(flag), 256);
        } else if (flag == "--lanes") {
            a.lanes = number(flag, line.value_of(flag), 16);
        } else if (flag == "--tls") {
            take_tls(line, a);
        } else if (flag == "--root") {
            a.root = line.value_of(flag);
        } else {
            throw std::invalid_argument("unknown option '" + std::string(flag) + "'; see --help");
        }
    }
    return a;
}

}  // namespace demo
