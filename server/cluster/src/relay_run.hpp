#pragma once

#include "request_run.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace anywire::relay {

/// One request to another node, as bytes, and its answer.
///
/// Thread: the shard's. Destroying it ends it; whoever hears an event may do so.
class relay_run final : private request_run {
public:
    class events {
    public:
        virtual void on_answer(http::response_head const& head) = 0;
        virtual void on_answer_piece(std::string_view piece) = 0;
        /// The last call.
        virtual void on_answer_end() = 0;
        /// A 101. The last call.
        virtual void on_answer_stream(http::response_head const& head,
                                      byte_stream stream,
                                      std::string_view rest) = 0;
        /// The last call.
        virtual void on_no_answer(client_failure const& why) = 0;

    protected:
        ~events() = default;
    };

    /// `patience`: until there is a connection. The answer may take its time: a node that does not
    /// live any more is told of otherwise.
    relay_run(socket_network& node,
              client_url url,
              std::string request,
              http::response_to what,
              std::chrono::milliseconds patience,
              events& to);

    void begin() { start(); }
    void pause(bool is);
    /// Has the node answer soon, if it only waits for something to say.
    void nudge();

private:
    error_code append_request(std::string& out,
                              std::span<websocket::request_field const> fields,
                              std::string_view target) override;
    void on_head(http::response_head const& head) override { to_.on_answer(head); }
    void on_piece(std::string_view piece) override { to_.on_answer_piece(piece); }
    void on_done() override { to_.on_answer_end(); }
    void on_stream(http::response_head const& head,
                   byte_stream stream,
                   std::string_view rest) override {
        to_.on_answer_stream(head, std::move(stream), rest);
    }
    void on_failed(client_failure const& why) override { to_.on_no_answer(why); }

    std::string request_;
    events& to_;
    bool is_nudged_ = false;
};

}  // namespace anywire::relay
