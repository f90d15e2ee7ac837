#pragma once

#include <anywire/exchange.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
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
    std::string page_fields{};
    std::optional<websocket_upgrade> upgraded{};
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
    void set_page_fields(std::string fields) override { page_fields = std::move(fields); }
    void begin_stream(answer const& a) override {
        CHECK_FALSE(streaming);
        CHECK(a.body.empty());
        note(a);
        streaming = true;
    }
    bool write_stream(std::span<std::string_view const> parts) override {
        CHECK(streaming);
        CHECK_FALSE(ended);
        ++writes;
        for (auto const part : parts) append(part);
        return all_out;
    }
    bool end_stream(std::span<std::string_view const> parts) override {
        auto const out = write_stream(parts);
        if (chunked) body.append("0\r\n\r\n");
        ended = true;
        return out;
    }
    void upgrade(websocket_upgrade to) override {
        CHECK_FALSE(ended);
        ended = true;
        upgraded = std::move(to);
    }
    std::size_t unsent() const noexcept override { return left; }
    bool is_client_gone() const noexcept override { return gone; }
    void limit_stall(std::chrono::milliseconds) noexcept override {}
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
    /// As HTTP/1.1 writes a part of a body.
    void append(std::string_view part) {
        if (!chunked) return (void)body.append(part);
        std::ostringstream size;
        size << std::hex << part.size();
        body.append(size.str()).append("\r\n").append(part).append("\r\n");
    }
    void note(answer const& a) {
        head = std::to_string(a.status).append(" ").append(a.content_type).append(" ");
        head.append(a.fields).append(a.more_fields);
    }
};

}  // namespace anywire::test
