#include "node_hub.hpp"

#include "stomp_core.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace anywire::stomp {
namespace {

/// What this thread is sending: it need not be read again for this node's own clients.
struct own_packet {
    shared_message const* bytes;
    bus_packet const* packet;
};
thread_local own_packet sending{};

bool is_meant(audience const& of, client_info const& c) {
    auto const is_in = [&](std::string const& room) { return room == c.user || room == c.id; };
    return (of.rooms.empty() || std::any_of(of.rooms.begin(), of.rooms.end(), is_in)) &&
           std::none_of(of.except.begin(), of.except.end(), is_in);
}

}  // namespace

node_hub::node_hub(stomp_core& core, bus_maker const& make)
    : core_(core),
      is_alone_(!make),
      bus_(make ? make(*this) : std::make_unique<endpoint_bus>(*this)) {
    if (!bus_) throw std::invalid_argument("stomp::server::use_bus: the function has made no bus");
}
node_hub::~node_hub() = default;

void node_hub::end() noexcept {
    try {
        bus_->close();
    } catch (...) {  // NOLINT(bugprone-empty-catch): what a bus cannot end has nobody to be told
    }
}

void node_hub::send(bus_packet const& p) {
    if (is_alone_) return core_.deliver_here(p);
    auto const bytes = encode_packet(p);
    auto const packet = std::make_shared<shared_message>(message_view(bytes, true));
    auto const before = std::exchange(sending, {packet.get(), &p});
    try {
        bus_->broadcast(packet, {}, {});
    } catch (...) {
        sending = before;
        throw;
    }
    sending = before;
}

void node_hub::ask_clients_of(std::string_view user, names_fn then) {
    bus_->members_of({.rooms = {std::string(user)}}, std::move(then));
}

// -- what a bus asks ------------------------------------------------------------------------------

void node_hub::broadcast(message_ptr packet, audience, send_flags) {
    if (sending.bytes == packet.get()) return core_.deliver_here(*sending.packet);
    if (auto const p = decode_packet(packet->view().data)) core_.deliver_here(*p);
}

void node_hub::all_rooms(names_fn then) {
    std::vector<std::string> users;
    for (auto& c : core_.list(std::nullopt))
        if (!c.user.empty()) users.push_back(std::move(c.user));
    std::sort(users.begin(), users.end());
    users.erase(std::unique(users.begin(), users.end()), users.end());
    teller()([then = std::move(then), users = std::move(users)] { then({}, users); });
}

void node_hub::members_of(audience of, names_fn then) {
    std::vector<std::string> ids;
    for (auto& c : core_.list(std::nullopt))
        if (is_meant(of, c)) ids.push_back(std::move(c.id));
    teller()([then = std::move(then), ids = std::move(ids)] { then({}, ids); });
}

void node_hub::count_of(audience of, count_fn then) {
    auto const all = core_.list(std::nullopt);
    auto const n = static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](auto const& c) { return is_meant(of, c); }));
    teller()([then = std::move(then), n] { then({}, n); });
}

void node_hub::rooms_of(std::string_view member, names_fn then) {
    std::vector<std::string> rooms;
    for (auto& c : core_.list(std::nullopt))
        if (c.id == member && !c.user.empty()) rooms.push_back(std::move(c.user));
    teller()([then = std::move(then), rooms = std::move(rooms)] { then({}, rooms); });
}

std::weak_ptr<void const> node_hub::handle() noexcept {
    return core_.weak_from_this();
}

std::function<void(std::function<void()>)> node_hub::teller() {
    return core_.teller();
}

}  // namespace anywire::stomp
