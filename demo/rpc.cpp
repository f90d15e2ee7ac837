// Calls in both directions, as coroutines on both ends: the client orders, the server asks back.
//
//     build/bin/anywire-rpc --serve 8080 &
//     build/bin/anywire-rpc --call http://localhost:8080
#include <anywire/coro.hpp>
#include <anywire/json.hpp>
#include <anywire/server.hpp>
#include <anywire/socketio.hpp>
#include <anywire/socketio_client.hpp>

#include "flag_reader.hpp"

#include <cstdio>
#include <exception>
#include <map>

namespace sio = anywire::socketio;
using namespace std::chrono_literals;

namespace {

// What both ends know: the values that travel, as structs.
struct order {
    std::string item{};
    int count = 1;
};
ANYWIRE_JSON(order, item, count)

struct receipt {
    int number = 0;
    double total = 0;
    std::optional<std::string> refused{};
};
ANYWIRE_JSON(receipt, number, total, refused)

// -- the server -----------------------------------------------------------------------------------

struct shop {
    std::map<std::string, double> prices{{"tea", 2.5}, {"cake", 4}};
    int orders = 0;

    /// Asks whoever orders a lot whether that is meant.
    anywire::task<receipt> take(sio::socket& from, order what) {
        auto const price = prices.find(what.item);
        if (price == prices.end()) co_return refuse("there is no " + what.item);
        auto const total = price->second * what.count;
        if (total > 20) {
            auto const sure = co_await from.timeout(5s).async_emit<bool>("sure?", total);
            if (!sure || !*sure) co_return refuse("not sure");
        }
        receipt done;
        done.number = ++orders;
        done.total = total;
        co_return done;
    }
    static receipt refuse(std::string why) {
        receipt r;
        r.refused = std::move(why);
        return r;
    }
};

void serve(std::uint16_t port) {
    shop tea_room;
    sio::server const io{};
    io.on("price", [&](std::string item, sio::ack<std::optional<double>> done) {
        auto const found = tea_room.prices.find(item);
        done(found == tea_room.prices.end() ? std::nullopt : std::optional(found->second));
    });
    io.on("order", [&](sio::socket& from, order what, sio::ack<receipt> done) -> anywire::task<> {
        done(co_await tea_room.take(from, what));
    });
    io.on("nothing", [](sio::ack<> /* is never called */) {});

    anywire::server server({.port = port});
    server.mount("/socket.io/", io);
    std::printf("listening on %s\n", server.url().c_str());
    server.run_until_signal();
}

// -- the client -----------------------------------------------------------------------------------

anywire::task<> buy(sio::client_socket& at, std::string item, int count) {
    order what;
    what.item = item;
    what.count = count;
    auto const got = co_await at.timeout(5s).async_emit<receipt>("order", what);
    if (!got)
        std::printf("%s: %s\n", item.c_str(), got.error().message().c_str());
    else if (got->refused)
        std::printf("%s: refused, %s\n", item.c_str(), got->refused->c_str());
    else
        std::printf("%s: order %d, %.2f in all\n", item.c_str(), got->number, got->total);
}

anywire::task<> shopping(sio::client_socket& at) {
    auto const price = co_await at.timeout(5s).async_emit<std::optional<double>>("price", "tea");
    if (price && *price) std::printf("tea is %.2f\n", **price);
    co_await buy(at, "tea", 2);
    co_await buy(at, "coffee", 1);
    co_await buy(at, "cake", 10);   // it asks whether we are sure: we are
    co_await buy(at, "cake", 100);  // not that sure
    auto const nothing = co_await at.timeout(300ms).async_emit("nothing");
    std::printf("nothing: %s\n", nothing ? "something" : nothing.error().message().c_str());
}

void call(std::string const& url) {
    anywire::client_context context;
    sio::client io(context, {.url = url});
    auto& at = io.socket();
    at.on("sure?", [](double total, sio::ack<bool> done) { done(total < 100); });
    at.connect();
    at.start(shopping).get();  // on the context's thread; this one waits for it
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::setvbuf(stdout, nullptr, _IOLBF, 0);  // also where it is no terminal
        demo::flag_reader flags(argc, argv);
        if (!flags.next()) throw std::invalid_argument("--serve PORT, or --call URL");
        if (flags.is("--serve"))
            serve(flags.number<std::uint16_t>());
        else if (flags.is("--call"))
            call(std::string(flags.value()));
        else
            flags.refuse();
        return 0;
    } catch (std::exception const& e) {
        std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
        return 2;
    }
}
