#pragma once

#include <anywire/client_context.hpp>

#include "backend.hpp"
#include "settings.hpp"
#include "support/running_server.hpp"
#include "unit/gateway/opening.hpp"
#include "upstreams.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anywire::test {

/// One link, and what it says: "open protocol", "refused 503 text | log | fields", "message ...",
/// "binary ...", "drain", "end clean 1000 text" or "end lost 1006 text".
class noting_link final : public gateway::link_events {
public:
    explicit noting_link(notes& to) noexcept : notes_(to) {}

    void on_link_open(std::string_view subprotocol, response_headers) override {
        notes_.add("open " + std::string(subprotocol));
        if (then_open) then_open();
    }
    void on_link_refused(gateway::link_refusal why) override {
        notes_.add("refused " + std::to_string(why.status) + " " + why.text + " | " + why.log +
                   " | " + why.fields.text());
        link.reset();
    }
    void on_link_message(message_view m) override {
        ++messages;
        bytes += m.data.size();
        if (!is_quiet)
            notes_.add((m.binary ? "binary " : "message ") + std::string(m.data.substr(0, 200)));
        if (then_message) then_message();
    }
    void on_link_drain() override { notes_.add("drain"); }
    void on_link_end(gateway::link_end const& how) override {
        notes_.add(std::string("end ") + (how.is_clean ? "clean " : "lost ") +
                   std::to_string(static_cast<unsigned>(how.code)) + " " + std::string(how.text));
        link.reset();
    }

    std::unique_ptr<gateway::backend_link> link{};
    std::function<void()> then_open{};
    std::function<void()> then_message{};
    std::atomic<std::size_t> messages{0};
    std::atomic<std::size_t> bytes{0};
    bool is_quiet = false;  ///< Messages are only counted.

private:
    notes& notes_;
};

/// Lines of a log.
inline log_sink noting_sink(notes& to) {
    return {.level = log_level::debug,
            .write = [&to](log_level, std::string_view line) { to.add(std::string(line)); }};
}

inline std::shared_ptr<gateway::upstreams> servers_of(gateway::route_settings const& s) {
    return std::make_shared<gateway::upstreams>(s.backends, s.health);
}

/// Links to backends, on a thread of their own.
class link_bench {
public:
    link_bench() : place_{.clients = &context_, .log = noting_sink(log)} {}
    ~link_bench() {
        run([this] { links_.clear(); });
    }

    /// Runs `fn` where the links are, and waits for it.
    template <class Function>
    void run(Function fn) {
        std::promise<void> done;
        context_.post([&] {
            fn();
            done.set_value();
        });
        if (done.get_future().wait_for(patience) != std::future_status::ready)
            throw std::runtime_error("the context does not run");
    }

    /// Opens a link. `before` gets it before anything has happened.
    noting_link& open(gateway::backend& to,
                      request const& from,
                      std::function<void(noting_link&)> before = {}) {
        noting_link* made = nullptr;
        run([&] {
            links_.push_back(std::make_unique<noting_link>(seen));
            made = links_.back().get();
            made->link = to.open(place_,
                                 {.request = from,
                                  .session = "the-session",
                                  .dialect = "sockjs",
                                  .transport = "xhr-polling",
                                  .below = below},
                                 *made);
            if (before) before(*made);
        });
        return *made;
    }
    noting_link& open(gateway::backend& to, std::function<void(noting_link&)> before = {}) {
        return open(to, kept_request("/route"), std::move(before));
    }
    /// What `send` said.
    bool send(noting_link& to, std::string_view text, bool binary = false) {
        bool has_room = false;
        run([&] { has_room = to.link->send({text, binary}); });
        return has_room;
    }
    void pause(noting_link& l, bool is) {
        run([&] { l.link->pause(is); });
    }
    void close(noting_link& l) {
        run([&] { l.link->close(close_code::normal, {}); });
    }
    void drop(noting_link& l) {
        run([&] { l.link.reset(); });
    }

    notes seen{};
    notes log{};
    std::string below{};

private:
    client_context context_{noting_sink(log)};
    gateway::shard_place place_;
    std::vector<std::unique_ptr<noting_link>> links_{};
};

}  // namespace anywire::test
