// An HTTP server of somebody else's hosts a service: here its requests are strings in a file.
#include <anywire/asio.hpp>
#include <anywire/exchange.hpp>

#include <boost/asio/io_context.hpp>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

/// One request of that server, and its answer as one string.
class request_of_ours final : public anywire::exchange {
public:
    std::string answer{};

    void listen(anywire::exchange_events*, bool) noexcept override {}
    void limit_stall(std::chrono::milliseconds) noexcept override {}
    void set_page_fields(std::string) override {}
    bool respond(anywire::answer const& a) override {
        answer = std::to_string(a.status) + " " + std::string(a.body);
        return true;
    }
    void begin_stream(anywire::answer const& a) override {
        answer = std::to_string(a.status) + " ";
    }
    bool write_stream(std::span<std::string_view const> parts) override {
        for (auto const part : parts) answer.append(part);
        return true;
    }
    bool end_stream(std::span<std::string_view const> parts) override {
        return write_stream(parts);
    }
    std::size_t unsent() const noexcept override { return 0; }
    void upgrade(anywire::websocket_upgrade) override { answer = "501 "; }
    bool is_client_gone() const noexcept override { return false; }
    void abort() noexcept override { answer = "aborted"; }
};

}  // namespace

int main() {
    boost::asio::io_context loop;
    anywire::service live(loop.get_executor());
    live.mount("/echo",
               anywire::sockjs_options{},
               {.on_message = [](anywire::session& s, anywire::message_view m) { s.send(m); }});
    std::array<anywire::http_field, 1> const fields{{{"Host", "localhost"}}};
    auto failed = 0;
    auto const ask = [&](std::string_view target, std::string_view body, std::string_view wanted) {
        request_of_ours to;
        boost::asio::post(loop, [&] {
            live.serve({.method = "POST",
                        .target = target,
                        .fields = fields,
                        .body = body,
                        .remote_address = "127.0.0.1"},
                       to);
        });
        while (to.answer.empty()) loop.run_one();
        if (to.answer == wanted) return;
        ++failed;
        std::printf("%s: '%s'\n", std::string(target).c_str(), to.answer.c_str());
    };
    ask("/echo/000/a/xhr", "", "200 o\n");
    ask("/echo/000/a/xhr_send", R"(["x"])", "204 ");
    ask("/echo/000/a/xhr", "", "200 a[\"x\"]\n");
    ask("/elsewhere", "", "404 404 Not Found: nothing is mounted at this path\n");
    live.stop();
    loop.run();
    return failed;
}
