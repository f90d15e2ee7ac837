#include "talk.hpp"

#include <anywire/client.hpp>

#include "outcome.hpp"
#include "screen.hpp"

#include <fstream>
#include <future>
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
    h.on_drain = [&end](client&) { end.set_room(); };
    h.on_end = [&end](client&) { end.set_ended(); };
    return h;
}

/// Gives the client messages as fast as it takes them: what its queue has no room for waits.
class feeder {
public:
    feeder(client_context& context, client& to, screen& out, outcome& end)
        : context_(context), client_(to), out_(out), end_(end) {}

    void send(message_view m) {
        while (!is_taken(m))
            if (!end_.wait_room()) return;
    }

private:
    /// Whether it is in the queue, or never will be.
    bool is_taken(message_view m) {
        std::promise<bool> taken;
        context_.post([&] {
            auto const sent = client_.send(m);
            auto const is_full = !sent && sent.error() == errc::send_queue_full;
            if (is_full) end_.await_room();
            if (!sent && !is_full) out_.error("not sent: " + sent.error().message());
            taken.set_value(!is_full);
        });
        return taken.get_future().get();
    }

    client_context& context_;
    client& client_;
    screen& out_;
    outcome& end_;
};

/// Sends what the command line has; false when a file cannot be read.
bool send_first(settings const& s, feeder& to, screen& out) {
    for (auto const& text : s.send) to.send({text, s.binary});
    for (auto const& path : s.send_file) {
        std::string data;
        if (!read_file(path, data)) {
            out.error("cannot read " + path);
            return false;
        }
        to.send({data, s.binary});
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
    feeder to(context, c, out, end);
    if (!send_first(s, to, out)) return exit_code::usage;

    auto const reads_input = s.send.empty() && s.send_file.empty();
    std::string line;
    while (reads_input && end.read_line(line)) to.send({line, s.binary});
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
