// How nodes find and lose each other.
#include "node_mesh.hpp"

#include "core/log_text.hpp"
#include "random_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <sys/epoll.h>
#include <system_error>
#include <utility>

namespace anywire::mesh {

namespace {

constexpr int most_accepted_at_once = 64;

}  // namespace

node_mesh::node_mesh(io_host& host,
                     unix_bus_options const& with,
                     std::shared_ptr<node_folder> at,
                     std::shared_ptr<bus_tallies> counts,
                     events& to)
    : host_(host),
      options_(with),
      folder_(std::move(at)),
      counts_(std::move(counts)),
      to_(to),
      hash_{draw_hash_key()},
      own_channels_(0, hash_) {}

node_mesh::~node_mesh() {
    unwatch_listener();
    for (auto* const l : strangers_) l->abandon();
    for (auto& [name, n] : nodes_) {
        if (n.in) n.in->abandon();
        if (n.out) n.out->abandon();
    }
}

void node_mesh::start() {
    watch_listener();
    look();
}

// -- the listener ---------------------------------------------------------------------------------

void node_mesh::watch_listener() {
    if (is_watching_) return;
    is_watching_ = host_.sockets().add(folder_->listener(), EPOLLIN, *this);
}

void node_mesh::unwatch_listener() noexcept {
    host_.sockets().forget(*this);
    if (std::exchange(is_watching_, false)) host_.sockets().remove(folder_->listener());
}

void node_mesh::on_ready(std::uint32_t) {
    host_.begin_event("a node's connection");
    // Without descriptors or memory: again at the next look.
    if (!host_.guard("a node's connection", [this] { accept_some(); })) unwatch_listener();
    host_.end_event();
}

void node_mesh::accept_some() {
    for (int i = 0; i < most_accepted_at_once; ++i) {
        bool is_foreign = false;
        auto const descriptor = folder_->accept(is_foreign);
        if (is_foreign) {
            refuse("a process of another user has connected");
            continue;
        }
        if (descriptor < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                unwatch_listener();
            return;
        }
        node_line::events& self = *this;
        auto* const l =
            new node_line(host_, descriptor, options_.max_message_bytes, options_.patience, self);
        if (strangers_.size() >= options_.max_nodes) {
            l->abandon();
            refuse("too many have connected that do not say who they are");
            continue;
        }
        strangers_.push_back(l);
        l->expect_greeting(options_.patience);
        l->begin();
    }
}

// -- looking for others ---------------------------------------------------------------------------

void node_mesh::on_timer(tick) {
    (void)host_.guard("looking for nodes", [this] { look(); });
    if (!is_armed()) host_.loop().wheel().arm(*this, now() + to_ticks(options_.look_every));
}

void node_mesh::look() {
    host_.loop().wheel().arm(*this, now() + to_ticks(options_.look_every));
    end_silent_ones();
    keep_listed();
    look_for_nodes();
}

void node_mesh::end_silent_ones() {
    std::vector<std::string> silent;
    for (auto const& [name, n] : nodes_)
        if (!n.has_told && not_after(n.since + to_ticks(options_.patience), now()))
            silent.push_back(name);
    for (auto const& name : silent) lose(nodes_.find(name), "does not answer", true);
}

/// Somebody may have cleaned up.
void node_mesh::keep_listed() {
    if (folder_->is_listed()) return watch_listener();
    unwatch_listener();
    try {
        folder_->list();
        has_complained_ = false;
        host_.log().write(log_level::info, "unix_bus: the socket's file was gone; it is again");
        watch_listener();
    } catch (std::system_error const& e) {
        if (!std::exchange(has_complained_, true))
            host_.log().write(log_level::error, "other nodes cannot find this one: ", e.what());
    }
}

void node_mesh::look_for_nodes() {
    std::erase_if(left_alone_, [this](auto const& l) { return not_after(l.second, now()); });
    // As many dead ones as there may be living ones are looked at in one go.
    for (auto const& name : folder_->others(2 * options_.max_nodes)) {
        if (nodes_.contains(name) || left_alone_.contains(name)) continue;
        if (nodes_.size() >= options_.max_nodes) {
            refuse("there are more nodes than max_nodes");
            return;
        }
        (void)dial(name);
    }
}

bool node_mesh::dial(std::string const& name) {
    auto const descriptor = folder_->dial(name);
    if (descriptor < 0) {
        if (errno == ECONNREFUSED)
            host_.log().write(
                log_level::info, "unix_bus: removed the socket of a dead node, ", name);
        else if (errno != ENOENT && errno != EAGAIN)
            refuse("cannot connect to node " + name + ": " +
                   std::generic_category().message(errno));
        return false;
    }
    node_line::events& self = *this;
    auto* const l =
        new node_line(host_, descriptor, options_.max_message_bytes, options_.patience, self);
    auto& n = nodes_.try_emplace(name, hash_).first->second;
    n.out = l;
    n.since = now();
    l->begin();
    greet(*l);
    return true;
}

void node_mesh::greet(node_line& l) {
    std::string out;
    append_hello(out, folder_->node());
    for (auto const& channel : own_channels_) append_subscribe(out, channel);
    append_told(out);
    l.write(out);
}

// -- what they say --------------------------------------------------------------------------------

node_mesh::nodes::iterator node_mesh::owner_of(node_line const& l) noexcept {
    return std::find_if(nodes_.begin(), nodes_.end(), [&](auto const& n) {
        return n.second.in == &l || n.second.out == &l;
    });
}

void node_mesh::on_frame(node_line& l, node_frame const& f) {
    if (f.kind == node_frame_kind::hello) {
        auto const is_stranger = std::erase(strangers_, &l) != 0;
        if (is_stranger) return on_hello(l, std::string(f.name));
    }
    auto const from = owner_of(l);
    if (from == nodes_.end()) return;
    if (from->second.in != &l) {
        refuse("node " + from->first + " answers where it is only spoken to");
        return lose(from, "does not keep to the protocol", true);
    }
    on_heard(l, from->second, from->first, f);
}

void node_mesh::on_hello(node_line& l, std::string const& name) {
    left_alone_.erase(name);
    // It has begun anew before its end was seen.
    if (auto const known = nodes_.find(name); known != nodes_.end() && known->second.in)
        lose(known, "has connected again", false);
    auto const is_known = nodes_.contains(name);
    auto const is_own = name == folder_->node();
    if (is_own || (!is_known && nodes_.size() >= options_.max_nodes)) {
        refuse(is_own ? "a process has this node's own name"
                      : "there are more nodes than max_nodes");
        return l.abandon();
    }
    if (!is_known && !dial(name)) {
        refuse("a node has connected that listens nowhere");
        return l.abandon();
    }
    // Its own end of the pair may have broken while it was greeted.
    auto const from = nodes_.find(name);
    if (from == nodes_.end()) return l.abandon();
    from->second.in = &l;
}

void node_mesh::on_heard(node_line& l, node& from, std::string const& name, node_frame const& f) {
    switch (f.kind) {
        case node_frame_kind::subscribe:
            if (from.channels.size() < options_.max_channels) {
                from.channels.emplace(f.name);
                return;
            }
            refuse("node " + name + " has more channels than max_channels");
            return lose(owner_of(l), "has too many channels", true);
        case node_frame_kind::unsubscribe:
            if (auto const found = from.channels.find(f.name); found != from.channels.end()) {
                from.channels.erase(found);
                shrink_sparse(from.channels);
                to_.on_channel_end(f.name);
            }
            return;
        case node_frame_kind::told:
            if (std::exchange(from.has_told, true)) return;
            count_nodes();
            host_.log().write(log_level::info, "unix_bus: connected with node ", name);
            return to_.on_nodes_changed();
        case node_frame_kind::message:
            counts_->received.fetch_add(1, std::memory_order_relaxed);
            if (own_channels_.contains(f.name)) to_.on_message(f.name, f.payload);
            return;
        case node_frame_kind::hello: return;
    }
}

void node_mesh::on_line_end(node_line& l, std::string const& why, bool is_refusal) {
    auto const of = owner_of(l);
    if (is_refusal) refuse((of == nodes_.end() ? "a process" : "node " + of->first) + " " + why);
    std::erase(strangers_, &l);
    if (of == nodes_.end()) return;
    (of->second.in == &l ? of->second.in : of->second.out) = nullptr;
    // One that has ended without a word of its own would do so again: another version, say.
    lose(of, why, is_refusal || !of->second.has_told);
}

void node_mesh::lose(nodes::iterator which, std::string const& why, bool leave_alone) {
    auto const gone = nodes_.extract(which);
    auto& n = gone.mapped();
    if (n.in) n.in->abandon();
    if (n.out) n.out->abandon();
    if (leave_alone) left_alone_[gone.key()] = now() + to_ticks(options_.retry_after);
    counts_->lost.fetch_add(1, std::memory_order_relaxed);
    count_nodes();
    host_.log().write(
        leave_alone ? log_level::error : log_level::info, "unix_bus: node ", gone.key(), " ", why);
    to_.on_nodes_changed();
    for (auto const& channel : n.channels) to_.on_channel_end(channel);
}

void node_mesh::refuse(std::string const& what) {
    counts_->refused.fetch_add(1, std::memory_order_relaxed);
    if (auto const left_out = refusals_.admit(now()))
        host_.log().write(log_level::error, "unix_bus: ", what, more_like_it(*left_out));
}

void node_mesh::count_nodes() noexcept {
    counts_->nodes = static_cast<std::size_t>(std::count_if(
        nodes_.begin(), nodes_.end(), [](auto const& n) { return n.second.has_told; }));
}

// -- what they are told ---------------------------------------------------------------------------

void node_mesh::tell_all(std::string const& frames) {
    for (auto& [name, n] : nodes_)
        if (n.out) n.out->write(frames);
}

void node_mesh::subscribe(std::string const& channel) {
    own_channels_.insert(channel);
    std::string out;
    append_subscribe(out, channel);
    tell_all(out);
}

void node_mesh::unsubscribe(std::string const& channel) {
    own_channels_.erase(channel);
    shrink_sparse(own_channels_);
    std::string out;
    append_subscribe(out, channel, true);
    tell_all(out);
}

void node_mesh::send(std::string_view channel, frame& message) {
    std::vector<std::string> slow;
    for (auto& [name, n] : nodes_) {
        if (!n.out || (n.has_told && !n.channels.contains(channel))) continue;
        counts_->sent.fetch_add(1, std::memory_order_relaxed);  // before anybody can have it
        n.out->write(message);
        if (n.out->waiting_bytes() > options_.max_queued_bytes) slow.push_back(name);
    }
    for (auto const& name : slow) lose(nodes_.find(name), "reads too slowly", true);
}

bool node_mesh::has_unsent() const noexcept {
    return std::any_of(nodes_.begin(), nodes_.end(), [](auto const& n) {
        return n.second.out && n.second.out->waiting_bytes() != 0;
    });
}

bool node_mesh::is_settled() const noexcept {
    return std::all_of(
        nodes_.begin(), nodes_.end(), [](auto const& n) { return n.second.has_told; });
}

void node_mesh::append_channels(std::string_view prefix, std::vector<std::string>& to) const {
    for (auto const& [name, n] : nodes_)
        for (auto const& channel : n.channels)
            if (n.has_told && channel.starts_with(prefix)) to.push_back(channel);
}

std::size_t node_mesh::count(std::string_view channel) const {
    return static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), [&](auto const& n) {
        return n.second.has_told && n.second.channels.contains(channel);
    }));
}

}  // namespace anywire::mesh
