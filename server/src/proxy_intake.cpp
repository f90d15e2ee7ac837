#include "proxy_intake.hpp"

#include "shard.hpp"

#include <algorithm>
#include <sys/socket.h>
#include <utility>

namespace anywire {

void proxy_intake::open(shard& here, newcomer n) {
    auto* const made = new proxy_intake(here, std::move(n));
    made->set_deadline(made->loop().now() + here.settings().tls_handshake);
    made->start_reading();
}

proxy_intake::proxy_intake(shard& here, newcomer n)
    : connection(here.io(), byte_stream(n.socket.get(), nullptr), 0, nullptr),
      here_(here),
      address_(std::move(n.address)),
      tls_(n.tls),
      to_(n.intake) {
    (void)n.socket.release();
}

/// Who says nothing at all, such as the check of a balancer, is no fault.
void proxy_intake::on_end(bool) {
    if (has_begun_) return refuse("it broke off");
    drop();
}

void proxy_intake::on_bytes(char* data, std::size_t size) {
    has_begun_ = true;
    std::size_t used = 0;
    if (feed({data, size}, used)) return hand_over();
    // Taken by what is looked at first: what follows the header is TLS's, or a request.
    auto const socket = stream().descriptor();
    auto const room = std::min(io_host::read_size, http::proxy_header_reader::longest);
    for (;;) {
        auto const seen = ::recv(socket, data, room, MSG_PEEK | MSG_DONTWAIT);
        if (seen <= 0) return;  // more comes later, or the end
        auto const is_done = feed({data, static_cast<std::size_t>(seen)}, used);
        if (is_dropped()) return;  // its socket is closed
        if (used > 0) (void)::recv(socket, data, used, MSG_DONTWAIT);
        if (is_done) return hand_over();
    }
}

/// True when the header is whole, or is none.
bool proxy_intake::feed(std::string_view bytes, std::size_t& used) {
    using status = http::proxy_header_reader::status;
    auto const what = reader_.feed(bytes, used);
    if (what == status::error) refuse(reader_.error_text());
    return what != status::more;
}

[[gnu::cold]] void proxy_intake::refuse(std::string_view why) {
    here_.numbers().count_refused(refusal_cause::bad_proxy_header);
    here_.log().write(log_level::info,
                      "a connection of ",
                      address_,
                      " has no good header of the PROXY protocol, which its listener requires: ",
                      why);
    drop();
}

/// Nothing is left to hand over of who has been refused.
void proxy_intake::hand_over() {
    if (is_dropped()) return;
    auto const& client = reader_.client();
    newcomer n{.socket = descriptor_owner(take_stream().release()),
               .address = client.address.empty() ? address_ : client.address,
               .tls = tls_,
               .is_secure = client.is_secure,
               .intake = to_};
    drop();
    if (!here_.is_draining()) take_in(here_, std::move(n));
}

}  // namespace anywire
