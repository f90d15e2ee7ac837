#include "program_link.hpp"

#include <anywire/client_context.hpp>

#include "context_floor.hpp"
#include "framed_link_end.hpp"
#include "pipe_stream.hpp"
#include "spawn.hpp"

#include <chrono>
#include <cstring>
#include <utility>

namespace anywire::gateway {
namespace {

using std::chrono::steady_clock;

/// One of the processes that a route may have.
class process_ticket final : public connection_ticket {
public:
    explicit process_ticket(std::shared_ptr<program_route> of) noexcept : of_(std::move(of)) {
        ++of_->processes;
    }
    ~process_ticket() override { --of_->processes; }

private:
    std::shared_ptr<program_route> of_;
};

link_refusal try_later(std::string text, std::string log) {
    link_refusal why{.status = 503, .text = std::move(text), .fields = {}, .log = std::move(log)};
    why.fields.add("Retry-After", "1");
    return why;
}

}  // namespace

/// What is known of a session whose program does not run yet.
struct program_link::opening {
    io_host& host;
    std::string session;
    std::optional<std::vector<std::string>> environment;
    std::unique_ptr<connection_ticket> ticket;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

program_link::program_link(std::shared_ptr<program_route> of,
                           shard_place& here,
                           link_opening const& what,
                           link_events& to)
    : of_(std::move(of)), events_(to) {
    auto& host = client_access::floor_of(*here.clients).host();
    opening_ = std::make_unique<opening>(opening{.host = host,
                                                 .session = std::string(what.session),
                                                 .environment = of_->environment.of(what),
                                                 .ticket = std::make_unique<process_ticket>(of_)});
    // The link's user hears of nothing before it has the link.
    host.post([this, alive = std::weak_ptr(opening_->alive)] {
        if (!alive.expired()) begin();
    });
}

program_link::~program_link() {
    if (connection_) connection_->abandon();
    if (child_) child_->abandon();
}

void program_link::begin() {
    auto const most = of_->settings.program.max_processes;
    if (!opening_->environment)
        return refuse({.status = 400,
                       .text = "the request cannot be passed on",
                       .fields = {},
                       .log = "the request does not fit into a program's environment"});
    if (of_->processes > most)
        return refuse(try_later("too many programs run behind the gateway",
                                std::to_string(most) + " programs run: see max_processes"));
    auto server = server_claim(*of_->servers, steady_clock::now());
    if (!server)
        return refuse(try_later("the program behind the gateway is not available",
                                "the program could not be started lately"));
    auto const& command = of_->commands[server.server()];
    spawn_failure wrong;
    auto process = spawn(command, *opening_->environment, of_->settings.program.folder, wrong);
    if (process) {
        server_ = std::move(server);
        server_.opened(steady_clock::now());
        return start(opening_->host, std::move(*process));
    }
    auto const text =
        "cannot start the program '" + command.front() + "': " + std::strerror(wrong.error);
    if (wrong.is_overload()) {
        server = {};
        return refuse(try_later("the gateway cannot start another program now", text));
    }
    server.failed(steady_clock::now(), text);
    refuse({.status = 502,
            .text = "the program behind the gateway cannot be started",
            .fields = {},
            .log = text});
}

void program_link::start(io_host& host, spawned_process process) {
    auto const done = std::move(opening_);
    auto const& s = of_->settings;
    auto const grace = s.program.end_grace;
    auto* const child =
        new program_child(host,
                          process.id,
                          std::move(process.errors),
                          {.name = done->session, .end_grace = grace, .watch = of_->watch},
                          std::move(done->ticket));
    child->start(*this, child_);
    auto pipes = std::make_unique<pipe_stream>(
        host.sockets(), process.output.release(), process.input.release());
    auto* const made = new framed_connection(host,
                                             byte_stream(std::move(pipes), false),
                                             {.framing = {.kind = s.stream.framing,
                                                          .binary = s.stream.binary,
                                                          .max_message = s.limits.max_message},
                                              .max_queued = s.limits.max_queued_bytes,
                                              // A program may be busy for as long as it likes.
                                              .write_stall = std::chrono::milliseconds{0},
                                              // The end of the process is what is waited for.
                                              .goodbye = 4 * grace + std::chrono::seconds(1)});
    made->start(*this, connection_, {});
    events_.on_link_open({}, {});
}

void program_link::refuse(link_refusal why) {
    auto const done = std::move(opening_);
    done->ticket.reset();
    events_.on_link_refused(std::move(why));
}

// -- how it ends ----------------------------------------------------------------------------------

void program_link::on_framed_end(framed_end why) {
    if (why != framed_end::ended && why != framed_end::closed) {
        std::string text;
        return end(to_link_end(why, of_->settings.limits.max_message, text));
    }
    if (exit_ || !child_) return end_as_program();
    child_->begin_end();
}

void program_link::on_program_exit(program_exit const& how) {
    exit_ = how;
    if (!connection_) end_as_program();
}

void program_link::on_program_given_up() {
    end_as_program();
}

void program_link::end_as_program() {
    auto const how = exit_.value_or(program_exit{});
    auto const is_good =
        is_closing_ || how.was_told || (how.is_known && !how.is_signal && how.value == 0);
    if (is_good) return end({true, close_code::normal, {}});
    auto const text = to_text(how);
    end({true, close_code::internal_error, text});
}

void program_link::end(link_end const& how) {
    if (connection_) std::exchange(connection_, nullptr)->abandon();
    if (child_) std::exchange(child_, nullptr)->abandon();
    server_.closed(how.code != close_code::normal);
    events_.on_link_end(how);
}

// -- backend_link ---------------------------------------------------------------------------------

bool program_link::send(message_view m) {
    return !connection_ || connection_->send_message(m.data);
}

void program_link::close(close_code, std::string_view) {
    is_closing_ = true;
    if (connection_) connection_->close();
    if (child_) child_->begin_end();
}

void program_link::pause(bool is) {
    if (connection_) connection_->pause(is);
}

std::size_t program_link::queued_bytes() const noexcept {
    return connection_ ? connection_->queued_bytes() : 0;
}

std::string_view program_link::server() const noexcept {
    return server_.url();
}

}  // namespace anywire::gateway
