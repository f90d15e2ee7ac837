#include "guest_exchange.hpp"

#include "core/fault.hpp"
#include "shard.hpp"

#include <utility>

namespace anywire {
namespace {

/// What goes with an error: its text must never be taken for script or markup.
answer with_nosniff(answer a, std::string& fields) {
    if (a.status < 400 || a.content_type.empty()) return a;
    fields.append("X-Content-Type-Options: nosniff\r\n").append(a.fields);
    a.fields = fields;
    return a;
}

}  // namespace

std::shared_ptr<guest_exchange> guest_exchange::make(shard& here, exchange& to) {
    auto made = std::make_shared<guest_exchange>(here, to);
    here.errands().keep(made);
    return made;
}

// -- its end --------------------------------------------------------------------------------------

/// Whoever listens is parked: it answers later, and counts until then.
void guest_exchange::set_events(exchange_events* events) noexcept {
    if ((events != nullptr) != (events_ != nullptr)) here_.on_parked(events != nullptr);
    events_ = events;
}

exchange_events* guest_exchange::let_go() noexcept {
    to_ = nullptr;
    auto* const told = events_;
    set_events(nullptr);
    here_.errands().release(shared_from_this());
    return told;
}

bool guest_exchange::complete(bool all_out) noexcept {
    is_complete_ = true;
    if (all_out || !events_) (void)let_go();
    return all_out;
}

void guest_exchange::on_teardown() noexcept {
    if (!is_complete_) return abort();
    // An answer that is complete is the host's to bring to its end.
    if (events_) to_->listen(nullptr, false);
    set_events(nullptr);
    to_ = nullptr;
}

void guest_exchange::fail() {
    if (!to_) return;
    auto const self = shared_from_this();
    auto& to = *to_;
    to.listen(nullptr, false);
    auto* const told = let_go();
    if (told) (void)here_.host().guard("a request", [&] { told->on_gone(); });
    if (has_begun_) return to.abort();
    (void)to.respond({.status = status_of(fault::internal_error),
                      .content_type = "text/plain; charset=UTF-8",
                      .fields = "X-Content-Type-Options: nosniff\r\n",
                      .body = "Internal Server Error\n"});
}

void guest_exchange::abort() noexcept {
    if (!to_) return;
    auto const self = shared_from_this();
    auto& to = *to_;
    if (events_) to.listen(nullptr, false);
    (void)let_go();
    to.abort();
}

// -- exchange -------------------------------------------------------------------------------------

void guest_exchange::listen(exchange_events* events, bool needs_client) noexcept {
    if (!to_) return;
    set_events(events);
    to_->listen(events ? this : nullptr, needs_client);
}

void guest_exchange::limit_stall(std::chrono::milliseconds longest) noexcept {
    if (to_) to_->limit_stall(longest);
}

void guest_exchange::set_page_fields(std::string fields) {
    if (to_) to_->set_page_fields(std::move(fields));
}

bool guest_exchange::respond(answer const& a) {
    if (!to_) return true;
    auto const self = shared_from_this();
    has_begun_ = true;
    std::string fields;
    return complete(to_->respond(with_nosniff(a, fields)));
}

void guest_exchange::begin_stream(answer const& a) {
    if (!to_) return;
    has_begun_ = true;
    std::string fields;
    to_->begin_stream(with_nosniff(a, fields));
}

bool guest_exchange::write_stream(std::span<std::string_view const> parts) {
    return !to_ || to_->write_stream(parts);
}

bool guest_exchange::end_stream(std::span<std::string_view const> parts) {
    if (!to_) return true;
    auto const self = shared_from_this();
    return complete(to_->end_stream(parts));
}

void guest_exchange::upgrade(websocket_upgrade to) {
    if (!to_) return;
    auto const self = shared_from_this();
    auto& host = *to_;
    (void)let_go();
    host.upgrade(std::move(to));
}

// -- exchange_events ------------------------------------------------------------------------------

void guest_exchange::on_sent() {
    if (events_) events_->on_sent();
}
void guest_exchange::on_done() {
    auto const self = shared_from_this();
    if (auto* const told = let_go()) told->on_done();
}
void guest_exchange::on_gone() {
    auto const self = shared_from_this();
    if (auto* const told = let_go()) told->on_gone();
}
void guest_exchange::on_stalled() {
    auto const self = shared_from_this();
    if (auto* const told = let_go()) told->on_stalled();
}
void guest_exchange::on_next_waiting() {
    if (events_) events_->on_next_waiting();
}

}  // namespace anywire
