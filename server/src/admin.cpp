// The server's side of the npm package @socket.io/admin-ui, on the public interface of Socket.IO.
#include <anywire/service.hpp>
#include <anywire/socketio/admin.hpp>
#include <anywire/socketio/server.hpp>

#include "admin_sessions.hpp"
#include "admin_view.hpp"
#include "socketio/server/io_core.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace anywire::socketio {
namespace {

using namespace admin_view;
using clock = std::chrono::steady_clock;

/// What the page may ask for, and what it is told, by the page's names.
constexpr std::array commands{
    "EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"};

struct nsp_size {
    std::string name{};
    std::size_t socketsCount = 0;  // NOLINT(readability-identifier-naming): the page's word
};
ANYWIRE_JSON(nsp_size, name, socketsCount)

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// Lives as long as what it is registered with: the namespaces' handlers and the service's ticker.
class admin : public std::enable_shared_from_this<admin> {
public:
    admin(service& to, server const& io, admin_options o)
        : to_(to),
          io_(io),
          desk_(io.of(o.nsp)),
          options_(std::move(o)),
          path_(io.io()->mount_path().empty() ? "/" : io.io()->mount_path()),
          host_(host_name()),
          pages_(options_.session_lifetime) {
        if (options_.server_id.empty())
            options_.server_id = host_ + "#" + std::to_string(::getpid());
    }

    void begin() {
        auto const self = shared_from_this();
        desk_.use([self](socket& s, next go_on) { self->let_in(s, go_on); });
        desk_.on_connection([self](socket& s) { self->welcome(s); });
        if (!options_.read_only) take_commands();
        if (options_.details) io_.on_namespace([self](nsp const& n) { self->watch(n); });
        to_.every(options_.period, [self] { self->report(); });
    }

private:
    // -- who comes in -----------------------------------------------------------------------------
    void let_in(socket& s, next const& go_on) {
        auto const said = [&](std::string_view key) {
            auto const value = s.auth().find(key);
            return value ? value->as_string().value_or("") : std::string();
        };
        if (!options_.check) return go_on();
        if (pages_.knows(said("sessionId"), clock::now())) return go_on();
        if (!is_operator(said("username"), said("password")))
            return go_on({.message = "invalid credentials"});
        go_on.accept(pages_.add(clock::now()));
    }
    bool is_operator(std::string_view username, std::string_view password) const {
        try {
            return options_.check(username, password);
        } catch (...) {
            return false;  // an operator's page is not what the application should end by
        }
    }
    void welcome(socket& s) {
        if (auto const* const session = std::any_cast<std::string>(&s.data()))
            s.emit("session", *session);
        std::vector<std::string> features{"AGGREGATED_EVENTS"};
        if (options_.details) features.emplace_back("ALL_EVENTS");
        if (!options_.read_only) features.insert(features.end(), commands.begin(), commands.end());
        s.emit("config", {{"supportedFeatures", features}});
        if (options_.details) tell_sockets(s.id());
    }

    // -- commands ---------------------------------------------------------------------------------
    /// Those that the page names: all of a namespace, or those in a room, be it of one socket.
    /// Nothing where there is no such namespace, since one is not made by asking for it.
    std::optional<broadcast> named(std::string_view name, std::optional<std::string> const& room) {
        for (auto const& n : io_.namespaces())
            if (n.name() == name) return room ? n.to(*room) : n.everybody();
        return std::nullopt;
    }
    void take_commands() {
        using text = std::string;
        using filter = std::optional<std::string>;
        auto const self = shared_from_this();
        desk_.on("emit", [self](text nsp, filter room, text name, arguments rest) {
            auto const who = self->named(nsp, room);
            try {
                if (who) who->emit(name, rest);
            } catch (std::invalid_argument const&) {
                // A name that servers do not emit: the page does not know which these are.
            }
        });
        desk_.on("join", [self](text nsp, text room, filter of) {
            if (auto const who = self->named(nsp, of)) who->sockets_join(room);
        });
        desk_.on("leave", [self](text nsp, text room, filter of) {
            if (auto const who = self->named(nsp, of)) who->sockets_leave(room);
        });
        desk_.on("_disconnect", [self](text nsp, std::optional<bool> close, filter of) {
            if (auto const who = self->named(nsp, of))
                who->disconnect_sockets(close.value_or(false));
        });
    }

    // -- details ----------------------------------------------------------------------------------
    json_value data_of(std::any const& data, std::string_view nsp) const {
        // That of the operators is their session.
        if (!options_.show_data || nsp == desk_.name()) return {"{}", {}};
        try {
            return options_.show_data(data);
        } catch (...) {
            return {"{}", {}};
        }
    }
    bool is_watched() const noexcept { return desk_.socket_count() != 0; }
    template <class... A>
    void tell(std::string_view what, A const&... values) const {
        if (is_watched()) desk_.emit(what, values..., time_now());
    }

    void watch(nsp const& n) {
        auto const self = shared_from_this();
        n.prepend_connection([self](socket& s) { self->watch(s); });
        n.on_room([self, name = n.name()](
                      room_change what, std::string const& room, std::string const& id) {
            // That of its own it has come with, and the page would count it twice.
            if (what == room_change::joined && room != id)
                self->tell("room_joined", name, room, id);
            if (what == room_change::left) self->tell("room_left", name, room, id);
        });
    }
    void watch(socket& s) {
        auto const self = shared_from_this();
        auto const& nsp = s.nsp_name();
        if (is_watched()) tell("socket_connected", shown(s, data_of(s.data(), nsp)));
        s.on_upgrade([self, &s] {
            if (self->is_watched())
                self->desk_.emit("socket_updated",
                                 {{"id", s.id()},
                                  {"nsp", s.nsp_name()},
                                  {"transport", std::string(s.transport())}});
        });
        s.on_disconnect([self, &s](disconnect_reason why) {
            self->tell("socket_disconnected", s.nsp_name(), s.id(), std::string(to_string(why)));
        });
        if (nsp == desk_.name()) return;
        s.prepend_any([self, &s](event const& e) {
            self->tell("event_received", s.nsp_name(), s.id(), whole_event{e});
        });
        s.prepend_any_outgoing([self, &s](event const& e) {
            self->tell("event_sent", s.nsp_name(), s.id(), whole_event{e});
        });
    }

    /// All sockets, of all namespaces, to one page: when the last namespace has answered.
    void tell_sockets(std::string const& page) {
        struct gathered {
            std::mutex lock{};
            std::size_t missing = 0;
            std::vector<shown_socket> sockets{};
        };
        auto const all = io_.namespaces();
        auto const found = std::make_shared<gathered>();
        found->missing = all.size();
        for (auto const& n : all)
            n.fetch_sockets([self = shared_from_this(), found, page, name = n.name()](
                                error_code, std::vector<remote_socket> const& sockets) {
                std::scoped_lock const lock(found->lock);
                for (auto const& s : sockets)
                    found->sockets.push_back(shown(s, name, self->data_of(s.data, name)));
                if (--found->missing == 0) self->desk_.to(page).emit("all_sockets", found->sockets);
            });
    }

    // -- numbers ----------------------------------------------------------------------------------
    void report() {
        auto numbers = to_.snapshot();
        auto const mount =
            std::find_if(numbers.mounts.begin(), numbers.mounts.end(), [&](mount_numbers const& m) {
                return m.path == path_ && m.dialect == "engineio";
            });
        if (mount == numbers.mounts.end()) return;
        auto const polling = polling_sessions(*mount);
        auto const events = counts_.since_last(std::move(*mount));
        if (!is_watched()) return;
        std::vector<nsp_size> sizes;
        for (auto const& n : io_.namespaces()) sizes.push_back({n.name(), n.socket_count()});
        auto const age = std::chrono::duration<double>(clock::now() - began_).count();
        desk_.emit("server_stats",
                   {{"serverId", options_.server_id},
                    {"hostname", host_},
                    {"pid", ::getpid()},
                    {"uptime", age},
                    {"clientsCount", io_.connection_count()},
                    {"pollingClientsCount", polling},
                    {"aggregatedEvents", events},
                    {"namespaces", sizes}});
    }

    service& to_;
    server io_;
    nsp desk_;
    admin_options options_;
    std::string path_;
    std::string host_;
    clock::time_point began_ = clock::now();
    admin_sessions pages_;
    event_counts counts_{};  // the ticker's
};

void require(bool good, char const* what) {
    if (!good) throw std::invalid_argument(std::string("socketio::admin_options: ") + what);
}

}  // namespace

void serve_admin(service& to, server const& io, admin_options options) {
    require(options.check || options.without_password,
            "give a check of names and passwords, or say without_password");
    require(options.period.count() > 0, "period must be positive");
    require(options.session_lifetime.count() > 0, "session_lifetime must be positive");
    if (io.io()->shard_count() == 0)
        throw std::logic_error("serve_admin: mount the socketio::server first");
    std::make_shared<admin>(to, io, std::move(options))->begin();
}

}  // namespace anywire::socketio
