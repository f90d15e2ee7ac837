#include "relay_intake.hpp"

#include "cluster_core.hpp"
#include "counted_ticket.hpp"
#include "shard.hpp"
#include "tls_source.hpp"

#include <utility>

namespace anywire::relay {
namespace {

using namespace std::chrono_literals;

constexpr tick to_show_ticket = to_ticks(2s);
// Whoever reaches the internal address may open these; nodes have shown their tickets at once.
constexpr std::size_t most_strangers = 256;

}  // namespace

void relay_intake::open(shard& here, newcomer n, cluster_core& of) {
    auto ticket = counted_ticket::take(of.tallies().strangers, most_strangers);
    if (!ticket) return of.note_refused(here, n.address, "too many show no ticket");
    auto* const made = new relay_intake(here, std::move(n), of, std::move(ticket));
    made->set_deadline(made->loop().now() + to_show_ticket);
    made->start_reading();
}

relay_intake::relay_intake(shard& here,
                           newcomer n,
                           cluster_core& of,
                           std::unique_ptr<connection_ticket> ticket)
    : connection(here.io(), byte_stream(n.socket.get(), nullptr), 0, std::move(ticket)),
      here_(here),
      of_(of),
      address_(std::move(n.address)),
      tls_(n.tls) {
    (void)n.socket.release();
}

void relay_intake::on_bytes(char* data, std::size_t size) {
    read_.append(data, size);
    if (read_.size() < shared_secret::ticket_size) return;
    if (!of_.secret().accepts(read_, of_.self())) return refuse("its ticket is not for this node");
    let_in();
}

void relay_intake::refuse(std::string_view why) {
    of_.note_refused(here_, address_, why);
    drop();
}

void relay_intake::let_in() {
    auto ticket = counted_ticket::take(of_.tallies().let_in, of_.options().max_relayed);
    if (!ticket) return refuse("cluster_options::max_relayed is reached");
    ++of_.tallies().served;
    auto const socket = take_stream().release();
    byte_stream stream(socket,
                       tls_ ? std::make_unique<tls_stream>(*tls_->current(), socket) : nullptr);
    drop();
    here_.site()->open(
        {std::move(stream), std::move(address_), std::move(ticket), nullptr, {}, true});
}

}  // namespace anywire::relay
