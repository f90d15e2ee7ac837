#pragma once

#include "exchange.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace anywire::test {

/// One HTTP request whose answer is written down. After its end nothing may touch it.
class fake_exchange final : public exchange {
public:
    bool all_out = true;  ///< What writing says.
    bool chunked = true;
    bool gone = false;
    std::size_t left = 0;

    exchange_events* events = nullptr;
    bool needs_client = false;
    std::string head{};  ///< "status type fields".
    std::string body{};  ///< As it would be on the wire.
    int writes = 0;
    bool streaming = false;
    bool ended = false;
    bool aborted = false;

    void listen(exchange_events* to, bool needs) noexcept override {
        events = to;
        needs_client = needs;
    }
    bool respond(answer const& a) override {
        CHECK_FALSE(ended);
        CHECK_FALSE(streaming);
        note(a);
        body = a.body;
        ended = true;
        return all_out;
    }
    bool is_chunked() const noexcept override { return chunked; }
    void begin_stream(answer const& a) override {
        CHECK_FALSE(streaming);
        CHECK(a.body.empty());
        note(a);
        streaming = true;
    }
    bool write_stream(std::string_view bytes) override {
        CHECK(streaming);
        CHECK_FALSE(ended);
        ++writes;
        body.append(bytes);
        return all_out;
    }
    bool end_stream() override {
        CHECK(streaming);
        CHECK_FALSE(ended);
        ended = true;
        return all_out;
    }
    std::size_t unsent() const noexcept override { return left; }
    bool is_client_gone() const noexcept override { return gone; }
    void limit_stall(tick) noexcept override {}
    void abort() noexcept override {
        CHECK(events == nullptr);
        aborted = true;
    }

    /// What was written since the last call, without the chunks' framing.
    std::vector<std::string> take_chunks() {
        std::vector<std::string> out;
        std::string_view rest = body;
        while (!rest.empty()) {
            auto const line = rest.substr(0, rest.find("\r\n"));
            auto const size = std::stoul(std::string(line), nullptr, 16);
            rest.remove_prefix(line.size() + 2);
            out.emplace_back(rest.substr(0, size));
            rest.remove_prefix(size);
            CHECK(rest.starts_with("\r\n"));
            rest.remove_prefix(2);
        }
        body.clear();
        return out;
    }

private:
    void note(answer const& a) {
        head = std::to_string(a.status).append(" ").append(a.content_type).append(" ");
        head.append(a.fields).append(a.more_fields);
    }
};

}  // namespace anywire::test
