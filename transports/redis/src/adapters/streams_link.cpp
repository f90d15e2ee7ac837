#include "adapters/streams_link.hpp"

#include "adapters/stream_recovery.hpp"

#include <utility>

namespace anywire::redis {

using kind = message_kind;

namespace {

constexpr std::size_t uid_size = 16;

/// What goes into the stream, and not to those who listen now.
bool is_kept(cluster_message const& m) noexcept {
    return (m.kind == kind::broadcast && m.request_id.empty()) || m.kind == kind::sockets_join ||
           m.kind == kind::sockets_leave || m.kind == kind::disconnect_sockets;
}

}  // namespace

streams_link::streams_link(std::shared_ptr<stream_port> at,
                           local_sockets& here,
                           streams_options const& with,
                           std::shared_ptr<stream_hub> hub)
    : cluster_link(at, here, with.common, draw_id(*at, uid_size, hex_alphabet)),
      stream_port_(at),
      options_(with),
      channel_(with.channel_prefix + "#" + here.nsp_name() + "#"),
      kind_(with.use_sharded_pubsub ? channel_kind::sharded : channel_kind::plain),
      hub_(std::move(hub)) {}

void streams_link::open() {
    for (auto const& name : {channel_, channel_ + uid() + "#"})
        subscriptions_.push_back(at().subscribe(
            kind_, name, if_alive<channel_message>([this](auto const& m) { on_channel(m); })));
    auto const weak = weak_from_this();
    subscriptions_.push_back(
        hub_->join(uid(), [this, weak](entry_id id, entry_fields const& fields) {
            if (auto const alive = weak.lock()) on_entry(id, fields);
        }));
}

void streams_link::close() {
    cluster_link::close();
    subscriptions_.clear();
}

// -- to others ------------------------------------------------------------------------------------

void streams_link::tell(cluster_message const& m) {
    count_sent();
    if (is_kept(m)) return hub_->add(encode_entry(m, opts().data), {});
    at().publish(kind_, channel_, encode_published(m, opts().data));
}

void streams_link::answer(cluster_message const& to, cluster_message const& m) {
    count_sent();
    at().publish(kind_, channel_ + to.uid + "#", encode_published(m, opts().data));
}

void streams_link::count_servers(port::count_fn then) {
    at().count_subscribers(kind_, channel_, std::move(then));
}

void streams_link::tell_and_do(cluster_message const& m, std::function<void(local_sockets&)> fn) {
    if (!recovers()) return cluster_link::tell_and_do(m, std::move(fn));
    count_sent();
    hub_->add(encode_entry(m, opts().data),
              [this, weak = weak_from_this(), fn = std::move(fn)](std::optional<entry_id>) {
                  if (auto const alive = weak.lock()) (void)with_here(fn);
              });
}

void streams_link::broadcast(encoded event, audience to, emit_flags flags) {
    // Without recovery nobody asks for the place in the order.
    if (flags.is_local || !recovers())
        return cluster_link::broadcast(std::move(event), std::move(to), std::move(flags));
    count_sent();
    auto const m = std::make_shared<cluster_message>(make(kind::broadcast));
    m->packet = std::move(event);
    m->to = std::move(to);
    m->flags = std::move(flags);
    hub_->add(encode_entry(*m, opts().data),
              [this, weak = weak_from_this(), m](std::optional<entry_id> id) {
                  auto const alive = weak.lock();
                  if (!alive) return;
                  (void)with_here([&](local_sockets& here) {
                      if (id)
                          here.broadcast_at(id->text(), m->packet, m->to, m->flags);
                      else
                          here.broadcast(m->packet, m->to, m->flags);
                  });
              });
}

// -- from others ----------------------------------------------------------------------------------

void streams_link::on_channel(channel_message const& m) {
    cluster_message read;
    auto const wrong = decode_message(m.payload, limits(), read, opts().data);
    if (!wrong.empty()) return refuse(wrong, m.channel);
    // What belongs into the stream has no place here.
    if (read.nsp == nsp_name() && !is_kept(read)) take(std::move(read));
}

void streams_link::on_entry(entry_id id, entry_fields const& fields) {
    for (auto const& [name, value] : fields)
        if (name == "nsp" && value != nsp_name()) return;
    cluster_message read;
    auto const wrong = decode_entry(fields, limits(), read, opts().data);
    if (!wrong.empty()) return refuse(wrong, hub_->key());
    if (read.nsp != nsp_name()) return;
    // What servers of an older format ask in the stream nobody could be answered.
    if (!is_kept(read)) return;
    if (read.kind != kind::broadcast) return take(std::move(read));
    if (opts().counters) ++opts().counters->received;
    (void)with_here([&](local_sockets& here) {
        here.broadcast_at(
            id.text(), std::move(read.packet), std::move(read.to), std::move(read.flags));
    });
}

// -- sessions -------------------------------------------------------------------------------------

void streams_link::persist_session(socketio::stored_session s) {
    stream_port_->command({"SET",
                           options_.session_key_prefix + s.pid,
                           encode_session(s, opts().data),
                           "PX",
                           std::to_string(here_.recovery().max_disconnection.count())},
                          {});
}

void streams_link::restore_session(std::string_view pid,
                                   std::optional<std::string> offset,
                                   restored_fn then) {
    auto const run = std::make_shared<stream_recovery>(
        stream_port_,
        hub_,
        stream_recovery::terms{.session_key = options_.session_key_prefix + std::string(pid),
                               .nsp = nsp_name(),
                               .page = options_.read_count,
                               .max_bytes = options_.max_missed_bytes,
                               .limits = limits(),
                               .data = opts().data},
        // On the port's thread: nothing is read from the stream meanwhile.
        [this, self = shared_from_this()] {
            std::uint64_t position = 0;
            (void)with_here([&](local_sockets& here) { position = here.log_position(); });
            return position;
        },
        std::move(then));
    // It may have come back before its old connection was found dead.
    here_.end_live(pid, [run, offset = std::move(offset)] { run->begin(offset); });
}

adapter_maker make_streams_adapter(std::shared_ptr<stream_port> at, streams_options with) {
    // Namespaces share streams, and those of several servers in this process, too.
    struct all_hubs {
        std::mutex mutex{};
        std::vector<std::shared_ptr<stream_hub>> hubs{};
    };
    auto const all = std::make_shared<all_hubs>();
    return [at = std::move(at), with = std::move(with), all](socketio::local_sockets& here) {
        auto const key = with.stream_name + stream_suffix(here.nsp_name(), with.stream_count);
        std::shared_ptr<stream_hub> hub;
        {
            std::scoped_lock const lock(all->mutex);
            for (auto const& each : all->hubs)
                if (each->key() == key) hub = each;
            if (!hub) hub = all->hubs.emplace_back(std::make_shared<stream_hub>(at, key, with));
        }
        return make_cluster_adapter(here, std::make_shared<streams_link>(at, here, with, hub));
    };
}

}  // namespace anywire::redis
