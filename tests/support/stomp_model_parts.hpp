#pragma once

#include <anywire/stomp.hpp>

#include "core/percent.hpp"
#include "stomp/frame_reader.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

/// What a model of a STOMP server throws where the server does something else.
class model_broken : public std::logic_error {
public:
    using std::logic_error::logic_error;
};
inline void hold(bool is_so, char const* what) {
    if (!is_so) throw model_broken(what);
}
inline void hold(bool is_so, std::string const& what) {
    if (!is_so) throw model_broken(what);
}

/// Holds two numbers to be the same.
inline void hold_same(std::uint64_t server, std::uint64_t model, std::string const& what) {
    if (server != model)
        hold(false,
             what + ": the server has " + std::to_string(server) + ", the model " +
                 std::to_string(model));
}

/// Milliseconds that a test has let pass.
using model_time = std::int64_t;

/// A message on its way to subscribers, as a model knows it: who has sent it, and what.
struct model_message {
    std::string sender{};
    std::string body{};
};

struct model_subscription {
    enum class kind { topic, pattern, queue, own };

    std::uint64_t number = 0;
    std::string name{};  // of its client's
    std::string id{};    // as messages say it
    std::string destination{};
    std::string mode{"auto"};
    kind to = kind::topic;
    std::uint64_t last_seen = 0;         // the number of the last message that came
    std::deque<model_message> coming{};  // what has to come, but for queues
    bool knows_all_sent = true;          // nothing was sent to it that its client did not see
};

struct model_receipt {
    std::string id{};
    model_time from = 0;  // it may come from then on; 0: at once
};

/// A frame of a transaction.
struct model_frame {
    stomp::command what{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};

    explicit model_frame(stomp::frame_view const& f) : what(f.what), body(f.body) {
        for (auto const& h : f.headers)
            if (h.name != "transaction") headers.emplace_back(h.name, h.value);
    }
    stomp::frame_view view() const {
        stomp::frame_view f{.what = what, .body = body};
        for (auto const& [name, value] : headers) f.headers.push_back({name, value});
        return f;
    }
};

/// A client as a model of the server knows it.
struct model_member {
    /// going: the server has ended the session, but the client does not read, and may not know.
    enum class state { opening, deciding, connected, leaving, going, ended };

    explicit model_member(std::string who, bool only_text, stomp::frame_limits const& l)
        : name(std::move(who)), takes_only_text(only_text), reader(stomp::end::server, l) {}

    bool is_client() const { return now == state::connected || now == state::leaving; }
    model_subscription* find(std::uint64_t number) {
        for (auto& s : subscriptions)
            if (s.number == number) return &s;
        return nullptr;
    }
    model_subscription* find(std::string_view called) {
        for (auto& s : subscriptions)
            if (s.name == called) return &s;
        return nullptr;
    }
    /// Receipts that cannot have gone out; those that may wait for one that is not due yet.
    std::size_t receipts_waiting(model_time at) const {
        for (std::size_t i = 0; i < receipts.size(); ++i)
            if (receipts[i].from != 0 && receipts[i].from > at) return receipts.size() - i;
        return 0;
    }

    std::size_t working_at(model_time at) const {
        std::size_t n = 0;
        for (auto const t : working) n += t > at;
        return n;
    }

    std::string name{};
    std::string user{};
    bool takes_only_text = false;
    bool reads = true;
    bool has_missed = false;  // it did not read at some time
    bool was_connected = false;
    stomp::version version = stomp::version::v1_0;
    stomp::frame_reader reader;  // what the server's own reads
    std::string unread{};        // by the server, which has not decided yet
    state now = state::opening;
    model_time opened = 0;
    model_time heard = 0;
    bool promises_beats = false;
    std::list<model_subscription> subscriptions{};
    std::uint64_t last_subscription = 0;
    std::map<std::string, std::vector<model_frame>> transactions{};
    std::deque<model_receipt> receipts{};
    std::vector<model_time> working{};     // when its handlers come to their ends
    std::list<model_subscription> past{};  // subscriptions that have ended
    bool is_deciding = false;
    std::map<std::uint64_t, std::string> once{};  // answers of the application, by number
    /// What an ERROR has to say, once one has to come: a receipt, or that there is none.
    bool is_failed = false;
    std::optional<std::string> failed_receipt{};
};

/// A message's id: "3-7".
struct model_ids {
    std::uint64_t of = 0;
    std::uint64_t number = 0;
};
inline std::optional<model_ids> model_ids_of(stomp::frame_view const& f) {
    std::string const text(f.find("id") ? *f.find("id") : f.find("message-id").value_or(""));
    auto const dash = text.find('-');
    if (dash == text.npos) return std::nullopt;
    model_ids out;
    auto const read = [](std::string const& digits, std::uint64_t& to) {
        auto const* const end = digits.data() + digits.size();
        auto const [at, wrong] = std::from_chars(digits.data(), end, to);
        return at == end && wrong == std::errc{} && to != 0;
    };
    if (!read(text.substr(0, dash), out.of) || !read(text.substr(dash + 1), out.number))
        return std::nullopt;
    return out;
}

/// "/user/ann/queue/x": "ann", and "/user/queue/x".
inline std::optional<std::pair<std::string, std::string>> owner_of(std::string_view to) {
    auto const below = to.substr(6);
    auto const end = below.find('/');
    auto name = percent_decoded(below.substr(0, end));
    if (end == below.npos || name.empty()) return std::nullopt;
    return std::pair(std::move(name), "/user" + std::string(below.substr(end)));
}

/// A message in a queue.
struct model_item {
    std::string queue{};
    model_message what{};
    std::uint64_t order = 0;
    model_time sent = 0;
    unsigned deliveries = 0;  // seen by a client
    bool was_refused = false;
    model_member* with = nullptr;  // who has to settle it
    std::uint64_t subscription = 0;
    std::uint64_t number = 0;
};

}  // namespace anywire::test
