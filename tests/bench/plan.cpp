#include "plan.hpp"

#include <algorithm>

namespace bench {
namespace {

using list = std::vector<transport>;

constexpr unsigned idle_rounds = 3;  // memory is steadier than time

list const every{transport::ws,
                 transport::sockjs_ws,
                 transport::sockjs_stream,
                 transport::sockjs_events,
                 transport::sockjs_polling,
                 transport::engineio_ws,
                 transport::engineio_polling,
                 transport::socketio_ws,
                 transport::socketio_polling};

list const secured{transport::ws,
                   transport::sockjs_ws,
                   transport::sockjs_polling,
                   transport::engineio_ws,
                   transport::socketio_ws,
                   transport::socketio_polling};

class planner {
public:
    planner(std::vector<server_spec> const& servers, std::string const& anchor, scale const& s)
        : servers_(servers), anchor_(anchor + " ws"), scale_(s) {}

    std::vector<group> make() {
        echoes();
        bursts();
        broadcasts();
        churn();
        idle();
        tls();
        deflate();
        shards();
        large();
        hold();
        return std::move(groups_);
    }

private:
    std::string const& us() const { return servers_.front().name; }
    std::string row(transport t) const { return us() + " " + std::string(traits_of(t).name); }

    /// A cell for each server and transport it speaks, as far as `wanted` agrees.
    template <class Wanted>
    std::vector<cell> cells(Wanted wanted) const {
        std::vector<cell> all;
        for (auto const& t : all_transports)
            for (auto const& s : servers_)
                if (std::count(s.speaks.begin(), s.speaks.end(), t.id) && wanted(s, t.id))
                    all.push_back({s.name, std::string(t.name), {t.id}});
        return all;
    }
    std::vector<cell> all_cells() const {
        return cells([](auto const&, transport) { return true; });
    }
    std::vector<cell> websocket_cells() const {
        return cells(
            [](auto const&, transport t) { return traits_of(t).over == carrier::websocket; });
    }

    std::vector<target> targets(std::initializer_list<std::pair<list, double>> wanted) const {
        std::vector<target> all;
        for (auto const& [transports, factor] : wanted)
            for (auto const t : transports) all.push_back({row(t), "uws ws", factor});
        return all;
    }

    static std::string number(std::size_t n) { return std::to_string(n); }

    group& add(group g) {
        if (g.anchor.empty()) g.anchor = anchor_;
        return groups_.emplace_back(std::move(g));
    }

    void echoes() {
        auto const wanted =
            targets({{{transport::ws, transport::sockjs_ws, transport::engineio_ws}, 1.15},
                     {{transport::socketio_ws}, 1.4},
                     {{transport::engineio_polling, transport::sockjs_polling}, 2.7},
                     {{transport::sockjs_stream, transport::sockjs_events}, 2.3}});
        auto sizes = std::vector{1u, scale_.few, scale_.many};
        if (!scale_.has_all_echoes) sizes = {scale_.few};
        for (auto const n : sizes)
            add({.name = "echo-" + number(n),
                 .title = "echo, one message of 64 bytes in flight, " + number(n) +
                          " clients: server CPU in us per message",
                 .what = {.clients = n},
                 .cells = all_cells(),
                 .targets = wanted});
    }

    void bursts() {
        add({.name = "burst-" + number(scale_.few),
             .title = "echo in bursts of 16 messages of 64 bytes, " + number(scale_.few) +
                      " clients: server CPU in us per message",
             .what = {.clients = scale_.few, .burst = 16},
             .cells = all_cells(),
             .targets = targets({{{transport::ws}, 1.2},
                                 {{transport::sockjs_ws, transport::engineio_ws}, 1.3},
                                 {{transport::socketio_ws}, 3}})});
    }

    void broadcasts() {
        workload const one{.what = work::broadcast, .clients = scale_.many};
        add({.name = "broadcast-" + number(scale_.many),
             .title = "broadcast of 64 bytes to " + number(scale_.many) +
                      " clients: server CPU in us per delivery",
             .what = one,
             .cells = all_cells(),
             .targets = targets({{{transport::ws,
                                   transport::sockjs_ws,
                                   transport::engineio_ws,
                                   transport::socketio_ws},
                                  1.05},
                                 {{transport::sockjs_polling, transport::socketio_polling}, 2.0}}),
             .least_rounds = scale_.rounds > 1 ? 9u : 1u});
        add({.name = "broadcast-mixed",
             .title = "broadcast of 64 bytes to " + number(scale_.many) +
                      " clients on mixed transports: server CPU in us per delivery",
             .what = one,
             .cells = mixed_cells()});
        if (!scale_.has_crowds) return;
        add({.name = "broadcast-" + number(scale_.crowd),
             .title = "broadcast of 64 bytes to " + number(scale_.crowd) +
                      " clients: server CPU in us per delivery",
             .what = {.what = work::broadcast, .clients = scale_.crowd},
             .cells = all_cells()});
    }

    std::vector<cell> mixed_cells() const {
        list const sockjs{transport::sockjs_ws,
                          transport::sockjs_stream,
                          transport::sockjs_events,
                          transport::sockjs_polling};
        list const socketio{transport::socketio_ws, transport::socketio_polling};
        auto all = cells([](auto const&, transport t) { return t == transport::ws; });
        std::erase_if(all, [this](cell const& c) { return c.name() != anchor_; });
        for (auto const& s : servers_) {
            auto const speaks = [&s](transport t) {
                return std::count(s.speaks.begin(), s.speaks.end(), t) != 0;
            };
            if (speaks(sockjs.back())) all.push_back({s.name, "sockjs, all four", sockjs});
            if (speaks(socketio.back())) all.push_back({s.name, "socket.io, both", socketio});
        }
        return all;
    }

    void large() {
        for (auto const kb : {64u, 1024u}) {
            if (kb == 1024 && !scale_.has_crowds) continue;
            add({.name = "large-" + (kb == 64 ? std::string("64k") : std::string("1m")),
                 .title = "echo, one message of " + number(kb) +
                          " KiB in flight, 8 clients: server CPU in us per message",
                 .what = {.clients = 8, .bytes = kb * std::size_t{1024}},
                 .cells = all_cells()});
        }
    }

    void churn() {
        add({.name = "churn",
             .title = "connect, handshake, goodbye, 16 at a time: server CPU in us per connection",
             .what = {.what = work::churn},
             .cells = websocket_cells(),
             .targets = {{row(transport::ws), "uws ws", 1.2},
                         {row(transport::sockjs_ws), "uws ws", 1.2},
                         {row(transport::engineio_ws), "uws ws", 1.2}}});
    }

    void tls() {
        add({.name = "tls",
             .title = "echo over TLS, one message of 64 bytes in flight, " + number(scale_.few) +
                      " clients: server CPU in us per message",
             .what = {.clients = scale_.few},
             .cells = cells([](auto const& s, transport t) {
                 return s.has_options && std::count(secured.begin(), secured.end(), t);
             }),
             .anchor = "ws ws",
             .targets = {{row(transport::ws), "ws ws", 0.5}},
             .is_tls = true});
    }

    void deflate() {
        auto rows =
            cells([](auto const& s, transport t) { return s.has_options && t == transport::ws; });
        for (auto& c : rows) c.options = {"--deflate"};
        add({.name = "deflate",
             .title = "echo with permessage-deflate, one message of 1 KiB of JSON in flight, " +
                      number(scale_.few) + " clients: server CPU in us per message",
             .what = {.clients = scale_.few, .bytes = 1024, .deflate = true},
             .cells = rows,
             .anchor = "ws ws",
             .targets = {{row(transport::ws), "ws ws", 0.5}}});
    }

    void shards() {
        std::vector<cell> rows;
        std::vector<target> wanted;
        for (auto const t : {transport::ws, transport::sockjs_polling, transport::socketio_ws}) {
            auto const label = std::string(traits_of(t).name);
            rows.push_back({us(), label + ", 1 shard", {t}});
            rows.push_back({us(), label + ", 2 shards", {t}, {"--threads", "2"}});
            wanted.push_back({rows[rows.size() - 1].name(), rows[rows.size() - 2].name(), 1.15});
        }
        add({.name = "shards",
             .title = "two shards against one, echo of 64 bytes, " + number(scale_.many) +
                      " clients: server CPU in us per message",
             .what = {.clients = scale_.many},
             .cells = rows,
             .anchor = rows[0].name(),
             .targets = wanted});
    }

    void idle() {
        std::vector<target> wanted;
        for (auto const& t : all_transports)
            if (idle_budget(t.id) > 0) wanted.push_back({row(t.id), "", idle_budget(t.id)});
        add({.name = "idle-" + number(scale_.idle),
             .title = "idle clients, " + number(scale_.idle) +
                      " of them after one echo each: server memory in bytes per client",
             .what = {.what = work::idle, .clients = scale_.idle},
             .cells = all_cells(),
             .targets = wanted,
             .most_rounds = idle_rounds,
             .is_fresh = true});
        add({.name = "idle-tls",
             .title = "idle clients over TLS, " + number(scale_.idle) +
                      " of them after one echo each: server memory in bytes per client",
             .what = {.what = work::idle, .clients = scale_.idle},
             .cells = cells([](auto const& s, transport t) {
                 return s.has_options && traits_of(t).over == carrier::websocket;
             }),
             .anchor = "ws ws",
             .targets = {{row(transport::ws), "", 17'000}},
             .most_rounds = idle_rounds,
             .is_tls = true,
             .is_fresh = true});
        if (!scale_.has_crowds) return;
        add({.name = "idle-" + number(scale_.hold),
             .title = "idle clients, " + number(scale_.hold) +
                      " of them after one echo each: server memory in bytes per client",
             .what = {.what = work::idle, .clients = scale_.hold},
             .cells = websocket_cells(),
             .most_rounds = idle_rounds,
             .is_fresh = true});
    }

    void hold() {
        if (!scale_.has_crowds) return;
        add({.name = "hold-" + number(scale_.hold),
             .title = "one active client beside " + number(scale_.hold) +
                      " idle ones with a heartbeat every 5 s: server CPU in us per echo, "
                      "heartbeats included",
             .what = {.what = work::hold, .clients = scale_.hold},
             .cells = {{us(), "all nine", every, {"--ping-interval", "5000"}}},
             .targets = {{us() + " all nine", "", 20'000}},
             .most_rounds = 1,
             .is_fresh = true});
    }

    std::vector<server_spec> const& servers_;
    std::string anchor_;
    scale scale_;
    std::vector<group> groups_{};
};

}  // namespace

double idle_budget(transport t) {
    switch (t) {
        case transport::ws:
        case transport::sockjs_ws:
        case transport::sockjs_raw:
        case transport::engineio_ws: return 1'200;
        case transport::socketio_ws: return 1'800;
        case transport::sockjs_stream:
        case transport::sockjs_events:
        case transport::sockjs_polling:
        case transport::engineio_polling: return 2'000;
        case transport::socketio_polling: break;
    }
    return 0;
}

std::vector<group> make_plan(std::vector<server_spec> const& servers,
                             std::string const& anchor,
                             scale const& s) {
    return planner(servers, anchor, s).make();
}

}  // namespace bench
