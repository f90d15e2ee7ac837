#pragma once

#include "stomp/server/heart_beat.hpp"
#include "support/stomp_model.hpp"

#include <array>

namespace anywire::test {

/// The model, given what clients send: it says which frame has to fail, and does what the others
/// do.
class stomp_model_frames : public stomp_model {
public:
    using stomp_model::stomp_model;

    /// What the server has counted while it read.
    struct observed {
        std::uint64_t frames = 0;
        std::uint64_t errors = 0;
        std::uint64_t refused = 0;  // SENDs and SUBSCRIBEs
    };

    /// What a client has sent was read, as far as the server reads.
    void read(member& m, std::string_view bytes, observed const& told) {
        using event = stomp::frame_reader::event;
        if (m.now == member::state::ended || m.now == member::state::going) {
            return hold(told.frames == 0, "a frame was read of a client that had ended");
        }
        if (!bytes.empty()) m.heard = now;
        m.unread.append(bytes);
        std::string_view rest(m.unread);
        observed_ = told;
        taken_ = 0;
        while (!rest.empty() &&
               (m.now == member::state::opening || m.now == member::state::connected)) {
            auto const e = m.reader.read(rest);
            if (e == event::frame) {
                ++taken_;
                take(m, m.reader.frame());
            } else if (e == event::failed) {
                auto const id = m.reader.receipt_of_failed();
                fail(m, id ? std::optional<std::string>(*id) : std::nullopt);
            }
        }
        m.unread.erase(0, m.unread.size() - rest.size());
        hold(taken_ == told.frames,
             "the server took " + std::to_string(told.frames) + " frames, the model " +
                 std::to_string(taken_));
    }
    void accept(member& m, std::string const& user) {
        if (m.now != member::state::opening || !m.is_deciding) return;
        m.is_deciding = false;
        m.now = member::state::connected;
        m.was_connected = true;
        if (!user.empty()) m.user = user;
        m.reader.set_version(m.version);
        m.reader.set_limits(limits());
        ++connects;
    }
    /// The client gets an ERROR, and its session ends.
    void fail(member& m, std::optional<std::string> receipt) {
        ++errors;
        m.is_failed = true;
        m.failed_receipt = std::move(receipt);
        quit(m);
    }
    /// Its session ends.
    void quit(member& m) {
        m.transactions.clear();
        m.now = member::state::going;
        // What it has of queues goes back at once, whether it knows of its end or not.
        for (auto const& s : m.subscriptions) {
            if (s.to != kind::queue) continue;
            return_all(m, s.number);
            has_returned = true;
        }
    }
    /// Those have left who said DISCONNECT and whose handlers are done, though they do not read it.
    void quit_unseen() {
        for (auto& m : members)
            if (may_have_left(m) && m.working_at(now - tolerance) == 0) quit(m);
    }
    stomp::frame_limits limits() const {
        return {.max_frame = options.max_frame,
                .max_header_line = options.max_header_line,
                .max_headers = options.max_headers};
    }

    std::uint64_t connects = 0;
    std::uint64_t errors = 0;
    /// How CONNECT frames are answered, as the walk has decided: by what they say.
    static constexpr auto waits = "wait";

private:
    using frame = stomp::frame_view;
    enum class verdict { ok, fails, either };

    /// Whether the last of the frames that the server took is the one that made it say ERROR.
    bool has_failed_here(bool is_counted) const {
        return taken_ == observed_.frames &&
               (is_counted ? observed_.refused != 0 : observed_.errors != 0);
    }
    static std::optional<std::string> receipt_of(frame const& f) {
        auto const id = f.find("receipt");
        return id ? std::optional<std::string>(*id) : std::nullopt;
    }
    void done(member& m, frame const& f, model_time from = 0) {
        if (auto id = receipt_of(f)) m.receipts.push_back({*id, from});
    }
    void fail(member& m, frame const& f) { fail(m, receipt_of(f)); }

    void take(member& m, frame const& f) {
        using stomp::command;
        if (m.now == member::state::opening) return take_first(m, f);
        if (f.find("receipt") && are_receipts_full(m)) return fail(m, f);
        switch (f.what) {
            case command::send: return take_send(m, f);
            case command::subscribe: return take_subscribe(m, f);
            case command::unsubscribe: return take_unsubscribe(m, f);
            case command::ack:
            case command::nack: return take_settle(m, f);
            case command::begin: return take_begin(m, f);
            case command::commit: return take_commit(m, f);
            case command::abort:
                if (!end_transaction(m, f)) return fail(m, f);
                return done(m, f);
            case command::disconnect: return take_disconnect(m, f);
            default: return fail(m, f);
        }
    }

    bool are_receipts_full(member const& m) const {
        if (m.receipts_waiting(now - tolerance) < options.max_receipts) return false;
        return m.receipts_waiting(now) >= options.max_receipts || has_failed_here(false);
    }

    // -- CONNECT, DISCONNECT ----------------------------------------------------------------------
    void take_first(member& m, frame const& f) {
        using stomp::command;
        if (f.what != command::connect && f.what != command::stomp) return fail(m, f);
        auto const list = f.find("accept-version").value_or("1.0");
        auto is_known = false;
        auto const text = "," + std::string(list) + ",";
        for (auto const v : {stomp::version::v1_0, stomp::version::v1_1, stomp::version::v1_2}) {
            if (text.find("," + std::string(to_string(v)) + ",") == text.npos) continue;
            m.version = v;
            is_known = true;
        }
        if (!is_known) return fail(m, std::nullopt);
        auto const beats = f.find("heart-beat");
        if (beats && m.version != stomp::version::v1_0) {
            auto const asked = stomp::parse_heart_beat(*beats);
            if (!asked) return fail(m, f);
            m.promises_beats = asked->can_send.count() != 0;
        }
        m.is_deciding = true;
        if (f.find("refuse")) return fail(m, std::nullopt);
        if (f.find(waits)) return void(m.now = member::state::deciding);
        accept(m, std::string(f.find("as").value_or("")));
    }
    void take_disconnect(member& m, frame const& f) {
        m.transactions.clear();
        auto const gone = m.receipts.size() - m.receipts_waiting(now);
        done(m, f);
        m.now = member::state::leaving;
        // It is through when all handlers are, and says nothing more before.
        for (auto const end : m.working)
            for (auto i = gone; i < m.receipts.size(); ++i)
                if (end > now - tolerance) m.receipts[i].from = std::max(m.receipts[i].from, end);
        if (m.working_at(now - tolerance) == 0) quit(m);
    }

    // -- SEND -------------------------------------------------------------------------------------
    void take_send(member& m, frame const& f) {
        auto const to = f.find("destination");
        if (!to || !may_send(*to)) return fail(m, f);
        if (is_below(*to, "/user") && !owner_of(*to)) return fail(m, f);
        if (is_below(*to, "/app") && !is_handled(*to)) {
            if (f.find("receipt")) fail(m, f);
            return;
        }
        if (auto const id = f.find("transaction")) return store(m, f, *id);
        execute(m, f);
    }
    static bool is_handled(std::string_view to) {
        constexpr std::array<std::string_view, 5> all{
            "/app/echo", "/app/later", "/app/throws", "/app/refuses", "/app/leaves"};
        return std::find(all.begin(), all.end(), to) != all.end();
    }
    void execute(member& m, frame const& f) {
        if (f.what != stomp::command::send) return settle_by(m, f);
        std::string const to(*f.find("destination"));
        model_message const what{m.name, std::string(f.body)};
        if (is_below(to, "/app")) return handle(m, f, to);
        if (is_below(to, "/queue")) {
            if (judge_room(to) == verdict::fails) return fail(m, f);
            enqueue(to, what);
        } else if (is_below(to, "/user")) {
            auto const whose = *owner_of(to);
            publish_own(whose.first, whose.second, what);
        } else {
            publish_topic(to, what);
        }
        done(m, f);
    }
    verdict judge_room(std::string const& queue) const {
        auto const& q = options.queue;
        if (!may_lack(queue) && most_in(queue) < q.max_messages) return verdict::ok;
        auto const may_be = most_in(queue) < q.max_messages || q.ttl.count() != 0 ||
                            q.overflow == stomp::queue_overflow::drop_oldest ||
                            least_in(queue) < q.max_messages;
        if (!may_be) return verdict::fails;
        return has_failed_here(true) ? verdict::fails : verdict::ok;
    }
    /// Whether there may be too many queues for it to be one.
    bool may_lack(std::string const& queue) const {
        auto const used = queues_used.size() + (queues_used.contains(queue) ? 0 : 1);
        return used > options.queue.max_queues;
    }
    void handle(member& m, frame const& f, std::string const& to) {
        if (!is_handled(to)) {
            if (f.find("receipt")) fail(m, f);
            return;
        }
        if (to == "/app/refuses") return fail(m, f);
        if (to == "/app/throws") {
            if (f.find("receipt")) fail(m, f);
            return;
        }
        if (to == "/app/later") {
            m.working.push_back(now + later);
            return done(m, f, now + later);
        }
        if (to == "/app/leaves") return quit(m);
        publish_topic("/topic/echo", {"app", std::string(f.body)});
        done(m, f);
    }

    // -- SUBSCRIBE, UNSUBSCRIBE -------------------------------------------------------------------
    static std::string name_of(frame const& f) {
        auto const id = f.find("id");
        return id ? std::string(*id)
                  : "\0" + std::string(f.find("destination").value_or("")) + " without id";
    }
    void take_subscribe(member& m, frame const& f) {
        auto const to = f.find("destination");
        auto const id = f.find("id");
        auto const mode = f.find("ack").value_or("auto");
        if (!to || (!id && m.version != stomp::version::v1_0)) return fail(m, f);
        if (mode != "auto" && mode != "client" && mode != "client-individual") return fail(m, f);
        if (m.find(name_of(f)) || m.subscriptions.size() >= options.max_subscriptions)
            return fail(m, f);
        if (is_below(*to, "/app")) return is_valid(*to) ? answer(m, f, *to) : fail(m, f);
        auto const what = kind_of(*to);
        if (!what) return fail(m, f);
        if (*what == kind::queue && may_lack(std::string(*to)) && has_failed_here(true))
            return fail(m, f);
        m.subscriptions.push_back({.number = ++m.last_subscription,
                                   .name = name_of(f),
                                   .id = std::string(id.value_or("")),
                                   .destination = std::string(*to),
                                   .mode = std::string(mode),
                                   .to = *what});
        if (*what == kind::queue) queues_used.insert(std::string(*to));
        if (*to == "/topic/snap") m.subscriptions.back().coming.push_back({"app", "snap"});
        done(m, f);
    }
    std::optional<kind> kind_of(std::string_view to) const {
        if (!is_valid(to)) return std::nullopt;
        auto const is_pattern = stomp::destination_pattern::has_wildcards(to);
        if (is_below(to, "/user"))
            return !is_pattern && is_valid(to.substr(5)) ? std::optional(kind::own) : std::nullopt;
        if (is_below(to, "/queue")) return is_pattern ? std::nullopt : std::optional(kind::queue);
        if (!is_below(to, "/topic")) return std::nullopt;
        if (!is_pattern) return kind::topic;
        return options.patterns && stomp::destination_pattern::parse(to, bounds())
                   ? std::optional(kind::pattern)
                   : std::nullopt;
    }
    void answer(member& m, frame const& f, std::string_view to) {
        if (to != "/app/state") {
            if (f.find("receipt")) fail(m, f);
            return;
        }
        m.once[++m.last_subscription] = "state";
        done(m, f);
    }
    void take_unsubscribe(member& m, frame const& f) {
        if (!f.find("id") && (!f.find("destination") || m.version != stomp::version::v1_0))
            return fail(m, f);
        if (auto* const s = m.find(name_of(f))) {
            if (s->to == kind::queue) {
                return_all(m, s->number);
                has_returned = true;
            }
            auto const at = std::find_if(m.subscriptions.begin(),
                                         m.subscriptions.end(),
                                         [&](auto const& each) { return &each == s; });
            m.past.splice(m.past.end(), m.subscriptions, at);
        }
        done(m, f);
    }

    // -- ACK, NACK --------------------------------------------------------------------------------
    verdict judge_settle(member& m, frame const& f) const {
        auto const id = model_ids_of(f);
        if (!id || id->of > m.last_subscription) return verdict::fails;
        auto const* const s = m.find(id->of);
        if (!s || id->number <= s->last_seen) return verdict::ok;
        auto const may_be = m.has_missed || !s->knows_all_sent || !s->coming.empty() ||
                            (m.takes_only_text && has_refused_bytes);
        if (!may_be) return verdict::fails;
        return has_failed_here(false) ? verdict::fails : verdict::ok;
    }
    void take_settle(member& m, frame const& f) {
        if (judge_settle(m, f) == verdict::fails) return fail(m, f);
        if (auto const id = f.find("transaction")) return store(m, f, *id);
        settle_by(m, f);
    }
    void settle_by(member& m, frame const& f) {
        auto const id = *model_ids_of(f);
        if (auto* const s = m.find(id.of)) settle(m, *s, id.number, f.what == stomp::command::ack);
        done(m, f);
    }

    // -- transactions -----------------------------------------------------------------------------
    void take_begin(member& m, frame const& f) {
        std::string const id(f.find("transaction").value_or(""));
        if (id.empty() || m.transactions.contains(id) ||
            m.transactions.size() >= options.max_transactions)
            return fail(m, f);
        m.transactions[id];
        done(m, f);
    }
    void store(member& m, frame const& f, std::string_view id) {
        auto const at = m.transactions.find(std::string(id));
        if (at == m.transactions.end() || at->second.size() >= options.max_transaction_frames)
            return fail(m, f);
        // What cannot be done is refused at once: a COMMIT is done as a whole.
        auto const to = f.find("destination").value_or("");
        if (f.find("receipt") && is_below(to, "/app") && !is_handled(to)) return fail(m, f);
        at->second.emplace_back(f);
    }
    std::optional<std::vector<model_frame>> end_transaction(member& m, frame const& f) {
        auto const at = m.transactions.find(std::string(f.find("transaction").value_or("")));
        if (at == m.transactions.end()) return std::nullopt;
        auto all = std::move(at->second);
        m.transactions.erase(at);
        return all;
    }
    void take_commit(member& m, frame const& f) {
        auto const all = end_transaction(m, f);
        if (!all) return fail(m, f);
        if (!has_room(*all)) return fail(m, f);
        for (auto const& each : *all) {
            execute(m, each.view());
            if (m.now != member::state::connected) return;
        }
        done(m, f);
    }
    /// Nothing of a transaction is done where it would not all be done.
    bool has_room(std::vector<model_frame> const& all) const {
        std::map<std::string, std::size_t> needs;
        for (auto const& each : all) {
            auto const to = each.view().find("destination").value_or("");
            if (each.what == stomp::command::send && is_below(to, "/queue"))
                ++needs[std::string(to)];
        }
        auto may_be_full = false;
        for (auto const& [queue, n] : needs) {
            auto const& q = options.queue;
            if (n > q.max_messages) return false;
            if (most_in(queue) + n > q.max_messages) {
                if (q.overflow == stomp::queue_overflow::refuse && q.ttl.count() == 0 &&
                    least_in(queue) + n > q.max_messages)
                    return false;
                may_be_full = true;
            }
            may_be_full = may_be_full || queues_used.size() + needs.size() > q.max_queues;
        }
        return !may_be_full || !has_failed_here(true);
    }

public:
    /// How long "/app/later" takes: no time with clang, whose fuzzers cannot compile a coroutine.
#ifdef __clang__
    static constexpr model_time later = 0;
#else
    static constexpr model_time later = 1'000;
#endif
    /// How much later than told something may come.
    static constexpr model_time tolerance = 200;

private:
    observed observed_{};
    std::uint64_t taken_ = 0;
};

}  // namespace anywire::test
