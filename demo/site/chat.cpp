// The chat: one room, whose members come by SockJS, Socket.IO and plain WebSocket.
#include "mounts.hpp"

#include <chrono>
#include <memory>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <string>
#include <string_view>

namespace demo {
namespace {

using namespace std::chrono_literals;
using anywire::endpoint;
using anywire::message_view;
using anywire::session;
using anywire::socketio::socket;

constexpr std::size_t max_name = 40;
constexpr std::size_t max_text = 2'000;

struct line {
    std::string from{};
    std::string text{};
    std::string dialect{};
    std::string transport{};

    bool is_said() const { return !text.empty(); }
};

/// What all members share: whoever speaks, everybody hears it in his own dialect.
struct room {
    endpoint websocket{};
    endpoint sockjs{};
    std::shared_ptr<anywire::socketio::server> io{};

    void say(line const& l) const {
        auto const text = json_of(l);
        websocket.broadcast(text);
        sockjs.broadcast(text);
        io->emit("said", l.from, l.text, l.dialect, l.transport);
    }
    /// Something to hear where nobody speaks: a client tells from it that its connection lives.
    void beat() const {
        websocket.broadcast("{\"beat\":true}");
        sockjs.broadcast("{\"beat\":true}");
    }
    static std::string json_of(line const& l) {
        rapidjson::StringBuffer out;
        rapidjson::Writer<rapidjson::StringBuffer> writer(out);
        auto const field = [&](char const* key, std::string const& value) {
            writer.Key(key);
            writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
        };
        writer.StartObject();
        field("from", l.from);
        field("text", l.text);
        field("dialect", l.dialect);
        field("transport", l.transport);
        writer.EndObject();
        return out.GetString();
    }
};

line make_line(std::string from,
               std::string text,
               std::string dialect,
               std::string_view transport) {
    if (from.empty() || from.size() > max_name) from = "somebody";
    if (text.size() > max_text) text.clear();
    return {std::move(from), std::move(text), std::move(dialect), std::string(transport)};
}

/// Of {"name","text"}; says nothing where it is nothing of the kind.
line line_of(std::string_view sent, std::string const& dialect, std::string_view transport) {
    rapidjson::Document in;
    in.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(sent.data(),
                                                                                     sent.size());
    if (in.HasParseError() || !in.IsObject()) return {};
    auto const text_of = [&](char const* key) -> std::string {
        if (!in.HasMember(key) || !in[key].IsString()) return {};
        return {in[key].GetString(), in[key].GetStringLength()};
    };
    return make_line(text_of("name"), text_of("text"), dialect, transport);
}

template <class Options>
endpoint mount_member(anywire::server& server,
                      census& counts,
                      keepsakes& kept,
                      std::shared_ptr<room> const& all,
                      std::string const& name,
                      std::string const& dialect,
                      Options options) {
    auto const where = std::make_shared<endpoint>();
    kept.push_back(where);
    auto const listen = [weak = std::weak_ptr(all), dialect](session& s, message_view m) {
        auto const l = line_of(m.data, dialect, s.transport());
        if (auto const here = weak.lock(); here && l.is_said()) here->say(l);
    };
    *where = server.mount(lab_path(name),
                          std::move(options),
                          counting(counts, counts.at(name, dialect), where, listen));
    return *where;
}

}  // namespace

void mount_chat(anywire::server& server, census& counts, keepsakes& kept) {
    anywire::socketio::options o;
    o.engine = fast_engineio();  // its heartbeat is the protocol's own
    o.recovery.enabled = true;
    auto const all = std::make_shared<room>();
    kept.push_back(all);
    all->io = std::make_shared<anywire::socketio::server>(std::move(o));
    anywire::websocket_options const plain{.limits = lab_limits(), .origins = {"*"}};
    all->websocket = mount_member(server, counts, kept, all, "chat-ws", "WebSocket", plain);
    all->sockjs = mount_member(server, counts, kept, all, "chat-sockjs", "SockJS", lab_sockjs());

    auto& m = counts.at("chat-sio", "Socket.IO");
    count_sockets(counts, m, all->io);
    all->io->on("say",
                [&m, weak = std::weak_ptr(all)](socket& s, std::string name, std::string text) {
                    ++m.received;
                    auto const l = make_line(name, text, "Socket.IO", s.transport());
                    if (auto const here = weak.lock(); here && l.is_said()) here->say(l);
                });
    server.mount(lab_path("chat-sio"), *all->io);
    server.every(2s, [weak = std::weak_ptr(all)] {
        if (auto const here = weak.lock()) here->beat();
    });
}

}  // namespace demo
