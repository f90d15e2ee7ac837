#include <anywire/socketio_client.hpp>

#include "torture.hpp"

#include <atomic>
#include <future>
#include <memory>

namespace torture {
namespace {

namespace sio = anywire::socketio;
using namespace std::chrono_literals;

/// One client that emits 0 to N - 1 with retries, each until it is acknowledged, while the server
/// emits "count" with numbers of its own. A number is missing only where nothing was recovered.
class socketio_client {
public:
    socketio_client(plan const& p,
                    std::atomic<bool> const& is_calm,
                    tally& all,
                    anywire::client_context& on,
                    unsigned id)
        : plan_(p),
          is_calm_(is_calm),
          all_(all),
          io_(on, options(p)),
          socket_(io_.socket("/", {.auth = {{"id", id}}, .retries = 1'000, .ack_timeout = 2s})) {
        io_.on_transport([this] { all_.add(&tally::upgrades); });
        io_.on_failure([this](anywire::client_failure const& why) { all_.note_failure(why.text); });
        socket_.on("count", [this](unsigned n) { take(n); });
        socket_.on_connect([this] {
            if (socket_.recovered()) return all_.add(&tally::recoveries);
            was_new_ = true;
        });
        socket_.on_disconnect([this](sio::client_disconnect_reason why) {
            if (why == sio::client_disconnect_reason::parse_error) all_.say_wrong("parse error");
            all_.add(&tally::cut_short);
        });
        socket_.connect();
        send_next();
    }

private:
    static sio::client_options options(plan const& p) {
        sio::client_options o;
        o.url = p.url;
        o.engine = p.client;
        return o;
    }

    /// At least `numbers` of them, and until the faults are over.
    void send_next() {
        auto const n = sent_++;
        socket_.emit("n", n, [this, n](anywire::error_code error) {
            if (error) all_.say_wrong("number " + std::to_string(n) + ": " + error.message());
            all_.add(&tally::numbers);
            if (sent_ < plan_.numbers || !is_calm_) return send_next();
            if (++calm_ < plan_.numbers) return send_next();
            all_.add(&tally::complete);
            all_.finish();
        });
    }

    void take(unsigned n) {
        if (heard_ != 0 && n != last_ + 1 && (n <= last_ || !was_new_))
            all_.say_wrong("count " + std::to_string(n) + " after " + std::to_string(last_));
        was_new_ = false;
        last_ = n;
        ++heard_;
        all_.add(&tally::numbers);
    }

    plan const& plan_;
    std::atomic<bool> const& is_calm_;
    tally& all_;
    unsigned sent_ = 0;
    unsigned calm_ = 0;
    unsigned last_ = 0;
    unsigned heard_ = 0;
    bool was_new_ = true;
    sio::client io_;
    sio::client_socket& socket_;
};

}  // namespace

void run_socketio(plan const& p, anywire::testing::fault_proxy* proxy, tally& all) {
    anywire::client_context context;
    std::atomic<bool> is_calm{!proxy};
    std::vector<std::unique_ptr<socketio_client>> clients;
    std::promise<void> made;  // where their handlers run
    context.post([&] {
        for (unsigned i = 0; i < p.clients; ++i)
            clients.push_back(std::make_unique<socketio_client>(p, is_calm, all, context, i));
        made.set_value();
    });
    made.get_future().wait();
    break_things(p, proxy, all);
    is_calm = true;
    all.wait(patience);
    std::promise<void> gone;
    context.post([&] {
        clients.clear();
        gone.set_value();
    });
    gone.get_future().wait();
}

}  // namespace torture
