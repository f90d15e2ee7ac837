#include "broker_socket.hpp"

#include <chrono>
#include <utility>

namespace anywire::stomp {
namespace {

/// A broker that stops publishers for a while does not read them: its heart-beats tell whether it
/// lives.
constexpr std::chrono::hours longest_stall{24};
/// How long a connection that is not used any more waits for the broker's end.
constexpr std::chrono::seconds longest_parting{5};

}  // namespace

broker_socket::broker_socket(io_host& host, byte_stream stream, events& to)
    : anywire::connection(host, std::move(stream), to_ticks(longest_stall), nullptr), user_(&to) {}

void broker_socket::part(std::string_view last_words) {
    user_ = nullptr;
    run_event([&] {
        if (is_dropped()) return;
        if (is_broken()) return drop();
        (void)send(last_words);
        // What it has sent meanwhile is read, and forgotten: a reset could overtake what was said.
        start_reading();
        set_deadline(loop().now() + to_ticks(longest_parting));
    });
}

void broker_socket::on_end(bool orderly) {
    end(orderly ? "has ended the connection" : "has broken the connection");
}

void broker_socket::end(std::string const& why) {
    auto* const to = std::exchange(user_, nullptr);
    drop();
    if (to) to->on_socket_end(why);
}

void broker_socket::on_cut() noexcept {
    if (auto* const to = std::exchange(user_, nullptr)) to->on_socket_gone();
}

}  // namespace anywire::stomp
