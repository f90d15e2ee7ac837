#pragma once

// What a `stomp_walk` looks at after each step. Included by stomp_walk.hpp.

#include "stomp/frame_writer.hpp"
#include "support/stomp_walk.hpp"

namespace anywire::test {

// -- what clients get -----------------------------------------------------------------------------

inline void stomp_walk::hear(guest& g) {
    for (auto const& text : g.wire.take()) {
        show("    " + g.self->name + " gets", text);
        std::string_view rest(text);
        while (!rest.empty()) {
            switch (g.reader.read(rest)) {
                case stomp::frame_reader::event::frame: hear(g, g.reader.frame()); break;
                case stomp::frame_reader::event::beat:
                    hold(g.is_told, "a heart-beat before CONNECTED");
                    break;
                case stomp::frame_reader::event::more: break;
                case stomp::frame_reader::event::failed:
                    hold(false, "the server sends what is no frame");
            }
        }
        hold(!g.reader.is_within_frame(), "a message holds half a frame");
    }
}

inline void stomp_walk::hear(guest& g, stomp::frame_view const& f) {
    using stomp::command;
    hold(!g.has_error, "a frame came after an ERROR");
    if (f.what == command::error) return hear_error(g, f);
    if (f.what == command::connected) return hear_connected(g, f);
    hold(g.is_told, "a frame came before CONNECTED");
    if (f.what == command::receipt) return hear_receipt(g, f);
    hold(f.what == command::message, "a frame that no server sends");
    hear_message(g, f);
}

inline void stomp_walk::hear_connected(guest& g, stomp::frame_view const& f) {
    hold(!g.is_told && g.self->was_connected, "CONNECTED came, and nobody was let in");
    hold(f.find("version") == to_string(g.self->version), "CONNECTED says another version");
    g.is_told = true;
    g.reader.set_version(g.self->version);
}

inline void stomp_walk::hear_receipt(guest& g, stomp::frame_view const& f) {
    auto& all = g.self->receipts;
    auto const id = f.find("receipt-id");
    hold(id && !all.empty(), "a receipt came that nobody waits for");
    // What a version cannot express becomes a blank.
    auto const is_plain = all.front().id.find_first_of("\r\n") == std::string::npos;
    hold(!is_plain || *id == all.front().id,
         "the receipt " + std::string(*id) + " came, and not " + all.front().id);
    hold(all.front().from <= model_.now, "a receipt came before its handler had returned");
    all.pop_front();
}

inline void stomp_walk::hear_error(guest& g, stomp::frame_view const& f) {
    g.has_error = true;
    auto& m = *g.self;
    if (!m.is_failed) {
        auto const is_late = !m.was_connected && model_.now >= m.opened + 10'000;
        hold(is_late, "an ERROR that nobody has deserved: " + std::string(f.body));
        model_.fail(m, std::nullopt);
    }
    auto const id = f.find("receipt-id");
    auto const wanted = m.failed_receipt;
    hold(id.has_value() == wanted.has_value(), "an ERROR without the receipt's id");
    if (id && wanted->find_first_of("\r\n") == std::string::npos)
        hold(*id == *wanted, "an ERROR of another receipt");
}

inline void stomp_walk::hear_message(guest& g, stomp::frame_view const& f) {
    ++model_.seen;
    auto& m = *g.self;
    auto const id = std::string(f.find("message-id").value_or(""));
    auto const dash = id.find('-');
    hold(dash != std::string::npos, "a message-id of another kind");
    auto const of = std::stoull(id.substr(0, dash));
    auto const number = std::stoull(id.substr(dash + 1));
    if (auto const once = m.once.find(of); once != m.once.end()) {
        hold(f.body == once->second && number == 1, "another answer");
        return void(m.once.erase(once));
    }
    auto* const s = m.find(of);
    if (!s) return model_.see_late(m, of, f.body);
    hold(f.find("subscription").value_or("") == s->id || s->id.find('\r') != std::string::npos,
         "a message of another subscription");
    hold(number > s->last_seen, "numbers of messages do not ascend");
    s->last_seen = number;
    auto const wants_ack = s->mode != "auto" && m.version == stomp::version::v1_2;
    hold(f.find("ack").has_value() == wants_ack && f.find("ack").value_or(id) == id, "its ack");
    if (s->mode != "auto") g.acks.push_back(id);
    if (g.acks.size() > 8) g.acks.erase(g.acks.begin());
    auto const has_left = m.now == member::state::going && m.has_missed;
    if (has_left && s->to == model_subscription::kind::queue) return model_.see_late(*s, f.body);
    if (s->to != model_subscription::kind::queue) return stomp_model::see(*s, f.body);
    model_.see_queued(m, *s, number, f.body, f.find("redelivered").has_value());
}

// -- what is so after each step -------------------------------------------------------------------

inline bool stomp_walk::all_read() const {
    return std::all_of(guests_.begin(), guests_.end(), [](auto const& g) {
        return g.self->reads || g.self->now == member::state::ended;
    });
}

inline void stomp_walk::look_at_end(guest& g) {
    auto& m = *g.self;
    if (g.wire.is_open() || m.now == member::state::ended) return;
    auto const has_left = m.now == member::state::going ||
                          (m.now == member::state::leaving && m.working_at(model_.now) == 0);
    auto const is_dead = m.promises_beats && model_.now >= m.heard + 149'000;
    hold(has_left || is_dead || !m.reads || g.may_end, "a session ended without a reason");
    if (!m.reads) has_lost_reader_ = true;
    model_.end(m);
}

/// Those who do not read do not see that they were too late with CONNECT.
inline void stomp_walk::look_at_late() {
    for (auto& g : guests_) {
        auto& m = *g.self;
        auto const is_late = !m.was_connected && model_.now >= m.opened + 10'000;
        if (m.reads || m.is_failed || !is_late) continue;
        if (broker_.numbers().errors > model_.errors) model_.fail(m, std::nullopt);
    }
}

/// Those first who have gone: what they had to settle may have come to others.
inline void stomp_walk::hear_all() {
    for (auto& g : guests_)
        if (!g.wire.is_open()) hear(g), look_at_end(g);
    for (auto& g : guests_) hear(g);
    model_.end_hearing();
}

inline void stomp_walk::settle_down() {
    host_.settle();
    model_.quit_unseen();
    hear_all();
    look_at_late();
    for (auto const& d : std::exchange(dead_, {})) {
        show("    dead", d.queue + " " + d.body);
        model_.see_dead(d.queue, d.body, d.why);
    }
    check_counts();
    for (auto& g : guests_) check(g);
    check_registry();
    check_waiting();
    guests_.remove_if([](auto const& g) { return g.self->now == member::state::ended; });
    model_.members.remove_if([](auto const& m) { return m.now == member::state::ended; });
}

inline void stomp_walk::check(guest const& g) const {
    auto const& m = *g.self;
    if (!m.reads || m.now == member::state::ended) return;
    hold(m.now != member::state::going, "a session goes on that has ended");
    for (auto const* const all : {&m.subscriptions, &m.past})
        for (auto const& s : *all)
            if (!s.coming.empty()) hold(false, "a message did not come: " + s.coming.front().body);
    hold(m.once.empty(), "an answer did not come");
    auto const earlier = model_.now - stomp_model_frames::tolerance;
    if (m.now == member::state::leaving)
        return hold(m.working_at(earlier) != 0, "a session goes on that has left");
    if (!m.receipts.empty())
        hold(m.receipts.front().from > earlier && m.receipts.front().from != 0,
             "a receipt did not come");
}

inline void stomp_walk::check_counts() {
    auto const n = broker_.numbers();
    hold_same(n.connects, model_.connects, "connects");
    hold_same(n.errors, model_.errors, "errors");
    hold_same(n.dead_letters, model_.dead_letters, "dead letters");
    hold(n.clients >= model_.clients(false) && n.clients <= model_.clients(true), "clients");
    hold(n.subscriptions >= model_.subscriptions(false) &&
             n.subscriptions <= model_.subscriptions(true),
         "subscriptions");
    hold(n.messages_delivered >= model_.seen + lost_, "messages seen");
    auto const unseen = n.messages_delivered - model_.seen - lost_;
    auto const live = model_.items.size();
    hold(n.queued_messages <= live, "messages in queues that were settled");
    auto const gone = live - n.queued_messages;
    hold(gone >= model_.ghosts && gone <= model_.ghosts + unseen, "messages in queues");
    hold(n.unacknowledged >= model_.unacknowledged(false) &&
             n.unacknowledged <= model_.unacknowledged(true) + unseen,
         "messages to settle");
    hold(n.queued_bytes <= n.queues * model_.options.queue.max_bytes, "bytes in queues");
    hold(n.queues <= model_.options.queue.max_queues, "queues");
    model_.unseen = unseen;
    if (!all_read()) return;
    hold(unseen == 0 || has_lost_reader_, "messages went to nobody");
    model_.ghosts = gone;
    model_.unseen = 0;
    lost_ += unseen;
    has_lost_reader_ = false;
}

inline void stomp_walk::check_registry() const {
    auto const all = broker_.clients();
    hold(all.size() == broker_.numbers().clients, "clients that are listed");
    std::vector<std::string> listed;
    for (auto const& c : all)
        for (auto const& s : c.subscriptions) listed.push_back(c.user + s);
    std::vector<std::string> known;
    for (auto const& m : model_.members)
        if (m.was_connected && m.now != member::state::ended)
            for (auto const& s : m.subscriptions) known.push_back(m.user + s.destination);
    std::sort(listed.begin(), listed.end());
    std::sort(known.begin(), known.end());
    hold(std::includes(known.begin(), known.end(), listed.begin(), listed.end()), "the registry");
}

/// No message waits for a subscriber who waits for messages.
inline void stomp_walk::check_waiting() const {
    if (model_.unseen != 0 || model_.ghosts != 0 || model_.has_missed) return;
    for (auto const& i : model_.items) {
        if (i.with) continue;
        for (auto const& m : model_.members) {
            if (!m.is_client()) continue;
            for (auto const& s : m.subscriptions) {
                if (s.to != model_subscription::kind::queue || s.destination != i.queue) continue;
                auto const held =
                    std::count_if(model_.items.begin(), model_.items.end(), [&](auto const& each) {
                        return each.with == &m && each.subscription == s.number;
                    });
                hold(static_cast<std::size_t>(held) >= model_.options.max_unacknowledged,
                     "a message waits, and a subscriber, too: " + i.what.body);
            }
        }
    }
}

inline void stomp_walk::finish() {
    for (auto& g : guests_) leave(g);
    settle_down();
    hold(guests_.empty() && broker_.numbers().clients == 0, "clients are left");
    std::set<std::string> queues;
    for (auto const& i : model_.items) queues.insert(i.queue);
    for (auto const& q : queues) {
        auto& m = model_.members.emplace_back("last", false, model_.limits());
        m.opened = m.heard = model_.now;
        auto& g = guests_.emplace_back(host_.connect("/stomp"), m);
        say(g, stomp_wire::frame_text("CONNECT", "accept-version:1.2\n"));
        std::string subscribe;
        stomp::frame_writer(subscribe, stomp::command::subscribe, stomp::version::v1_2)
            .add("id", "a")
            .add("destination", q)
            .finish();
        say(g, subscribe);
        settle_down();
        if (guests_.empty()) continue;
        leave(guests_.front());
        settle_down();
    }
    auto const n = broker_.numbers();
    hold(n.queued_messages == 0 && n.unacknowledged == 0 && n.queued_bytes == 0, "a queue is left");
    hold(model_.items.size() == model_.ghosts, "messages are neither settled nor lost");
    hold(n.clients == 0 && n.subscriptions == 0, "clients are left");
}

}  // namespace anywire::test
