#include <anywire/redis/emitter.hpp>

#include "node.hpp"

#include <string>

namespace cluster_node_program {

namespace sio = anywire::socketio;
using anywire::redis::emitter;
using sio::ack;

namespace {

emitter narrowed(emitter const& from, terms const& t) {
    auto to = from;
    for (auto const& r : t.rooms) to = to.to(r);
    for (auto const& r : t.except) to = to.except(r);
    return t.is_volatile.value_or(false) ? to.volatile_() : to;
}

}  // namespace

void serve_emitter(sio::nsp const& control, arguments const& a) {
    emitter const all(redis_of(a), {.key = a.at("key")});
    control.on("emit",
               [all](sio::socket&, terms t, std::string name, sio::arguments args, ack<> done) {
                   narrowed(all, t).emit(name, args);
                   done();
               });
    control.on("join", [all](sio::socket&, terms t, strings rooms, ack<> done) {
        narrowed(all, t).sockets_join(rooms);
        done();
    });
    control.on("leave", [all](sio::socket&, terms t, strings rooms, ack<> done) {
        narrowed(all, t).sockets_leave(rooms);
        done();
    });
    control.on("disconnect_all", [all](sio::socket&, terms t, bool close, ack<> done) {
        narrowed(all, t).disconnect_sockets(close);
        done();
    });
    control.on("sse", [all](sio::socket&, std::string name, sio::arguments args, ack<> done) {
        all.server_side_emit(name, args);
        done();
    });
}

}  // namespace cluster_node_program
