#include "node.hpp"

#include <string_view>
#include <utility>

namespace cluster_node_program {
namespace {

using anywire::endpoint;
using anywire::message_view;
using anywire::session;

/// The first word of a text, and what follows it.
std::pair<std::string, std::string> cut_word(std::string const& text) {
    auto const at = text.find(' ');
    if (at == std::string::npos) return {text, {}};
    return {text.substr(0, at), text.substr(at + 1)};
}

/// Tells whoever has asked, if he is still there.
auto teller(session const& s, std::string what) {
    return [to = s.endpoint(), id = std::string(s.id()), what = std::move(what)](
               anywire::error_code e, std::string const& answer) {
        auto const text = what + " " + answer + (e ? " " + e.message() : "");
        to.post(id, [text](session& asker) { asker.send(text); });
    };
}

auto name_teller(session const& s, std::string what) {
    return [tell = teller(s, std::move(what))](anywire::error_code e, strings const& names) {
        std::string all;
        for (auto const& n : names) all += (all.empty() ? "" : ",") + n;
        tell(e, all);
    };
}

void obey(session& s, std::string const& line) {
    auto const [verb, rest] = cut_word(line);
    auto const [group, text] = cut_word(rest);
    auto const all = s.endpoint();
    auto const some = group.empty() ? all.everybody() : all.to(group);
    if (verb == "join") s.join(group);
    if (verb == "leave") s.leave(group);
    if (verb == "join" || verb == "leave") s.send(line);
    if (verb == "all") all.broadcast(rest);
    if (verb == "others") all.except(s).send(rest);
    if (verb == "to") some.send(text);
    if (verb == "but") all.except(group).send(text);
    if (verb == "members") some.members(name_teller(s, line));
    if (verb == "groups") all.groups(name_teller(s, line));
    if (verb == "count")
        some.count([tell = teller(s, line)](anywire::error_code e, std::size_t n) {
            tell(e, std::to_string(n));
        });
}

anywire::handlers obedient() {
    return {.on_open = [](session& s) { s.send("hello " + std::string(s.id())); },
            .on_message =
                [](session& s, message_view m) {
                    if (m.binary) return (void)s.endpoint().broadcast(m);
                    obey(s, std::string(m.data));
                }};
}

}  // namespace

void mount_plain(anywire::server& server,
                 std::function<anywire::bus_maker(std::string name)> const& bus_of) {
    anywire::sockjs_options sockjs;
    sockjs.origins = {"*"};
    auto const texts = server.mount("/texts/sockjs", sockjs, obedient());
    server.mount("/texts/ws", anywire::websocket_options{}, texts);
    server.mount("/texts/engine.io/", anywire::engineio_options{}, texts);
    texts.use_bus(bus_of("texts"));
    auto const bytes = server.mount("/bytes/ws", anywire::websocket_options{}, obedient());
    server.mount("/bytes/engine.io/", anywire::engineio_options{}, bytes);
    bytes.use_bus(bus_of("bytes"));
    server.mount("/echo", sockjs, {.on_message = [](session& s, message_view m) { s.send(m); }});
}

}  // namespace cluster_node_program
