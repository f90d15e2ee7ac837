#include "tunnel.hpp"

#include <utility>

namespace anywire::relay {
namespace {

using namespace std::chrono_literals;

// How long one end may go on when the other has ended.
constexpr tick linger = to_ticks(5s);

// 1001, "going away", with what our own WebSockets say.
constexpr std::string_view goodbye("\x88\x16\x03\xe9server shutting down", 24);

}  // namespace

tunnel_end::tunnel_end(io_host& host,
                       side& of,
                       std::chrono::milliseconds write_stall,
                       bool is_client)
    : connection(host, std::move(of.stream), to_ticks(write_stall), std::move(of.ticket)),
      is_client_(is_client) {}

tunnel_end::~tunnel_end() {
    if (among_) among_->erase(this);
}

void tunnel_end::join(io_host& host,
                      std::shared_ptr<tunnel_set> among,
                      side client,
                      side node,
                      std::string_view head,
                      std::chrono::milliseconds write_stall) {
    auto* const c = new tunnel_end(host, client, write_stall, true);
    auto* const n = new tunnel_end(host, node, write_stall, false);
    c->other_ = n;
    n->other_ = c;
    among->insert(c);
    c->among_ = std::move(among);
    hold const here(*c);
    hold const there(*n);
    (void)c->send(head);
    // Whoever is slow already is waited for.
    if (node.read.empty() || c->pass(node.read)) n->start_reading();
    if (client.read.empty() || n->pass(client.read)) c->start_reading();
}

// -- bytes ----------------------------------------------------------------------------------------

void tunnel_end::on_bytes(char* data, std::size_t size) {
    if (other_ && !other_->pass({data, size})) stop_reading();
}

bool tunnel_end::pass(std::string_view bytes) {
    hold const here(*this);
    if (is_dropped() || is_finished_) return true;
    return is_client_ ? pass_to_client(bytes) : send(bytes);
}

bool tunnel_end::pass_to_client(std::string_view bytes) {
    if (has_left_) return true;
    auto const n = edges_.feed(bytes, is_leaving_);
    auto const is_sent = n == 0 ? unsent_bytes() == 0 : send(bytes.substr(0, n));
    if (is_leaving_ && edges_.is_edge()) say_goodbye();
    return is_sent;
}

void tunnel_end::on_sent() {
    if (is_finished_) {
        stream().shutdown_send();
        return has_ended_ ? end_both() : void();
    }
    if (other_ && !other_->has_ended_) other_->start_reading();
}

// -- the end --------------------------------------------------------------------------------------

void tunnel_end::on_end(bool orderly) {
    has_ended_ = true;
    if (!orderly || !other_) return end_both();
    other_->finish();
}

void tunnel_end::finish() {
    hold const here(*this);
    if (is_dropped() || std::exchange(is_finished_, true)) return;
    set_deadline(loop().now() + linger);
    if (unsent_bytes() != 0) return;
    stream().shutdown_send();
    if (has_ended_) end_both();
}

void tunnel_end::end_both() noexcept {
    if (auto* const other = std::exchange(other_, nullptr)) {
        other->other_ = nullptr;
        other->drop();
    }
    drop();
}

void tunnel_end::leave() {
    if (std::exchange(is_leaving_, true)) return;
    hold const here(*this);
    if (edges_.is_edge() && !is_finished_) say_goodbye();
}

void tunnel_end::say_goodbye() {
    if (std::exchange(has_left_, true)) return;
    (void)send(goodbye);
    set_deadline(loop().now() + linger);
}

}  // namespace anywire::relay
