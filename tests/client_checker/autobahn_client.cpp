// What Autobahn's fuzzing server expects of a client: it runs each case and sends back what comes.
// anywire-autobahn-client ws://127.0.0.1:9001 plain|compress [FIRST [LAST]]
#include <anywire/client.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <string>
#include <string_view>

namespace {

using namespace std::chrono_literals;

/// One WebSocket from its beginning to its end: the last message, if any came.
std::string run(anywire::client_context& context, std::string url, bool compress, bool echoes) {
    std::string last;
    std::promise<void> over;
    anywire::client_handlers h;
    h.on_message = [&](anywire::client& c, anywire::message_view m) {
        if (echoes)
            (void)c.send(m);
        else
            last.assign(m.data);
    };
    h.on_failure = [&](anywire::client&, anywire::client_failure const& why) {
        std::printf("%s: %s\n", url.c_str(), why.text.c_str());
    };
    h.on_end = [&](anywire::client&) { over.set_value(); };
    anywire::client_options o;
    o.url = url;
    o.compress = compress;
    o.reconnect.enabled = false;
    o.ping_interval = 0ms;  // the server counts what comes
    o.max_queued_bytes = 64u << 20;
    o.limits.max_message = 64u << 20;
    o.network.proxy = "-";
    anywire::client c(context, o, h);
    c.connect();
    over.get_future().wait();
    return last;
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 3) return 2;
    std::string const server = argv[1];
    auto const compress = std::string_view(argv[2]) == "compress";
    anywire::client_context context;
    auto const count = std::atoi(run(context, server + "/getCaseCount", false, false).c_str());
    std::printf("%d cases\n", count);
    auto const first = argc > 3 ? std::atoi(argv[3]) : 1;
    auto const last = argc > 4 ? std::min(std::atoi(argv[4]), count) : count;
    std::string const agent = compress ? "agent=anywire-compressing" : "agent=anywire";
    for (int n = first; n <= last; ++n)
        run(context, server + "/runCase?case=" + std::to_string(n) + '&' + agent, compress, true);
    run(context, server + "/updateReports?" + agent, false, false);
    return count > 0 ? 0 : 1;
} catch (std::exception const& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
}
