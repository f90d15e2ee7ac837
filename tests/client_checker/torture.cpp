// anywire-client-torture URL [options]: clients that exchange numbers with a server, and say what
// got lost or came twice. With a fault its proxy stands before the server. The URL's host is
// loopback.
#include "torture.hpp"

#include "demo/flag_reader.hpp"

#include <charconv>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>

namespace torture {
namespace {

using namespace std::chrono_literals;

anywire::client_dialect dialect_of(plan& p, std::string_view name) {
    if (name == "websocket") return anywire::client_dialect::websocket;
    if (name == "sockjs") return anywire::client_dialect::sockjs;
    p.is_socketio = name == "socketio";
    if (p.is_socketio || name == "engineio") return anywire::client_dialect::engineio;
    throw std::invalid_argument("there is no dialect '" + std::string(name) + "'");
}

bool is_fault(plan& p, demo::flag_reader& flags) {
    auto const ms = [&] { return std::chrono::milliseconds(flags.number<unsigned>()); };
    if (flags.is("--cut"))
        p.fault.cut_every = ms();
    else if (flags.is("--delay"))
        p.fault.delay = ms();
    else if (flags.is("--jitter"))
        p.fault.jitter = ms();
    else if (flags.is("--drop"))
        p.drop_every = ms();
    else if (flags.is("--refuse"))
        p.fault.refuse_upgrades = flags.number<unsigned>();
    else if (flags.is("--buffer"))
        p.fault.buffer_responses = true;
    else if (flags.is("--for"))
        p.faults = ms();
    else if (flags.is("--recoveries"))
        p.recoveries = flags.number<std::size_t>();
    else
        return false;
    return true;
}

plan parse(demo::flag_reader flags) {
    plan p;
    auto& o = p.client;
    o.ping_interval = 300ms;
    o.ping_timeout = 700ms;
    o.reconnect = {.delay = 5ms, .delay_max = 50ms};
    o.network.proxy = "-";
    while (flags.next()) {
        if (flags.is("--url"))
            p.url = flags.value();
        else if (flags.is("--dialect"))
            o.dialect = dialect_of(p, flags.value());
        else if (flags.is("--transport"))
            o.transports.emplace_back(flags.value());
        else if (flags.is("--revision"))
            o.revision = flags.number<unsigned>();
        else if (flags.is("--ca"))
            o.network.tls.ca = flags.value();
        else if (flags.is("--proxy"))
            o.network.proxy = flags.value();
        else if (flags.is("--clients"))
            p.clients = flags.number<unsigned>();
        else if (flags.is("--sessions"))
            p.sessions = flags.number<unsigned>();
        else if (flags.is("--numbers"))
            p.numbers = flags.number<unsigned>();
        else if (!is_fault(p, flags))
            flags.refuse();
    }
    // Where nothing breaks, nobody is gone who is only slow.
    if (p.faults.count() == 0) o.ping_timeout = patience;
    // What is lost without a word has to be tried again soon.
    if (p.drop_every.count() > 0) o.connect_timeout = 5s;
    return p;
}

/// Puts a proxy between the URL and who asks for it.
std::unique_ptr<anywire::testing::fault_proxy> stand_before(plan& p) {
    auto const begin = p.url.rfind(':') + 1;
    auto const end = std::min(p.url.find('/', begin), p.url.size());
    std::uint16_t port = 0;
    std::from_chars(p.url.data() + begin, p.url.data() + end, port);
    auto proxy =
        std::make_unique<anywire::testing::fault_proxy>(anywire::testing::fault_proxy_options{
            .choose = anywire::testing::by_prefix({{"/", port, true}})});
    p.url.replace(begin, end - begin, std::to_string(proxy->port()));
    return proxy;
}

}  // namespace

void break_things(plan const& p, anywire::testing::fault_proxy* proxy, tally& all) {
    if (!proxy) return;
    auto const end = std::chrono::steady_clock::now() + p.faults;
    auto s = p.fault;
    while (std::chrono::steady_clock::now() < end) {
        s.drop = p.drop_every.count() > 0;
        proxy->set(s);
        std::this_thread::sleep_for(s.drop ? p.drop_every : p.faults);  // it is how long they last
        if (!s.drop) continue;
        s.drop = false;
        proxy->set(s);
        std::this_thread::sleep_for(p.drop_every);
    }
    all.wait_for(&tally::recoveries, p.recoveries, patience);
    // What stands in the way goes on standing there; what ends connections does not.
    s.drop = false;
    s.cut_every = 0ms;
    proxy->set(s);
}

bool tally::print() const {
    std::scoped_lock const lock(mutex_);
    std::printf(
        "complete %zu, cut short %zu, upgrades %zu, recoveries %zu, numbers %zu, failures %zu\n",
        complete,
        cut_short,
        upgrades,
        recoveries,
        numbers,
        failures);
    if (!last_failure_.empty()) std::printf("last failure: %s\n", last_failure_.c_str());
    for (auto const& w : wrong_) std::printf("wrong: %s\n", w.c_str());
    return wrong_.empty();
}

}  // namespace torture

int main(int argc, char** argv) try {
    auto p = torture::parse({argc, argv});
    std::unique_ptr<anywire::testing::fault_proxy> proxy;
    if (p.faults.count() > 0) proxy = torture::stand_before(p);
    p.client.url = p.url;
    torture::tally all(p.clients);
    (p.is_socketio ? torture::run_socketio : torture::run_numbers)(p, proxy.get(), all);
    return all.print() ? 0 : 1;
} catch (std::exception const& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
}
