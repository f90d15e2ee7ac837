#pragma once

#include <anywire/asio.hpp>

#include "support/running_server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace anywire::test {

/// A service on shards with a thread each, for a host that brings its requests.
///
/// Messages to "/echo" (SockJS) and "/engine.io" come back, but for: "flood" sends pieces of 16 KB
/// until the queue refuses, and notes how many it took; "where" answers the shard's thread.
/// "/ws" is the same for WebSockets, "/stall" has a short `write_stall`, "/asks" and "/ws-asks" let
/// clients in when they are told to.
class hosted_service {
public:
    explicit hosted_service(unsigned shards = 1) {
        for (unsigned i = 0; i < shards; ++i) loops_.push_back(std::make_unique<one_loop>());
        live = std::make_unique<service>(executors(all()));
        sockjs_options sockjs;
        sockjs.websocket = false;
        sockjs.limits.overflow = overflow_policy::refuse;
        sockjs.limits.max_burst_bytes = 0;
        sockjs.response_limit = std::size_t{1} << 30;
        live->mount("/echo", sockjs, app());
        sockjs.limits.write_stall = std::chrono::milliseconds(200);
        live->mount("/stall", sockjs, app());
        engineio_options engineio;
        engineio.websocket = false;
        live->mount("/engine.io", engineio, app());
        websocket_options websocket;
        websocket.limits = {.max_message = 1'000'000, .overflow = overflow_policy::refuse};
        websocket.subprotocols = {"two", "one"};
        live->mount("/ws", websocket, app());
        auto asks = app();
        asks.authorize = [this](request const& r, decision d) {
            if (on_request) on_request(r);
            {
                std::scoped_lock const lock(mutex_);
                undecided_.push_back(std::move(d));
            }
            seen.add("asked");
        };
        live->mount("/asks", sockjs, asks);
        live->mount("/ws-asks", websocket_options{}, asks);
        for (auto const& l : loops_) l->thread = std::thread([&c = l->context] { c.run(); });
    }
    ~hosted_service() {
        stop();
        live.reset();
    }
    hosted_service(hosted_service const&) = delete;
    hosted_service& operator=(hosted_service const&) = delete;

    std::vector<boost::asio::any_io_executor> all() {
        std::vector<boost::asio::any_io_executor> out;
        for (auto const& l : loops_) out.emplace_back(l->context.get_executor());
        return out;
    }
    /// Nothing runs any more.
    void stop() {
        for (auto const& l : loops_) l->context.stop();
        for (auto const& l : loops_)
            if (l->thread.joinable()) l->thread.join();
        undecided_.clear();
    }
    boost::asio::io_context& first_loop() { return loops_.front()->context; }
    void accept_all() {
        std::scoped_lock const lock(mutex_);
        for (auto& d : undecided_) d.accept();
        undecided_.clear();
    }

    std::unique_ptr<service> live{};
    std::function<void(request const&)> on_request{};  ///< Sees requests to "/asks".
    notes seen{};  ///< "open", "close REASON" and what handlers add.

private:
    struct one_loop {
        boost::asio::io_context context{1};
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keeps{
            context.get_executor()};
        std::thread thread{};
    };

    handlers app() {
        return {.on_open = [this](session&) { seen.add("open"); },
                .on_message =
                    [this](session& s, message_view m) {
                        if (m.data == "flood") return flood(s);
                        if (m.data == "where") return s.send(here()).value();
                        (void)s.send(m);
                    },
                .on_drain = [this](session&) { seen.add("drain"); },
                .on_close =
                    [this](session&, close_event const& how) {
                        seen.add("close " + std::string(to_string(how.reason)));
                    }};
    }
    void flood(session& s) {
        std::string const piece(16'384, 'x');
        std::size_t taken = 0;
        while (s.send(std::to_string(taken) + piece)) ++taken;
        seen.add("took " + std::to_string(taken));
    }
    static std::string here() {
        return std::to_string(std::hash<std::thread::id>()(std::this_thread::get_id()));
    }

    std::vector<std::unique_ptr<one_loop>> loops_{};
    std::mutex mutex_{};
    std::vector<decision> undecided_{};
};

}  // namespace anywire::test
