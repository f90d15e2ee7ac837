#include <anywire/socketio_client.hpp>

#include "outcome.hpp"
#include "screen.hpp"
#include "talk.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace anywire::cli {
namespace {

namespace sio = anywire::socketio;

/// `["event", argument...]`
std::string text_of(std::string_view name, sio::arguments const& args) {
    std::string text = "[";
    json_writer out(text);
    out.string(name);
    for (auto const one : args) text.append(",").append(one.text());
    return text + "]";
}

/// Emits what a line says; its answer is printed and counts as a message. False where the line is
/// not an event.
bool emit_line(std::string const& line,
               sio::client_socket& to,
               std::function<void(std::string)> heard) {
    auto const value = json_value::parse(line);
    if (!value) return false;
    auto const elements = value->view().elements();
    auto const first = elements.begin();
    if (first == elements.end()) return false;
    auto const name = (*first).as_string();
    if (!name) return false;
    sio::arguments const args(value->view().text(), {}, true);
    to.emit(*name, args, [heard = std::move(heard)](error_code error, sio::arguments answer) {
        if (!error) heard(text_of("answer", answer));
    });
    return true;
}

sio::client_options options_of(settings const& s, screen& out) {
    sio::client_options o;
    o.url = s.options.url;
    o.engine = s.options;
    if (s.trace) o.engine.trace = [&out](client_trace const& t) { out.trace(t); };
    return o;
}

sio::client_socket_options socket_options_of(settings const& s) {
    sio::client_socket_options o;
    if (s.auth.empty()) return o;
    auto auth = json_value::parse(s.auth);
    if (!auth) throw std::invalid_argument("--auth: not JSON: " + s.auth);
    o.auth = sio::client_auth(*auth);
    return o;
}

/// Counts what has come.
struct counter {
    std::size_t left;
    screen& out;
    outcome& end;

    void operator()(std::string const& text) {
        out.message(text, false);
        if (left != 0 && --left == 0) end.set(exit_code::done);
    }
};

void listen(settings const& s,
            sio::client const& io,
            sio::client_socket& socket,
            screen& out,
            outcome& end,
            counter& heard) {
    socket.on_connect([&out, &end, &io, &socket] {
        out.note("connected over " + std::string(io.transport()) + " as " + socket.id() +
                 (socket.recovered() ? ", recovered" : ""));
        end.set_open();
    });
    socket.on_connect_error([&out, &end, &socket, reconnects = s.options.reconnect.enabled](
                                sio::connect_error const& why) {
        auto text = "refused: " + printable(why.message, 500);
        if (why.data) text += " " + printable(why.data->view().text(), 500);
        out.error(text);
        if (!socket.is_active() || !reconnects) end.set_ended();
    });
    socket.on_disconnect([&out, &end, &socket, reconnects = s.options.reconnect.enabled](
                             sio::client_disconnect_reason why) {
        out.note("disconnected: " + std::string(to_string(why)));
        if (!socket.is_active() || !reconnects) end.set_ended();
    });
    socket.on_any([&heard](sio::event const& e) { heard(text_of(e.name(), e.args())); });
    io.on_transport([&out, &io] { out.note("now over " + std::string(io.transport())); });
    io.on_failure([&out](client_failure const& why) { out.note(describe(why)); });
    io.on_reconnecting([&out](client_retry const& next) {
        out.note("attempt " + std::to_string(next.attempt) + " in " + milliseconds(next.delay));
    });
}

}  // namespace

exit_code talk_socketio(settings const& s) {
    screen out(s.quiet);
    outcome end;
    counter heard{s.expect, out, end};
    client_context context;
    sio::client io(context, options_of(s, out));
    auto& socket = io.socket(s.nsp, socket_options_of(s));
    listen(s, io, socket, out, end, heard);
    socket.connect();
    if (!end.wait_open(s.timeout)) return end.code(exit_code::too_late);

    auto const emit = [&](std::string const& line) {
        if (!emit_line(line, socket, [&heard](std::string const& text) { heard(text); }))
            out.error("write [\"event\", argument...], not " + printable(line, 200));
    };
    for (auto const& text : s.send) emit(text);
    std::string line;
    while (s.send.empty() && end.read_line(line)) emit(line);
    if (s.expect != 0)
        end.wait(s.timeout, exit_code::too_late);
    else if (s.wait > 0)
        end.wait(s.wait, exit_code::done);
    end.set(exit_code::done);
    socket.disconnect();
    end.wait_ended();
    return end.code(exit_code::done);
}

}  // namespace anywire::cli
