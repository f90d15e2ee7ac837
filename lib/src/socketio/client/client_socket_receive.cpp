// What the server of a client's socket sends: events, and answers to those of the application.
#include "client_socket_core.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace anywire::socketio {
namespace {

using wire::packet_type;

/// What each event costs beside its bytes.
constexpr std::size_t overhead = 64;
/// Longer than any server's offset.
constexpr std::size_t max_offset = 256;

}  // namespace

/// The answer to one event of the server's.
class client_socket_core::event_ack final : public detail::ack_channel {
public:
    event_ack(client_socket_core& to, std::uint64_t id)
        : core_(to.of_.weak_from_this()), to_(to), join_(to.joins_), id_(id) {}

    void answer(std::string json, std::vector<std::string> attachments) override {
        if (done_.exchange(true)) return;
        auto const kept = core_.lock();
        if (!kept) return;
        detail::encoded e{"[" + std::move(json) + "]", std::move(attachments)};
        kept->run(
            [&to = to_, join = join_, id = id_, e = std::move(e)] { to.send_ack(join, id, e); });
    }

private:
    std::weak_ptr<manager_core> core_;
    client_socket_core& to_;  // while that is there
    std::uint64_t join_;
    std::uint64_t id_;
    std::atomic<bool> done_{false};
};

void client_socket_core::on_packet(wire::packet const& p,
                                   std::span<std::string const> attachments) {
    switch (p.type) {
        case packet_type::connect: return on_connect_packet(p);
        case packet_type::disconnect: return on_put_out();
        case packet_type::event:
        case packet_type::binary_event: return on_event(p, attachments);
        case packet_type::ack:
        case packet_type::binary_ack: return on_ack(p, attachments);
        case packet_type::connect_error: return on_refused(p, attachments);
    }
}

void client_socket_core::on_event(wire::packet const& p, std::span<std::string const> attachments) {
    if (state_ == state::connected) return deliver(p.event, p.payload, attachments, p.id);
    if (state_ == state::joining) keep_early(p, attachments);
}

/// What the client has missed comes before the server says that it is in.
void client_socket_core::keep_early(wire::packet const& p,
                                    std::span<std::string const> attachments) {
    auto bytes = p.payload.size() + p.event.size() + overhead;
    for (auto const& a : attachments) bytes += a.size() + overhead;
    early_bytes_ += bytes;
    if (!early_.empty() && early_bytes_ > of_.opts().max_buffered_bytes) {
        of_.note(nsp_,
                 "the connection is given up: more events came before it was joined than ",
                 of_.opts().max_buffered_bytes,
                 " bytes (max_buffered_bytes)");
        // The next connect is a new one, or all of them would come again.
        pid_.clear();
        offset_.clear();
        return of_.break_off(close_reason::protocol_error, "parse error");
    }
    early_.push_back(
        {p.event, std::string(p.payload), {attachments.begin(), attachments.end()}, p.id});
}

void client_socket_core::deliver(std::string_view name,
                                 std::string_view payload,
                                 std::span<std::string const> attachments,
                                 std::optional<std::uint64_t> id) {
    std::shared_ptr<detail::ack_channel> channel;
    if (id) channel = std::make_shared<event_ack>(*this, *id);
    arguments const args(payload, attachments, true);
    auto const join = joins_;
    // Before the handlers: an event that makes one throw must not come again for ever.
    if (!id && !pid_.empty()) note_offset(args);
    event const e(name, args, std::move(channel));
    if (!any_.tell(of_.caller(), e) || !is_in(join)) return;
    ++calling_;
    call_listeners(e);
    --calling_;
    forget_dead();
}

/// Where to go on: the last argument that is a string, where the server can recover.
void client_socket_core::note_offset(arguments const& args) {
    if (args.empty()) return;
    auto const last = args[args.size() - 1];
    if (last.text().size() > max_offset) return;
    if (auto text = last.as_string(); text && !text->empty()) offset_ = std::move(*text);
}

void client_socket_core::call_listeners(event const& e) {
    auto const join = joins_;
    for (std::size_t i = 0, n = listeners_.size(); i < n && is_in(join); ++i) {
        auto& l = *listeners_[i];
        if (l.dead || l.name != e.name()) continue;
        if (l.once) l.dead = has_dead_listeners_ = true;
        std::optional<argument_error> wrong;
        if (!of_.call([&] { wrong = l.fn(*this, e); })) return;
        if (wrong) bad_arguments(e, *wrong);
    }
}

void client_socket_core::forget_dead() {
    if (calling_ != 0 || !std::exchange(has_dead_listeners_, false)) return;
    std::erase_if(listeners_, [](auto const& l) { return l->dead; });
}

void client_socket_core::bad_arguments(event const& e, argument_error const& wrong) {
    auto const text = to_message(wrong);
    of_.note(nsp_, "event '", shown(e.name()), "': ", text);
    e.answer(std::map<std::string, std::string>{{"error", text}});
}

// -- acknowledgements -----------------------------------------------------------------------------

void client_socket_core::send_ack(std::uint64_t join, std::uint64_t id, detail::encoded const& e) {
    // The ids of another connect are not these.
    if (!is_in(join)) return;
    if (!e.attachments.empty() && !wire::has_sound_placeholders(e.json, e.attachments.size()))
        return of_.note(nsp_,
                        "an acknowledgement was not sent: it repeats an object of the "
                        "server's that only looks like bytes");
    if (!of_.send(packet_type::ack, nsp_, id, e))
        of_.note(nsp_, "an acknowledgement was dropped: there was no room for it");
}

void client_socket_core::on_ack(wire::packet const& p, std::span<std::string const> attachments) {
    if (!p.id || state_ != state::connected) return;
    auto const found = std::find_if(
        acks_.begin(), acks_.end(), [&](pending_ack const& a) { return a.id == *p.id; });
    if (found == acks_.end() || !found->is_sent) return;
    auto const fn = std::move(found->fn);
    if (static_cast<std::size_t>(found - acks_.begin()) < hurried_acks_) --hurried_acks_;
    acks_.erase(found);
    arguments const args(p.payload, attachments);
    answer(fn, {}, {&args, 1});
}

void client_socket_core::answer(detail::ack_handler const& fn,
                                error_code error,
                                std::span<arguments const> args) {
    auto fits = true;
    if (of_.call([&] { fits = fn(error, args); }) && !fits)
        of_.note(nsp_, "the arguments of an acknowledgement do not fit its handler");
}

void client_socket_core::wait_for_ack(std::uint64_t id,
                                      detail::ack_handler a,
                                      std::optional<std::chrono::milliseconds> longest,
                                      bool is_sent) {
    auto const now = of_.loop().now();
    std::optional<tick> until;
    if (longest) {
        until = now + to_ticks(*longest) + 1;
        of_.arm(*until);
    }
    acks_.push_back({id, std::move(a), until, is_sent});
    // At the next tick, not now: an application that asks again at once would never get out.
    while (acks_.size() - hurried_acks_ > of_.opts().max_pending_acks) {
        acks_[hurried_acks_++].until = now;
        of_.arm(now + 1);
    }
}

void client_socket_core::expire_acks(tick now) {
    std::vector<pending_ack> late;
    std::erase_if(acks_, [&](pending_ack& a) {
        if (!a.until || !not_after(*a.until, now)) return false;
        late.push_back(std::move(a));
        return true;
    });
    if (late.empty()) return;
    hurried_acks_ = 0;
    for (auto const& a : late) {
        if (!a.is_sent) forget_kept(a.id);
        answer(a.fn, errc::ack_timeout, {});
    }
}

/// Those whose events have not been sent may still be answered.
void client_socket_core::give_up_acks() {
    std::vector<pending_ack> lost;
    std::erase_if(acks_, [&](pending_ack& a) {
        if (!a.is_sent) return false;
        lost.push_back(std::move(a));
        return true;
    });
    hurried_acks_ = 0;
    for (auto const& a : lost) answer(a.fn, errc::session_closed, {});
}

}  // namespace anywire::socketio
