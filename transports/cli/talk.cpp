#include "talk.hpp"

#include <anywire/client.hpp>

#include "outcome.hpp"
#include "screen.hpp"

#include <fstream>
#include <iterator>
#include <string>

namespace anywire::cli {
namespace {

/// Fills `to` with what a file holds; false if it cannot be read.
bool read_file(std::string const& path, std::string& to) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return false;
    to.assign(std::istreambuf_iterator<char>(in), {});
    return !in.bad();
}

client_handlers make_handlers(settings const& s, screen& out, outcome& end) {
    client_handlers h;
    h.on_open = [&out, &end](client& c) {
        auto text = "connected over " + std::string(c.transport());
        if (!c.sid().empty()) text += ", session " + std::string(c.sid());
        if (!c.subprotocol().empty()) text += ", subprotocol " + std::string(c.subprotocol());
        out.note(text);
        end.set_open();
    };
    h.on_message = [&out, &end, left = s.expect](client&, message_view m) mutable {
        out.message(m.data, m.binary);
        if (left != 0 && --left == 0) end.set(exit_code::done);
    };
    h.on_transport = [&out](client& c) { out.note("now over " + std::string(c.transport())); };
    h.on_close = [&out](client&, close_event const& how) {
        out.note("the session ended: " + describe(how));
    };
    h.on_failure = [&out](client&, client_failure const& why) { out.error(describe(why)); };
    h.on_reconnecting = [&out](client&, client_retry const& next) {
        out.note("attempt " + std::to_string(next.attempt) + " in " + milliseconds(next.delay));
    };
    h.on_end = [&end](client&) { end.set_ended(); };
    return h;
}

/// Sends what the command line has; false when a file cannot be read.
bool send_first(settings const& s, client& c, screen& out) {
    for (auto const& text : s.send) c.send({text, s.binary});
    for (auto const& path : s.send_file) {
        std::string data;
        if (!read_file(path, data)) {
            out.error("cannot read " + path);
            return false;
        }
        c.send({data, s.binary});
    }
    return true;
}

}  // namespace

exit_code talk(settings const& s) {
    screen out(s.quiet);
    outcome end;
    auto options = s.options;
    if (s.trace) options.trace = [&out](client_trace const& t) { out.trace(t); };

    client_context context;
    client c(context, options, make_handlers(s, out, end));
    c.connect();
    if (!end.wait_open(s.timeout)) return end.code(exit_code::too_late);
    if (!send_first(s, c, out)) return exit_code::usage;

    auto const reads_input = s.send.empty() && s.send_file.empty();
    std::string line;
    while (reads_input && end.read_line(line)) c.send({line, s.binary});
    if (s.expect != 0)
        end.wait(s.timeout, exit_code::too_late);
    else if (s.wait > 0)
        end.wait(s.wait, exit_code::done);
    end.set(exit_code::done);
    c.close();
    end.wait_ended();
    return end.code(exit_code::done);
}

}  // namespace anywire::cli
