#pragma once

#include <anywire/socketio/adapter.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

/// The sockets of one namespace in one server, as an adapter knows them: what it does to them is
/// written down.
class fake_sockets final : public socketio::local_sockets {
public:
    using strings = std::vector<std::string>;

    explicit fake_sockets(std::string nsp = "/") : nsp_(std::move(nsp)) {}

    socketio::remote_socket& add(std::string id, strings rooms = {}) {
        auto& s = sockets.emplace_back();
        s.id = id;
        s.rooms = {std::move(id)};
        s.rooms.insert(s.rooms.end(), rooms.begin(), rooms.end());
        return s;
    }
    /// Takes what was written down.
    strings take() { return std::exchange(seen, {}); }
    /// Does what a shard was still to do.
    void do_deferred() {
        for (auto const& fn : std::exchange(deferred, {})) fn();
    }
    /// The adapter is of a server that ends.
    void end() { kept_.reset(); }

    std::vector<socketio::remote_socket> sockets{};
    strings seen{};
    std::vector<std::pair<std::string, std::string>> at{};  ///< What was sent with an offset.
    socketio::recovery_options recovery_terms{};
    std::shared_ptr<socketio::answer_sink> asked{};
    bool defers = false;  ///< Whether joining and counting wait for `do_deferred`.
    std::vector<std::function<void()>> deferred{};
    bool answers = true;  ///< Whether sockets answer events at once.
    std::function<void(socketio::event const&)> on_server{};
    std::map<std::string, socketio::stored_session> stored{};

    // -- local_hub
    void broadcast(socketio::encoded e, audience to, socketio::emit_flags flags) override {
        note("broadcast " + e.json, to, flags);
    }
    void all_rooms(names_fn then) override {
        strings names;
        for (auto const& s : sockets) names.insert(names.end(), s.rooms.begin(), s.rooms.end());
        then({}, names);
    }
    void members_of(audience of, names_fn then) override {
        strings ids;
        for (auto const& s : meant(of)) ids.push_back(s.id);
        then({}, ids);
    }
    void count_of(audience of, count_fn then) override {
        if (defers) return deferred.push_back([=, this] { then({}, meant(of).size()); });
        then({}, meant(of).size());
    }
    void rooms_of(std::string_view, names_fn then) override { then({}, {}); }
    std::weak_ptr<void const> handle() noexcept override { return kept_; }
    std::function<void(std::function<void()>)> teller() override {
        return [](std::function<void()> fn) { fn(); };
    }

    // -- local_sockets
    std::string const& nsp_name() const noexcept override { return nsp_; }
    socketio::recovery_options const& recovery() const noexcept override { return recovery_terms; }
    void broadcast_with_ack(socketio::encoded e,
                            audience to,
                            socketio::emit_flags flags,
                            socketio::ack_handler then) override {
        note("ask " + e.json, to, flags);
        (void)then({}, {});
    }
    void broadcast_asking(socketio::encoded e,
                          audience to,
                          socketio::emit_flags flags,
                          std::shared_ptr<socketio::answer_sink> sink) override {
        note("ask " + e.json, to, flags);
        auto const all = meant(to);
        sink->on_asked(all.size());
        asked = sink;
        if (!answers) return;
        for (auto const& s : all) sink->on_answer({"[\"" + s.id + "\"]"});
    }
    void fetch_sockets(
        audience of,
        std::function<void(error_code, std::vector<socketio::remote_socket>)> then) override {
        then({}, meant(of));
    }
    void sockets_join(audience of, strings rooms) override {
        if (defers) return deferred.push_back([=, this] { join(of, rooms); });
        join(of, rooms);
    }
    void join(audience const& of, strings const& rooms) {
        for (auto& s : sockets)
            if (is_meant(s, of)) s.rooms.insert(s.rooms.end(), rooms.begin(), rooms.end());
        for (auto const& r : rooms) note("join " + r, of, {});
    }
    void sockets_leave(audience of, strings rooms) override {
        for (auto const& r : rooms) note("leave " + r, of, {});
    }
    void disconnect_sockets(audience of, bool close) override {
        note(close ? "disconnect, close" : "disconnect", of, {});
    }
    void hear_server(socketio::event const& e) override {
        seen.push_back("server " + std::string(e.name()));
        if (on_server) on_server(e);
    }
    bool has_room(std::string_view room) const override {
        return std::any_of(sockets.begin(), sockets.end(), [&](auto const& s) {
            return std::find(s.rooms.begin(), s.rooms.end(), room) != s.rooms.end();
        });
    }
    void broadcast_at(std::string_view offset,
                      socketio::encoded e,
                      audience to,
                      socketio::emit_flags flags) override {
        note("broadcast " + e.json, to, flags);
        at.emplace_back(offset, e.json);
    }
    std::uint64_t log_position() const override { return at.size(); }
    void end_live(std::string_view pid, std::function<void()> then) override {
        seen.push_back("end " + std::string(pid));
        then();
    }
    void persist_session(socketio::stored_session s) override { stored[s.pid] = std::move(s); }
    void restore_session(
        std::string_view,
        std::optional<std::string>,
        std::function<void(socketio::restore_error, socketio::restored_session)> then) override {
        then(socketio::restore_error::unknown_session, {});
    }

private:
    static bool holds(strings const& names, socketio::remote_socket const& s) {
        return std::any_of(names.begin(), names.end(), [&](auto const& n) {
            return std::find(s.rooms.begin(), s.rooms.end(), n) != s.rooms.end();
        });
    }
    static bool is_meant(socketio::remote_socket const& s, audience const& of) {
        return (of.rooms.empty() || holds(of.rooms, s)) && !holds(of.except, s);
    }
    std::vector<socketio::remote_socket> meant(audience const& of) const {
        std::vector<socketio::remote_socket> all;
        for (auto const& s : sockets)
            if (is_meant(s, of)) all.push_back(s);
        return all;
    }
    void note(std::string what, audience const& to, socketio::emit_flags const& flags) {
        for (auto const& r : to.rooms) what += " to " + r;
        for (auto const& r : to.except) what += " but " + r;
        if (flags.is_volatile) what += " volatile";
        if (!flags.is_compressed) what += " plain";
        if (!flags.key.empty()) what += " latest " + flags.key;
        seen.push_back(std::move(what));
    }

    std::string nsp_;
    std::shared_ptr<int> kept_ = std::make_shared<int>(0);
};

}  // namespace anywire::test
