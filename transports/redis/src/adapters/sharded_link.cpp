#include "adapters/sharded_link.hpp"

#include <utility>

namespace anywire::redis {

using kind = message_kind;

namespace {

constexpr std::size_t uid_size = 16;
/// Node takes a room with a name of that length for that of one socket.
constexpr std::size_t socket_id_size = 20;

std::size_t length_in_node(std::string_view name) {
    std::size_t n = 0;
    for_each_utf16(name, [&](unsigned) { ++n; });
    return n;
}

}  // namespace

sharded_link::sharded_link(std::shared_ptr<port> at,
                           local_sockets& here,
                           sharded_options const& with)
    : cluster_link(at, here, with.common, draw_id(*at, uid_size, hex_alphabet)),
      channel_(with.channel_prefix + "#" + here.nsp_name() + "#"),
      mode_(with.mode),
      rooms_(0, keyed_hash{draw_key(*at)}) {}

void sharded_link::open() {
    {
        std::scoped_lock const lock(mutex_);
        is_open_ = true;
    }
    everybody_ = hear(channel_);
    own_ = hear(own_channel(channel_, uid()));
    ends_ = at().watch_ends(channel_, if_alive<std::string_view>([this](std::string_view channel) {
                                lose_server(server_of(channel, channel_));
                            }));
}

void sharded_link::close() {
    cluster_link::close();
    everybody_.reset();
    own_.reset();
    ends_.reset();
    std::scoped_lock const lock(mutex_);
    is_open_ = false;
    rooms_.clear();
}

subscription sharded_link::hear(std::string const& channel) {
    return at().subscribe(channel_kind::sharded,
                          channel,
                          if_alive<channel_message>([this](auto const& m) { on_channel(m); }));
}

bool sharded_link::has_channel(std::string_view room) const noexcept {
    return mode_ == subscription_mode::dynamic_private ||
           (mode_ == subscription_mode::dynamic && length_in_node(room) != socket_id_size);
}

void sharded_link::on_room(room_change what, std::string const& room) {
    if ((what != room_change::joined && what != room_change::left) || !has_channel(room)) return;
    std::scoped_lock const lock(mutex_);
    if (!is_open_) return;
    auto& state = rooms_[room];
    state.members += what == room_change::joined ? 1 : -1;
    if (state.members > 0 && !state.heard) state.heard = hear(channel_ + room + "#");
    if (state.members <= 0) state.heard.reset();
    if (state.members != 0) return;
    rooms_.erase(room);
    shrink_sparse(rooms_);
}

// -- to others ------------------------------------------------------------------------------------

void sharded_link::tell(cluster_message const& m) {
    count_sent();
    auto channel = channel_;
    auto const is_broadcast = m.kind == kind::broadcast && m.request_id.empty();
    if (is_broadcast && m.to.rooms.size() == 1 && has_channel(m.to.rooms.front()))
        channel.append(m.to.rooms.front()).append("#");
    at().publish(channel_kind::sharded, std::move(channel), encode_sharded(m, opts().data));
}

void sharded_link::answer(cluster_message const& to, cluster_message const& m) {
    count_sent();
    at().publish(
        channel_kind::sharded, own_channel(channel_, to.uid), encode_sharded(m, opts().data));
}

void sharded_link::count_servers(port::count_fn then) {
    at().count_subscribers(channel_kind::sharded, channel_, std::move(then));
}

// -- from others ----------------------------------------------------------------------------------

void sharded_link::on_channel(channel_message const& m) {
    cluster_message read;
    auto const wrong = decode_message(m.payload, limits(), read, opts().data);
    if (!wrong.empty()) return refuse(wrong, m.channel);
    if (read.nsp == nsp_name()) take(std::move(read));
}

adapter_maker make_sharded_adapter(std::shared_ptr<port> at, sharded_options with) {
    return [at = std::move(at), with = std::move(with)](socketio::local_sockets& here) {
        return make_cluster_adapter(here, std::make_shared<sharded_link>(at, here, with));
    };
}

}  // namespace anywire::redis
