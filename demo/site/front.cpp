#include "front.hpp"

#include <anywire/socketio.hpp>

#include "certificate.hpp"
#include "mounts.hpp"
#include "nodes.hpp"
#include "report.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace demo {

using namespace std::chrono_literals;
using anywire::message_view;
using anywire::session;
namespace testing = anywire::testing;

namespace {

anywire::log_sink to_stderr() {
    return {.level = anywire::log_level::error,
            .write = [](anywire::log_level, std::string_view l) {
                std::fprintf(stderr, "%.*s\n", static_cast<int>(l.size()), l.data());
            }};
}

bool is_below(std::string_view target, std::string_view prefix) {
    return target.starts_with(prefix);
}

}  // namespace

class site::impl {
public:
    explicit impl(arguments const& a)
        : pem_(make_pem(a)),
          given_{a.certificate, a.key},
          lab_({.threads = a.threads, .tls = tls(), .log = to_stderr()}),
          page_({.port = 0, .tls = tls(), .log = to_stderr()}),
          nodes_(make_nodes(a)),
          proxy_(make_proxy(a)),
          shards_(a.threads == 0 ? std::thread::hardware_concurrency() : a.threads) {
        for (std::size_t i = 1; i <= a.lanes; ++i) lanes_.push_back(proxy_->port(i));
        auto const modules = a.root + "/node_modules";
        page_.serve_files("/vendor/sockjs", modules + "/sockjs-client/dist");
        page_.serve_files("/vendor/engine.io", modules + "/engine.io-client/dist");
        page_.serve_files("/vendor/socket.io", modules + "/socket.io-client/dist");
        page_.serve_files("/vendor/uplot", modules + "/uplot/dist");
        page_.serve_files("/code/server", a.root + "/site");
        page_.serve_files("/code/node", a.root + "/node");
        page_.serve_files("/", a.root + "/www");
        live_ = page_.mount(
            "/live",
            anywire::sockjs_options{},
            {.on_open = [this](session& s) { on_visit(s); },
             .on_message = [this](session& s, message_view m) { on_wish(s, m); },
             .on_close = [this](session& s, anywire::close_event const&) { on_leave(s); }});
        page_.every(500ms, [this] { report(); });
        if (nodes_)
            nodes_->begin([page = live_](std::string const& all) {
                page.broadcast("{\"nodes\":" + all + "}");
            });
    }

    std::uint16_t port() const { return proxy_->port(); }
    void run() {
        page_.run();
        proxy_.reset();  // before the servers that it leads to
    }
    void stop() { page_.stop(); }

private:
    static std::optional<certificate> make_pem(arguments const& a) {
        if (!a.tls || !a.certificate.empty()) return std::nullopt;
        return std::optional<certificate>(std::in_place, a.address);
    }
    anywire::tls_options tls() const;

    std::unique_ptr<node_crew> make_nodes(arguments const& a) const {
        if (a.nodes == 0) return nullptr;
        return std::make_unique<node_crew>(
            node_crew_options{.count = a.nodes, .program = node_program(), .tls = tls()});
    }

    std::unique_ptr<testing::fault_proxy> make_proxy(arguments const& a) {
        testing::fault_proxy_options o;
        o.address = a.address;
        o.certificate = tls().certificate;
        o.key = tls().key;
        o.server_tls = a.tls;
        o.choose = [this](testing::request_line const& l) { return choose(l); };
        for (unsigned tries = 20;; --tries) {
            o.ports.assign(1 + a.lanes, 0);
            o.ports[0] = static_cast<std::uint16_t>(a.port + (20 - tries));
            try {
                return std::make_unique<testing::fault_proxy>(o);
            } catch (boost::system::system_error const& e) {
                if (a.port_given || tries == 0 || e.code() != boost::system::errc::address_in_use)
                    throw std::runtime_error("cannot listen on " + a.address + ":" +
                                             std::to_string(o.ports[0]) + ": " + e.what());
            }
        }
    }

    /// A visitor's traffic is told from others' by a tag: /lab/TAG/MOUNT/... leads to
    /// /lab/MOUNT/..., counted as TAG/MOUNT.
    testing::proxy_route choose(testing::request_line const& l) const {
        auto const target = l.target;
        // Any will do: the nodes carry requests to the one that has the session.
        if (nodes_ && is_below(target, "/nodes/")) {
            auto const has_session = target.find("sid=") != std::string_view::npos;
            return {nodes_->next_port(l.is_websocket && !has_session), "nodes", {}, true};
        }
        if (!is_below(target, lab_prefix)) return {page_.port(), "page", {}, false};
        auto const rest = target.substr(lab_prefix.size());
        auto const slash = rest.find('/');
        auto const tag = rest.substr(0, slash);
        if (slash == std::string_view::npos || !is_tag(tag))
            return {lab_.port(), "other", {}, true};
        auto const behind = rest.substr(slash + 1);
        auto const mount = behind.substr(0, std::min<std::size_t>(behind.find_first_of("/?"), 40));
        return {lab_.port(),
                std::string(tag).append("/").append(mount),
                std::string(lab_prefix).append(behind),
                true};
    }

    // -- visitors; all on the page server's only shard

    struct visitor {
        std::string id{};
        std::string tag{};
    };

    void on_visit(session& s) {
        visitors_.push_back({std::string(s.id()), {}});
        auto const count = nodes_ ? nodes_->size() : 0;
        s.send("{\"hello\":" + hello(lanes_, shards_, !tls().certificate.empty(), count) +
               ",\"faults\":" + json_of(proxy_->current()) + "}");
        if (nodes_) s.send("{\"nodes\":" + nodes_->json() + "}");
    }
    void on_leave(session& s) {
        std::erase_if(visitors_, [&](visitor const& v) { return v.id == s.id(); });
        // Nobody is left to switch them off.
        if (visitors_.empty() && proxy_) proxy_->set({});
    }
    void on_wish(session& s, message_view m) {
        auto const w = wish_of(m.data);
        switch (w.what) {
            case wish::kind::nothing: return;
            case wish::kind::tag:
                for (auto& v : visitors_)
                    if (v.id == s.id()) v.tag = w.tag;
                return;
            case wish::kind::faults:
                proxy_->set(w.faults);
                live_.broadcast("{\"faults\":" + json_of(w.faults) + "}");
                return;
            case wish::kind::cut:
                proxy_->cut();
                live_.broadcast("{\"event\":\"cut\"}");
                return;
            case wish::kind::restart:
                lab_.restart(w.down);
                live_.broadcast(
                    "{\"event\":\"restart\",\"down\":" + std::to_string(w.down.count()) + "}");
                return;
            case wish::kind::kill_node:
                if (nodes_) nodes_->kill(w.node);
                return;
            case wish::kind::start_node:
                if (nodes_) nodes_->start(w.node);
                return;
        }
    }
    void report() {
        report_.look_when_idle(lab_, *proxy_);
        if (visitors_.empty()) return;
        auto const server = report_.make(lab_, *proxy_);
        for (auto const& v : visitors_) {
            auto text =
                "{\"server\":" + server + ",\"traffic\":" + traffic_of(*proxy_, v.tag) + "}";
            live_.post(v.id, [text = std::move(text)](session& s) { s.send(text); });
        }
    }

    std::optional<certificate> pem_;
    anywire::tls_options given_{};
    lab lab_;
    anywire::server page_;
    std::unique_ptr<node_crew> nodes_;  // before the proxy, which asks it
    std::unique_ptr<testing::fault_proxy> proxy_;
    unsigned shards_;
    std::vector<std::uint16_t> lanes_{};
    anywire::endpoint live_{};
    std::vector<visitor> visitors_{};
    server_report report_{};
};

anywire::tls_options site::impl::tls() const {
    if (pem_) return {pem_->chain(), pem_->key()};
    return given_;
}

site::site(arguments const& a) : impl_(std::make_unique<impl>(a)) {}
site::~site() = default;

std::uint16_t site::port() const {
    return impl_->port();
}
void site::run() {
    impl_->run();
}
void site::stop() {
    impl_->stop();
}

}  // namespace demo
